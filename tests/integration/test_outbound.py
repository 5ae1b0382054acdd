"""What leaves the house: to whom, in which order, how often, and signed in which way."""

import json

import pytest
from senders import act, activity, admitted, person, send, settle, write

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, Slug
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim, verify
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import blocking, local

ANVIL = Slug("anvil")


@pytest.fixture
def bob(house):
    return person(settle(house))


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
