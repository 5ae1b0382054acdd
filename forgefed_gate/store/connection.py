"""One connection of SQLite, and the thread on which all that it does is done."""

import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import aiosqlite

from forgefed_gate.domain.ids import authority_of

T = TypeVar("T")


class Trip(Protocol):
    """A way to have something done with a connection."""

    async def __call__(self, do: Callable[[sqlite3.Connection], T], /) -> T:
        """Have it done, and give what came of it."""
        ...


class Connection:
    """
    A connection on a thread of its own, which does what it is asked in the order of asking.

    What was asked for is done, even if whoever asked is cancelled meanwhile.
    """

    def __init__(self, path: Path, *, mode: str, patience: float) -> None:
        self._there = aiosqlite.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=patience,
            isolation_level=None,
            cached_statements=512,
        )

    async def __aenter__(self) -> Self:
        """Open it."""
        await self._there
        self._there.row_factory = sqlite3.Row
        await self.do(
            lambda there: there.create_function(
                "authority_of", 1, authority_of, deterministic=True
            )
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it, once all that was asked for is done."""
        await self._there.close()

    async def do(self, do: Callable[[sqlite3.Connection], T], /) -> T:
        """Have something done with the connection: one trip to its thread and back."""
        there = self._there
        answer = await there._execute(lambda: _kept_in(do, there._conn))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType] - its public methods make a trip for each statement
        if isinstance(answer, _Raised):
            raise answer.error
        return answer  # pyright: ignore[reportUnknownVariableType] - it is what was asked for


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


def _kept_in(do: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T | _Raised:
    """Do it, and hand an error over as a value: what aiosqlite is told it writes into its log."""
    try:
        return do(connection)
    except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
        return _Raised(error)


def here(connection: sqlite3.Connection) -> Trip:
    """Give the way to have things done where we are, on the thread of *connection* itself."""

    async def do(do: Callable[[sqlite3.Connection], T], /) -> T:
        return do(connection)

    return do


def finished(steps: Coroutine[Any, Any, T]) -> T:
    """Run *steps*, which wait for nothing that is not there yet, to their end, without a loop."""
    try:
        steps.send(None)
    except StopIteration as end:
        return end.value
    steps.close()
    raise RuntimeError("work in one trip awaits nothing but its transaction")
