"""The deliveries in the queue, by the server that they are for."""

import json
from collections.abc import Iterable, Sequence
from typing import LiteralString

from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.turns import Due
from forgefed_gate.store.database import Row, Transaction, number, text
from forgefed_gate.store.jobs import Job, job_of

_HEAD_LANES: LiteralString = """
    UPDATE jobs SET state = 'ready'
    WHERE origin = :origin AND state = 'behind'
    AND 0 = (
        SELECT COUNT(*) FROM jobs AS head
        WHERE head.lane = jobs.lane AND head.lane <> '' AND head.state = 'ready'
        AND head.sequence < jobs.sequence
    )
    AND 0 = (
        SELECT COUNT(*) FROM jobs AS older
        WHERE older.lane = jobs.lane AND older.state = 'behind'
        AND older.sequence < jobs.sequence
    )
"""


async def due(tx: Transaction, *, now: Millis, limit: int) -> list[Due]:
    """Look at the *limit* deliveries due the longest, and find the oldest of each lane there."""
    rows = await tx.rows(
        """
        SELECT job.sequence, job.name, job.origin FROM (
            SELECT sequence, name, lane, origin FROM jobs
            WHERE state = 'ready' AND origin <> '' AND run_at <= :now
            ORDER BY run_at, sequence LIMIT :limit /* skip locked */
        ) AS job
        WHERE 0 = (
            SELECT COUNT(*) FROM jobs AS other
            WHERE other.lane = job.lane AND other.lane <> '' AND other.state = 'ready'
            AND (other.sequence < job.sequence OR other.lease IS NOT NULL)
            AND (other.sequence < job.sequence OR other.run_at > :now)
        )
        """,
        now=now,
        limit=limit,
    )
    return [_due(row) for row in rows]


async def called(tx: Transaction, origins: Sequence[str]) -> list[Due]:
    """
    Find the oldest delivery that was set aside for each of *origins*.

    One that somebody is just putting a job behind is found too: whoever is not found here
    is taken to have nobody waiting.
    """
    rows = await tx.rows(
        """
        SELECT job.sequence, job.name, job.origin
        FROM json_each(CAST(:origins AS TEXT)) AS peer
        JOIN jobs AS job ON job.name = (
            SELECT first.name FROM jobs AS first
            WHERE first.origin = peer.value ->> 0 AND first.lease = 'aside'
            ORDER BY first.sequence LIMIT 1
        )
        WHERE 0 = (
            SELECT COUNT(*) FROM jobs AS other
            WHERE other.lane = job.lane AND other.lane <> '' AND other.state = 'ready'
            AND other.sequence < job.sequence
        )
        """,
        origins=json.dumps([[origin] for origin in origins]),
    )
    return [_due(row) for row in rows]


async def lease(
    tx: Transaction, chosen: Iterable[Due], *, lease: str, now: Millis, until: Millis
) -> list[Job]:
    """
    Lease those of *chosen* that nobody else has leased meanwhile, until *until*.

    What is not finished by then is due again, as `jobs.claim` has it.
    """
    names = [[each.name] for each in chosen]
    if not names:
        return []
    rows = await tx.rows(
        """
        UPDATE jobs SET lease = :lease, run_at = :until, attempts = attempts + 1
        WHERE name IN (SELECT value ->> 0 FROM json_each(CAST(:names AS TEXT)))
        AND state = 'ready' AND (lease IS NULL OR lease = 'aside' OR run_at <= :now)
        RETURNING sequence, name, kind, lane, origin, payload, attempts, lease, put_at
        """,
        names=json.dumps(names),
        lease=lease,
        now=now,
        until=until,
    )
    return sorted(map(job_of, rows), key=lambda job: job.sequence)


async def set_aside(
    tx: Transaction, waiting: Iterable[Due], *, now: Millis, until: Millis
) -> None:
    """Let each of *waiting* wait for its server's turn; if none comes, it is due at *until*."""
    await tx.run(
        """
        UPDATE jobs SET lease = 'aside', run_at = :until
        WHERE name IN (SELECT value ->> 0 FROM json_each(CAST(:names AS TEXT)))
        AND state = 'ready' AND (lease IS NULL OR run_at <= :now)
        """,
        names=json.dumps([[each.name] for each in waiting]),
        now=now,
        until=until,
    )


async def bury_lane(tx: Transaction, lane: str, *, error: str) -> None:
    """Give up on all that waits in *lane*, but keep it for people."""
    await tx.run(
        """
        UPDATE jobs SET lease = NULL, state = 'dead', last_error = :error
        WHERE lane = :lane AND lane <> '' AND state IN ('ready', 'behind')
        """,
        lane=lane,
        error=error,
    )


async def bury_old(tx: Transaction, origin: str, *, before: Millis, error: str) -> None:
    """
    Give up on all that waited for *origin* since *before*, so that each lane goes on.

    What another process is just seeing to is left to it, so that neither waits for the other.
    """
    await tx.run(
        """
        WITH old AS (
            SELECT name FROM jobs
            WHERE origin = :origin AND origin <> '' AND put_at <= :before
            AND (state = 'behind' OR state = 'ready' AND (lease IS NULL OR lease = 'aside'))
            ORDER BY sequence /* skip locked */
        )
        UPDATE jobs SET lease = NULL, state = 'dead', last_error = :error
        WHERE name IN (SELECT name FROM old)
        """,
        origin=origin,
        before=before,
        error=error,
    )
    await tx.run(_HEAD_LANES, origin=origin)


def _due(row: Row) -> Due:
    return Due(
        sequence=number(row, "sequence"), name=text(row, "name"), origin=text(row, "origin")
    )
