"""What a process was doing when it was killed: whoever comes next goes on with it, at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import databases
import pytest
from gates import open_house
from homes import moved_into

from forgefed_gate.services import recovery, worker
from forgefed_gate.store import jobs, leases
from forgefed_gate.store.migrations import migrate

ANOTHER_PROCESS = """
import asyncio, sys, time
from pathlib import Path
from forgefed_gate.store import jobs, leases, postgres, sqlite

async def hold():
    engine, where, now = sys.argv[1:]
    if engine == "postgresql":
        database = await postgres.open_database(where)
    else:
        database = await sqlite.open_database(Path(where))
    async with database.at_work():
        async with database.transaction() as tx:
            lease = leases.name(database.holder, "token")
            await jobs.claim(tx, now=int(now), limit=9, lease=lease, lease_for=120_000)
        print("at work", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


@pytest.fixture
def where(engine, tmp_path):
    with databases.address(engine, tmp_path) as where:
        yield where


@pytest.fixture
async def house(engine, where, tmp_path):
    """A house whose database others can open too."""
    async with databases.opened(engine, where) as database:
        await migrate(database)
        async with open_house(tmp_path, database) as opened:
            yield opened


@contextmanager
def somebody_at_work(engine, where, now) -> Generator[subprocess.Popen]:
    """Let another process have leased whatever there is to do."""
    command = [sys.executable, "-c", ANOTHER_PROCESS, engine, where, str(now)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"at work\n"
            yield process
        finally:
            process.kill()


async def put(house, *names, attempts=0):
    now = house.clock.now
    async with house.gate.database.transaction() as tx:
        for name in names:
            await jobs.put(tx, name, "no such work", payload=b"", run_at=now, now=now)
            sql = "UPDATE jobs SET attempts = :attempts WHERE name = :name"
            await tx.run(sql, attempts=attempts, name=name)


async def untouched(house):
    """List the jobs that nobody here has tried."""
    async with house.gate.database.snapshot() as tx:
        return {job.name for job in await jobs.listing(tx) if job.last_error is None}


async def until(condition):
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - a row of a table sets no event
            await asyncio.sleep(0.01)


async def nothing_left(house):
    return not await untouched(house)


async def killed(house, process):
    """End a process as a power cut would, and wait until the database knows of it."""
    process.kill()
    process.wait()

    async def known():
        async with house.gate.database.snapshot() as tx:
            held = await leases.running(tx, now=house.clock.now, lease_for=worker.LEASE)
        holders = {leases.holder(each) for each in held}
        return await house.gate.database.ended(holders) == holders

    await until(known)


async def work_while(house, condition):
    """Let a worker run as in a server, until something is so."""
    working = asyncio.create_task(worker.run(house.gate))
    try:
        await until(condition)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_what_a_killed_process_held_is_done_at_once(engine, where, house):
    """Nobody waits two minutes for an answer because a server was restarted."""
    await put(house, "first", "second")
    with somebody_at_work(engine, where, house.clock.now) as process:
        await killed(house, process)

        await work_while(house, lambda: nothing_left(house))

    assert await untouched(house) == set()


async def test_what_a_living_process_holds_is_left_to_it(engine, where, house):
    """Several gates share a PostgreSQL; on SQLite the next server waits until the last ended."""
    await put(house, "first")
    with somebody_at_work(engine, where, house.clock.now) as process:
        await put(house, "later")
        if engine == "postgresql":

            async def done_but_for_first():
                return await untouched(house) == {"first"}

            await work_while(house, done_but_for_first)
        else:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(worker.run(house.gate), 2 * worker.GLANCE)
            assert await untouched(house) == {"first", "later"}

        await killed(house, process)
        await work_while(house, lambda: nothing_left(house))


async def test_a_crash_of_a_sibling_is_noticed_while_we_work(tmp_path):
    """Not only a new process looks: whoever shares the queue takes over within a second."""
    with ExitStack() as stack:
        where = stack.enter_context(databases.address("postgresql", tmp_path))
        async with databases.opened("postgresql", where) as database:
            await migrate(database)
            async with open_house(tmp_path, database) as house:
                await put(house, "first")
                process = stack.enter_context(
                    somebody_at_work("postgresql", where, house.clock.now)
                )
                working = asyncio.create_task(worker.run(house.gate))
                await asyncio.sleep(0.05)
                await killed(house, process)
                house.clock.pass_by(recovery.LOOK_ROUND)
                await until(lambda: nothing_left(house))
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)


async def test_what_was_at_many_crashes_may_be_their_cause(engine, where, house):
    """It waits for its lease to end, so that a gate which it kills gets other things done."""
    await put(house, "deadly", attempts=recovery.SUSPECT)
    with somebody_at_work(engine, where, house.clock.now) as process:
        await killed(house, process)
    await put(house, "harmless")

    async def harmless_is_done():
        return await untouched(house) == {"deadly"}

    await work_while(house, harmless_is_done)
    house.clock.pass_by(worker.LEASE)
    await work_while(house, lambda: nothing_left(house))


async def test_looking_for_the_dead_is_cheap(tmp_path, monkeypatch):
    """It is done every second, however much waits for another day."""
    seen = []
    async with databases.fresh("sqlite", tmp_path) as database, database.snapshot() as tx:
        run = type(tx).rows

        async def explained(self, sql, /, **values):
            seen.extend(await run(self, f"EXPLAIN QUERY PLAN {sql}", **values))
            return []

        monkeypatch.setattr(type(tx), "rows", explained)
        await leases.running(tx, now=0, lease_for=1)

    read = [each["detail"] for each in seen if " jobs" in each["detail"]]
    assert [detail.partition(" (")[0] for detail in read] == [
        "SEARCH jobs USING INDEX jobs_due",
        "SEARCH jobs USING INDEX jobs_outgoing",
    ]


def test_a_crash_point_that_there_is_not_is_told_in_words(tmp_path):
    """A test that never crashes proves nothing, so a wrong word must not pass for one."""
    home = moved_into(tmp_path / "data")
    before = home.dump()
    command = [sys.executable, "-m", "forgefed_gate", "serve", "--config", home.config]

    ended = subprocess.run(
        command,
        env={**os.environ, "GATE_CRASH_AT": "somewhere"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 1
    assert "is no point at which a gate can be" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert home.dump() == before
