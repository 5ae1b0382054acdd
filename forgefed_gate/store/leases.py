"""Who is at which job, and what becomes of a job whose holder or whose hour is gone."""

from collections.abc import Collection

from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.store.database import Transaction, text


def name(holder: str, token: str) -> str:
    """Name a lease of *holder*, the name that a `Database` has; *token* makes it their own."""
    return f"{holder} {token}"


def holder(lease: str) -> str:
    """Say whose a lease is."""
    return lease.partition(" ")[0]


async def running(tx: Transaction, *, now: Millis, lease_for: int) -> list[str]:
    """List the leases, of *lease_for* milliseconds each, that have not run out."""
    rows = await tx.rows(
        """
        SELECT lease FROM jobs
        WHERE state = 'ready' AND origin = '' AND run_at > :now AND run_at <= :until
        AND lease IS NOT NULL
        UNION
        SELECT lease FROM jobs
        WHERE state = 'ready' AND origin <> '' AND run_at > :now AND run_at <= :until
        AND lease <> 'aside'
        """,
        now=now,
        until=later(now, lease_for),
    )
    return [text(row, "lease") for row in rows]


async def free(
    tx: Transaction, leases: Collection[str], *, now: Millis, most_attempts: int
) -> None:
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


async def call_back(tx: Transaction, *, now: Millis) -> None:
    """Let be due what was set aside for a server's sake."""
    await tx.run("UPDATE jobs SET lease = NULL, run_at = :now WHERE lease = 'aside'", now=now)


async def bring_forward(tx: Transaction, *, by: int, now: Millis) -> None:
    """Let what waits be due *by* milliseconds earlier: the clock that it waits by was set back."""
    await tx.run(
        """
        UPDATE jobs SET run_at = CASE WHEN run_at - :by > :now THEN run_at - :by ELSE :now END
        WHERE state <> 'dead' AND run_at > :now
        """,
        by=by,
        now=now,
    )
