"""The rules for members who say by a Grant of their own what may be passed on to them."""

from collections.abc import Iterable
from dataclasses import replace

from forgefed_gate.domain.capabilities import Capability, Known
from forgefed_gate.domain.delegation import Hold, LinkFacts, Recipient, Reconcile
from forgefed_gate.domain.effects import Decision, admit, refuse
from forgefed_gate.domain.ids import ActorId, Millis


def on_welcome(grant: Capability, facts: LinkFacts) -> Decision:
    """Keep the leave of a member to pass things on to them; nobody else's is of use."""
    if facts.member is None or grant.actor != facts.actor or grant.context != grant.actor:
        return refuse("grant-not-for-us")
    if grant.target != facts.me or grant.capability not in {None, facts.member}:
        return refuse("grant-not-for-us")
    return admit("member-welcomes", Hold(grant=grant), Reconcile(to=grant.actor))


def willing(
    members: Iterable[Recipient], welcomes: Iterable[Known], *, now: Millis
) -> list[Recipient]:
    """
    Leave out those members who took their leave back, and name that of the others.

    Whoever never gave one has what is passed on all the same: most servers know no such
    Grants, and whoever joined wants what comes with it.
    """
    said: dict[ActorId, Capability | None] = {}
    for known in welcomes:
        stands = known.revoked_at is None and known.grant.covers(now)
        said[known.grant.actor] = known.grant if stands else said.get(known.grant.actor)
    return [
        _to(member, said.get(member.target))
        for member in members
        if said.get(member.target, member) is not None
    ]


def _to(member: Recipient, leave: Capability | None) -> Recipient:
    if leave is None:
        return member
    until = min(member.ends_at, leave.ends_at)
    return replace(member, capability=leave.id, ends_at=until)
