"""Conversations and their messages. Words and their evidence are sealed by the caller."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, Slug, ThreadId
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.store import commitments
from forgefed_gate.store.database import Row, Transaction, blob, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message with the sealed words of its latest revision."""

    id: NoteId
    thread: ThreadId
    speaker: Speaker
    author: str
    at: Millis
    deleted: bool
    revision: int
    words: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """The sealed words that a message had before it was edited."""

    message: NoteId
    number: int
    words: bytes
    at: Millis


async def open_thread(tx: Transaction, thread: Thread) -> None:
    """Begin a conversation."""
    await tx.run(
        "INSERT INTO threads (id, code, project, contributor, closed, latest_theirs, opened_at,"
        " changed_at) VALUES (:id, :code, :project, :contributor, 0, NULL, :now, :now)",
        id=thread.id,
        code=thread.code,
        project=thread.project,
        contributor=thread.contributor,
        now=thread.opened_at,
    )


async def close(tx: Transaction, thread: ThreadId, *, now: Millis) -> None:
    """Mark a conversation as closed."""
    await tx.run(
        "UPDATE threads SET closed = 1, changed_at = :now WHERE id = :id", id=thread, now=now
    )


async def reopen(tx: Transaction, thread: ThreadId, *, now: Millis) -> None:
    """Mark a conversation as open again."""
    await tx.run(
        "UPDATE threads SET closed = 0, changed_at = :now WHERE id = :id", id=thread, now=now
    )


async def assign(tx: Transaction, thread: ThreadId, to: ActorId | None) -> None:
    """Let one person be told of what happens in a conversation, or everybody again."""
    await tx.run("UPDATE threads SET assigned = :to WHERE id = :id", id=thread, to=to)


async def heard(tx: Transaction, thread: ThreadId, note: NoteId, *, now: Millis) -> None:
    """Note the contributor's latest message; it opens a closed conversation again."""
    await tx.run(
        "UPDATE threads SET latest_theirs = :note, closed = 0, changed_at = :now WHERE id = :id",
        id=thread,
        note=note,
        now=now,
    )


async def find(tx: Transaction, thread: ThreadId) -> Thread | None:
    """Find a conversation by its id."""
    return thread_of(await tx.row("SELECT * FROM threads WHERE id = :id", id=thread))


async def by_code(tx: Transaction, code: str) -> Thread | None:
    """Find a conversation by the code that maintainers type."""
    return thread_of(await tx.row("SELECT * FROM threads WHERE code = :code", code=code))


async def by_note(tx: Transaction, note: str, contributor: ActorId) -> Thread | None:
    """Find the conversation of *contributor* that a note belongs to."""
    return thread_of(
        await tx.row(
            "SELECT threads.* FROM threads JOIN messages ON messages.thread = threads.id"
            " WHERE messages.id = :note AND threads.contributor = :contributor",
            note=note,
            contributor=contributor,
        )
    )


async def latest(tx: Transaction, project: Slug, contributor: ActorId) -> Thread | None:
    """Find the latest conversation of *contributor* with *project*."""
    return thread_of(
        await tx.row(
            "SELECT * FROM threads WHERE contributor = :contributor AND project = :project"
            " AND orphaned = 0 ORDER BY changed_at DESC, id LIMIT 1",
            contributor=contributor,
            project=project,
        )
    )


async def open_ones(tx: Transaction, project: Slug, contributor: ActorId) -> list[Thread]:
    """List the open conversations of *contributor* with *project*, the latest changed first."""
    rows = await tx.rows(
        "SELECT * FROM threads WHERE contributor = :contributor AND project = :project"
        " AND closed = 0 AND orphaned = 0 ORDER BY changed_at DESC, id",
        contributor=contributor,
        project=project,
    )
    return [thread for row in rows if (thread := thread_of(row))]


async def last_heard(tx: Transaction, project: Slug, contributor: ActorId) -> Millis:
    """Say when *contributor* last wrote to *project*; long ago where they never did."""
    row = await tx.row(
        "SELECT COALESCE(MAX(messages.at), 0) AS at FROM messages JOIN threads"
        " ON threads.id = messages.thread WHERE threads.contributor = :contributor"
        " AND threads.project = :project AND messages.author = :contributor",
        contributor=contributor,
        project=project,
    )
    return Millis(number(row, "at") if row else 0)


async def listing(tx: Transaction, project: Slug) -> list[Thread]:
    """List the conversations of *project*, the latest changed first."""
    rows = await tx.rows(
        "SELECT * FROM threads WHERE project = :project ORDER BY closed, changed_at DESC, id",
        project=project,
    )
    return [thread for row in rows if (thread := thread_of(row))]


async def add_message(
    tx: Transaction,
    note: NoteId,
    *,
    thread: ThreadId,
    speaker: Speaker,
    author: str,
    now: Millis,
    aside: bool = False,
) -> None:
    """Put a message at the end of a conversation, or one for the people of the project only."""
    await tx.run(
        "INSERT INTO messages (id, thread, position, speaker, author, at, deleted, aside)"
        " SELECT :id, :thread, COUNT(*), :speaker, :author, :now, 0, :aside FROM messages"
        " WHERE thread = :thread",
        id=note,
        thread=thread,
        speaker=speaker.value,
        author=author,
        now=now,
        aside=int(aside),
    )


async def add_revision(
    tx: Transaction,
    note: NoteId,
    number_: int,
    *,
    words: bytes,
    evidence: bytes,
    commitment: str,
    now: Millis,
) -> None:
    """Keep words of a message beside the ones it had before; the commitment outlives them."""
    await commitments.add(tx, note, number_, commitment)
    await tx.run(
        "INSERT INTO revisions (message, number, words, evidence, at)"
        " VALUES (:message, :number, :words, :evidence, :now)",
        message=note,
        number=number_,
        words=words,
        evidence=evidence,
        now=now,
    )


async def blank(tx: Transaction, note: NoteId) -> None:
    """Forget every word of a message, and keep that there was one."""
    await tx.run("DELETE FROM revisions WHERE message = :note", note=note)
    await tx.run("UPDATE messages SET deleted = 1 WHERE id = :note", note=note)


async def message(tx: Transaction, note: NoteId) -> MessageRow | None:
    """Find a message by its id."""
    row = await tx.row(
        "SELECT messages.*, COALESCE(revisions.number, 0) AS number, revisions.words FROM messages"
        " LEFT JOIN revisions ON revisions.message = messages.id"
        " WHERE messages.id = :note ORDER BY revisions.number DESC LIMIT 1",
        note=note,
    )
    return message_of(row) if row else None


async def messages(tx: Transaction, thread: ThreadId) -> list[MessageRow]:
    """List the messages of a conversation in order, each with its latest words."""
    rows = await tx.rows(
        "SELECT messages.*, COALESCE(revisions.number, 0) AS number, revisions.words FROM messages"
        " LEFT JOIN revisions ON revisions.message = messages.id AND revisions.number ="
        " (SELECT MAX(number) FROM revisions AS newest WHERE newest.message = messages.id)"
        " WHERE messages.thread = :thread ORDER BY messages.position",
        thread=thread,
    )
    return [message_of(row) for row in rows]


async def latest_before(tx: Transaction, note: NoteId, *, by: ActorId) -> NoteId | None:
    """Find what *by* had said last when a message was written: that is what it answers."""
    row = await tx.row(
        "SELECT said.id FROM messages AS said JOIN messages AS note ON note.thread = said.thread"
        " WHERE note.id = :note AND said.position < note.position AND said.author = :author"
        " AND said.speaker IN ('contributor', 'party') ORDER BY said.position DESC LIMIT 1",
        note=note,
        author=by,
    )
    return NoteId(text(row, "id")) if row else None


async def earlier(tx: Transaction, thread: ThreadId) -> list[RevisionRow]:
    """List what the messages of a conversation said before they were edited, the oldest first."""
    rows = await tx.rows(
        "SELECT revisions.message, revisions.number, revisions.words, revisions.at FROM revisions"
        " JOIN messages ON messages.id = revisions.message WHERE messages.thread = :thread"
        " AND messages.deleted = 0 AND EXISTS (SELECT 1 FROM revisions AS newer"
        " WHERE newer.message = revisions.message AND newer.number > revisions.number)"
        " ORDER BY messages.position, revisions.number",
        thread=thread,
    )
    return [
        RevisionRow(
            message=NoteId(text(row, "message")),
            number=number(row, "number"),
            words=blob(row, "words"),
            at=Millis(number(row, "at")),
        )
        for row in rows
    ]


async def first_evidence(tx: Transaction, note: NoteId) -> bytes | None:
    """Find the sealed evidence of the first words of a message, if they are still there."""
    row = await tx.row(
        "SELECT evidence FROM revisions WHERE message = :note AND number = 1", note=note
    )
    return blob(row, "evidence") if row else None


async def last_speakers(
    tx: Transaction, thread: ThreadId, *, since: Millis, limit: int
) -> list[Speaker]:
    """Say who of the people in a conversation spoke last since *since*, the latest first."""
    rows = await tx.rows(
        "SELECT speaker FROM messages WHERE thread = :thread AND speaker <> :gate AND at > :since"
        " ORDER BY position DESC LIMIT :limit",
        thread=thread,
        gate=Speaker.GATE.value,
        since=since,
        limit=limit,
    )
    return [Speaker(text(row, "speaker")) for row in rows]


def thread_of(row: Row | None) -> Thread | None:
    """Read a conversation, where there is one."""
    if row is None:
        return None
    theirs, assigned = row["latest_theirs"], row["assigned"]
    return Thread(
        id=ThreadId(text(row, "id")),
        code=text(row, "code"),
        project=Slug(text(row, "project")),
        contributor=ActorId(text(row, "contributor")),
        closed=bool(row["closed"]),
        latest_theirs=NoteId(str(theirs)) if theirs else None,
        opened_at=Millis(number(row, "opened_at")),
        changed_at=Millis(number(row, "changed_at")),
        assigned=ActorId(str(assigned)) if assigned else None,
    )


def message_of(row: Row) -> MessageRow:
    """Read a message with its latest words."""
    return MessageRow(
        id=NoteId(text(row, "id")),
        thread=ThreadId(text(row, "thread")),
        speaker=Speaker(text(row, "speaker")),
        author=text(row, "author"),
        at=Millis(number(row, "at")),
        deleted=bool(row["deleted"]),
        revision=number(row, "number"),
        words=blob(row, "words") if row["words"] is not None else b"",
    )


async def close_unanswered(tx: Transaction, *, before: Millis, now: Millis) -> None:
    """Close conversations where a question of ours had no answer since *before*."""
    rows = await tx.rows(
        "UPDATE knocks SET stage = 'withdrawn', changed_at = :now"
        " WHERE stage IN ('asked', 'invited') AND changed_at < :before"
        " AND thread IN (SELECT id FROM threads WHERE changed_at < :before) RETURNING thread",
        before=before,
        now=now,
    )
    for row in rows:
        await close(tx, ThreadId(text(row, "thread")), now=now)


async def with_keys(tx: Transaction, *, closed_before: Millis) -> list[str]:
    """List conversations closed before *closed_before* that could still be read."""
    rows = await tx.rows(
        "SELECT DISTINCT threads.id FROM threads JOIN data_keys ON data_keys.thread = threads.id"
        " WHERE closed = 1 AND changed_at < :before AND destroyed_at IS NULL",
        before=closed_before,
    )
    return [text(row, "id") for row in rows]


async def forget_closed(tx: Transaction, *, before: Millis) -> None:
    """Forget conversations that were closed before *before*, with all that was said in them."""
    await tx.run(
        "DELETE FROM revisions WHERE message IN (SELECT messages.id FROM messages JOIN threads"
        " ON threads.id = messages.thread WHERE closed = 1 AND changed_at < :before)",
        before=before,
    )
    await tx.run(
        "UPDATE messages SET deleted = 1 WHERE thread IN"
        " (SELECT id FROM threads WHERE closed = 1 AND changed_at < :before)",
        before=before,
    )
