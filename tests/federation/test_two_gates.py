"""Two real gates, each with its own database and clock, that know each other by the wire only."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import databases
import pytest
from gates import House, open_house
from story import ANSWER, draw_rsa
from wire import Wire

from demo.village import ACTIVITY_JSON
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Admit
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.screening import Stage
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import httpsig, keys, proofs
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import ActorKey, read_multibase
from forgefed_gate.services import blocking, fetching, local, people, review, views

ANVIL, HAMMER = Slug("anvil"), Slug("hammer")
DESK, PROJECT = Local(kind=Kind.DESK, slug=HAMMER), Local(kind=Kind.PROJECT, slug=HAMMER)


@dataclass
class Coast:
    """Gate A takes part as itself; gate B's actors are led by hand, with B's own keys."""

    wire: Wire
    a: House
    b: House

    async def send(
        self,
        sender: Local,
        path: str,
        activity: dict[str, object],
        *,
        dialect: Dialect = Dialect.CAVAGE,
    ) -> Answer:
        """Bring something that an actor of B signed to an inbox of A, and let both work."""
        me = await local.own(self.b.gate, sender)
        inbox = f"{self.a.gate.places.base_url}/{path}/inbox"
        body = json.dumps({"actor": me.id, **activity}).encode()
        signed = httpsig.sign(
            "POST", inbox, body=body, key=me.rsa, now=self.b.clock.now, dialect=dialect
        )
        answer = await self.wire.post(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body)
        while await self.a.work() + await self.b.work():
            pass
        return answer

    def came(self, kind: str) -> list[dict[str, object]]:
        """List what A sent to B, of one type."""
        bodies = [json.loads(body) for url, body in self.wire.bodies if body and "coop" in url]
        return [each for each in bodies if each["type"] == kind]


@pytest.fixture
async def coast(tmp_path, engine, monkeypatch) -> AsyncGenerator[Coast]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    wire, folders = Wire(), [tmp_path / "a", tmp_path / "b"]
    async with AsyncExitStack() as stack:
        for folder in folders:
            folder.mkdir()
        one, other = [
            await stack.enter_async_context(databases.fresh(engine, folder)) for folder in folders
        ]
        a = await stack.enter_async_context(open_house(folders[0], one, wire=wire))
        b = await stack.enter_async_context(
            open_house(
                folders[1], other, wire=wire, base_url="https://coop.example", project="hammer"
            )
        )
        yield Coast(wire=wire, a=a, b=b)


@pytest.mark.parametrize("sender", [DESK, PROJECT])
@pytest.mark.parametrize("dialect", Dialect)
async def test_each_gate_proves_the_other_s_signatures(coast, sender, dialect):
    """A fetches the key with a signed request of its own, and B answers it."""
    desk = coast.a.desk()
    answer = await coast.send(
        sender,
        "desks/anvil",
        {"id": "https://coop.example/f/1", "type": "Follow", "object": desk},
        dialect=dialect,
    )

    assert answer.status == 202
    [accept] = coast.came("Accept")
    me = coast.b.gate.places.actor(sender)
    assert accept["object"]["actor"] == me
    assert await coast.a.rows("followers") == 1
    assert ("GET", me) in coast.wire.log


async def test_an_accept_that_answers_nothing_is_taken_and_has_no_effect(coast):
    """B never asked by itself, so A's Accept finds nothing to accept there."""
    await coast.send(
        DESK,
        "desks/anvil",
        {"id": "https://coop.example/f/1", "type": "Follow", "object": coast.a.desk()},
    )

    assert ("POST", "https://coop.example/desks/hammer/inbox") in coast.wire.log
    assert await coast.b.rows("knocks") == await coast.b.rows("grants") == 0
    assert await coast.b.rows("jobs") == await coast.a.rows("jobs") == 0


def note(text):
    return {
        "id": "https://coop.example/n/1/create",
        "type": "Create",
        "to": ["https://gate.example/desks/anvil"],
        "object": {
            "id": "https://coop.example/n/1",
            "type": "Note",
            "attributedTo": "https://coop.example/projects/hammer",
            "to": ["https://gate.example/desks/anvil"],
            "content": text,
        },
    }


async def test_a_project_joins_another_gate_s_project(coast):
    """Questions, answers, a Grant; the gate that gets it needs to understand nothing of it."""
    join = {
        "id": "https://coop.example/j/1",
        "type": "Join",
        "object": "https://gate.example/projects/anvil/collaborators",
        "instrument": "report",
    }
    assert (await coast.send(PROJECT, "projects/anvil", join)).status == 202
    assert len(coast.came("Create")) == 1
    assert (await coast.send(PROJECT, "desks/anvil", note(ANSWER))).status == 202

    [view] = await views.knock_list(coast.a.gate, ANVIL, by=OPERATOR)
    assert view.knock.stage is Stage.HELD
    await review.act(coast.a.gate, Admit(knock=view.knock.id), by=OPERATOR, via="cli")
    await coast.a.work()

    [grant], [accept] = coast.came("Grant"), coast.came("Accept")
    assert grant["fulfills"] == accept["object"] == join["id"]
    await coast.b.work()
    for table in ("threads", "knocks", "grants", "messages"):
        assert await coast.b.rows(table) == 0
    assert await coast.a.rows("jobs") == await coast.b.rows("jobs") == 0


async def test_a_grant_of_one_gate_is_proven_at_the_other(coast):
    """With nothing but what A publishes, fetched by B."""
    await coast.send(
        PROJECT,
        "projects/anvil",
        {
            "id": "https://coop.example/j/1",
            "type": "Join",
            "object": "https://gate.example/projects/anvil",
        },
    )
    await coast.send(PROJECT, "desks/anvil", note(ANSWER))
    [view] = await views.knock_list(coast.a.gate, ANVIL, by=OPERATOR)
    await review.act(coast.a.gate, Admit(knock=view.knock.id), by=OPERATOR, via="cli")
    await coast.a.work()

    issuer = await fetching.document(coast.b.gate, "https://gate.example/projects/anvil")
    [published] = issuer["assertionMethod"]
    key = ActorKey(
        id=published["id"],
        owner=published["controller"],
        public=read_multibase(published["publicKeyMultibase"]),
    )
    for document in (*coast.came("Grant"), *coast.came("Accept")):
        assert proofs.verification_method(document) == published["id"]
        proofs.check(document, key=key, now=coast.b.clock.now)


async def test_the_desks_of_two_gates_do_not_talk_to_each_other(coast):
    """Two machines that answer each other never stop."""
    greeting = note("Hello!")
    greeting["object"]["attributedTo"] = "https://coop.example/desks/hammer"

    assert (await coast.send(DESK, "desks/anvil", greeting)).status == 202

    assert coast.came("Create") == []
    assert await coast.a.rows("threads") == 0


async def test_a_blocked_gate_is_refused_before_anything_is_fetched(coast):
    """A block costs its sender a request and us nothing."""
    await blocking.block(coast.a.gate, "coop.example", by=OPERATOR)
    before = len(coast.wire.log)

    answer = await coast.send(
        DESK,
        "desks/anvil",
        {"id": "https://coop.example/f/1", "type": "Follow", "object": coast.a.desk()},
    )

    assert answer.status == 403
    assert json.loads(answer.body)["code"] == "blocked"
    assert coast.wire.log[before:] == [("POST", "https://gate.example/desks/anvil/inbox")]
    for table in ("inbox", "jobs", "followers", "people", "peer_keys"):
        assert await coast.a.rows(table) == 0


async def test_one_gate_cannot_speak_for_the_other(coast):
    """An activity is its signer's own, or it is nothing."""
    answer = await coast.send(
        DESK,
        "desks/anvil",
        {
            "id": "https://gate.example/f/1",
            "actor": "https://gate.example/projects/anvil",
            "type": "Follow",
            "object": coast.a.desk(),
        },
    )

    assert answer.status == 403
    assert await coast.a.rows("followers") == await coast.a.rows("inbox") == 0


async def test_the_gates_find_each_other_by_handle(coast):
    """WebFinger at one, understood by the other."""
    found = await people.resolve(coast.b.gate, "@anvil@gate.example")

    assert (found.actor, found.kind) == (coast.a.desk(), "Service")
