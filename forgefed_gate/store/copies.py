"""Private notes of ours: each carries one message to one reader, under an id of its own."""

from dataclasses import dataclass
from typing import LiteralString

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, ThreadId
from forgefed_gate.store.database import Row, Transaction, number, text
from forgefed_gate.store.threads import MessageRow, message_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """
    A message as *reader* has it: as a note of ours, or, where they wrote it, as theirs.

    What the project writes to the contributor is a copy of its own; everybody else gets
    one under another id, so that no id leads from one reader to another.
    """

    note: NoteId
    reader: ActorId
    message: MessageRow


async def add(tx: Transaction, note: NoteId, message: NoteId, reader: ActorId) -> None:
    """Remember under which id *reader* gets a message; a second copy changes nothing."""
    await tx.run(
        "INSERT INTO copies (id, message, reader) VALUES (:id, :message, :reader)"
        " ON CONFLICT (message, reader) DO NOTHING",
        id=note,
        message=message,
        reader=reader,
    )


async def find(tx: Transaction, note: str) -> Copy | None:
    """Find a private note of ours, whoever it is for."""
    row = await tx.row(
        """
        WITH ours AS (
            SELECT id AS note, message, reader FROM copies WHERE id = :note
            UNION ALL
            SELECT messages.id, messages.id, contributor FROM messages
            JOIN threads ON threads.id = thread
            WHERE messages.id = :note AND aside = 0 AND speaker IN ('project', 'gate')
        )
        SELECT messages.*, COALESCE(revisions.number, 0) AS number, revisions.words,
            ours.note, ours.reader
        FROM ours JOIN messages ON messages.id = ours.message
        LEFT JOIN revisions ON revisions.message = messages.id AND revisions.number =
            (SELECT MAX(number) FROM revisions AS newest WHERE newest.message = messages.id)
        """,
        note=note,
    )
    return _copy(row) if row else None


async def of_reader(tx: Transaction, thread: ThreadId, reader: ActorId) -> list[NoteId]:
    """List the ids under which *reader* has copies of what was said in *thread*."""
    rows = await tx.rows(
        "SELECT copies.id FROM copies JOIN messages ON messages.id = message"
        " WHERE thread = :thread AND reader = :reader",
        thread=thread,
        reader=reader,
    )
    return [NoteId(text(row, "id")) for row in rows]


async def of_message(tx: Transaction, message: NoteId) -> list[tuple[NoteId, ActorId]]:
    """List who has a copy of a message, and under which id."""
    rows = await tx.rows("SELECT id, reader FROM copies WHERE message = :id", id=message)
    return [(NoteId(text(row, "id")), ActorId(text(row, "reader"))) for row in rows]


_SHOWN: LiteralString = """
    WITH ours AS (
        SELECT copies.id AS note, message, reader FROM copies
        JOIN messages ON messages.id = message WHERE thread = :thread AND reader = :reader
        UNION ALL
        SELECT messages.id, messages.id, CAST(:reader AS TEXT) FROM messages
        JOIN threads ON threads.id = thread WHERE thread = :thread
        AND (speaker IN ('contributor', 'party') AND author = :reader
            OR speaker IN ('project', 'gate') AND contributor = :reader AND aside = 0)
    )
    SELECT messages.*, COALESCE(revisions.number, 0) AS number, revisions.words,
        ours.note, ours.reader, (SELECT COUNT(*) FROM ours) AS place
    FROM ours JOIN messages ON messages.id = ours.message
    LEFT JOIN revisions ON revisions.message = messages.id AND revisions.number =
        (SELECT MAX(number) FROM revisions AS newest WHERE newest.message = messages.id)
"""

_IN_ORDER: LiteralString = " ORDER BY messages.position"
_THE_LATEST: LiteralString = """
    WHERE messages.position =
        (SELECT MAX(position) FROM messages WHERE id IN (SELECT message FROM ours))
"""


async def shown(tx: Transaction, thread: ThreadId, reader: str) -> list[Copy]:
    """List what a party of *thread* may see of it, in order: what they wrote, and have from us."""
    rows = await tx.rows(_SHOWN + _IN_ORDER, thread=thread, reader=reader)
    return [_copy(row) for row in rows]


async def latest(tx: Transaction, thread: ThreadId, reader: str) -> tuple[int, Copy] | None:
    """Find the last that a party of *thread* may see of it, and which one it is to them."""
    row = await tx.row(
        _SHOWN + _THE_LATEST,
        thread=thread,
        reader=reader,
    )
    return (number(row, "place"), _copy(row)) if row else None


async def forget_closed(tx: Transaction, *, before: Millis) -> None:
    """Forget who got what in conversations that were closed before *before*."""
    await tx.run(
        "DELETE FROM copies WHERE message IN (SELECT messages.id FROM messages JOIN threads"
        " ON threads.id = messages.thread WHERE closed = 1 AND changed_at < :before)",
        before=before,
    )


def _copy(row: Row) -> Copy:
    return Copy(
        note=NoteId(text(row, "note")),
        reader=ActorId(text(row, "reader")),
        message=message_of(row),
    )
