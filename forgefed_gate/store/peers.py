"""What we learned of other servers: which way of signing they take."""

from forgefed_gate.domain.ids import DAY, Millis
from forgefed_gate.store.database import Transaction, text

REMEMBERED_FOR = 30 * DAY
MOST = 10_000


async def dialect(tx: Transaction, origin: str, *, now: Millis) -> str | None:
    """Name the way of signing that *origin* took lately."""
    row = await tx.row(
        "SELECT dialect FROM peers WHERE origin = :origin AND learned_at > :since",
        origin=origin,
        since=now - REMEMBERED_FOR,
    )
    return text(row, "dialect") if row else None


async def learn(tx: Transaction, origin: str, dialect: str, *, now: Millis) -> None:
    """Remember what *origin* took, and forget who was silent longest once there are too many."""
    await tx.run(
        "INSERT INTO peers (origin, dialect, learned_at) VALUES (:origin, :dialect, :now)"
        " ON CONFLICT (origin) DO UPDATE SET dialect = excluded.dialect, learned_at = :now",
        origin=origin,
        dialect=dialect,
        now=now,
    )
    await tx.run(
        "DELETE FROM peers WHERE origin IN"
        " (SELECT origin FROM peers ORDER BY learned_at DESC, origin LIMIT 1000 OFFSET :most)",
        most=MOST,
    )
