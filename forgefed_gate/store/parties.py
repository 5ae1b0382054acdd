"""Who is a party of which conversation: its contributor, and those with a seat in it."""

from typing import LiteralString

from forgefed_gate.domain.ids import ActorId, Millis, Slug, ThreadId, authority_of
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.threads import Thread
from forgefed_gate.store.database import Row, Transaction, number, text
from forgefed_gate.store.threads import thread_of

_THREADS: LiteralString = """
    SELECT threads.* FROM threads
    WHERE (threads.contributor = :actor AND threads.orphaned = 0 OR EXISTS (
        SELECT 1 FROM seats WHERE seats.thread = threads.id AND seats.actor = :actor
        AND seats.taken_at IS NOT NULL AND seats.ended_at IS NULL
    ))
    AND NOT EXISTS (
        SELECT 1 FROM blocks WHERE blocks.project IN ('', threads.project)
        AND blocks.subject IN (:actor, :host)
    )
    AND (threads.id = :thread OR :thread = '')
    ORDER BY threads.closed, threads.changed_at DESC, threads.id
"""
"""Whoever is blocked is no party any more, until they are not."""


async def threads_of(tx: Transaction, actor: str) -> list[Thread]:
    """List the conversations that *actor* is a party of, the latest changed first."""
    rows = await tx.rows(_THREADS, actor=actor, host=authority_of(actor), thread="")
    return [thread for row in rows if (thread := thread_of(row))]


async def admits(tx: Transaction, thread: str, actor: str) -> bool:
    """Say whether *actor* is a party of *thread*; there may be no such thread."""
    asked = thread or "none"
    return bool(await tx.rows(_THREADS, actor=actor, host=authority_of(actor), thread=asked))


async def hold(tx: Transaction, thread: str) -> None:
    """Let nobody else change who is in a conversation, or pass words on, until we commit."""
    await tx.rows("SELECT id FROM threads WHERE id = :thread /* held */", thread=thread)


async def propose(tx: Transaction, seat: Seat) -> None:
    """Remember a proposal."""
    await tx.run(
        "INSERT INTO seats (code, thread, actor, history, proposed_at)"
        " VALUES (:code, :thread, :actor, :history, :now)",
        code=seat.code,
        thread=seat.thread,
        actor=seat.actor,
        history=int(seat.history),
        now=seat.proposed_at,
    )


async def take(tx: Transaction, code: str, *, now: Millis) -> None:
    """Let somebody take their seat, behind all that has been said."""
    await tx.run(
        "UPDATE seats SET taken_at = :now, since ="
        " (SELECT COUNT(*) FROM messages WHERE messages.thread = seats.thread)"
        " WHERE code = :code AND taken_at IS NULL AND ended_at IS NULL",
        code=code,
        now=now,
    )


async def end(tx: Transaction, code: str, *, now: Millis) -> None:
    """End a seat, or a proposal, for good."""
    await tx.run(
        "UPDATE seats SET ended_at = :now WHERE code = :code AND ended_at IS NULL",
        code=code,
        now=now,
    )


async def depart(tx: Transaction, actor: ActorId, *, now: Millis) -> None:
    """
    End all that *actor* is a party of, for good: their name may be given to somebody else.

    Whoever gets it is not asked in their place what may be published.
    """
    await tx.run(
        "DELETE FROM consents WHERE author = :actor AND publication IN"
        " (SELECT id FROM publications WHERE stage = 'pending')",
        actor=actor,
    )
    await tx.run("UPDATE threads SET orphaned = 1 WHERE contributor = :actor", actor=actor)
    await tx.run(
        "UPDATE seats SET ended_at = :now WHERE actor = :actor AND ended_at IS NULL",
        actor=actor,
        now=now,
    )


async def by_code(tx: Transaction, code: str) -> Seat | None:
    """Find a seat that has not ended by its code."""
    row = await tx.row("SELECT * FROM seats WHERE code = :code AND ended_at IS NULL", code=code)
    return _seat(row) if row else None


async def seat(tx: Transaction, thread: ThreadId, actor: ActorId) -> Seat | None:
    """Find the seat of *actor* in *thread*, proposed or taken."""
    row = await tx.row(
        "SELECT * FROM seats WHERE thread = :thread AND actor = :actor AND ended_at IS NULL",
        thread=thread,
        actor=actor,
    )
    return _seat(row) if row else None


async def seats(tx: Transaction, thread: ThreadId) -> list[Seat]:
    """List the seats of a conversation that have not ended, in the order they were proposed."""
    rows = await tx.rows(
        "SELECT * FROM seats WHERE thread = :thread AND ended_at IS NULL"
        " ORDER BY proposed_at, code",
        thread=thread,
    )
    return [_seat(row) for row in rows]


async def seated(tx: Transaction, project: Slug, actor: ActorId) -> bool:
    """Say whether *actor* was added to a conversation of *project*."""
    rows = await tx.rows(
        "SELECT 1 FROM seats JOIN threads ON threads.id = seats.thread"
        " WHERE seats.actor = :actor AND threads.project = :project"
        " AND taken_at IS NOT NULL AND ended_at IS NULL LIMIT 1",
        actor=actor,
        project=project,
    )
    return bool(rows)


async def open_to(tx: Transaction, project: Slug, actor: ActorId) -> int:
    """Count the open conversations of *project* that *actor* was added to."""
    row = await tx.row(
        "SELECT COUNT(*) AS n FROM seats JOIN threads ON threads.id = seats.thread"
        " WHERE seats.actor = :actor AND threads.project = :project AND threads.closed = 0"
        " AND taken_at IS NOT NULL AND ended_at IS NULL",
        actor=actor,
        project=project,
    )
    return number(row, "n") if row else 0


async def forget(tx: Transaction, *, before: Millis) -> None:
    """Forget seats that ended before *before*, or whose conversation did, and old proposals."""
    await tx.run(
        "DELETE FROM seats WHERE ended_at < :before OR taken_at IS NULL AND proposed_at < :before"
        " OR thread IN (SELECT id FROM threads WHERE closed = 1 AND changed_at < :before)",
        before=before,
    )


def _seat(row: Row) -> Seat:
    return Seat(
        code=text(row, "code"),
        thread=ThreadId(text(row, "thread")),
        actor=ActorId(text(row, "actor")),
        history=bool(row["history"]),
        proposed_at=Millis(number(row, "proposed_at")),
        since=None if row["taken_at"] is None else number(row, "since"),
    )
