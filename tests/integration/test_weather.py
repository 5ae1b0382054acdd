"""Deliveries in all weathers: everything arrives, in order, and nobody waits for somebody else."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from gates import open_house
from weather import Sky, Storm, at_work, says, until, waiting, work_when_due, write_to

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND
from forgefed_gate.domain.patience import WAITS
from forgefed_gate.domain.turns import PER_PEER, PLACES
from forgefed_gate.store import jobs


def inbox(peer, user=0):
    return f"https://peer{peer}.example/users/{user}/inbox"


@pytest.fixture
async def under(tmp_path, database):
    """Open a gate under a sky, on each engine in turn."""
    async with AsyncExitStack() as stack:
        yield lambda sky: stack.enter_async_context(open_house(tmp_path, database, wire=sky))


async def dead(house):
    async with house.gate.database.snapshot() as tx:
        return [
            (each.name.split()[1], each.last_error) for each in await jobs.list_dead(tx, limit=999)
        ]


# Rain on everybody


async def test_everything_arrives_in_order_through_a_storm(under):
    """A thousand activities to twenty peers, three in ten tries lost, refused or put off."""
    sky = Storm(lambda: house.clock.now, seed=4)
    house = await under(sky)
    await write_to(house.gate, [inbox(n % 20) for n in range(1_000)])
    sent = await waiting(house)

    while await house.rows("jobs"):
        await work_when_due(house)

    assert {to: list(dict.fromkeys(came)) for to, came in sky.taken.items()} == sent
    assert min(sky.met.values()) > 50
    repeated = sum(len(came) for came in sky.taken.values()) - 1_000
    assert repeated <= sky.met["timed-out"] + sky.met["not-connected"]


class Away(Sky):
    """A sky under which some servers do not answer, until they are back."""

    def __init__(self, *away):
        super().__init__()
        self.away = set(away)

    async def meet(self, url, activity):
        if url.split("/")[2] in self.away:
            raise Unreachable("not-connected", "Nobody is there.")
        return await super().meet(url, activity)


async def test_who_was_away_for_a_day_gets_everything_once_and_in_order(under):
    """A server that comes back is told all it missed, as it happened."""
    sky = Away("peer0.example")
    house = await under(sky)
    for _ in range(24):
        await write_to(house.gate, [inbox(0), inbox(0, user=1), inbox(1)])
        await house.work()
        house.clock.pass_by(HOUR)
        await house.work()
    missed = await waiting(house)
    assert {to: len(all_of_it) for to, all_of_it in missed.items()} == {
        inbox(0): 24,
        inbox(0, user=1): 24,
    }
    assert len(sky.taken[inbox(1)]) == 24

    sky.away.clear()
    back = house.clock.now
    while await house.rows("jobs"):
        await work_when_due(house)

    assert {to: sky.taken[to] for to in missed} == missed
    assert house.clock.now - back < DAY


# The circuit breaker


async def test_a_server_that_is_down_is_asked_as_rarely_as_one_inbox(under):
    """Two hundred people live there, and a few of them are enough to find out."""
    sky = Away("peer0.example")
    house = await under(sky)
    began = house.clock.now
    await write_to(house.gate, [inbox(0, user) for user in range(200)])
    missed = await waiting(house)

    tried = []
    while house.clock.now - began < 8 * HOUR:
        await work_when_due(house)
        tried += [house.clock.now - began] * (len(sky.tried) - len(tried))

    assert tried[:3] == [0, 0, 0]
    waits = [later - earlier for earlier, later in pairwise(tried[2:])]
    assert len(waits) >= 4
    for wait, planned in zip(waits, WAITS, strict=False):
        assert 0.8 * planned <= wait <= 1.2 * planned

    sky.away.clear()
    while await house.rows("jobs"):
        await work_when_due(house)
    assert sky.taken == missed


async def test_one_answer_closes_the_circuit(under):
    """Whoever is back is back for everybody who lives there."""
    sky = Away("peer0.example")
    house = await under(sky)
    await write_to(house.gate, [inbox(0, user) for user in range(20)])
    for _ in range(3):
        await house.work()
        house.clock.pass_by(40 * SECOND)

    sky.away.clear()
    house.clock.pass_by(3 * MINUTE)
    await house.work()

    assert len(sky.taken) >= 15
    await write_to(house.gate, [inbox(0, user=99)])
    await house.work()
    assert inbox(0, user=99) in sky.taken


async def test_what_waits_for_a_server_that_is_down_waits_beyond_a_restart(under):
    """What a process remembers may be lost with it, and still no herd sets off."""
    sky = Away("peer0.example")
    house = await under(sky)
    await write_to(house.gate, [inbox(0, user) for user in range(100)])
    await house.work()
    tried = len(sky.tried)

    house.gate.memory.peers.clear()
    await house.work()

    assert len(sky.tried) == tried
    house.clock.pass_by(3 * MINUTE)
    await house.work()
    assert len(sky.tried) <= tried + 3


async def test_a_server_that_asks_for_time_gets_it_for_all_who_live_there(under):
    """One “not now” is enough."""
    sky = Sky()
    house = await under(sky)

    async def crowded(url, activity):
        return says(429, "1800")

    fair, sky.meet = sky.meet, crowded
    await write_to(house.gate, [inbox(0, user) for user in range(50)])
    await house.work()
    asked = len(sky.tried)
    sky.meet = fair
    house.clock.pass_by(30 * MINUTE - 1)
    await house.work()

    assert asked <= PER_PEER
    assert len(sky.tried) == asked
    house.clock.pass_by(10 * MINUTE)
    await house.work()
    assert len(sky.taken) == 50


async def test_after_two_weeks_a_whole_server_is_given_up_on(under):
    """Not one inbox a day: people see all of it at once."""
    sky = Away("peer0.example")
    house = await under(sky)
    await write_to(house.gate, [inbox(0, user % 10) for user in range(30)])
    house.clock.pass_by(10 * DAY)
    await house.work()
    await write_to(house.gate, [inbox(0, user) for user in range(12)])
    while not await dead(house):
        await work_when_due(house)

    assert [code for _, code in await dead(house)] == ["not-connected"] * 30
    assert await house.rows("jobs") == 42
    sky.away.clear()
    while await house.rows("jobs") > 30:
        await work_when_due(house)
    assert len(sky.taken) == 12


async def test_who_is_gone_for_good_is_sent_nothing_more(under):
    """A 410 speaks for the inbox, so nothing else is carried there, and nobody else is hurt."""
    sky = Sky()
    house = await under(sky)

    async def gone(url, activity):
        return says(410) if url == inbox(0) else sky.take(url, activity)

    sky.meet = gone
    async with house.gate.database.transaction() as tx:
        for user in range(2):
            await tx.run(
                "INSERT INTO followers VALUES (:target, :actor, 'anvil', :follow, 0)",
                target=house.desk(),
                actor=inbox(0, user).removesuffix("/inbox"),
                follow=f"https://peer0.example/follows/{user}",
            )
    await write_to(house.gate, [inbox(0), inbox(0), inbox(0), inbox(0, user=1)])
    await house.work()

    assert sky.tried.count(inbox(0)) == 1
    assert [code for _, code in await dead(house)] == ["gone"] * 3
    assert len(sky.taken[inbox(0, user=1)]) == 1
    assert await house.rows("followers") == 1


# Nobody waits for somebody else


class Hanging(Sky):
    """A sky under which some servers take what they are given and say nothing until the end."""

    def __init__(self, *hanging):
        super().__init__()
        self.hanging = set(hanging)
        self.end = asyncio.Event()

    async def meet(self, url, activity):
        if url.split("/")[2] in self.hanging:
            await self.end.wait()
        return await super().meet(url, activity)


@pytest.mark.parametrize("users", [1, 100])
async def test_five_servers_that_hang_delay_none_of_the_fifteen_others(under, users):
    """However many inboxes they have: the others are through before the first hanging one is."""
    sky = Hanging(*(f"peer{n}.example" for n in range(5)))
    house = await under(sky)
    slow = [inbox(n, user) for user in range(users) for n in range(5)]
    quick = [inbox(n) for _ in range(10) for n in range(5, 20)]
    await write_to(house.gate, slow + quick)

    async def quick_ones_are_there():
        return sum(map(len, sky.taken.values())) == len(quick)

    async def all_is_there():
        return await house.rows("jobs") == 0

    async with at_work(house.gate):
        await until(quick_ones_are_there, tries=4_000)
        assert set(sky.taken) == set(quick)
        assert sky.under_way.total() == 5 * min(users, PER_PEER)
        sky.end.set()
        await until(all_is_there, tries=4_000)

    assert all(len(sky.taken[to]) == 1 for to in slow)
    assert sky.most_at_one <= PER_PEER


async def test_what_comes_in_is_worked_on_while_every_delivery_hangs(under):
    """Answering the world and deciding about it have places of their own."""
    sky = Hanging(*(f"peer{n}.example" for n in range(PLACES)))
    house = await under(sky)
    await write_to(house.gate, [inbox(n, user) for user in range(3) for n in range(PLACES)])

    async with at_work(house.gate):
        await until(lambda: filled(sky), tries=2_000)
        await one_round(house)
        sky.end.set()


async def filled(sky):
    return sky.under_way.total() >= PLACES


async def one_round(house):
    """Put something in the queue, and wait until the worker has come to it."""
    now = house.clock.now
    async with house.gate.database.transaction() as tx:
        await jobs.put(tx, "odd", "odd", payload=b"", run_at=now, now=now)

    async def tried():
        async with house.gate.database.snapshot() as tx:
            return await tx.row("SELECT 1 AS yes FROM jobs WHERE kind = 'odd' AND attempts > 0")

    await until(tried, tries=2_000)


# No herd


async def test_a_long_queue_starts_without_a_herd(under):
    """All of it is due at once, and goes out by fifty, two at one server."""
    sky = Hanging(*(f"peer{n}.example" for n in range(60)))
    house = await under(sky)
    await write_to(house.gate, [inbox(n // 10, n) for n in range(600)])

    async def all_is_there():
        return len(sky.taken) == 600

    async with at_work(house.gate):
        await until(lambda: filled(sky), tries=2_000)
        await one_round(house)
        assert len(sky.tried) == PLACES
        sky.end.set()
        await until(all_is_there, tries=8_000)

    assert (sky.most, sky.most_at_one) == (PLACES, PER_PEER)
    assert len(sky.tried) == 600
