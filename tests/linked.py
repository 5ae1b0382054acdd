"""A team on the gate of a story, and links that it is in the middle of."""

from story import ANVIL, Story

from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, Slug, later
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.services import projects
from forgefed_gate.store import links, people
from forgefed_gate.store.people import Person

FRIENDS = Slug("friends")
ELSEWHERE = "https://coop.example"


async def open_team(story: Story) -> ActorId:
    """Open the team *friends* beside the project of a story."""
    gate = story.house.gate
    await projects.add(gate, FRIENDS, "Friends of the forge", kind=Kind.TEAM, by=OPERATOR)
    return ActorId(f"{gate.places.base_url}/teams/friends")


async def given(
    story: Story,
    state: State,
    *,
    house: Slug = ANVIL,
    kind: Peer = Peer.TEAM,
    code: str = "AAAAA",
    name: str = "smiths",
    paused: bool = False,
) -> Link:
    """Keep a link with somebody elsewhere, who is known here."""
    now = story.house.clock.now
    of, suffix = ("projects", "project") if kind is Peer.RESOURCE else ("teams", "team")
    peer = ActorId(f"{ELSEWHERE}/{of}/{name}")
    link = Link(
        code=code,
        house=house,
        peer=peer,
        kind=kind,
        role=Role.REPORT,
        ends_at=later(now, 30 * DAY),
        cap=5,
        state=state,
        add=ActivityId(f"{peer}/activities/{code}"),
        paused=paused,
        opened_at=now,
        changed_at=now,
    )
    them = Person(
        actor=peer,
        handle=f"@{name}-{suffix}@coop.example",
        inbox=f"{peer}/inbox",
        kind=suffix.title(),
        refreshed_at=now,
    )
    async with story.house.gate.database.transaction() as tx:
        await people.save(tx, them)
        await links.save(tx, link)
    return link
