"""How a database follows the code, on each engine."""

import asyncio
from contextlib import AsyncExitStack
from itertools import chain

import databases
import pytest

from forgefed_gate.domain.errors import Refusal
from forgefed_gate.store.migrations import Step, apply, migrate, shipped, statements

FIRST = Step(name="0001_first.sql", sql="CREATE TABLE first (word TEXT PRIMARY KEY);")
SECOND = Step(
    name="0002_second.sql",
    sql="CREATE TABLE second (word TEXT PRIMARY KEY);\nINSERT INTO first (word) VALUES ('a');",
)
BROKEN = Step(
    name="0002_second.sql",
    sql="CREATE TABLE second (word TEXT PRIMARY KEY);\nINSERT INTO nowhere (word) VALUES ('a');",
)


@pytest.fixture
async def bare(engine, tmp_path):
    """A database without a single table."""
    with databases.address(engine, tmp_path) as where:
        async with databases.opened(engine, where) as database:
            yield database


async def recorded(database):
    async with database.snapshot() as tx:
        return [row["name"] for row in await tx.rows("SELECT name FROM migrations ORDER BY name")]


async def exists(database, table):
    catalogue = (
        "SELECT name FROM sqlite_master WHERE name = :table"
        if database.engine == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE tablename = :table"
    )
    async with database.snapshot() as tx:
        return await tx.row(catalogue, table=table) is not None


async def test_our_own_files_are_applied_once_and_in_order(bare):
    """Starting twice is the same as starting once."""
    applied = await migrate(bare)

    assert applied == sorted(step.name for step in shipped())
    assert await recorded(bare) == applied
    assert await migrate(bare) == []


async def test_only_what_is_new_is_applied(bare):
    """An update adds to what is there."""
    assert await apply(bare, [FIRST]) == [FIRST.name]

    assert await apply(bare, [SECOND, FIRST]) == [SECOND.name]


async def test_a_file_that_fails_leaves_nothing_behind(bare):
    """An update that stops halfway can be tried again."""
    with pytest.raises(Exception, match="nowhere"):
        await apply(bare, [FIRST, BROKEN])

    assert await recorded(bare) == [FIRST.name]
    assert not await exists(bare, "second")
    assert await apply(bare, [FIRST, SECOND]) == [SECOND.name]


async def test_a_database_from_the_future_is_refused(bare):
    """Older code would misread it."""
    await apply(bare, [FIRST, SECOND])

    with pytest.raises(Refusal, match=SECOND.name) as refusal:
        await apply(bare, [FIRST])

    assert refusal.value.code == "database-newer"
    assert await recorded(bare) == [FIRST.name, SECOND.name]


async def test_a_file_that_was_edited_afterwards_is_refused(bare):
    """What made this database must stay readable as it was."""
    await apply(bare, [FIRST])

    with pytest.raises(Refusal, match=FIRST.name) as refusal:
        await apply(bare, [Step(name=FIRST.name, sql=f"{FIRST.sql} -- better"), SECOND])

    assert refusal.value.code == "migration-changed"
    assert await recorded(bare) == [FIRST.name]


async def test_processes_that_start_together_share_the_work(engine, tmp_path):
    """Each file is applied by exactly one of them, and all of them go on."""
    with databases.address(engine, tmp_path) as where:
        async with AsyncExitStack() as stack:
            processes = await asyncio.gather(
                *(stack.enter_async_context(databases.opened(engine, where)) for _ in range(4))
            )

            applied = await asyncio.gather(*(migrate(database) for database in processes))

            assert sorted(chain(*applied)) == sorted(step.name for step in shipped())


def test_no_two_files_of_ours_have_one_number():
    """A number that two branches took would leave their order to chance."""
    numbers = [int(step.name[:4]) for step in shipped()]

    assert min(numbers) == 1
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("engine", "spoken"),
    [
        ("sqlite", "CREATE TABLE a (n INTEGER PRIMARY KEY, b BLOB, blobs TEXT);"),
        (
            "postgresql",
            "CREATE TABLE a (n BIGINT GENERATED ALWAYS AS IDENTITY, b BYTEA, blobs TEXT);",
        ),
    ],
)
def test_types_are_spelt_the_way_the_engine_does(engine, spoken):
    """One file of tables serves both."""
    ours = "CREATE TABLE a (n INTEGER PRIMARY KEY, b BLOB, blobs TEXT);"

    assert list(statements(ours, engine)) == [spoken]


def test_a_trigger_is_one_statement():
    """Its body has semicolons of its own."""
    trigger = "CREATE TRIGGER kept BEFORE DELETE ON a BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;"

    assert list(statements(f"{trigger}\n\nSELECT 3;\n", "sqlite")) == [trigger, "SELECT 3;"]


@pytest.mark.parametrize(("engine", "kept"), [("sqlite", "ours"), ("postgresql", "theirs")])
def test_a_statement_may_be_for_one_engine_only(engine, kept):
    """Where the engines differ for good, the file says so above the statement."""
    sql = "-- only sqlite\nSELECT 'ours';\n-- only postgresql\nSELECT 'theirs';\nSELECT 'both';\n"

    first, both = statements(sql, engine)

    assert first == f"-- only {engine}\nSELECT '{kept}';"
    assert both == "SELECT 'both';"


def test_a_statement_without_its_semicolon_is_not_lost():
    """A forgotten character must not become a forgotten table."""
    with pytest.raises(AssertionError, match="semicolon"):
        list(statements("SELECT 1;\nCREATE TABLE a (b TEXT)\n-- the end\n", "sqlite"))


async def test_keys_outlive_the_step_that_ties_them_to_their_key_file(bare):
    """An update that lost one would lose somebody's words; a destroyed one needs no file."""
    await apply(bare, [step for step in shipped() if step.name < "0004"])
    async with bare.transaction() as tx:
        await tx.many(
            "INSERT INTO data_keys (id, owner, thread, wrapped, kek_id, created_at, destroyed_at)"
            " VALUES (:id, 'ada', :id, :wrapped, :file, 1, :destroyed)",
            [
                {"id": "a", "wrapped": b"key", "file": "one", "destroyed": None},
                {"id": "b", "wrapped": None, "file": "gone", "destroyed": 2},
            ],
        )

    await migrate(bare)

    async with bare.snapshot() as tx:
        alive, destroyed = await tx.rows("SELECT * FROM data_keys ORDER BY id")
        files = await tx.rows("SELECT * FROM key_files")
    assert (alive["wrapped"], alive["kek_id"], alive["owner"]) == (b"key", "one", "ada")
    assert (destroyed["kek_id"], destroyed["destroyed_at"]) == (None, 2)
    assert [row["id"] for row in files] == ["one"]
