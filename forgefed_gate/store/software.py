"""What other servers say that they run, and until when that is believed."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.leaks import Software
from forgefed_gate.store.database import Transaction, number, text

MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a server last said that it runs; it is asked again after *until*."""

    software: Software
    asked_at: Millis
    until: Millis


async def find(tx: Transaction, origin: str) -> Known | None:
    """Find what we know of the server *origin*."""
    row = await tx.row("SELECT * FROM software WHERE origin = :origin", origin=origin)
    if row is None:
        return None
    said = Software(name=text(row, "name"), version=text(row, "version"))
    asked_at, until = Millis(number(row, "asked_at")), Millis(number(row, "until"))
    return Known(software=said, asked_at=asked_at, until=until)


async def save(tx: Transaction, origin: str, known: Known) -> None:
    """Remember what a server said, and forget who was asked longest ago where too many were."""
    await tx.run(
        "INSERT INTO software (origin, name, version, asked_at, until)"
        " VALUES (:origin, :name, :version, :asked_at, :until) ON CONFLICT (origin) DO UPDATE SET"
        " name = excluded.name, version = excluded.version, asked_at = excluded.asked_at,"
        " until = excluded.until",
        origin=origin,
        name=known.software.name,
        version=known.software.version,
        asked_at=known.asked_at,
        until=known.until,
    )
    await tx.run(
        "DELETE FROM software WHERE origin IN"
        " (SELECT origin FROM software ORDER BY asked_at DESC, origin LIMIT 1000 OFFSET :most)",
        most=MOST,
    )
