"""Chains of three gates: what the first gives, the second passes on, and the third as well."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import databases
import pytest
from gates import House, StandingClock, open_house
from story import ANSWER, HELLO, VILLAGE, draw_rsa
from wire import Wire

from demo.village import Village, Villager
from forgefed_gate.domain.capabilities import Flaw, Judgement
from forgefed_gate.domain.ids import DAY, SECOND, ActorId, Slug, later
from forgefed_gate.domain.intents import ActOfOurs, Admit, LinkUp, Unlink
from forgefed_gate.domain.links import Peer
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import keys
from forgefed_gate.services import authority, gather, people, review, views
from forgefed_gate.store import links
from forgefed_gate.store.database import Engine


class Torn(Wire):
    """A wire on which some deliveries get lost without anybody hearing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: Callable[[str], bool] = lambda _: False

    async def post(self, url: str, headers: Any, body: bytes) -> Answer:
        """Bring something to one of the applications, or to nobody."""
        if self.lost(url):
            return Answer(status=202, url=url, headers={}, body=b"")
        return await super().post(url, headers, body)


@dataclass
class Three:
    """Three gates with one house each; bob is a member of the last."""

    wire: Torn
    clock: StandingClock
    houses: list[House]
    locals: list[Local]
    village: Village
    bob: Villager

    def actor(self, number: int) -> ActorId:
        """Name the house of one of the gates."""
        return self.houses[number].gate.places.actor(self.locals[number])

    async def settle(self) -> None:
        """Let everything that follows happen, on all sides."""
        while sum([await house.work() for house in self.houses]):
            pass

    async def act(self, number: int, what: ActOfOurs) -> None:
        """Do something as the operator of one of the gates."""
        self.clock.pass_by(SECOND)
        await review.act(self.houses[number].gate, what, by=OPERATOR, via="cli")
        await self.settle()

    async def link(self, giver: int, receiver: int, kind: Peer, back: Peer) -> None:
        """Link two of the houses, both agreeing."""
        for ours, theirs, is_ in ((giver, receiver, kind), (receiver, giver, back)):
            gate = self.houses[ours].gate
            peer = await people.resolve(gate, self.actor(theirs))
            act = LinkUp(
                project=self.locals[ours].slug,
                peer=peer.actor,
                kind=is_,
                role=Role.REPORT,
                ends_at=later(self.clock.now, 90 * DAY),
                cap=10,
                add=gate.places.activity(self.actor(ours), gate.token()),
            )
            await self.act(ours, act)

    async def unlink(self, number: int, other: int) -> None:
        """End the link of a house with another one."""
        house = self.houses[number]
        async with house.gate.database.snapshot() as tx:
            found = await links.between(tx, self.locals[number].slug, self.actor(other))
        assert found is not None
        await self.act(number, Unlink(link=found.code))

    async def write(self, to: ActorId, text: str) -> None:
        """Let bob write to a desk, in reply to its last word."""
        self.clock.pass_by(SECOND)
        said = [note for note in self.bob.notes() if note["attributedTo"] == to]
        note = self.village.note(self.bob, to, text, in_reply_to=said[-1]["id"] if said else None)
        await self.village.send(self.bob, f"{to}/inbox", note, now=self.clock.now)
        await self.settle()

    async def join(self) -> None:
        """Let bob become a member of the last house."""
        last = self.houses[-1]
        desk = last.desk(self.locals[-1].slug)
        await self.write(desk, HELLO)
        await self.write(desk, ANSWER)
        [held] = await views.knock_list(last.gate, self.locals[-1].slug, by=OPERATOR)
        await self.act(len(self.houses) - 1, Admit(knock=held.knock.id))

    async def may(self) -> Judgement:
        """Say by which chain bob may write to the first house, asking whoever has to be asked."""
        gate, slug = self.houses[0].gate, self.locals[0].slug
        await authority.confirm(gate, slug, self.bob.id)
        async with gate.database.snapshot() as tx:
            house = await gather.project_in(gate, tx, slug)
            return await authority.authorise(tx, house, self.bob.id, now=self.clock.now)


@asynccontextmanager
async def open_three(
    folder: Path, engine: Engine, kinds: tuple[Kind, Kind, Kind]
) -> AsyncGenerator[Three]:
    """Open three gates on one clock, with a village in reach of all."""
    wire, clock = Torn(), StandingClock()
    async with AsyncExitStack() as stack:
        houses: list[House] = []
        for name, kind in zip(("one", "two", "three"), kinds, strict=True):
            (folder / name).mkdir()
            database = await stack.enter_async_context(databases.fresh(engine, folder / name))
            base = f"https://{name}.example"
            opened = open_house(
                folder / name, database, wire=wire, clock=clock, base_url=base,
                project=name, kind=kind,
            )  # fmt: skip
            houses.append(await stack.enter_async_context(opened))
        village = Village(VILLAGE, wire)
        wire.apps["village.example"] = village.app
        yield Three(
            wire=wire,
            clock=clock,
            houses=houses,
            locals=[
                Local(kind=kind, slug=Slug(name))
                for name, kind in zip(("one", "two", "three"), kinds, strict=True)
            ],
            village=village,
            bob=village.settle("bob"),
        )


TEAM_OF, TEAM_IN = (Peer.TEAM, Peer.RESOURCE), (Peer.SUBTEAM, Peer.OVER)
PART_OF = (Peer.PARENT, Peer.CHILD)
SHAPES = [
    ((Kind.PROJECT, Kind.TEAM, Kind.TEAM), TEAM_OF, TEAM_IN),
    ((Kind.PROJECT, Kind.PROJECT, Kind.TEAM), PART_OF, TEAM_OF),
    ((Kind.PROJECT, Kind.PROJECT, Kind.PROJECT), PART_OF, PART_OF),
]
NAMES = ["team-subteam", "parent-team", "parent-parent"]


@pytest.fixture(params=SHAPES, ids=NAMES)
async def three(request, tmp_path, engine, monkeypatch) -> AsyncGenerator[Three]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    kinds, first, second = request.param
    async with open_three(tmp_path, engine, kinds) as opened:
        await opened.join()
        await opened.link(0, 1, *first)
        await opened.link(1, 2, *second)
        yield opened


async def test_a_chain_over_three_gates_lets_a_member_of_the_last_one_in(three):
    """Whatever each of them is: the first one's own Grant stands at its beginning."""
    judged = await three.may()
    assert judged.granted
    assert [known.grant.actor for known in judged.chain] == [
        three.actor(each) for each in range(3)
    ]

    await three.write(three.houses[0].desk("one"), HELLO)
    assert "stands for you" in three.bob.notes()[-1]["content"]


@pytest.mark.parametrize(("by", "other"), [(0, 1), (1, 0), (1, 2), (2, 1)])
async def test_ending_a_link_ends_all_that_follows_by_message(three, by, other):
    """Whichever of the two links it is, and whoever ends it."""
    assert (await three.may()).granted

    await three.unlink(by, other)

    assert not (await three.may()).granted
    async with three.houses[2].gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT id FROM delegations WHERE target = :bob AND context = :one"
            " AND revoked_at IS NULL", bob=three.bob.id, one=three.actor(0),
        )  # fmt: skip
    assert rows == []


async def test_ending_a_link_ends_all_that_follows_by_pull(three):
    """Where every message to the first gate is lost, it asks, and hears within 300 seconds."""
    assert (await three.may()).granted
    three.wire.lost = lambda url: url.startswith("https://one.example")
    await three.unlink(2, 1)

    three.clock.pass_by(301 * SECOND)
    judged = await three.may()
    assert judged.flaw in {Flaw.REVOKED, Flaw.NONE_NAMED}


async def test_an_issuer_who_cannot_be_asked_has_not_said_yes(three):
    """When the one in the middle is away for longer than its word is believed, nothing passes."""
    assert (await three.may()).granted
    middle = three.wire.apps.pop("two.example")
    three.clock.pass_by(299 * SECOND)
    assert (await three.may()).granted
    three.clock.pass_by(2 * SECOND)
    judged = await three.may()
    assert (judged.flaw, judged.failed) == (Flaw.NOT_SEEN, 1)

    three.wire.apps["two.example"] = middle
    assert (await three.may()).granted
