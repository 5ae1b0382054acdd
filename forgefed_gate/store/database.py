"""What every store asks of a database, whichever engine is behind it."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Literal, LiteralString, Protocol, TypeVar

from forgefed_gate.domain.errors import TryLater

Engine = Literal["sqlite", "postgresql"]
Value = str | int | bytes | None
Row = Mapping[str, Value]
T = TypeVar("T")


class Transaction(Protocol):
    """
    An open transaction.

    SQL is a literal, never built from data: `LiteralString` makes anything else a
    type error. Parameters are named and written `:like_this`. A subquery that claims
    rows ends with `/* skip locked */`, and one whose row must not change before we
    commit with `/* held */`: SQLite has one writer and needs neither.
    """

    async def run(self, sql: LiteralString, /, **values: Value) -> int:
        """Execute one statement and say how many rows it touched."""
        ...

    async def rows(self, sql: LiteralString, /, **values: Value) -> list[Row]:
        """Execute one query and return all it found."""
        ...

    async def row(self, sql: LiteralString, /, **values: Value) -> Row | None:
        """Execute one query and return the first row it found, or None."""
        ...

    async def many(self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /) -> None:
        """Execute one statement for each of *rows*, all in one trip to the database."""
        ...


Work = Callable[[Transaction], Coroutine[Any, Any, T]]
"""What is done in one transaction as a whole."""


class Database(Protocol):
    """
    A place that remembers.

    Whatever keeps it from answering now (a full disk, a lost connection, a writer
    that does not finish) is `TryLater`; every other error is a bug and passes through.
    """

    @property
    def engine(self) -> Engine:
        """Name the engine, for the few who must know."""
        ...

    @property
    def writers(self) -> int:
        """Say how many transactions can be open at the same time; the others wait for them."""
        ...

    @property
    def awaited(self) -> bool:
        """Say whether anybody waits for whoever writes now, who may make it short then."""
        ...

    @property
    def holder(self) -> str:
        """Name this opening of the database, as nobody else was or will be named."""
        ...

    def at_work(self) -> AbstractAsyncContextManager[None]:
        """
        Be one of those who do the work in the queue while the block lasts.

        Where only one at a time can, this waits until whoever was before us has ended.
        """
        ...

    async def ended(self, holders: Collection[str]) -> set[str]:
        """
        Say which *holders* have ended for certain; one who may be alive is not among them.

        Only those at work may ask. A process that was killed has ended.
        """
        ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """
        Open a transaction that is on disk when the block ends.

        An exception, cancellation included, undoes all of it.
        """
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a read-only transaction that sees one moment and waits for no writer."""
        ...

    async def write(self, work: Work[T], /) -> T:
        """
        Do all of *work* in one transaction, and be back when it is on disk.

        Where each statement would be a trip to another thread, *work* makes the trip
        instead, once. So it awaits nothing but its transaction, changes nothing that others
        change too, and once begun is done, even if nobody waits for it any more.
        """
        ...

    async def read(self, work: Work[T], /) -> T:
        """Do all of *work*, as `write` does, in a read-only transaction that sees one moment."""
        ...

    async def ping(self) -> None:
        """Return if the database answers, and raise `TryLater` if it does not."""
        ...

    async def backup(self, path: Path) -> None:
        """Write a consistent copy to *path*, which must not exist yet."""
        ...

    async def scrub(self) -> None:
        """
        Overwrite what was deleted, in the files of the database, as far as its engine does that.

        Copies elsewhere, and what a disk keeps of overwritten bytes, are beyond us.
        """
        ...

    async def close(self) -> None:
        """Let go of every connection; nothing may be running any more."""
        ...


def unavailable() -> TryLater:
    """Say that storage does not answer now, and nothing about why."""
    return TryLater("storage-unavailable", "Our storage does not answer now. Please try again.")


def packed(blobs: Sequence[bytes]) -> tuple[bytes, list[tuple[int, int]]]:
    """
    Put many blobs into one, and say where each starts and how long it is, as SQL counts.

    So one statement keeps many rows. It never begins at the very start: to SQLite, part
    of an empty blob is NULL.
    """
    spans, starts = list[tuple[int, int]](), 2
    for each in blobs:
        spans.append((starts, len(each)))
        starts += len(each)
    return b"\0" + b"".join(blobs), spans


def text(row: Row, column: str) -> str:
    """Read a TEXT column that is never null."""
    value = row[column]
    assert isinstance(value, str), column
    return value


def number(row: Row, column: str) -> int:
    """Read a BIGINT column that is never null."""
    value = row[column]
    assert isinstance(value, int), column
    return value


def blob(row: Row, column: str) -> bytes:
    """Read a BLOB column that is never null."""
    value = row[column]
    assert isinstance(value, bytes), column
    return value
