"""Two gates that trust each other: a project at one, a team at the other, a village between."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import databases
from gates import House, StandingClock, open_house
from story import ANSWER, HELLO, VILLAGE
from wire import Wire

from demo.village import Village, Villager
from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.ids import DAY, SECOND, ActorId, Slug, later
from forgefed_gate.domain.intents import Admit, PauseLink, Unlink
from forgefed_gate.domain.links import Link
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.services import authority, gather, review, teams, views
from forgefed_gate.store import links
from forgefed_gate.store.database import Engine

ANVIL, FRIENDS = Slug("anvil"), Slug("friends")
PROJECT = ActorId("https://gate.example/projects/anvil")
TEAM = ActorId("https://coop.example/teams/friends")


@dataclass
class Neighbours:
    """Gate A has the project anvil, gate B the team friends; bob lives in the village."""

    wire: Wire
    clock: StandingClock
    a: House
    b: House
    village: Village
    bob: Villager
    names: int = field(default=0)

    async def settle(self) -> None:
        """Let everything that follows happen, on both sides."""
        while await self.a.work() + await self.b.work():
            pass

    async def write(self, to: ActorId, text: str, *, by: Villager | None = None) -> None:
        """Let somebody of the village write to a desk, in reply to its last word."""
        who = by or self.bob
        self.clock.pass_by(SECOND)
        said = [note for note in who.notes() if note["attributedTo"] == to]
        answered = said[-1]["id"] if said else None
        activity = self.village.note(who, to, text, in_reply_to=answered)
        activity = {"id": f"{activity['object']['id']}/activity", **activity}
        await self.village.send(who, f"{to}/inbox", activity, now=self.clock.now)
        await self.settle()

    async def join_the_team(self, *, by: Villager | None = None) -> None:
        """Let somebody knock at the team, and be let in."""
        desk = self.b.desk("friends")
        await self.write(desk, HELLO, by=by)
        await self.write(desk, ANSWER, by=by)
        held = await views.knock_list(self.b.gate, FRIENDS, by=OPERATOR)
        await review.act(self.b.gate, Admit(knock=held[0].knock.id), by=OPERATOR, via="cli")
        await self.settle()

    async def link(
        self, house: House, slug: Slug, who: str, *, role: Role = Role.REPORT, cap: int = 10
    ) -> Decision:
        """Offer a link on one side, or agree on the other."""
        until = later(self.clock.now, 90 * DAY)
        wanted = await teams.wanted(
            house.gate, slug, who, role=role, ends_at=until, cap=cap, by=OPERATOR
        )
        decision = await teams.link(house.gate, wanted, by=OPERATOR, via="cli")
        await self.settle()
        return decision

    async def link_both(self, *, role: Role = Role.REPORT, cap: int = 10) -> None:
        """Link the project with the team, both sides agreeing."""
        await self.link(self.a, ANVIL, TEAM, role=role, cap=cap)
        await self.link(self.b, FRIENDS, PROJECT, role=role)

    async def unlink(self, house: House, slug: Slug) -> None:
        """End a link from one side."""
        await self.act(house, Unlink(link=(await self.link_of(house, slug)).code))

    async def pause(self, *, paused: bool) -> None:
        """Let the link rest at the project's side, or go on."""
        link = await self.link_of(self.a, ANVIL)
        await self.act(self.a, PauseLink(link=link.code, paused=paused))

    async def act(self, house: House, what: Unlink | PauseLink) -> None:
        """Do something as the operator of a gate."""
        self.clock.pass_by(SECOND)
        await review.act(house.gate, what, by=OPERATOR, via="cli")
        await self.settle()

    async def link_of(self, house: House, slug: Slug) -> Link:
        """Find the latest link of a house."""
        async with house.gate.database.snapshot() as tx:
            return (await links.listing(tx, slug))[0]

    async def may(self, who: Villager, needs: Role = Role.REPORT) -> Judgement:
        """Say whether somebody may do something at the project, and by which chain."""
        async with self.a.gate.database.snapshot() as tx:
            house = await gather.project_in(self.a.gate, tx, ANVIL)
            return await authority.authorise(tx, house, who.id, needs=needs, now=self.clock.now)


@asynccontextmanager
async def open_neighbours(folder: Path, engine: Engine) -> AsyncGenerator[Neighbours]:
    """Open both gates on one clock, with a village in reach of both."""
    wire, clock = Wire(), StandingClock()
    async with AsyncExitStack() as stack:
        houses: list[House] = []
        for name, base, slug, kind in (
            ("a", "https://gate.example", "anvil", Kind.PROJECT),
            ("b", "https://coop.example", "friends", Kind.TEAM),
        ):
            (folder / name).mkdir()
            database = await stack.enter_async_context(databases.fresh(engine, folder / name))
            house = open_house(
                folder / name,
                database,
                wire=wire,
                clock=clock,
                base_url=base,
                project=slug,
                kind=kind,
            )
            houses.append(await stack.enter_async_context(house))
        village = Village(VILLAGE, wire)
        wire.apps["village.example"] = village.app
        bob = village.settle("bob")
        yield Neighbours(
            wire=wire, clock=clock, a=houses[0], b=houses[1], village=village, bob=bob
        )


@asynccontextmanager
async def open_linked(folder: Path, engine: Engine) -> AsyncGenerator[Neighbours]:
    """Open both, with bob in the team and the project linked with it."""
    async with open_neighbours(folder, engine) as neighbours:
        await neighbours.join_the_team()
        await neighbours.link_both()
        yield neighbours
