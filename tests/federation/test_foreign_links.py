"""Links with actors of a forge, in the order of messages of its specification, each way once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from forges import Foreign, open_foreign
from story import draw_rsa

from demo.village import Villager
from forgefed_gate.domain.intents import Unlink
from forgefed_gate.domain.links import Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import keys
from forgefed_gate.services import review


@dataclass(frozen=True)
class Way:
    """One kind of link: what we are, what they are, and how each lists the other."""

    house: Kind
    peer: Peer
    type: str
    theirs: str
    allows: str
    """What travels along it may be used for."""


WAYS = [
    Way(Kind.PROJECT, Peer.TEAM, "Team", "teamResources", "distribute"),
    Way(Kind.PROJECT, Peer.COMPONENT, "TicketTracker", "context", "gatherAndConvey"),
    Way(Kind.PROJECT, Peer.CHILD, "Project", "context", "gatherAndConvey"),
    Way(Kind.PROJECT, Peer.PARENT, "Project", "subprojects", "gatherAndConvey"),
    Way(Kind.TEAM, Peer.RESOURCE, "Project", "teams", "distribute"),
    Way(Kind.TEAM, Peer.RESOURCE, "Repository", "teams", "distribute"),
    Way(Kind.TEAM, Peer.SUBTEAM, "Team", "context", "distribute"),
    Way(Kind.TEAM, Peer.OVER, "Team", "subteams", "distribute"),
]
NAMES = [f"{way.house.value}-{way.peer.name}-{way.type}" for way in WAYS]


@pytest.fixture
def opened(tmp_path, database, monkeypatch):
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)

    @asynccontextmanager
    async def opened_as(way: Way) -> AsyncGenerator[tuple[Foreign, Villager]]:
        async with open_foreign(tmp_path, database, kind=way.house) as foreign:
            yield foreign, foreign.forge.settle("peer", kind=way.type)

    return opened_as


async def consents(foreign: Foreign, peer: Villager, way: Way, add: str) -> None:
    """Let both sides do what follows when both said yes."""
    if way.peer.gives:
        await foreign.welcome(peer, fulfills=add)
        return
    leave = peer.of_type("Grant")[-1]
    assert (leave["object"], leave["context"]) == ("delegate", foreign.me)
    gift = gift_of(foreign, peer, way, capability=leave["id"])
    await foreign.say(peer, gift)


def gift_of(foreign: Foreign, peer: Villager, way: Way, **changed: Any) -> dict[str, Any]:
    """Write what a peer gives to us: itself, or for a parent team what it holds."""
    said = {"context": peer.id, "allows": way.allows, "result": None}
    if way.peer is Peer.OVER:
        start = foreign.start(peer)
        far = start["actor"]
        said |= {"context": far, "delegates": start["id"], "through": [far, peer.id]}
        del said["result"]
    return foreign.grant(peer, foreign.me, **said, **changed)


async def linked_by_us(foreign: Foreign, peer: Villager, way: Way) -> None:
    """Let our people ask, and the peer answer."""
    await foreign.offer(peer, way.peer)
    add = peer.of_type("Add")[-1]
    assert (add["object"], add["target"]) == (peer.id, f"{foreign.me}/{way.peer.collection}")
    assert (await foreign.link()).state is State.OFFERED
    if not way.peer.gives:
        await foreign.say(peer, {"type": "Accept", "object": add["id"]})
        assert (await foreign.link()).state is State.AGREED
    await consents(foreign, peer, way, add["id"])


async def linked_by_them(foreign: Foreign, peer: Villager, way: Way) -> None:
    """Let somebody over there ask with a capability, their actor confirm it, and ours agree."""
    tessa = foreign.forge.settle("tessa")
    add = {
        "id": f"{tessa.id}/adds/1", "type": "Add", "object": foreign.me,
        "target": f"{peer.id}/{way.theirs}", "instrument": "report",
        "capability": f"{peer.id}/grants/tessa",
    }  # fmt: skip
    await foreign.say(tessa, add)
    assert (await foreign.link()).state is State.CLAIMED
    assert await foreign.house.rows("jobs") == 0
    await foreign.say(peer, {"type": "Accept", "object": add["id"]})
    assert (await foreign.link()).state is State.ASKED
    assert (await foreign.link()).kind is way.peer
    await foreign.offer(peer, way.peer)
    assert peer.of_type("Accept")[-1]["object"] == add["id"]
    await consents(foreign, peer, way, add["id"])


async def total(foreign: Foreign, collection: str) -> int:
    """Ask, as anybody may, how many stand in a collection of ours."""
    path = f"{foreign.me}/{collection}".removeprefix("https://gate.example")
    answer = await foreign.story.get(path)
    assert answer.status_code == 200
    return answer.json()["totalItems"]


@pytest.mark.parametrize("starts", [linked_by_us, linked_by_them])
@pytest.mark.parametrize("way", WAYS, ids=NAMES)
async def test_each_kind_of_link_comes_about_and_something_passes(opened, way, starts):
    """What we give goes out; what we are given reaches our members, who can use it."""
    async with opened(way) as (foreign, peer):
        bob = await foreign.member()
        before = await total(foreign, way.peer.collection)

        await starts(foreign, peer, way)

        assert (await foreign.link()).state is State.ACTIVE
        assert await total(foreign, way.peer.collection) == before + 1
        passed = bob.of_type("Grant")[1:]
        if way.peer.gives:
            assert passed == []
            given = [each["allows"] for each in peer.of_type("Grant")]
            assert given == ([] if way.house is Kind.TEAM else [way.allows])
        else:
            assert [each["allows"] for each in passed] == ["invoke"]
            assert passed[0]["result"]["duration"] == "PT300S"


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
async def test_each_kind_of_link_ends_from_our_side(opened, way):
    """All that was given or passed on along it is revoked, and they are told."""
    async with opened(way) as (foreign, peer):
        bob = await foreign.member()
        await linked_by_us(foreign, peer, way)
        passed = bob.of_type("Grant")[1:]

        link = await foreign.link()
        foreign.house.clock.pass_by(1_000)
        await review.act(foreign.house.gate, Unlink(link=link.code), by=OPERATOR, via="cli")
        await foreign.house.work()

        remove = peer.of_type("Remove")[-1]
        assert remove["origin"] == f"{foreign.me}/{way.peer.collection}"
        ended = [each["object"] for each in bob.of_type("Revoke")]
        assert ended == [each["id"] for each in passed]
        async with foreign.house.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT id FROM delegations WHERE revoked_at IS NULL")
        assert rows == []


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
async def test_whoever_speaks_for_the_other_side_ends_a_link_once_it_says_so_too(opened, way):
    """A person's Remove alone changes nothing; their actor's Accept of it ends the link."""
    async with opened(way) as (foreign, peer):
        await linked_by_us(foreign, peer, way)
        eve = foreign.forge.settle("eve")
        remove = {
            "id": f"{eve.id}/removes/1", "type": "Remove", "object": foreign.me,
            "origin": f"{peer.id}/{way.theirs}", "capability": f"{peer.id}/grants/eve",
        }  # fmt: skip
        await foreign.say(eve, remove)
        assert await foreign.reason() == "removal-claimed"
        assert (await foreign.link()).state is State.ACTIVE
        await foreign.say(eve, {"type": "Accept", "object": remove["id"]})
        assert (await foreign.link()).state is State.ACTIVE

        await foreign.say(peer, {"type": "Accept", "object": remove["id"]})
        assert (await foreign.link()).state is State.ENDED


async def test_nobody_speaks_for_an_actor_on_another_server(opened):
    """An Add or a Remove by somebody from elsewhere is about nothing of theirs."""
    async with opened(WAYS[0]) as (foreign, peer):
        bob = foreign.story.bob
        add = {"type": "Add", "object": foreign.me, "target": f"{peer.id}/teamResources"}
        await foreign.say(bob, add, server=foreign.story.village)
        assert await foreign.reason() == "not-about-us"
        assert await foreign.house.rows("links") == 0

        await linked_by_us(foreign, peer, WAYS[0])
        remove = {"type": "Remove", "object": foreign.me, "origin": f"{peer.id}/teamResources"}
        await foreign.say(bob, remove, server=foreign.story.village)
        assert await foreign.reason() == "no-such-link"
        assert (await foreign.link()).leaving is None


async def test_what_comes_from_a_component_goes_on_to_teams_and_parents(opened):
    """Each gets it in the shape that it may pass on, with no more than the role of its link."""
    async with opened(WAYS[1]) as (foreign, tracker):
        await foreign.member()
        team = foreign.forge.settle("team", kind="Team")
        parent = foreign.forge.settle("parent", kind="Project")
        await linked_by_us(foreign, tracker, WAYS[1])
        await linked_by_us(foreign, team, WAYS[0])
        await linked_by_us(foreign, parent, WAYS[3])

        shapes = {
            who.name: [
                (each["allows"], each["object"])
                for each in who.of_type("Grant")
                if each["context"] == tracker.id
            ]
            for who in (team, parent)
        }
        assert shapes == {
            "team": [("distribute", "report")],
            "parent": [("gatherAndConvey", "report")],
        }


async def test_a_members_leave_is_named_in_what_they_are_passed(opened):
    """A member on a forge answers our Grant by one of their own; taking it back ends the rest."""
    way = WAYS[4]
    async with opened(way) as (foreign, peer):
        bob = await foreign.member()
        leave = foreign.grant(
            bob, foreign.me, object="delegate", context=bob.id, result=None,
            capability=bob.of_type("Grant")[0]["id"],
            id="https://village.example/grants/leave",
        )  # fmt: skip
        await foreign.say(bob, leave, server=foreign.story.village)
        assert await foreign.reason() == "member-welcomes"
        await linked_by_us(foreign, peer, way)
        passed = bob.of_type("Grant")[-1]
        assert passed["capability"] == leave["id"]

        revoke = {"type": "Revoke", "object": leave["id"]}
        await foreign.say(bob, revoke, server=foreign.story.village)
        assert bob.of_type("Revoke")[-1]["object"] == passed["id"]
        async with foreign.house.gate.database.snapshot() as tx:
            rows = await tx.rows(
                "SELECT id FROM delegations WHERE target = :bob AND revoked_at IS NULL", bob=bob.id
            )
        assert rows == []
        count = len(bob.of_type("Grant"))
        await foreign.say(peer, gift_of(foreign, peer, way, endTime="2027-05-01T00:00:00Z"))
        assert len(bob.of_type("Grant")) == count


async def test_the_leave_of_somebody_who_is_no_member_is_not_kept(opened):
    """A house has use for it only where it has something to pass on to them."""
    async with opened(WAYS[4]) as (foreign, _):
        eve = foreign.forge.settle("eve")
        await foreign.welcome(eve)
        assert await foreign.reason() == "grant-not-for-us"
        assert await foreign.house.rows("delegations") == 0


async def test_a_house_is_no_member_of_anything(opened):
    """A direct Grant to a team or project of ours is not kept: it acts for itself only."""
    async with opened(WAYS[0]) as (foreign, peer):
        gift = foreign.grant(peer, foreign.me, context=peer.id, result=None)
        await foreign.say(peer, gift)
        assert await foreign.reason() == "grant-not-agreed"
        assert await foreign.house.rows("delegations") == 0
