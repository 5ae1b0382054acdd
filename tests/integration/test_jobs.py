"""The queue, on each engine: order, leases, and what is left when things go wrong."""

import asyncio
from contextlib import AsyncExitStack
from itertools import chain

import databases
import pytest

from forgefed_gate.store import jobs
from forgefed_gate.store.jobs import NewJob
from forgefed_gate.store.migrations import migrate

NOW = 1_000_000
LEASE = 60_000


def job(name, **overrides):
    return NewJob(**{"name": name, "kind": "deliver", "payload": b"", "run_at": NOW} | overrides)


async def put(database, *new):
    async with database.transaction() as tx:
        await jobs.put_many(tx, new, now=NOW)


async def claim(database, *, now=NOW, limit=10, lease="ours", lease_for=LEASE):
    async with database.transaction() as tx:
        return await jobs.claim(tx, now=now, limit=limit, lease=lease, lease_for=lease_for)


async def names(database, **overrides):
    return [claimed.name for claimed in await claim(database, **overrides)]


async def then(database, act, *args, **named):
    async with database.transaction() as tx:
        return await act(tx, *args, **named)


async def listed(database):
    async with database.snapshot() as tx:
        return [(each.name, each.state) for each in await jobs.listing(tx)]


async def test_a_job_is_carried_through_whole(database):
    """What was put in is what comes out, with its first attempt counted."""
    async with database.transaction() as tx:
        assert await jobs.put(
            tx, "greet", "deliver", payload=b"\x00sealed", run_at=NOW, now=NOW - 5, lane="peer"
        )

    (claimed,) = await claim(database)

    assert (claimed.name, claimed.kind, claimed.lane) == ("greet", "deliver", "peer")
    assert (claimed.payload, claimed.put_at) == (b"\x00sealed", NOW - 5)
    assert (claimed.attempts, claimed.lease) == (1, "ours")


async def test_a_known_name_changes_nothing(database):
    """Asking twice for the same work is asking once."""
    await put(database, job("greet", payload=b"first"))

    async with database.transaction() as tx:
        again = await jobs.put(tx, "greet", "other", payload=b"second", run_at=0, now=NOW)

    assert not again
    (claimed,) = await claim(database)
    assert (claimed.kind, claimed.payload) == ("deliver", b"first")


async def test_work_is_only_there_once_its_transaction_has_committed(database):
    """An effect that was undone must not be announced."""

    async def ask_and_fail():
        async with database.transaction() as tx:
            await jobs.put(tx, "greet", "deliver", payload=b"", run_at=NOW, now=NOW)
            assert await listed(database) == []
            raise LookupError

    with pytest.raises(LookupError):
        await ask_and_fail()

    assert await listed(database) == []


async def test_jobs_wait_until_they_are_due(database):
    """A delay is a promise."""
    await put(database, job("soon", run_at=NOW + 1), job("now"))

    assert await names(database) == ["now"]
    assert await names(database, now=NOW + 1) == ["soon"]


async def test_those_due_the_longest_come_first(database):
    """Nobody starves behind those who came later."""
    await put(database, job("third", run_at=3), job("first", run_at=1), job("second", run_at=2))

    assert [await names(database, limit=1) for _ in range(3)] == [["first"], ["second"], ["third"]]


async def test_a_lane_keeps_its_order(database):
    """A peer must hear of the Grant before the Revoke."""
    await put(database, *(job(f"{n}", lane="peer", run_at=NOW - n) for n in range(4)))

    seen = []
    while claimed := await claim(database):
        seen.append([each.name for each in claimed])
        await then(database, jobs.done, claimed[0])

    assert seen == [["0"], ["1"], ["2"], ["3"]]


async def test_many_done_at_once_let_every_lane_go_ahead(database):
    """Settling in batches keeps the order too."""
    await put(database, *(job(f"{lane}{n}", lane=lane) for lane in "ab" for n in range(3)))

    seen = []
    while claimed := await claim(database):
        seen.append([each.name for each in claimed])
        await then(database, jobs.done_many, claimed)

    assert seen == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]
    assert await listed(database) == []


async def test_ending_many_names_those_that_were_ours(database):
    """Whoever lost one of them meanwhile must not think that it is over."""
    await put(database, job("0"), job("1"))
    claimed = await claim(database)
    await then(database, jobs.bury, claimed[1], error="gone")

    assert await then(database, jobs.done_many, claimed) == {"0"}


async def test_ending_many_waits_for_nobody(tmp_path):
    """Two who end and put many would wait for each other; one of them would be cut off."""
    async with databases.fresh("postgresql", tmp_path) as database:
        await put(database, job("a0", lane="a"), job("b0", lane="b"))
        claimed = {each.name: each for each in await claim(database)}

        async with database.transaction() as tx:
            await jobs.put_many(tx, [job("b1", lane="b")], now=NOW)
            ending = then(database, jobs.done_many, [*claimed.values()])
            assert await asyncio.wait_for(ending, 5) == {"a0"}

        assert await names(database) == []
        assert await then(database, jobs.done, claimed["b0"])
        assert await names(database) == ["b1"]


async def test_one_lane_never_delays_another(database):
    """A slow peer is its own problem."""
    await put(database, *(job(f"{lane}{n}", lane=lane) for lane in "ab" for n in range(2)))
    await put(database, job("free"))
    held = {each.name: each for each in await claim(database)}
    assert held.keys() == {"a0", "b0", "free"}

    await then(database, jobs.retry, held["a0"], run_at=NOW + 9_999_999, error="unreachable")
    await then(database, jobs.done, held["b0"])

    assert await names(database) == ["b1"]


async def test_a_lane_waits_for_the_retry_of_its_oldest(database):
    """Order outlives failure."""
    await put(database, job("0", lane="peer"), job("1", lane="peer"))
    (first,) = await claim(database)

    assert await then(database, jobs.retry, first, run_at=NOW + 50, error="unreachable")

    assert await names(database) == []
    (again,) = await claim(database, now=NOW + 50)
    assert (again.name, again.attempts) == ("0", 2)
    async with database.snapshot() as tx:
        assert [each.last_error for each in await jobs.listing(tx)] == ["unreachable", None]


async def test_a_dead_job_does_not_block_its_lane(database):
    """What cannot be done is kept for people, and the rest goes on."""
    await put(database, job("0", lane="peer"), job("1", lane="peer"))
    (first,) = await claim(database)

    assert await then(database, jobs.bury, first, error="gone")

    assert await listed(database) == [("0", "dead"), ("1", "ready")]
    assert await names(database) == ["1"]


async def test_a_revived_job_starts_afresh_at_the_end_of_its_lane(database):
    """The lane has moved on; one at a time still holds."""
    await put(database, *(job(f"{n}", lane="peer", payload=b"kept") for n in range(3)))
    (first,) = await claim(database)
    await then(database, jobs.bury, first, error="gone")
    (second,) = await claim(database)

    assert await then(database, jobs.revive, "0", now=NOW)

    assert await names(database) == []
    await then(database, jobs.done, second)
    (third,) = await claim(database)
    await then(database, jobs.done, third)
    (revived,) = await claim(database)
    assert (third.name, revived.name) == ("2", "0")
    assert (revived.attempts, revived.payload) == (1, b"kept")


async def test_only_the_dead_are_revived(database):
    """Reviving what is alive would do it twice."""
    await put(database, job("alive"))

    assert not await then(database, jobs.revive, "alive", now=NOW)
    assert not await then(database, jobs.revive, "nobody", now=NOW)

    assert await listed(database) == [("alive", "ready")]


async def test_only_the_dead_are_dropped(database):
    """People may decide that something need not happen; what is under way ends by itself."""
    await put(database, job("0", lane="peer"), job("1", lane="peer"))
    (first,) = await claim(database)
    await then(database, jobs.bury, first, error="gone")

    assert await then(database, jobs.drop, "0")
    assert not await then(database, jobs.drop, "0")
    assert not await then(database, jobs.drop, "1")

    assert await listed(database) == [("1", "ready")]


async def test_a_lease_that_ran_out_comes_back(database):
    """A crash delays work; it never loses it."""
    await put(database, job("greet", lane="peer"), job("later", lane="peer"))
    assert await names(database, lease="crashed") == ["greet"]

    assert await names(database, now=NOW + LEASE - 1) == []
    (again,) = await claim(database, now=NOW + LEASE)

    assert (again.name, again.attempts) == ("greet", 2)


@pytest.mark.parametrize("same_lease", [True, False])
@pytest.mark.parametrize(
    "act",
    [
        jobs.done,
        lambda tx, job: jobs.retry(tx, job, run_at=0, error="late"),
        lambda tx, job: jobs.bury(tx, job, error="late"),
        lambda tx, job: jobs.done_many(tx, [job]),
    ],
)
async def test_whoever_lost_the_lease_changes_nothing(database, act, same_lease):
    """The job is in other hands, even if they are the same process on its next round."""
    await put(database, job("0", lane="peer"), job("1", lane="peer"))
    (late,) = await claim(database, lease="ours")
    later = NOW + LEASE
    (current,) = await claim(database, now=later, lease="ours" if same_lease else "theirs")

    assert not await then(database, act, late)

    assert await listed(database) == [("0", "ready"), ("1", "behind")]
    assert await names(database, now=later) == []
    assert await then(database, jobs.done, current)
    assert await names(database, now=later) == ["1"]


async def test_concurrent_claimers_never_share_a_job(database):
    """Any number of workers divide the queue among them, and each lane keeps its order."""
    lanes = [f"peer{n}" for n in range(5)]
    await put(database, *(job(f"free {n}") for n in range(40)))
    await put(database, *(job(f"{lane} {n}", lane=lane) for n in range(8) for lane in lanes))
    seen: list[str] = []

    async def work(worker):
        while len(seen) < 80:
            claimed = await claim(database, limit=4, lease=worker)
            seen.extend(each.name for each in claimed)
            for each in claimed:
                assert await then(database, jobs.done, each)

    await asyncio.wait_for(asyncio.gather(*(work(f"worker {n}") for n in range(8))), 20)

    assert len(seen) == len(set(seen)) == 80
    for lane in lanes:
        assert [name for name in seen if name.startswith(lane)] == [
            f"{lane} {n}" for n in range(8)
        ]


async def test_processes_share_one_queue(engine, tmp_path):
    """Several gates on PostgreSQL, or a command line beside a server, take no job twice."""
    with databases.address(engine, tmp_path) as where:
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(databases.opened(engine, where))
            await migrate(ours)
            theirs = await stack.enter_async_context(databases.opened(engine, where))
            await put(ours, *(job(f"{n}") for n in range(40)))

            claims = await asyncio.gather(
                *(names(each, limit=5, lease=f"{n}") for n in range(4) for each in (ours, theirs))
            )

    assert sorted(chain(*claims), key=int) == [f"{n}" for n in range(40)]


async def test_nothing_is_stranded_when_a_lane_ends_as_it_grows(database):
    """A job put while the last of its lane is finished must not wait for ever."""
    await put(database, job("0", lane="peer"))
    finished = 0
    for n in range(1, 25):
        (current,) = await claim(database)
        await asyncio.gather(
            put(database, job(f"{n}", lane="peer")), then(database, jobs.done, current)
        )
        finished += 1

    assert finished == 24
    assert await names(database) == ["24"]


async def test_the_age_of_the_queue_is_that_of_what_is_due(database):
    """Work that is meant for later, at work or dead is not late."""
    assert await then(database, jobs.age_of_oldest, now=NOW) == 0

    await put(database, job("late", run_at=NOW - 70), job("later", run_at=NOW + 70))

    assert await then(database, jobs.age_of_oldest, now=NOW) == 70
    await claim(database)
    assert await then(database, jobs.age_of_oldest, now=NOW) == 0


async def test_people_see_the_dead_first_and_never_what_jobs_carry(database):
    """What needs a hand comes first."""
    await put(database, *(job(f"{n}", payload=b"secret", run_at=n) for n in range(3)))
    (first,) = await claim(database, limit=1)
    await then(database, jobs.bury, first, error="gone")

    async with database.snapshot() as tx:
        (dead, *_) = rows = await jobs.listing(tx)
        assert len(await jobs.listing(tx, limit=2)) == 2

    assert (dead.name, dead.state, dead.attempts, dead.last_error) == ("0", "dead", 1, "gone")
    assert "secret" not in repr(rows)


async def test_claiming_reads_no_more_than_it_takes(tmp_path, monkeypatch):
    """A long queue must not make every claim slow."""
    seen = []
    async with databases.fresh("sqlite", tmp_path) as database, database.transaction() as tx:
        run = type(tx).rows

        async def explained(self, sql, /, **values):
            seen.extend(await run(self, f"EXPLAIN QUERY PLAN {sql}", **values))
            return []

        monkeypatch.setattr(type(tx), "rows", explained)
        await jobs.claim(tx, now=NOW, limit=1, lease="ours", lease_for=LEASE)

    steps = [step["detail"] for step in seen]
    assert any("jobs_due" in step for step in steps)
    assert any("jobs_head" in step for step in steps)
    assert not [step for step in steps if "SCAN jobs" in step or "TEMP" in step]


async def test_one_that_was_put_as_the_head_went_waits_for_the_older_ones(database):
    """PostgreSQL lets it be ready: it sees that the head is done, and not yet who came after."""
    await put(database, *(job(name, lane="peer") for name in ("first", "second", "third", "late")))
    async with database.transaction() as tx:
        await tx.run("UPDATE jobs SET state = 'ready' WHERE name = 'late'")

    taken = []
    while claimed := await claim(database):
        taken += [each.name for each in claimed]
        for each in claimed:
            await then(database, jobs.done, each)

    assert taken == ["first", "second", "third", "late"]
