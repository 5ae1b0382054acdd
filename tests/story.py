"""One gate, one village and one villager, and the turns that they take."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from gates import House, open_house

from demo.village import Village, Villager
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.ids import SECOND, Slug
from forgefed_gate.domain.intents import ActOfOurs, Admit, Invite
from forgefed_gate.domain.roles import OPERATOR, Office, Principal, Role
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import keys
from forgefed_gate.services import access, people, projects, review, views
from forgefed_gate.services.views import GrantView, KnockView, ThreadView
from forgefed_gate.store.database import Database

ANVIL = Slug("anvil")
VILLAGE = "https://village.example"
HELLO = "Hello, may I help with the parser?"
ANSWER = "I agree. I would like to fix the parser, and have read the code for two weeks."


_draw = keys.new_rsa
_number = count()


@cache
def _kept(_: int) -> RSAPrivateKey:
    return _draw()


def draw_rsa() -> RSAPrivateKey:
    """Draw one of a dozen keys: making a new one for every test takes longer than the tests."""
    return _kept(next(_number) % 12)


@dataclass
class Story:
    """A house with a village and a villager, told one turn after the other."""

    house: House
    village: Village
    bob: Villager
    names: int = field(default=0)

    @property
    def desk(self) -> str:
        """Name the desk that people write to."""
        return self.house.desk()

    @property
    def project(self) -> str:
        """Name the project that Grants are about."""
        return self.house.gate.places.project(ANVIL)

    def fresh(self, who: Villager, kind: str) -> str:
        """Draw an id on the village's server."""
        self.names += 1
        return f"{who.id}/{kind}/{self.names}"

    async def deliver(
        self, activity: dict[str, Any], *, to: str = "", by: Villager | None = None
    ) -> Answer:
        """Bring an activity to an inbox, and let everything that follows happen."""
        who = by or self.bob
        activity = {"id": self.fresh(who, str(activity["type"]).lower()), **activity}
        self.house.clock.pass_by(SECOND)
        inbox = f"{to or self.desk}/inbox"
        answer = await self.village.send(who, inbox, activity, now=self.house.clock.now)
        await self.house.work()
        return answer

    async def write(
        self, text: str, *, by: Villager | None = None, to: str = "", **more: Any
    ) -> str:
        """Send a private message as a reply to what came last, and give its note's id."""
        who = by or self.bob
        if "in_reply_to" not in more and who.notes():
            more["in_reply_to"] = who.notes()[-1]["id"]
        activity = self.village.note(who, to or self.desk, text, **more)
        answer = await self.deliver(activity, by=who, to=to)
        assert answer.status == 202, answer.body
        return activity["object"]["id"]

    async def act(self, what: ActOfOurs, *, by: Principal = OPERATOR) -> Decision:
        """Do something as a person of the project, and let everything that follows happen."""
        self.house.clock.pass_by(SECOND)
        decision = await review.act(self.house.gate, what, by=by, via="cli")
        await self.house.work()
        return decision

    async def knock(self, *, by: Villager | None = None) -> KnockView:
        """Say hello and answer the questions, and give the knock that waits then."""
        await self.write(HELLO, by=by)
        await self.write(ANSWER, by=by)
        return (await self.knocks())[0]

    async def admit(self, *, by: Villager | None = None) -> KnockView:
        """Let somebody become a member, and give their knock."""
        knock = await self.knock(by=by)
        await self.act(Admit(knock=knock.knock.id))
        return knock

    async def invite(self, who: Villager, role: Role = Role.REPORT, days: int = 30) -> None:
        """Invite somebody whom the operator knows."""
        await people.resolve(self.house.gate, who.id)
        await self.act(Invite(project=ANVIL, who=who.id, role=role, days=days))

    async def appoint(self, name: str, office: Office, *, kind: str = "Person") -> Villager:
        """Give a villager an office."""
        who = self.village.settle(name, kind=kind)
        await projects.appoint(self.house.gate, ANVIL, who.id, office, by=OPERATOR)
        return who

    async def principal(self, who: Villager) -> Principal:
        """Name the principal that a villager is here."""
        return await access.maintainer(self.house.gate, who.id)

    async def knocks(self, *, by: Principal = OPERATOR) -> list[KnockView]:
        """List the knocks."""
        return await views.knock_list(self.house.gate, ANVIL, by=by)

    async def threads(self) -> list[ThreadView]:
        """Show every conversation, whole."""
        listed = await views.thread_list(self.house.gate, ANVIL, by=OPERATOR)
        gate = self.house.gate
        return [await views.thread(gate, view.thread.id, by=OPERATOR) for view in listed]

    async def said(self) -> list[str | None]:
        """List what the contributors said, over all conversations."""
        return [
            message.words
            for view in await self.threads()
            for message in view.messages
            if message.speaker.value == "contributor"
        ]

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask the gate for a page or a document."""
        base = self.house.gate.places.base_url
        transport = httpx2.ASGITransport(app=self.house.wire.apps[base.partition("://")[2]])
        async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
            return await client.get(path, headers=headers)

    async def state(self) -> dict[str, int]:
        """Count every row that a refusal must not add to, and every request that went out."""
        tables = ("threads", "messages", "revisions", "knocks", "grants", "followers", "jobs")
        counted = {table: await self.house.rows(table) for table in tables}
        return counted | {"came": sum(len(who.came) for who in self.village.people.values())}


async def granted(story: Story) -> list[GrantView]:
    """List every Grant that there is."""
    return await views.grant_list(story.house.gate, ANVIL, by=OPERATOR)


@asynccontextmanager
async def open_story(folder: Path, database: Database, **changed: object) -> AsyncGenerator[Story]:
    """Open a house with a village in reach, and one villager in it."""
    async with open_house(folder, database, **changed) as house:
        village = Village(VILLAGE, house.wire)
        house.wire.apps["village.example"] = village.app
        yield Story(house=house, village=village, bob=village.settle("bob"))
