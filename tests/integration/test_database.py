"""What a transaction promises, on each engine."""

import asyncio
import sqlite3
import stat
import sys
from pathlib import Path

import databases
import psycopg
import pytest

from forgefed_gate.domain.errors import Conflict, Refusal, TryLater
from forgefed_gate.store import postgres, sqlite
from forgefed_gate.store.database import blob, number, text

COUNT = "SELECT COUNT(*) AS total FROM words"
INSERT = "INSERT INTO words (word, said, sealed) VALUES (:word, :said, :sealed)"

ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from forgefed_gate.store import sqlite

async def write():
    database = await sqlite.open_database(Path(sys.argv[1]))
    for each in range(100):
        async with database.transaction() as tx:
            (row,) = await tx.rows("SELECT said FROM words")
            await tx.run("UPDATE words SET said = :said", said=row["said"] + 1)
    await database.close()

asyncio.run(write())
"""


@pytest.fixture
async def words(database):
    """A database with one small table of our own."""
    async with database.transaction() as tx:
        column = "BYTEA" if database.engine == "postgresql" else "BLOB"
        await tx.run("DROP TABLE IF EXISTS words")
        await tx.run(f"CREATE TABLE words (word TEXT PRIMARY KEY, said BIGINT, sealed {column})")
    yield database
    async with database.transaction() as tx:
        await tx.run("DROP TABLE words")


def word(**overrides):
    return {"word": "anvil", "said": 1, "sealed": b"\x00\xff"} | overrides


async def total(database):
    async with database.snapshot() as tx:
        return number(await tx.row(COUNT), "total")


async def test_what_was_written_is_read_back_unchanged(words):
    """Text, numbers beyond 32 bits, bytes and nothing at all travel through both engines."""
    async with words.transaction() as tx:
        await tx.run(INSERT, **word(word="100 % Ünï\U0001f528", said=2**53, sealed=None))
        await tx.run(INSERT, **word())

    async with words.snapshot() as tx:
        first, second = await tx.rows("SELECT word, said, sealed FROM words ORDER BY said")
    assert (text(first, "word"), number(first, "said"), blob(first, "sealed")) == (
        "anvil",
        1,
        b"\x00\xff",
    )
    assert dict(second) == {"word": "100 % Ünï\U0001f528", "said": 2**53, "sealed": None}


async def test_a_statement_says_how_many_rows_it_touched(words):
    """Whoever claims or revokes must know whether it did anything."""
    async with words.transaction() as tx:
        await tx.many(INSERT, [word(word=each) for each in "abc"])

        assert await tx.run("UPDATE words SET said = 2 WHERE word <> :word", word="a") == 2
        assert await tx.run("DELETE FROM words WHERE word = 'nobody'") == 0
        assert await tx.row("SELECT word FROM words WHERE said = 9") is None


async def test_an_exception_undoes_everything(words):
    """Half an effect is worse than none."""

    async def write_and_fail():
        async with words.transaction() as tx:
            await tx.run(INSERT, **word())
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()

    assert await total(words) == 0


async def test_a_refusal_by_the_database_is_not_a_reason_to_try_again(words):
    """A broken constraint is our bug; asking again would only hide it."""
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)):
        async with words.transaction() as tx:
            await tx.many(INSERT, [word(), word()])

    assert await total(words) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_blocks_nobody(words):
    """A client that hangs up must not take the writer with it."""
    written = asyncio.Event()

    async def write():
        async with words.transaction() as tx:
            await tx.run(INSERT, **word())
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with words.transaction() as tx:
        await tx.run(INSERT, **word(word="hammer"))
    assert await total(words) == 1


@pytest.mark.parametrize("steps", range(8))
async def test_cancellation_at_any_step_leaves_the_database_in_order(words, steps):
    """Wherever it strikes, the next transaction starts clean and nothing is half there."""

    async def write():
        async with words.transaction() as tx:
            await tx.run(INSERT, **word())
            await tx.run(INSERT, **word(word="hammer"))

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with words.transaction() as tx:
        assert number(await tx.row(COUNT), "total") in {0, 2}
        await tx.run(INSERT, **word(word="tongs"))


async def test_a_snapshot_sees_one_moment_and_waits_for_nobody(words):
    """A page is drawn from one state, however busy the writer is."""
    async with words.transaction() as tx:
        await tx.run(INSERT, **word())

        assert await total(words) == 0
        async with words.snapshot() as before:
            assert number(await before.row(COUNT), "total") == 0
    async with words.snapshot() as snapshot:
        assert number(await snapshot.row(COUNT), "total") == 1
        async with words.transaction() as tx:
            await tx.run(INSERT, **word(word="hammer"))
        assert number(await snapshot.row(COUNT), "total") == 1

    assert await total(words) == 2


async def test_nothing_is_written_through_a_snapshot(words):
    """Reading has no effects, and a mistake about it is a bug, not a busy disk."""
    with pytest.raises((sqlite3.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
        async with words.snapshot() as tx:
            await tx.run(INSERT, **word())

    assert await total(words) == 0


async def test_many_snapshots_at_once_all_get_their_turn(words):
    """There are fewer connections than readers."""
    assert await asyncio.gather(*(total(words) for _ in range(40))) == [0] * 40


async def test_concurrent_writers_do_not_lose_each_other(words):
    """Each adds to what it read under its own lock."""
    async with words.transaction() as tx:
        await tx.run(INSERT, **word(said=0))

    async def add():
        async with words.transaction() as tx:
            row = await tx.row(
                "SELECT said FROM words WHERE word = :word /* held */", word="anvil"
            )
            await tx.run("UPDATE words SET said = :said", said=number(row, "said") + 1)

    await asyncio.gather(*(add() for _ in range(30)))

    async with words.snapshot() as tx:
        assert number(await tx.row("SELECT said FROM words"), "said") == 30


async def test_ping_answers(database):
    """Readiness asks the database itself."""
    await database.ping()


async def test_two_processes_write_to_one_file(tmp_path):
    """The command line works while the server runs."""
    path = tmp_path / "gate.db"
    async with databases.opened("sqlite", str(path)) as database:
        async with database.transaction() as tx:
            await tx.run("CREATE TABLE words (word TEXT PRIMARY KEY, said BIGINT, sealed BLOB)")
            await tx.run(INSERT, **word(said=0))

        processes = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", ANOTHER_PROCESS, path)
            for _ in range(2)
        ]
        codes = [await process.wait() for process in processes]

        assert codes == [0, 0]
        async with database.snapshot() as tx:
            assert number(await tx.row("SELECT said FROM words"), "said") == 200


async def test_a_full_disk_is_try_later_and_heals_by_itself(tmp_path):
    """Nothing is acknowledged that is not on disk, and space is all it takes to go on."""
    async with databases.opened("sqlite", str(tmp_path / "gate.db")) as database:
        async with database.transaction() as tx:
            await tx.run("CREATE TABLE words (word TEXT PRIMARY KEY, said BIGINT, sealed BLOB)")
            await tx.rows("PRAGMA max_page_count = 8")

        with pytest.raises(TryLater) as refusal:
            async with database.transaction() as tx:
                await tx.many(INSERT, [word(), word(word="large", sealed=bytes(100_000))])

        assert refusal.value.code == "storage-unavailable"
        assert await total(database) == 0
        async with database.transaction() as tx:
            await tx.rows("PRAGMA max_page_count = 1000")
            await tx.run(INSERT, **word(sealed=bytes(100_000)))
        assert await total(database) == 1


async def test_a_writer_that_does_not_finish_is_try_later(tmp_path):
    """Whoever waits for another process gets an answer, not a hang."""
    path = str(tmp_path / "gate.db")
    async with (
        databases.opened("sqlite", path) as ours,
        databases.opened("sqlite", path) as theirs,
    ):
        async with ours.transaction() as tx:
            await tx.rows("PRAGMA busy_timeout = 1")

        async with theirs.transaction():
            with pytest.raises(TryLater):
                async with ours.transaction():
                    pass

        async with ours.transaction() as tx:
            assert await tx.row("SELECT 1 AS answer") == {"answer": 1}


async def test_a_lost_connection_is_try_later_once(tmp_path):
    """A restarted server costs one answer, not a restart of ours."""
    with databases.address("postgresql", tmp_path) as dsn:
        async with databases.opened("postgresql", dsn) as database:
            with pytest.raises(TryLater):
                async with database.transaction() as tx:
                    await tx.row("SELECT pg_terminate_backend(pg_backend_pid())")

            async with database.transaction() as tx:
                assert await tx.row("SELECT 1 AS answer") == {"answer": 1}


async def test_a_server_that_is_not_there_is_try_later(tmp_path, monkeypatch):
    """Starting before the database does is an ordinary morning."""
    monkeypatch.setattr(postgres, "PATIENCE", 0.05)

    with pytest.raises(TryLater):
        await postgres.open_database(f"host={tmp_path} dbname=nowhere")


async def test_a_folder_that_is_not_there_is_no_database(tmp_path):
    """We never guess where data should live."""
    with pytest.raises(FileNotFoundError):
        await sqlite.open_database(tmp_path / "nowhere" / "gate.db")


async def test_only_we_can_read_the_file_its_log_and_its_backup(tmp_path):
    """Other users of the machine are strangers."""
    async with databases.opened("sqlite", str(tmp_path / "gate.db")) as database:
        async with database.transaction() as tx:
            await tx.run("CREATE TABLE words (word TEXT)")
        await database.backup(tmp_path / "backup.db")

        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == dict.fromkeys(("gate.db", "gate.db-wal", "gate.db-shm", "backup.db"), 0o600)


async def test_a_backup_opens_as_a_database_of_its_own(tmp_path):
    """A backup nobody can restore is none."""
    backup = tmp_path / "backup.db"
    async with databases.fresh("sqlite", tmp_path) as database:
        async with database.transaction() as tx:
            await tx.run("CREATE TABLE words (word TEXT)")
            await tx.run("INSERT INTO words (word) VALUES ('anvil')")

        await database.backup(backup)

    async with databases.opened("sqlite", str(backup)) as restored:
        assert await total(restored) == 1


async def test_a_backup_overwrites_nothing(tmp_path):
    """Yesterday's backup is worth more than a convenient command."""
    backup = tmp_path / "backup.db"
    await asyncio.to_thread(backup.write_text, "precious")
    async with databases.opened("sqlite", str(tmp_path / "gate.db")) as database:
        with pytest.raises(Conflict):
            await database.backup(backup)

    assert await asyncio.to_thread(backup.read_text) == "precious"


async def test_a_backup_of_postgresql_is_made_by_its_own_tool(tmp_path):
    """The refusal names what to run instead."""
    with databases.address("postgresql", tmp_path) as dsn:
        async with databases.opened("postgresql", dsn) as database:
            with pytest.raises(Refusal, match="pg_dump"):
                await database.backup(tmp_path / "backup")

    assert not await asyncio.to_thread(Path.exists, tmp_path / "backup")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("SELECT :one", "SELECT %(one)s"),
        ("a = :one AND b > :two_2", "a = %(one)s AND b > %(two_2)s"),
        ("SELECT x::text, :x", "SELECT x::text, %(x)s"),
        ("SELECT ':no', :yes", "SELECT ':no', %(yes)s"),
        ("SELECT 'it''s :no' || :yes", "SELECT 'it''s :no' || %(yes)s"),
        ('SELECT ":no"', 'SELECT ":no"'),
        ("SELECT 1 -- :no\n, :yes", "SELECT 1 -- :no\n, %(yes)s"),
        ("SELECT /* :no */ :yes", "SELECT /* :no */ %(yes)s"),
        ("a LIKE '50%' AND b % 2 = :x", "a LIKE '50%%' AND b %% 2 = %(x)s"),
        ("LIMIT 1 /* skip locked */", "LIMIT 1 FOR UPDATE SKIP LOCKED"),
        ("LIMIT 1 /* held */", "LIMIT 1 FOR UPDATE"),
        ("a ->> 0 = :x", "a ->> 0 = %(x)s"),
    ],
)
def test_one_dialect_is_written_for_the_other_engine(ours, theirs):
    """What is quoted or cast stays as it is; names and locks are spelt their way."""
    assert postgres.translate(ours) == theirs.encode()
