"""SQLite: one file, one writer, readers that never wait for it."""

import asyncio
import fcntl
import secrets
import sqlite3
from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, LiteralString, TypeVar

from forgefed_gate.domain.errors import Conflict, TryLater
from forgefed_gate.store.connection import Connection, Trip, finished, here
from forgefed_gate.store.database import Engine, Row, Value, Work, unavailable

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that a writer waits for a writer in another process."""

READERS = 4
GLANCE = 0.5
"""Seconds after which whoever waits to work looks whether they may."""

_TROUBLES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}

_WHEN_WRITING = _TROUBLES | {sqlite3.SQLITE_READONLY}
"""A file system that is read-only after an error; through a snapshot it would be our own bug."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

_PAUSES = (0.01, 0.03, 0.1, 0.3, 1.0)
_LOCK: LiteralString = "BEGIN IMMEDIATE"
_LOG_AHEAD: LiteralString = "PRAGMA journal_mode = WAL"
_WRITER: tuple[LiteralString, ...] = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten, on every machine alike
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 67108864",
)


async def open_database(path: Path) -> "SqliteDatabase":
    """Open the database in the file at *path*, or make one that only we can read."""
    _create_private(path)
    async with AsyncExitStack() as opened:
        with _trouble():
            writer = await _open(opened, path)
            await _log_ahead(writer)
            for pragma in _WRITER:
                await _execute(writer, pragma)
            readers = [await _open(opened, path, read_only=True) for _ in range(READERS)]
        return SqliteDatabase(path, writer=writer, readers=readers, opened=opened.pop_all())


class SqliteDatabase:
    """A `Database` in one file, which the command line may write to at the same time."""

    engine: Engine = "sqlite"
    writers = 1

    def __init__(
        self,
        path: Path,
        *,
        writer: Connection,
        readers: Sequence[Connection],
        opened: AsyncExitStack,
    ) -> None:
        self.holder = secrets.token_hex(16)
        self._path = path
        self._writer = writer
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._idle.put_nowait(reader)
        self._opened = opened

    @property
    def awaited(self) -> bool:
        """Say whether anybody waits until they can write."""
        return self._waiting > 0

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """
        Be the one who does the work, as soon as nobody else is at it.

        Whoever is holds an empty file locked that lies beside the database: its own locks
        are SQLite's.
        """
        lock = self._path.with_name(f"{self._path.name}-worker")
        _create_private(lock)
        with lock.open("rb") as file:
            while not _locked(file):  # noqa: ASYNC110 - a lock of the system sets no event
                await asyncio.sleep(GLANCE)
            yield

    async def ended(self, holders: Collection[str]) -> set[str]:
        """Say which *holders* have ended: all others, since only one at a time works here."""
        return set(holders) - {self.holder}

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator["SqliteTransaction"]:
        """Open a transaction that is on disk when the block ends."""
        async with self._writing() as writer, _begun(writer, _LOCK, _WHEN_WRITING) as tx:
            yield tx

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator["SqliteTransaction"]:
        """Open a read-only transaction that sees one moment and waits for no writer."""
        async with self._reading() as reader, _begun(reader, "BEGIN", _TROUBLES) as tx:
            yield tx

    async def write(self, work: Work[T], /) -> T:
        """Do all of *work* in one transaction, which is one trip to the writer's thread."""
        async with self._writing() as writer:
            with _trouble(_WHEN_WRITING):
                return await writer.do(partial(_whole, _LOCK, work))

    async def read(self, work: Work[T], /) -> T:
        """Do all of *work* in one snapshot, which is one trip to a reader's thread."""
        async with self._reading() as reader:
            with _trouble():
                return await reader.do(partial(_whole, "BEGIN", work))

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[Connection]:
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield self._writer
        finally:
            self._turn.release()

    @asynccontextmanager
    async def _reading(self) -> AsyncGenerator[Connection]:
        reader = await self._idle.get()
        try:
            yield reader
        finally:
            self._idle.put_nowait(reader)

    async def ping(self) -> None:
        """Return if the database answers, and raise `TryLater` if it does not."""
        async with self.snapshot() as tx:
            await tx.row("SELECT COUNT(*) AS tables FROM sqlite_master")

    async def backup(self, path: Path) -> None:
        """Write a consistent copy to *path*, which only we can read."""
        with _reserved(path), _trouble():
            async with AsyncExitStack() as opened:
                source = await _open(opened, self._path, read_only=True)
                await _execute(source, "VACUUM INTO :path", path=str(path))

    async def scrub(self) -> None:
        """Empty the log, which holds older pages; in the file itself deleting overwrites."""
        async with self._writing() as writer:
            with _trouble():
                await _execute(writer, "PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Let go of every connection; the writer goes last and tidies the log away."""
        await self._opened.aclose()


class SqliteTransaction:
    """A `Transaction` on one connection, each call one *trip* to it."""

    def __init__(self, trip: Trip) -> None:
        self._trip = trip

    async def run(self, sql: LiteralString, /, **values: Value) -> int:
        """Execute one statement and say how many rows it touched."""
        return await self._trip(lambda there: there.execute(sql, values).rowcount)

    async def rows(self, sql: LiteralString, /, **values: Value) -> list[Row]:
        """Execute one query and return all it found."""
        found = await self._trip(lambda there: there.execute(sql, values).fetchall())
        names = found[0].keys() if found else ()
        return [dict(zip(names, each, strict=True)) for each in found]

    async def row(self, sql: LiteralString, /, **values: Value) -> Row | None:
        """Execute one query and return the first row it found, or None."""
        found = await self.rows(sql, **values)
        return found[0] if found else None

    async def many(self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Execute one statement for each of *rows*, all in one trip to the database."""
        await self._trip(lambda there: there.executemany(sql, rows))


@asynccontextmanager
async def _begun(
    connection: Connection, begin: LiteralString, troubles: Collection[int]
) -> AsyncGenerator[SqliteTransaction]:
    """
    Run the block between *begin* and COMMIT.

    The connection's thread works in order, so a ROLLBACK that we ask for while a
    cancelled statement still runs takes effect before anyone else's BEGIN.
    """
    with _trouble(troubles):
        try:
            await _execute(connection, begin)
            yield SqliteTransaction(connection.do)
            await connection.do(sqlite3.Connection.commit)
        except BaseException:
            await connection.do(sqlite3.Connection.rollback)
            raise


def _whole(begin: LiteralString, work: Work[T], connection: sqlite3.Connection) -> T:
    """Do all of *work* between *begin* and COMMIT, on the thread of *connection*."""
    try:
        connection.execute(begin)
        answer = finished(work(SqliteTransaction(here(connection))))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return answer


@contextmanager
def _trouble(troubles: Collection[int] = _TROUBLES) -> Generator[None]:
    """Tell what passes by itself or with an operator's help from what is our bug."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in troubles:
            raise unavailable() from error
        if code in _DAMAGE:
            raise TryLater(
                "storage-damaged", "Our storage is damaged. Its keeper must see to it."
            ) from error
        raise


async def _log_ahead(writer: Connection) -> None:
    """Switch a new file to write-ahead logging, for which SQLite itself never waits its turn."""
    for pause in _PAUSES:
        with suppress(sqlite3.OperationalError):
            await _execute(writer, _LOG_AHEAD)
            return
        await asyncio.sleep(pause)
    await _execute(writer, _LOG_AHEAD)


async def _execute(connection: Connection, sql: LiteralString, **values: Value) -> None:
    await connection.do(lambda there: there.execute(sql, values).fetchall())


async def _open(opened: AsyncExitStack, path: Path, *, read_only: bool = False) -> Connection:
    mode = "ro" if read_only else "rw"
    return await opened.enter_async_context(Connection(path, mode=mode, patience=PATIENCE))


def _locked(file: BinaryIO) -> bool:
    """Lock *file* for as long as it is open in this process, unless another one has."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _create_private(path: Path) -> None:
    """Make the file before SQLite does, which gives the log beside it the same mode."""
    path.touch(mode=0o600)


@contextmanager
def _reserved(path: Path) -> Generator[None]:
    """Make a private, empty file for the block to fill, and remove it if that fails."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise Conflict("backup-exists", f"There is a file at {path} already.") from error
    try:
        yield
    except BaseException:
        path.unlink()
        raise
