"""PostgreSQL: one database that any number of processes share."""

import json
import re
import secrets
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Generator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from forgefed_gate.domain.errors import Refusal, TryLater
from forgefed_gate.store.database import Engine, Row, Value, Work, text, unavailable

PATIENCE = 5.0
"""Seconds that a request waits for a free connection."""

TRIES_FOR = 3.0
"""Seconds for which one attempt to connect goes on; the next request begins another."""

T = TypeVar("T")
Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]
Configure = Callable[[Connection], Awaitable[None]]
Troubles = tuple[type[psycopg.Error], ...]

_HOLD: LiteralString = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_ENDED: LiteralString = """
    SELECT given.value ->> 0 AS holder FROM json_each(CAST(:holders AS TEXT)) AS given
    WHERE pg_try_advisory_xact_lock(hashtextextended(given.value ->> 0, 0))
"""

_TROUBLES = (psycopg.OperationalError,)
_WHEN_WRITING = (*_TROUBLES, psycopg.errors.ReadOnlySqlTransaction)
"""A server that only reads just now; through a snapshot it would be our own bug."""

_DIALECT = re.compile(
    r"""
      (?P<skip>   /\*\s*skip\ locked\s*\*/ )
    | (?P<held>   /\*\s*held\s*\*/ )
    | (?P<quoted> '[^']*' | "[^"]*" | --[^\n]* | /\*.*?\*/ | :: )
    | : (?P<name> [a-z_][a-z0-9_]* )
    | (?P<percent> % )
    """,
    re.VERBOSE | re.DOTALL,
)


async def open_database(dsn: str, *, connections: int = 10) -> "PostgresDatabase":
    """Open the database that *dsn* names, with at most *connections* for each of two uses."""
    holder = secrets.token_hex(16)
    writers = _pool(dsn, connections, _held_by(holder, _writing))
    readers = _pool(dsn, connections, _held_by(holder, _reading))
    database = PostgresDatabase(holder=holder, writers=writers, readers=readers)
    try:
        with _trouble():
            await writers.open(wait=True, timeout=PATIENCE)
            await readers.open(wait=True, timeout=PATIENCE)
    except BaseException:
        await database.close()
        raise
    return database


class PostgresDatabase:
    """A `Database` on a server, with many transactions at once."""

    engine: Engine = "postgresql"

    def __init__(self, *, holder: str, writers: Pool, readers: Pool) -> None:
        self.holder = holder
        self.writers = writers.max_size
        self.awaited = False  # whoever waits for a connection waits for no one in particular
        self._writers = writers
        self._readers = readers

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Be one of those who do the work: any number may."""
        yield

    async def ended(self, holders: Collection[str]) -> set[str]:
        """
        Say which *holders* have ended for certain.

        Every connection shares a lock on the name of its holder. It goes with the last of them,
        as soon as the server notices that a process died, however it did.
        """
        others = [[holder] for holder in holders if holder != self.holder]
        async with self.snapshot() as tx:
            rows = await tx.rows(_ENDED, holders=json.dumps(others)) if others else []
        return {text(row, "holder") for row in rows}

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["PostgresTransaction"]:
        """Open a transaction that is on disk when the block ends."""
        async with _begun(self._writers, _WHEN_WRITING) as tx:
            yield tx

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator["PostgresTransaction"]:
        """Open a read-only transaction that sees one moment and waits for no writer."""
        async with _begun(self._readers, _TROUBLES) as tx:
            yield tx

    async def write(self, work: Work[T], /) -> T:
        """Do all of *work* in one transaction; its statements are trips to the server anyway."""
        async with self.transaction() as tx:
            return await work(tx)

    async def read(self, work: Work[T], /) -> T:
        """Do all of *work* in one snapshot."""
        async with self.snapshot() as tx:
            return await work(tx)

    async def ping(self) -> None:
        """Return if the database answers, and raise `TryLater` if it does not."""
        async with self.snapshot() as tx:
            await tx.row("SELECT 1 AS answer")

    async def backup(self, path: Path) -> None:
        """Refuse: the server's own tool makes better copies than we would."""
        raise Refusal(
            "backup-by-pg-dump", f"This gate keeps its data in PostgreSQL: run pg_dump to {path}."
        )

    async def scrub(self) -> None:
        """Let the server clear away old versions of rows, which it keeps until then."""
        with _trouble():
            async with self._writers.connection() as connection:
                await connection.execute("VACUUM")

    async def close(self) -> None:
        """Let go of every connection; nothing may be running any more."""
        await self._readers.close()
        await self._writers.close()


class PostgresTransaction:
    """A `Transaction` on one connection of the pool."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def run(self, sql: LiteralString, /, **values: Value) -> int:
        """Execute one statement and say how many rows it touched."""
        return (await self._connection.execute(translate(sql), values)).rowcount

    async def rows(self, sql: LiteralString, /, **values: Value) -> list[Row]:
        """Execute one query and return all it found."""
        cursor = await self._connection.execute(translate(sql), values)
        return list[Row](await cursor.fetchall())

    async def row(self, sql: LiteralString, /, **values: Value) -> Row | None:
        """Execute one query and return the first row it found, or None."""
        cursor = await self._connection.execute(translate(sql), values)
        return await cursor.fetchone()

    async def many(self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Execute one statement for each of *rows*, all in one trip to the database."""
        async with self._connection.cursor() as cursor:
            await cursor.executemany(translate(sql), rows)


@lru_cache(maxsize=1024)
def translate(sql: str) -> bytes:
    """Write our one dialect the way psycopg wants it; what is quoted stays as it is."""
    return _DIALECT.sub(_word, sql).encode()


def _word(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "skip":
            return "FOR UPDATE SKIP LOCKED"
        case "held":
            return "FOR UPDATE"
        case "name":
            return f"%({found['name']})s"
        case _:
            return found[0].replace("%", "%%")


@asynccontextmanager
async def _begun(pool: Pool, troubles: Troubles) -> AsyncGenerator[PostgresTransaction]:
    """Run the block in a transaction; where its connection was lost, so may be the idle ones."""
    try:
        with _trouble(troubles):
            async with pool.connection() as connection, connection.transaction():
                yield PostgresTransaction(connection)
    except TryLater:
        await pool.check()
        raise


@contextmanager
def _trouble(troubles: Troubles = _TROUBLES) -> Generator[None]:
    """Tell what passes by itself or with an operator's help from what is our bug."""
    try:
        yield
    except troubles as error:
        raise unavailable() from error


def _pool(dsn: str, connections: int, configure: Configure) -> Pool:
    return AsyncConnectionPool(
        dsn,
        connection_class=Connection,
        kwargs={"autocommit": True, "row_factory": dict_row},
        min_size=1,
        max_size=connections,
        timeout=PATIENCE,
        reconnect_timeout=TRIES_FOR,
        configure=configure,
        open=False,
    )


def _held_by(holder: str, configure: Configure) -> Configure:
    async def hold(connection: Connection) -> None:
        await configure(connection)
        await connection.execute(_HOLD, (holder,))

    return hold


async def _writing(connection: Connection) -> None:
    await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)
    await connection.execute("SET synchronous_commit = on")  # whatever the server's default is


async def _reading(connection: Connection) -> None:
    await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
