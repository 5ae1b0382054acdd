"""What leaves the house: to whom, in which order, how often, and signed in which way."""

import asyncio
import json
from contextlib import AsyncExitStack

import databases
import pytest
from gates import open_house
from senders import act, activity, mention, person, send, settle, write

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, Slug
from forgefed_gate.domain.intents import Admit, Invite, Say
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim, verify
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import blocking, local, people, projects, views
from forgefed_gate.store import jobs

ANVIL = Slug("anvil")
AGREED = "I agree. I have read the parser for two weeks."


@pytest.fixture
def bob(house):
    return person(settle(house))


async def admitted(house, who):
    """Let somebody come all the way in, and name their thread."""
    await write(house, who)
    await write(house, who, AGREED)
    knocks = await views.knock_list(house.gate, ANVIL, by=OPERATOR)
    await act(house, Admit(knock=knocks[0].knock.id))
    return (await views.thread_list(house.gate, ANVIL, by=OPERATOR))[0].thread.id


def dialects(peer):
    return [
        Dialect.RFC9421 if "signature-input" in headers else Dialect.CAVAGE
        for _, headers, _ in peer.told
    ]


async def job(house):
    """Show the one job that there is."""
    async with house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT * FROM jobs")
    return row


# How it is signed


@pytest.mark.parametrize("dialect", Dialect)
async def test_what_we_send_is_signed_by_the_desk(house, bob, dialect):
    """Both ways cover the target, the host, the moment and every byte of the body."""
    if dialect is Dialect.RFC9421:
        async with house.gate.database.transaction() as tx:
            await tx.run(
                "INSERT INTO peers VALUES ('https://peer.example', 'rfc9421', :now)",
                now=house.clock.now,
            )

    await write(house, bob)

    ((path, headers, body),) = bob.peer.told
    own = await local.own(house.gate, Local(kind=Kind.DESK, slug=ANVIL))
    delivery = Delivery(method="POST", target=path, headers=tuple(headers.items()), body=body)
    claim = read_claim(delivery, base_url=bob.peer.base, now=house.clock.now)
    public = ActorKey(id=own.rsa.id, owner=own.id, public=own.rsa.private.public_key())
    assert claim.dialect is dialect
    assert verify(delivery, claim, public).by == house.desk()
    assert headers["content-type"] == "application/activity+json"


class Modern:
    """A server that takes nothing but RFC 9421."""

    def __init__(self, peer):
        self.peer = peer

    async def __call__(self, scope, receive, answer):
        old = b"signature-input" not in dict(scope["headers"])
        self.peer.takes = 401 if old and scope["method"] == "POST" else 202
        await self.peer(scope, receive, answer)


async def test_the_other_way_is_tried_once_and_remembered(house, bob):
    """Cavage arrives everywhere else; the server that wants more has to say so only once."""
    house.wire.apps["peer.example"] = Modern(bob.peer)

    await write(house, bob)
    await write(house, bob)

    assert dialects(bob.peer) == [Dialect.CAVAGE, Dialect.RFC9421, Dialect.RFC9421]
    assert bob.peer.told[0][2] == bob.peer.told[1][2]
    assert await house.rows("jobs") == 0


async def test_what_was_learned_is_forgotten_after_a_month(house, bob):
    """Servers change their software."""
    house.wire.apps["peer.example"] = Modern(bob.peer)
    await write(house, bob)
    house.clock.pass_by(31 * DAY)
    bob.peer.told.clear()

    await write(house, bob)

    assert dialects(bob.peer)[0] is Dialect.CAVAGE


async def test_who_refuses_both_ways_is_asked_no_third_time(house, bob):
    """It is their trouble now, and waits like every other."""
    bob.peer.takes = 401

    await write(house, bob)

    assert dialects(bob.peer) == [Dialect.CAVAGE, Dialect.RFC9421]
    assert (await job(house))["last_error"] == "refused"
    assert await house.rows("peers") == 0


# How often, and in which order

PATIENCE = [30_000, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, DAY]


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_server_in_trouble_is_tried_again_with_patience(house, bob, status):
    """The same bytes each time, so that a repetition is known as one."""
    bob.peer.takes = status
    await write(house, bob)

    for tries, wait in enumerate(PATIENCE, start=1):
        assert len(bob.peer.told) == tries
        house.clock.pass_by(wait * 8 // 10 - 1)
        assert await house.work() == 0
        house.clock.pass_by(wait * 4 // 10 + 2)
        assert await house.work() == 1
    bob.peer.takes = 202
    house.clock.pass_by(2 * DAY)
    await house.work()

    assert len({body for _, _, body in bob.peer.told}) == 1
    assert await house.rows("jobs") == 0


async def test_patience_ends_after_two_weeks(house, bob):
    """Then it lies where people see it, and is tried no more."""
    bob.peer.takes = 500
    await write(house, bob)

    for _ in range(30):
        house.clock.pass_by(DAY)
        await house.work()
    tries = len(bob.peer.told)
    house.clock.pass_by(DAY)

    assert await house.work() == 0
    assert tries < 30
    assert (await job(house))["state"] == "dead"


@pytest.mark.parametrize("status", [404, 410])
async def test_an_inbox_that_is_gone_is_left_alone(house, bob, status):
    """Trying again is in vain, and somebody may want to know."""
    bob.peer.takes = status

    await write(house, bob)
    house.clock.pass_by(DAY)

    assert await house.work() == 0
    assert len(bob.peer.told) == 1
    code = {404: "missing", 410: "gone"}[status]
    assert ((await job(house))["state"], (await job(house))["last_error"]) == ("dead", code)


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


# To whom no more


async def test_what_waits_for_somebody_blocked_is_dropped(house, bob):
    """A block holds at the door, in the queue, and on the way out."""
    bob.peer.takes = 500
    await write(house, bob)
    await blocking.block(house.gate, bob.id, by=OPERATOR)
    bob.peer.told.clear()
    house.clock.pass_by(DAY)

    await house.work()

    assert bob.peer.told == []
    assert await house.rows("jobs") == 0


async def test_what_waits_for_a_blocked_server_is_dropped(house, bob):
    """All of its people at once."""
    bob.peer.takes = 500
    await write(house, bob)
    await blocking.block(house.gate, "peer.example", by=OPERATOR)
    bob.peer.told.clear()
    house.clock.pass_by(DAY)

    await house.work()

    assert bob.peer.told == []
    assert await house.rows("jobs") == 0


async def test_who_blocks_us_hears_no_more(house, bob):
    """What waited for them is dropped, and nothing new is put in line."""
    thread = await admitted(house, bob)
    bob.peer.takes = 500
    await act(house, Say(thread=thread, text="Are you there?"))
    await send(house, bob, activity(bob, "Block", object=house.desk()))
    await house.work()
    bob.peer.told.clear()
    house.clock.pass_by(DAY)

    await house.work()
    with pytest.raises(Conflict) as refusal:
        await act(house, Say(thread=thread, text="Hello?"))

    assert "If they write again, you can answer." in refusal.value.sentence
    assert bob.peer.told == []
    assert await house.rows("jobs") == 0


# What lies in the queue


async def test_the_queue_is_sealed(house, bob):
    """Whoever reads the database finds who waits, and not what for."""
    thread = await admitted(house, bob)
    bob.peer.takes = 500

    await act(house, Say(thread=thread, text="Meet me at the parser."))

    row = await job(house)
    assert b"parser" not in row["payload"]
    assert "parser" not in json.dumps(dict(row), default=str)
    async with house.gate.database.snapshot() as tx:
        place = f"jobs|{row['name']}|payload"
        opened = await house.gate.vault.open_sealed(tx, row["payload"], place=place)
    assert b"parser" in opened
