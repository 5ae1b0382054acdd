"""Work done as a whole: one transaction, and on SQLite one trip to its thread."""

import asyncio
import sqlite3
import threading

import databases
import psycopg
import pytest

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.store.database import number

COUNT = "SELECT COUNT(*) AS total FROM words"
INSERT = "INSERT INTO words (word) VALUES ('anvil')"


@pytest.fixture
async def words(database):
    """A database with one small table of our own."""
    async with database.transaction() as tx:
        await tx.run("DROP TABLE IF EXISTS words")
        await tx.run("CREATE TABLE words (word TEXT PRIMARY KEY)")
    yield database
    async with database.transaction() as tx:
        await tx.run("DROP TABLE words")


@pytest.fixture
async def file(tmp_path):
    """The same, on SQLite alone."""
    async with databases.fresh("sqlite", tmp_path) as database:
        await database.write(lambda tx: tx.run("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        yield database


async def add(tx):
    return await tx.run(INSERT)


async def count(tx):
    return number(await tx.row(COUNT), "total")


async def test_work_as_a_whole_is_on_disk_when_it_returns(words):
    """It is a transaction like any other, and a snapshot reads what it wrote."""
    assert await words.write(add) == 1

    assert await words.read(count) == 1
    async with words.snapshot() as tx:
        assert await count(tx) == 1


async def test_work_that_fails_is_undone_as_a_whole(words):
    """Whoever asked hears why, and the next work finds nothing of it."""

    async def fail(tx):
        await tx.run(INSERT)
        raise Conflict("no", "No.")

    with pytest.raises(Conflict):
        await words.write(fail)

    assert await words.read(count) == 0
    await words.write(add)
    assert await words.read(count) == 1


async def test_work_that_only_reads_cannot_write(words):
    """A snapshot waits for no writer because it is none."""
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
        await words.read(add)

    assert await words.read(count) == 0


async def test_work_that_was_begun_is_done_though_nobody_waits(file):
    """It runs on the thread of the database, where nothing interrupts it."""
    begun, may_go_on = threading.Event(), threading.Event()

    async def add_slowly(tx):
        begun.set()
        may_go_on.wait(10)
        await tx.run(INSERT)

    asked = asyncio.create_task(file.write(add_slowly))
    await asyncio.to_thread(begun.wait, 10)
    asked.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asked

    assert await file.write(count) == 1


async def test_work_as_a_whole_awaits_nothing_else(file):
    """There is no event loop where it is done: what waits for the network is done before."""

    async def dawdle(tx):
        await tx.run(INSERT)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaits nothing but its transaction"):
        await file.write(dawdle)

    assert await file.read(count) == 0


async def test_whoever_writes_sees_that_somebody_waits(file):
    """They may make it short then; on PostgreSQL there is a connection for each."""
    async with file.transaction():
        alone = file.awaited
        waiting = asyncio.create_task(file.write(add))
        await asyncio.sleep(0)
        behind_us = file.awaited
    await waiting

    assert (alone, behind_us, file.awaited) == (False, True, False)
