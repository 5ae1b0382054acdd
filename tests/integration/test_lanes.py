"""What waits for what on its way out, and what does not."""

import asyncio
from contextlib import AsyncExitStack

import databases
import pytest
from gates import open_house
from senders import act, admitted, mention, person, send, settle, write

from forgefed_gate.domain.ids import DAY, MINUTE, Slug
from forgefed_gate.domain.intents import Invite, Say
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.services import people, projects
from forgefed_gate.store import jobs

ANVIL = Slug("anvil")


@pytest.fixture
def bob(house):
    return person(settle(house))


async def test_what_one_person_gets_comes_in_order(house, bob):
    """A second word never overtakes the first, however long that takes."""
    thread = await admitted(house, bob)
    bob.peer.takes = 500
    await act(house, Say(thread=thread, text="First."))
    bob.peer.takes = 202
    await act(house, Say(thread=thread, text="Second."))
    bob.peer.told.clear()

    assert await house.work() == 0
    house.clock.pass_by(MINUTE)
    await house.work()

    assert [("First." in note["content"]) for note in bob.notes] == [True, False]


class Plain:
    """A server for people: what a project says, it refuses with *status*."""

    def __init__(self, peer, status):
        self.peer, self.status = peer, status

    async def __call__(self, scope, receive, answer):
        self.peer.takes = self.status if b"/projects/" in signer(scope) else 202
        await self.peer(scope, receive, answer)


def signer(scope):
    headers = dict(scope["headers"])
    return headers.get(b"signature", b"") + headers.get(b"signature-input", b"")


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_a_server_that_knows_no_projects_holds_up_no_words(house, bob, status):
    """Mastodon finds no key in a `Project`; the welcome and the rest come all the same."""
    house.wire.apps["peer.example"] = Plain(bob.peer, status)

    thread = await admitted(house, bob)
    await act(house, Say(thread=thread, text="Hello again."))

    assert ["Welcome" in note["content"] for note in bob.notes[-2:]] == [True, False]
    assert "Hello again." in bob.notes[-1]["content"]


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (401, 5), (403, 5)])
async def test_what_a_project_says_is_left_at_the_words_where_it_is_refused(
    house, bob, status, tries
):
    """Each try in both dialects; then nothing waits, and nobody has to mend what is no fault."""
    house.wire.apps["peer.example"] = Plain(bob.peer, status)
    await admitted(house, bob)

    for _ in range(10):
        house.clock.pass_by(DAY)
        await house.work()

    assert len([each for each in bob.told if each["type"] == "Grant"]) == 2 * tries
    assert await house.rows("jobs") == 0


async def test_what_one_project_is_refused_delays_no_other_project(house, bob):
    """Each project says what it says in a lane of its own."""
    house.wire.apps["peer.example"] = Plain(bob.peer, 401)
    await projects.add(house.gate, "hammer", "Hammer", by=OPERATOR)
    await people.resolve(house.gate, bob.id)

    for project in (ANVIL, Slug("hammer")):
        await act(house, Invite(project=project, who=bob.id, role=Role.REPORT, days=30))

    invites = [each["actor"] for each in bob.told if each["type"] == "Invite"]
    assert set(invites) == {house.gate.places.project(slug) for slug in (ANVIL, "hammer")}


async def test_a_forge_in_trouble_gets_its_grant_later(house, bob):
    """Trouble is no refusal: what a project says waits for better days like everything else."""
    house.wire.apps["peer.example"] = Plain(bob.peer, 500)
    await admitted(house, bob)
    house.wire.apps["peer.example"] = bob.peer
    bob.peer.told.clear()
    bob.peer.takes = 202

    house.clock.pass_by(DAY)
    await house.work()

    assert [each["type"] for each in bob.told] == ["Grant"]
    assert await house.rows("jobs") == 0


async def test_one_slow_server_holds_nobody_else_up(house, bob):
    """Each inbox has a line of its own."""
    carol = person(settle(house, "quick.example"), "carol")
    bob.peer.takes = 500

    await write(house, bob)
    await write(house, carol)

    assert len(carol.notes) == 1


async def test_many_deliveries_are_over_together_and_each_for_itself(house, bob):
    """One that is lost and one that is refused cost the others nothing."""
    carol = person(settle(house, "quick.example"), "carol")
    dora = person(settle(house, "broken.example"), "dora")
    for who in (bob, carol, dora):
        assert (await send(house, who, mention(who, house.desk()))).status_code == 202
    dora.peer.takes = 500
    async with house.gate.database.transaction() as tx:
        now = house.clock.now
        await jobs.put(tx, "lost", "deliver", payload=b"", run_at=now, now=now, lane="lost")

    await house.work()

    assert [len(who.notes) for who in (bob, carol, dora)] == [1, 1, 1]
    async with house.gate.database.snapshot() as tx:
        left = {each.lane: each.last_error for each in await jobs.listing(tx)}
    assert left == {"lost": "unreadable", f"{dora.id}/inbox": "failed"}


class Meanwhile:
    """A server at which something happens while it reads."""

    def __init__(self, peer, happens):
        self.peer = peer
        self.happens = happens
        self.answered = asyncio.Event()

    async def __call__(self, scope, receive, answer):
        if scope["method"] == "POST":
            await self.happens()
            self.answered.set()
        await self.peer(scope, receive, answer)


async def test_a_delivery_ends_though_somebody_writes_to_the_same_inbox(tmp_path):
    """Whoever is putting something behind it holds it for a moment, and no longer."""
    async with (
        databases.fresh("postgresql", tmp_path) as database,
        open_house(tmp_path, database) as house,
        AsyncExitStack() as writing,
    ):
        bob = person(settle(house))

        async def put_behind():
            tx = await writing.enter_async_context(database.transaction())
            now, lane = house.clock.now, f"{bob.id}/inbox"
            await jobs.put(tx, "next", "deliver", payload=b"", run_at=now, now=now, lane=lane)

        server = house.wire.apps["peer.example"] = Meanwhile(bob.peer, put_behind)
        assert (await send(house, bob, mention(bob, house.desk()))).status_code == 202
        working = asyncio.create_task(house.work())
        await asyncio.wait_for(server.answered.wait(), 30)
        ended, _ = await asyncio.wait({working}, timeout=0.2)
        assert ended == set()
        await writing.aclose()
        await asyncio.wait_for(working, 30)

        assert len(bob.notes) == 1
        async with database.snapshot() as tx:
            assert [each.name for each in await jobs.listing(tx)] == ["next"]
