"""Real gates that play a written history: their own tables, queues and signatures."""

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import databases
from gates import House, StandingClock, open_house
from starlette.responses import Response
from wire import Wire

from forgefed_gate.domain.effects import EndGrant, IssueGrant
from forgefed_gate.domain.errors import Conflict, Unreachable
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, MINUTE, ActorId, origin
from forgefed_gate.domain.intents import LinkUp, PauseLink, Unlink
from forgefed_gate.domain.links import State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.net.fetch import Answer
from forgefed_gate.services import carry, expiry, gather, people, review
from forgefed_gate.services.case import Case
from forgefed_gate.store import delegations, links
from forgefed_gate.store import people as people_store
from forgefed_gate.store.people import Person
from simulation.script import HOUSES, PEOPLE, Step, Written, agreement, in_words, kind_of, slug_of


class Wires(Wire):
    """A wire that is cut between some gates."""

    def __init__(self) -> None:
        super().__init__()
        self.cut: set[frozenset[str]] = set()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring something, unless the wire is cut between the two."""
        if frozenset({origin(json.loads(body)["actor"]), origin(url)}) in self.cut:
            raise Unreachable("not-connected", "The wire is cut.")
        return await super().post(url, headers, body)


async def village(scope, receive, send) -> None:
    """Take everything."""
    await Response(status_code=202)(scope, receive, send)


@dataclass
class Real:
    """Gates that play a written history."""

    wire: Wires
    clock: StandingClock
    houses: dict[ActorId, House]

    async def play(self, steps: Iterable[Step]) -> None:
        """Play all of it, and let everything arrive."""
        for step in steps:
            house = self.houses[step.me]
            await self._do(step, house)
        await self._calm()

    async def _do(self, step: Step, house: House) -> None:
        match step.what:
            case "link":
                await self._act(house, step.link_up)
            case "agree":
                await self._agree(step)
            case "admit" | "dismiss":
                await self._member(step, house)
            case "unlink" | "pause":
                await self._end_or_rest(step, house)
            case "cut":
                self.wire.cut.add(frozenset({origin(step.me), origin(step.other)}))
            case "settle":
                await self._settle()
                self.clock.pass_by(MINUTE)
            case "wait":
                await self._wait()

    async def _act(self, house: House, act: LinkUp | Unlink | PauseLink) -> None:
        with suppress(Conflict):
            await review.act(house.gate, act, by=OPERATOR, via="cli")

    async def _agree(self, step: Step) -> None:
        for me, house in self.houses.items():
            async with house.gate.database.snapshot() as tx:
                found = await links.listing(tx, slug_of(me))
            for link in found:
                if link.state is State.ASKED:
                    await self._act(house, agreement(step, me, link))

    async def _end_or_rest(self, step: Step, house: House) -> None:
        async with house.gate.database.snapshot() as tx:
            link = await links.between(tx, slug_of(step.me), step.other)
        if link is not None:
            pause = PauseLink(link=link.code, paused=not link.paused)
            await self._act(house, pause if step.what == "pause" else Unlink(link=link.code))

    async def _member(self, step: Step, house: House) -> None:
        async with house.gate.database.transaction() as tx:
            slug = slug_of(step.me)
            facts = await gather.facts_about(house.gate, tx, slug, step.who)
            case = Case(gate=house.gate, tx=tx, facts=facts, evidence=b"")
            if step.what == "dismiss" and facts.grant is not None:
                await carry.carry_out(case, EndGrant(grant=facts.grant))
            if step.what == "admit" and facts.grant is None:
                await carry.carry_out(case, IssueGrant(grant=_grant(step, case)))

    async def _settle(self) -> None:
        """Do what is due now, everywhere, until nothing is."""
        while sum([await house.work() for house in self.houses.values()]):
            pass

    async def _calm(self) -> None:
        """Mend the wires, and let time pass until everything has arrived."""
        self.wire.cut.clear()
        await self._settle()
        while any([await house.rows("jobs") for house in self.houses.values()]):
            self.clock.pass_by(10 * MINUTE)
            await self._settle()

    async def _wait(self) -> None:
        await self._calm()
        self.clock.pass_by(5 * DAY)
        for house in self.houses.values():
            await expiry.end_what_ran_out(house.gate)

    async def books(self) -> dict[ActorId, Written]:
        """Write down every book."""
        return {me: await self._book(me, house) for me, house in self.houses.items()}

    async def _book(self, me: ActorId, house: House) -> Written:
        async with house.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT * FROM delegations WHERE target NOT LIKE '%/desks/%'")
            found = await links.listing(tx, slug_of(me))
        return in_words(found, [delegations.known_of(row) for row in rows])


def _grant(step: Step, case: Case) -> Grant:
    return Grant(
        id=case.facts.fresh.grant,
        project=case.slug,
        target=step.who,
        role=step.role,
        charter="",
        starts_at=case.facts.now,
        ends_at=step.ends_at,
    )


@asynccontextmanager
async def open_real(folder: Path, engine: str) -> AsyncGenerator[Real]:
    """Open a gate for each house, who know each other and some people."""
    wire, clock = Wires(), StandingClock()
    wire.apps["village.example"] = village
    async with AsyncExitStack() as stack:
        houses = {}
        for me in HOUSES:
            (folder / slug_of(me)).mkdir()
            opening = _open(folder / slug_of(me), engine, me, wire, clock)
            houses[me] = await stack.enter_async_context(opening)
        for house in houses.values():
            await _acquaint(house)
        yield Real(wire=wire, clock=clock, houses=houses)


@asynccontextmanager
async def _open(
    folder: Path, engine: str, me: ActorId, wire: Wires, clock: StandingClock
) -> AsyncGenerator[House]:
    async with (
        databases.fresh(engine, folder) as database,
        open_house(
            folder,
            database,
            wire=wire,
            clock=clock,
            base_url=origin(me),
            project=slug_of(me),
            kind=Kind.TEAM if kind_of(me) == "Team" else Kind.PROJECT,
            messages_per_minute=100_000,
            messages_per_minute_host=100_000,
        ) as house,
    ):
        yield house


async def _acquaint(house: House) -> None:
    for other in HOUSES:
        await people.resolve(house.gate, other)
    async with house.gate.database.transaction() as tx:
        for who in PEOPLE:
            handle = f"@{who.rpartition('/')[2]}@village.example"
            await people_store.save(
                tx,
                Person(
                    actor=who,
                    handle=handle,
                    inbox=f"{who}/inbox",
                    kind="Person",
                    refreshed_at=house.clock.now,
                ),
            )
