"""Work to be done after the transaction that asked for it has committed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.store.database import Row, Transaction, Value, blob, number, text

_PUT: LiteralString = """
    INSERT INTO jobs (name, kind, lane, payload, run_at, put_at, state)
    VALUES (
        :name, :kind, :lane, :payload, :run_at, :now,
        COALESCE(
            (SELECT 'behind' FROM jobs AS head
             WHERE head.lane = :lane AND head.lane <> '' AND head.state = 'ready'
             ORDER BY head.sequence LIMIT 1 /* held */),
            'ready'
        )
    )
    ON CONFLICT (name) DO NOTHING
"""

_FINISH: LiteralString = """
    DELETE FROM jobs WHERE name = :name AND lease = :lease AND attempts = :attempts
"""

_ADVANCE: LiteralString = """
    UPDATE jobs SET state = 'ready'
    WHERE name = (
        SELECT next.name FROM jobs AS next
        WHERE next.lane = :lane AND next.state = 'behind'
        ORDER BY next.sequence LIMIT 1
    )
    AND 0 = (
        SELECT COUNT(*) FROM jobs AS head
        WHERE head.lane = :lane AND head.lane <> '' AND head.state = 'ready'
    )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Work to put in the queue, under a name that it has once and for all."""

    name: str
    kind: str
    payload: bytes
    run_at: Millis
    lane: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that is ours until the lease ends; *attempts* counts this one."""

    sequence: int
    name: str
    kind: str
    lane: str
    payload: bytes
    attempts: int
    lease: str
    put_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What people may see of a job: everything but what it carries."""

    name: str
    kind: str
    lane: str
    state: str
    attempts: int
    run_at: Millis
    put_at: Millis
    last_error: str | None


async def put(
    tx: Transaction,
    name: str,
    kind: str,
    *,
    payload: bytes,
    run_at: Millis,
    now: Millis,
    lane: str = "",
) -> bool:
    """
    Ask for work once this transaction commits; a known name changes nothing.

    Jobs of one *lane* are done one at a time, in the order they were put; those of
    the lane "" in any order.
    """
    job = NewJob(name=name, kind=kind, payload=payload, run_at=run_at, lane=lane)
    return await tx.run(_PUT, **_values(job, now)) == 1


async def put_many(tx: Transaction, jobs: Iterable[NewJob], *, now: Millis) -> None:
    """
    Ask for much work at once, as `put` does for each.

    Lanes are taken in the order of their names, so that two who put into the same
    lanes never wait for each other.
    """
    await tx.many(_PUT, [_values(job, now) for job in sorted(jobs, key=lambda job: job.lane)])


async def claim(
    tx: Transaction, *, now: Millis, limit: int, lease: str, lease_for: int
) -> list[Job]:
    """
    Lease up to *limit* jobs that are due, those due the longest first.

    Of a lane only its oldest unfinished job is ever leased. What is not finished after
    *lease_for* milliseconds is due again: whoever held it is taken to have crashed.
    """
    rows = await tx.rows(
        """
        WITH due AS (
            SELECT job.name FROM jobs AS job
            WHERE job.state = 'ready' AND job.run_at <= :now
            AND (job.lane = '' OR 0 = (
                SELECT COUNT(*) FROM jobs AS other
                WHERE other.lane = job.lane AND other.lane <> '' AND other.state = 'ready'
                AND (other.sequence < job.sequence OR other.lease IS NOT NULL)
                AND (other.sequence < job.sequence OR other.run_at > :now)
            ))
            ORDER BY job.run_at, job.sequence LIMIT :limit /* skip locked */
        )
        UPDATE jobs SET lease = :lease, run_at = :until, attempts = attempts + 1
        WHERE name IN (SELECT name FROM due)
        RETURNING sequence, name, kind, lane, payload, attempts, lease, put_at
        """,
        now=now,
        until=later(now, lease_for),
        limit=limit,
        lease=lease,
    )
    return sorted(map(_job, rows), key=lambda job: job.sequence)


async def done(tx: Transaction, job: Job) -> bool:
    """Forget a job that has been done, and let the next of its lane go ahead."""
    finished = await tx.run(_FINISH, **_held(job))
    await _advance(tx, job.lane)
    return finished == 1


async def done_many(tx: Transaction, jobs: Sequence[Job]) -> None:
    """Forget many jobs that have been done, as `done` does for each."""
    await tx.many(_FINISH, [_held(job) for job in jobs])
    await tx.many(_ADVANCE, [{"lane": lane} for lane in sorted({job.lane for job in jobs})])


async def retry(tx: Transaction, job: Job, *, run_at: Millis, error: str) -> bool:
    """Put a job back until *run_at*; its lane waits with it. *error* is a code."""
    put_back = await tx.run(
        """
        UPDATE jobs SET lease = NULL, run_at = :run_at, last_error = :error
        WHERE name = :name AND lease = :lease AND attempts = :attempts
        """,
        run_at=run_at,
        error=error,
        **_held(job),
    )
    return put_back == 1


async def bury(tx: Transaction, job: Job, *, error: str) -> bool:
    """Give up on a job but keep it for people to see; its lane goes on without it."""
    buried = await tx.run(
        """
        UPDATE jobs SET lease = NULL, state = 'dead', last_error = :error
        WHERE name = :name AND lease = :lease AND attempts = :attempts
        """,
        error=error,
        **_held(job),
    )
    await _advance(tx, job.lane)
    return buried == 1


async def revive(tx: Transaction, name: str, *, now: Millis) -> bool:
    """Start a dead job afresh, at the end of its lane."""
    row = await tx.row(
        "DELETE FROM jobs WHERE name = :name AND state = 'dead' RETURNING kind, lane, payload",
        name=name,
    )
    return row is not None and await put(
        tx,
        name,
        text(row, "kind"),
        payload=blob(row, "payload"),
        run_at=now,
        now=now,
        lane=text(row, "lane"),
    )


async def drop(tx: Transaction, name: str) -> bool:
    """Forget a job in whatever state it is; whoever is at it works in vain."""
    row = await tx.row("DELETE FROM jobs WHERE name = :name RETURNING lane", name=name)
    if row is not None:
        await _advance(tx, text(row, "lane"))
    return row is not None


async def forget_dead(tx: Transaction, *, before: Millis) -> None:
    """Forget jobs that were given up on and that nobody asked for again since *before*."""
    await tx.run("DELETE FROM jobs WHERE state = 'dead' AND put_at < :before", before=before)


async def listing(tx: Transaction, *, limit: int = 200) -> list[Listed]:
    """List jobs for people: the dead first, then the oldest."""
    rows = await tx.rows(
        """
        SELECT name, kind, lane, state, attempts, run_at, put_at, last_error FROM jobs
        ORDER BY CASE state WHEN 'dead' THEN 0 ELSE 1 END, sequence LIMIT :limit
        """,
        limit=limit,
    )
    return [_listed(row) for row in rows]


async def bury_all(tx: Transaction, kind: str, *, error: str) -> int:
    """
    Give up on every job of one *kind* but keep them for people, and say how many there were.

    Lanes hold one kind each, so none of them is left waiting.
    """
    return await tx.run(
        """
        UPDATE jobs SET lease = NULL, state = 'dead', last_error = :error
        WHERE kind = :kind AND state <> 'dead'
        """,
        kind=kind,
        error=error,
    )


async def count_dead(tx: Transaction) -> int:
    """Count the jobs that wait for a person to look at them."""
    row = await tx.row("SELECT COUNT(*) AS n FROM jobs WHERE state = 'dead'")
    return number(row, "n") if row else 0


async def age_of_oldest(tx: Transaction, *, now: Millis) -> int:
    """Say for how many milliseconds the longest-due job has been waiting; 0 for none."""
    row = await tx.row(
        "SELECT MIN(run_at) AS since FROM jobs WHERE state = 'ready' AND run_at <= :now", now=now
    )
    return 0 if row is None or row["since"] is None else now - number(row, "since")


async def _advance(tx: Transaction, lane: str) -> None:
    if lane:
        await tx.run(_ADVANCE, lane=lane)


def _values(job: NewJob, now: Millis) -> dict[str, Value]:
    return {
        "name": job.name,
        "kind": job.kind,
        "lane": job.lane,
        "payload": job.payload,
        "run_at": job.run_at,
        "now": now,
    }


def _held(job: Job) -> dict[str, Value]:
    return {"name": job.name, "lease": job.lease, "attempts": job.attempts}


def _job(row: Row) -> Job:
    return Job(
        sequence=number(row, "sequence"),
        name=text(row, "name"),
        kind=text(row, "kind"),
        lane=text(row, "lane"),
        payload=blob(row, "payload"),
        attempts=number(row, "attempts"),
        lease=text(row, "lease"),
        put_at=Millis(number(row, "put_at")),
    )


def _listed(row: Row) -> Listed:
    error = row["last_error"]
    return Listed(
        name=text(row, "name"),
        kind=text(row, "kind"),
        lane=text(row, "lane"),
        state=text(row, "state"),
        attempts=number(row, "attempts"),
        run_at=Millis(number(row, "run_at")),
        put_at=Millis(number(row, "put_at")),
        last_error=error if isinstance(error, str) else None,
    )
