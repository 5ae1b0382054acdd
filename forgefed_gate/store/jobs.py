"""Work to be done after the transaction that asked for it has committed."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import LiteralString

from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.store.database import Row, Transaction, Value, blob, number, packed, text

_PUT: LiteralString = """
    INSERT INTO jobs (name, kind, lane, origin, payload, run_at, put_at, state)
    WITH given AS (
        SELECT value ->> 0 AS name, value ->> 1 AS kind, value ->> 2 AS lane,
            value ->> 3 AS origin, CAST(value ->> 4 AS BIGINT) AS run_at,
            CAST(value ->> 5 AS INTEGER) AS starts, CAST(value ->> 6 AS INTEGER) AS length,
            CAST(value ->> 7 AS INTEGER) AS place
        FROM json_each(CAST(:jobs AS TEXT)) AS listed
    ),
    new AS (
        SELECT given.*, ROW_NUMBER() OVER (PARTITION BY lane ORDER BY place) AS turn
        FROM given WHERE NOT EXISTS (SELECT 1 FROM jobs AS known WHERE known.name = given.name)
    ),
    busy AS (
        SELECT head.lane FROM jobs AS head
        WHERE head.lane IN (SELECT lane FROM new) AND head.lane <> '' AND head.state = 'ready'
        ORDER BY head.lane, head.sequence /* held */
    )
    SELECT name, kind, lane, origin, substr(:payloads, starts, length), run_at, :now,
        CASE
            WHEN lane = '' THEN 'ready'
            WHEN turn > 1 OR lane IN (SELECT busy.lane FROM busy) THEN 'behind'
            ELSE 'ready'
        END
    FROM new ORDER BY place
    ON CONFLICT (name) DO NOTHING
"""

_ADVANCE: LiteralString = """
    UPDATE jobs SET state = 'ready'
    WHERE name IN (
        SELECT (
            SELECT next.name FROM jobs AS next
            WHERE next.lane = free.value ->> 0 AND next.state = 'behind'
            ORDER BY next.sequence LIMIT 1
        )
        FROM json_each(CAST(:lanes AS TEXT)) AS free
        WHERE 0 = (
            SELECT COUNT(*) FROM jobs AS head
            WHERE head.lane = free.value ->> 0 AND head.lane <> '' AND head.state = 'ready'
            AND head.sequence < (
                SELECT MIN(behind.sequence) FROM jobs AS behind
                WHERE behind.lane = free.value ->> 0 AND behind.state = 'behind'
            )
        )
    )
"""
"""A younger one may be ready, put there in the moment in which the head was done: it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Work to put in the queue, under a name that it has once and for all."""

    name: str
    kind: str
    payload: bytes
    run_at: Millis
    lane: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that is ours until the lease ends; *attempts* counts this one."""

    sequence: int
    name: str
    kind: str
    lane: str
    origin: str
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
    origin: str = "",
) -> bool:
    """
    Ask for work once this transaction commits; a known name changes nothing.

    Jobs of one *lane* are done one at a time, in the order they were put; those of
    the lane "" in any order. Work for a server elsewhere names its *origin*, and is
    claimed as `outgoing` has it.
    """
    job = NewJob(name=name, kind=kind, payload=payload, run_at=run_at, lane=lane, origin=origin)
    return await put_many(tx, [job], now=now) == 1


async def put_many(tx: Transaction, jobs: Sequence[NewJob], *, now: Millis) -> int:
    """
    Ask for much work in one statement, as `put` does for each, and say how much was new.

    Lanes are looked at in the order of their names, so that two who put into the same
    lanes never wait for each other.
    """
    payloads, spans = packed([job.payload for job in jobs])
    listed = [
        [job.name, job.kind, job.lane, job.origin, job.run_at, *span, place]
        for place, (job, span) in enumerate(zip(jobs, spans, strict=True))
    ]
    return await tx.run(_PUT, jobs=json.dumps(listed), payloads=payloads, now=now)


async def claim(
    tx: Transaction, *, now: Millis, limit: int, lease: str, lease_for: int
) -> list[Job]:
    """
    Lease up to *limit* jobs of ours alone that are due, those due the longest first.

    Of a lane only its oldest unfinished job is ever leased. What is not finished after
    *lease_for* milliseconds is due again: whoever held it is taken to have crashed.
    """
    rows = await tx.rows(
        """
        WITH due AS (
            SELECT name, lane, sequence FROM jobs
            WHERE state = 'ready' AND origin = '' AND run_at <= :now
            ORDER BY run_at, sequence LIMIT :limit /* skip locked */
        )
        UPDATE jobs SET lease = :lease, run_at = :until, attempts = attempts + 1
        WHERE name IN (
            SELECT job.name FROM due AS job WHERE job.lane = '' OR 0 = (
                SELECT COUNT(*) FROM jobs AS other
                WHERE other.lane = job.lane AND other.lane <> '' AND other.state = 'ready'
                AND (other.sequence < job.sequence OR other.lease IS NOT NULL)
                AND (other.sequence < job.sequence OR other.run_at > :now)
            )
        )
        RETURNING sequence, name, kind, lane, origin, payload, attempts, lease, put_at
        """,
        now=now,
        until=later(now, lease_for),
        limit=limit,
        lease=lease,
    )
    return sorted(map(job_of, rows), key=lambda job: job.sequence)


async def done(tx: Transaction, job: Job) -> bool:
    """Forget a job that has been done, and let the next of its lane go ahead."""
    finished = await tx.run(
        "DELETE FROM jobs WHERE name = :name AND lease = :lease AND attempts = :attempts",
        **_held(job),
    )
    await _advance(tx, job.lane)
    return finished == 1


async def done_many(tx: Transaction, jobs: Sequence[Job]) -> set[str]:
    """
    Forget many jobs that have been done, as `done` does for each, and name them.

    It waits for nobody: two who finish many while others put many would wait for each
    other in the end. What somebody is just putting a job behind is left out, for `done`.
    """
    rows = await tx.rows(
        """
        WITH finished AS (
            SELECT job.name FROM json_each(CAST(:held AS TEXT)) AS held
            JOIN jobs AS job ON job.name = held.value ->> 0 AND job.lease = held.value ->> 1
            AND job.attempts = CAST(held.value ->> 2 AS BIGINT) /* skip locked */
        )
        DELETE FROM jobs WHERE name IN (SELECT name FROM finished) RETURNING name, lane
        """,
        held=json.dumps([[job.name, job.lease, job.attempts] for job in jobs]),
    )
    await _advance_many(tx, {text(row, "lane") for row in rows})
    return {text(row, "name") for row in rows}


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
        "DELETE FROM jobs WHERE name = :name AND state = 'dead'"
        " RETURNING kind, lane, origin, payload",
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
        origin=text(row, "origin"),
    )


async def drop(tx: Transaction, name: str) -> bool:
    """Forget a dead job for good; what is alive stays."""
    return await tx.run("DELETE FROM jobs WHERE name = :name AND state = 'dead'", name=name) == 1


async def recall(tx: Transaction, names: Collection[str]) -> int:
    """Forget work that must not be done any more, leased or not, and say how much it was."""
    rows = await tx.rows(
        """
        DELETE FROM jobs WHERE name IN (SELECT value ->> 0 FROM json_each(CAST(:names AS TEXT)))
        RETURNING lane
        """,
        names=json.dumps([[name] for name in names]),
    )
    await _advance_many(tx, {text(row, "lane") for row in rows})
    return len(rows)


async def alive(tx: Transaction, names: Collection[str]) -> set[str]:
    """Say which of *names* are still to be done: nobody recalled them."""
    rows = await tx.rows(
        "SELECT jobs.name FROM json_each(CAST(:names AS TEXT)) AS asked"
        " JOIN jobs ON jobs.name = asked.value ->> 0",
        names=json.dumps([[name] for name in names]),
    )
    return {text(row, "name") for row in rows}


async def forget_dead(tx: Transaction, *, before: Millis) -> None:
    """Forget jobs that were given up on and that nobody asked for again since *before*."""
    await tx.run("DELETE FROM jobs WHERE state = 'dead' AND put_at < :before", before=before)


async def listing(tx: Transaction, *, limit: int = 200) -> list[Listed]:
    """List jobs for people: the dead first, then the oldest."""
    dead = await list_dead(tx, limit=limit)
    alive = await tx.rows(
        """
        SELECT name, kind, lane, state, attempts, run_at, put_at, last_error FROM jobs
        WHERE state <> 'dead' ORDER BY sequence LIMIT :limit
        """,
        limit=limit - len(dead),
    )
    return dead + [_listed(row) for row in alive]


async def list_dead(tx: Transaction, *, limit: int) -> list[Listed]:
    """List the jobs that wait for a person to look at them, the oldest first."""
    rows = await tx.rows(
        """
        SELECT name, kind, lane, state, attempts, run_at, put_at, last_error FROM jobs
        WHERE state = 'dead' ORDER BY sequence LIMIT :limit
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
        """
        SELECT MIN(since) AS since FROM (
            SELECT MIN(run_at) AS since FROM jobs WHERE state = 'ready' AND origin = ''
            UNION ALL
            SELECT MIN(run_at) AS since FROM jobs WHERE state = 'ready' AND origin <> ''
        ) AS firsts WHERE since <= :now
        """,
        now=now,
    )
    return 0 if row is None or row["since"] is None else now - number(row, "since")


async def _advance(tx: Transaction, lane: str) -> None:
    await _advance_many(tx, {lane})


async def _advance_many(tx: Transaction, lanes: Collection[str]) -> None:
    if named := sorted(lane for lane in lanes if lane):
        await tx.run(_ADVANCE, lanes=json.dumps([[lane] for lane in named]))


def _held(job: Job) -> dict[str, Value]:
    return {"name": job.name, "lease": job.lease, "attempts": job.attempts}


def job_of(row: Row) -> Job:
    """Read a job that was just leased."""
    return Job(
        sequence=number(row, "sequence"),
        name=text(row, "name"),
        kind=text(row, "kind"),
        lane=text(row, "lane"),
        origin=text(row, "origin"),
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
