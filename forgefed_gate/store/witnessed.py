"""What other gates told us of their audit logs: the latest checkpoint of each."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The latest checkpoint of one log, and how many entries it tells of; "" and 0 before any."""

    size: int
    note: str


async def hold(tx: Transaction, origin: str) -> Held:
    """Be the only one who judges what the log *origin* tells, until *tx* ends."""
    await tx.run(
        "INSERT INTO witnessed (origin, size, note, at) VALUES (:origin, 0, '', 0)"
        " ON CONFLICT (origin) DO NOTHING",
        origin=origin,
    )
    row = await tx.row("SELECT * FROM witnessed WHERE origin = :origin /* held */", origin=origin)
    assert row is not None, "it was just made"
    return _held(row)


async def find(tx: Transaction, origin: str) -> Held | None:
    """Find the latest checkpoint of the log *origin*."""
    row = await tx.row("SELECT * FROM witnessed WHERE origin = :origin", origin=origin)
    return _held(row) if row else None


async def keep(tx: Transaction, origin: str, held: Held, *, now: Millis) -> None:
    """Keep a checkpoint that follows from the one before."""
    await tx.run(
        "UPDATE witnessed SET size = :size, note = :note, at = :now WHERE origin = :origin",
        origin=origin,
        size=held.size,
        note=held.note,
        now=now,
    )


def _held(row: Row) -> Held:
    return Held(size=number(row, "size"), note=text(row, "note"))
