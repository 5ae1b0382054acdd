"""Everything that a gate holds, for tests that look for what must not be there."""

from collections.abc import Iterator

from senders import TABLES

from forgefed_gate.store.database import Database


async def every_value(database: Database) -> list[tuple[str, bytes]]:
    """List every value of every table, and where it stands."""
    async with database.snapshot() as tx:
        rows = [
            (table, row)
            for table in [*TABLES, "migrations"]
            for row in await tx.rows(f"SELECT * FROM {table}")  # type: ignore[arg-type] - a test's own words
        ]
    return [
        (f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode())
        for table, row in rows
        for column, value in row.items()
    ]


async def places_of(database: Database, *words: str) -> set[str]:
    """Name the columns that hold one of *words*, in any case."""
    return {
        place for place, value in await every_value(database) if any(_within(words, value.lower()))
    }


def _within(words: tuple[str, ...], value: bytes) -> Iterator[bool]:
    for word in words:
        yield word.lower().encode() in value
