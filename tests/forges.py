"""A ForgeFed server that is led by hand: its actors say and serve whatever a test wants."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gates import House, open_house
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from story import VILLAGE, Story

from demo.village import ACTIVITY_JSON, AS2, Village, Villager
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.ids import DAY, ActorId, KeyId, Millis, Slug, later
from forgefed_gate.domain.intents import Invite, LinkUp
from forgefed_gate.domain.links import Link, Peer
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.net.fetch import Outbound
from forgefed_gate.protocol import keys, proofs
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import people, review
from forgefed_gate.store import links
from forgefed_gate.store.database import Database

FORGE = "https://forge.example"
FORGEFED = "https://forgefed.org/ns"


class Forge(Village):
    """A village that serves Grants, says whether they stand, and proves what it says."""

    def __init__(self, base_url: str, outbound: Outbound) -> None:
        super().__init__(base_url, outbound)
        self.grants: dict[str, dict[str, Any]] = {}
        self.live: dict[str, int] = {}
        self.proving: dict[str, SigningKey] = {}
        more = [
            Route("/grants/{token}", self._grant),
            Route("/grants/{token}/live", self._live, methods=["HEAD", "GET"]),
        ]
        self.app.router.routes[:0] = more

    async def _grant(self, request: Request) -> Response:
        found = self.grants.get(f"{self.base_url}/grants/{request.path_params['token']}")
        if found is None:
            return Response(status_code=404)
        return JSONResponse(found, media_type=ACTIVITY_JSON)

    async def _live(self, request: Request) -> Response:
        status = self.live.get(request.path_params["token"], 204)
        headers = {"Location": f"{self.base_url}/elsewhere"} if status in {301, 302} else {}
        return Response(status_code=status, headers=headers)

    async def _person(self, request: Request) -> Response:
        answer = await super()._person(request)
        key = self.proving.get(request.path_params["name"])
        if key is None or answer.status_code != 200:
            return answer
        document = json.loads(bytes(answer.body))
        multikey = {
            "id": key.id,
            "type": "Multikey",
            "controller": key.owner,
            "publicKeyMultibase": keys.write_multibase(key.private.public_key()),
        }
        return JSONResponse({**document, "assertionMethod": [multikey]}, media_type=ACTIVITY_JSON)

    def prove(self, who: Villager, document: dict[str, Any], *, now: Millis) -> dict[str, Any]:
        """Let somebody here stand for a document by a proof."""
        key = self.proving.setdefault(
            who.name,
            SigningKey(
                id=KeyId(f"{who.id}#ed25519-key"), owner=who.id, private=keys.new_ed25519()
            ),
        )
        return proofs.seal({"@context": [AS2, FORGEFED], **document}, key=key, now=now)


@dataclass
class Foreign:
    """A gate of ours with a house, and a forge whose actors we lead."""

    house: House
    story: Story
    forge: Forge
    kind: Kind
    slug: Slug
    names: int = field(default=0)

    @property
    def me(self) -> ActorId:
        """Name the project or team of ours."""
        return self.house.gate.places.actor(Local(kind=self.kind, slug=self.slug))

    async def say(
        self, who: Villager, activity: dict[str, Any], *, server: Village | None = None
    ) -> int:
        """Bring what somebody says to our house, and let everything that follows happen."""
        place = server or self.forge
        base = f"{place.base_url}/said"
        self.names += 1
        activity = {"id": f"{base}/{self.names}", **activity}
        self.house.clock.pass_by(1_000)
        now = self.house.clock.now
        answer = await place.send(who, f"{self.me}/inbox", activity, now=now)
        await self.house.work()
        return answer.status

    async def reason(self) -> str:
        """Give the code of the latest decision."""
        async with self.house.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT reason FROM record ORDER BY at DESC, id LIMIT 1")
        return str(rows[0]["reason"])

    async def offer(self, peer: Villager, kind: Peer, *, role: Role = Role.REPORT) -> Decision:
        """Let our people offer a link, or agree to the one that was asked for."""
        gate = self.house.gate
        await people.resolve(gate, peer.id)
        act = LinkUp(
            project=self.slug,
            peer=peer.id,
            kind=kind,
            role=role,
            ends_at=later(self.house.clock.now, 90 * DAY),
            cap=10,
            add=gate.places.activity(self.me, gate.token()),
        )
        self.house.clock.pass_by(1_000)
        decision = await review.act(gate, act, by=OPERATOR, via="cli")
        await self.house.work()
        return decision

    async def link(self) -> Link:
        """Find the latest link of our house."""
        async with self.house.gate.database.snapshot() as tx:
            return (await links.listing(tx, self.slug))[0]

    def grant(self, by: Villager, to: str, **changed: Any) -> dict[str, Any]:
        """Write a Grant of somebody here, and serve it; None leaves a field out."""
        name = f"{FORGE}/grants/g{self.names}"
        self.names += 1
        now = self.house.clock.now
        written = {
            "@context": [AS2, FORGEFED],
            "id": name,
            "type": "Grant",
            "actor": by.id,
            "to": [to],
            "object": "report",
            "target": to,
            "allows": "invoke",
            "startTime": iso(now),
            "endTime": iso(later(now, 60 * DAY)),
            "result": {"id": f"{name}/live", "duration": "PT300S"},
            **changed,
        }
        written = {field: value for field, value in written.items() if value is not None}
        self.forge.grants[written["id"]] = written
        return written

    def start(self, team: Villager, *, by: str = "far", **changed: Any) -> dict[str, Any]:
        """Let a project of the forge give a team what the team may pass on."""
        far = self.forge.people.get(by) or self.forge.settle(by, kind="Project")
        said = {"context": far.id, "allows": "distribute", "result": None, **changed}
        return self.grant(far, team.id, **said)

    async def member(self) -> Villager:
        """Let bob be a member of our house by invitation."""
        bob, gate = self.story.bob, self.house.gate
        await people.resolve(gate, bob.id)
        act = Invite(project=self.slug, who=bob.id, role=Role.REPORT, days=30)
        await review.act(gate, act, by=OPERATOR, via="cli")
        await self.house.work()
        accept = {"type": "Accept", "object": bob.of_type("Invite")[-1]["id"]}
        await self.say(bob, accept, server=self.story.village)
        return bob

    async def welcome(self, by: Villager, *, fulfills: str | None = None) -> dict[str, Any]:
        """Let somebody here allow our house to give to them: a delegate Grant."""
        leave = self.grant(
            by, self.me, object="delegate", context=by.id, result=None, fulfills=fulfills
        )
        await self.say(by, leave)
        return leave

    async def trusted(self, team: Villager, *, role: Role = Role.REPORT) -> dict[str, Any]:
        """Link our project with a team here, and give the Grant that the team passes on."""
        await self.offer(team, Peer.TEAM, role=role)
        await self.welcome(team, fulfills=team.of_type("Add")[-1]["id"])
        return team.of_type("Grant")[-1]


@asynccontextmanager
async def open_foreign(
    folder: Path, database: Database, *, kind: Kind = Kind.PROJECT
) -> AsyncGenerator[Foreign]:
    """Open a house of ours, a village and a forge, all in reach of each other."""
    slug = Slug("anvil" if kind is Kind.PROJECT else "friends")
    async with open_house(folder, database, project=slug, kind=kind) as house:
        village, forge = Village(VILLAGE, house.wire), Forge(FORGE, house.wire)
        house.wire.apps |= {"village.example": village.app, "forge.example": forge.app}
        story = Story(house=house, village=village, bob=village.settle("bob"))
        yield Foreign(house=house, story=story, forge=forge, kind=kind, slug=slug)
