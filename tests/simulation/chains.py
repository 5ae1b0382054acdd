"""Chains of Grants that hold, of any length, for tests that spoil them."""

from forgefed_gate.domain.capabilities import LONGEST_BELIEF, Allows, Ask, Capability, Known
from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, GrantId, Millis, later
from forgefed_gate.domain.roles import Role

NOW = Millis(1_795_348_800_000)
RESOURCE = ActorId("https://gate.example/projects/anvil")
BOB = ActorId("https://village.example/users/bob")
ASK = Ask(who=BOB, resource=RESOURCE, needs=Role.REPORT)


def team(n: int) -> ActorId:
    """Name the team that passes on what passed through *n* hands."""
    return ActorId(f"https://coop{n}.example/teams/friends")


def holding(length: int) -> list[Known]:
    """Make a chain by which bob may report: from the resource, through teams, to him."""
    hands = [RESOURCE, *(team(n) for n in range(1, length)), BOB]
    return [_known(hands, place) for place in range(length)]


def _known(hands: list[ActorId], place: int) -> Known:
    actor, target, last = hands[place], hands[place + 1], place == len(hands) - 2
    name = GrantId(f"{actor}/grants/{place}")
    said = Capability(
        id=name,
        actor=actor,
        context=RESOURCE,
        target=target,
        role=Role.REPORT,
        allows=Allows.INVOKE if last else Allows.DISTRIBUTE,
        starts_at=later(NOW, -DAY),
        ends_at=later(NOW, 90 * DAY),
        delegates=GrantId(f"{hands[place - 1]}/grants/{place - 1}") if place else None,
        capability=GrantId(f"{target}/grants/leave"),
        fulfills=ActivityId(f"{RESOURCE}/activities/add"),
        result=f"{name}/live" if place else None,
        believed_for=LONGEST_BELIEF if place else 0,
        through=tuple(hands[: place + 1]),
    )
    return Known(
        grant=said,
        ours=place == 0,
        target_type="Person" if last else "Team",
        alive_until=later(NOW, LONGEST_BELIEF) if place else None,
    )
