"""How the tables came to be what they are: numbered files, each applied once and in order."""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import LiteralString, cast

from forgefed_gate.domain.errors import Refusal
from forgefed_gate.store.database import Database, Engine, Transaction, text

_TURN = 0x466F7267
"""The advisory lock that one migrating process holds on PostgreSQL."""

_ONLY = re.compile(r"^-- only (sqlite|postgresql)$", re.MULTILINE)
_COMMENT = re.compile(r"--.*")
_POSTGRESQL = {
    "BLOB": "BYTEA",
    "INTEGER PRIMARY KEY": "BIGINT GENERATED ALWAYS AS IDENTITY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One file of SQL: its name, which orders it, and what it says."""

    name: str
    sql: str

    @property
    def digest(self) -> str:
        """Name the exact words of this file."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(database: Database) -> list[str]:
    """Bring *database* up to this version of the code, and name the files applied."""
    return await apply(database, shipped())


async def apply(database: Database, steps: Iterable[Step]) -> list[str]:
    """
    Apply those of *steps* that *database* has not seen, each in one transaction.

    Any number of processes may do this at once. A database that was changed by newer
    code, or by a file that has been edited since, is refused and left as it is.
    """
    steps = sorted(steps, key=lambda step: step.name)
    return [step.name for step in steps if await _applied(database, step, steps)]


def shipped() -> list[Step]:
    """Read the files that belong to this version of the code."""
    folder = files("forgefed_gate.store").joinpath("sql")
    return [
        Step(name=file.name, sql=file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    ]


def statements(sql: str, engine: Engine) -> Iterator[str]:
    """
    Part a file into its statements, as *engine* reads them.

    A statement ends where a line ends with its semicolon. The line `-- only sqlite` or
    `-- only postgresql` keeps the statement below it from the other engine.
    """
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            only = _ONLY.search(statement)
            if only is None or only[1] == engine:
                yield _spoken(statement, engine)
            statement = ""
    assert not _COMMENT.sub("", statement).strip(), f"no semicolon after {statement!r}"


def _spoken(statement: str, engine: Engine) -> str:
    if engine == "postgresql":
        for ours, theirs in _POSTGRESQL.items():
            statement = re.sub(rf"\b{ours}\b", theirs, statement)
    return statement.strip()


async def _applied(database: Database, step: Step, steps: Iterable[Step]) -> bool:
    async with database.transaction() as tx:
        await _take_turn(tx, database.engine)
        recorded = await _recorded(tx)
        _check(recorded, steps)
        if step.name in recorded:
            return False
        for statement in statements(step.sql, database.engine):
            await tx.run(cast("LiteralString", statement))  # it is a file of this package
        await tx.run(
            "INSERT INTO migrations (name, digest) VALUES (:name, :digest)",
            name=step.name,
            digest=step.digest,
        )
        return True


async def _take_turn(tx: Transaction, engine: Engine) -> None:
    if engine == "postgresql":
        await tx.rows("SELECT pg_advisory_xact_lock(:turn)", turn=_TURN)


async def _recorded(tx: Transaction) -> dict[str, str]:
    await tx.run(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, digest TEXT NOT NULL)"
    )
    rows = await tx.rows("SELECT name, digest FROM migrations")
    return {text(row, "name"): text(row, "digest") for row in rows}


def _check(recorded: dict[str, str], steps: Iterable[Step]) -> None:
    ours = {step.name: step.digest for step in steps}
    for name, digest in sorted(recorded.items()):
        if name not in ours:
            raise Refusal(
                "database-newer",
                f"This database was changed by a newer version ({name}). Please install that one.",
            )
        if digest != ours[name]:
            raise Refusal(
                "migration-changed",
                f"The file {name} is not the one that made this database. Please restore it.",
            )
