"""Who holds which jobs, and what becomes of them when a holder has ended."""

from collections.abc import Iterable

from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.store.database import Transaction, text


def name(holder: str, token: str) -> str:
    """Name a lease of *holder*, the name that a `Database` has; *token* makes it one of many."""
    return f"{holder} {token}"


def holder(lease: str) -> str:
    """Say whose a lease is."""
    return lease.partition(" ")[0]


async def running(tx: Transaction, *, now: Millis, lease_for: int) -> list[str]:
    """List the leases, of *lease_for* milliseconds each, that have not run out."""
    rows = await tx.rows(
        """
        SELECT DISTINCT lease FROM jobs
        WHERE state = 'ready' AND run_at > :now AND run_at <= :until AND lease IS NOT NULL
        """,
        now=now,
        until=later(now, lease_for),
    )
    return [text(row, "lease") for row in rows]


async def free(tx: Transaction, leases: Iterable[str], *, now: Millis, most_attempts: int) -> None:
    """
    Let jobs be due now whose lease nobody holds any more.

    One that was attempted more than *most_attempts* times keeps its lease until it ends.
    """
    await tx.many(
        """
        UPDATE jobs SET lease = NULL, run_at = :now
        WHERE lease = :lease AND attempts <= :most_attempts
        """,
        [{"lease": each, "now": now, "most_attempts": most_attempts} for each in leases],
    )
