"""What is kept of somebody who was blocked, for safety contacts. Words are sealed."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.store.database import Row, Transaction, blob, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """A piece of evidence as it is stored."""

    id: str
    project: Slug
    subject: ActorId
    words: bytes
    kept_at: Millis
    ends_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """One revision of a message in a conversation with somebody, sealed."""

    thread: str
    code: str
    message: str
    number: int
    speaker: str
    author: str
    at: Millis
    words: bytes
    evidence: bytes


async def add(tx: Transaction, kept: KeptRow) -> None:
    """Keep a piece of evidence."""
    await tx.run(
        "INSERT INTO kept_evidence (id, project, subject, words, kept_at, ends_at)"
        " VALUES (:id, :project, :subject, :words, :kept_at, :ends_at)",
        id=kept.id,
        project=kept.project,
        subject=kept.subject,
        words=kept.words,
        kept_at=kept.kept_at,
        ends_at=kept.ends_at,
    )


async def find(tx: Transaction, name: str) -> KeptRow | None:
    """Find a piece of evidence."""
    row = await tx.row("SELECT * FROM kept_evidence WHERE id = :id", id=name)
    return _kept(row) if row else None


async def listing(tx: Transaction, project: Slug) -> list[KeptRow]:
    """List what is kept for the safety contacts of *project*, the newest first."""
    rows = await tx.rows(
        "SELECT * FROM kept_evidence WHERE project = :project ORDER BY kept_at DESC, id",
        project=project,
    )
    return [_kept(row) for row in rows]


async def forget(tx: Transaction, *, now: Millis) -> list[KeptRow]:
    """Forget what has come to its end, and give it one last time."""
    rows = await tx.rows("DELETE FROM kept_evidence WHERE ends_at <= :now RETURNING *", now=now)
    return [_kept(row) for row in rows]


async def said_with(
    tx: Transaction, project: Slug, contributor: ActorId, *, limit: int
) -> list[SaidRow]:
    """List the latest *limit* revisions that were said in conversations with *contributor*."""
    rows = await tx.rows(
        "SELECT threads.id AS thread, threads.code, messages.id AS message, revisions.number,"
        " messages.speaker, messages.author, revisions.at, revisions.words, revisions.evidence"
        " FROM threads"
        " JOIN messages ON messages.thread = threads.id"
        " JOIN revisions ON revisions.message = messages.id"
        " WHERE threads.project = :project AND threads.contributor = :contributor"
        " ORDER BY revisions.at DESC, messages.position DESC, revisions.number DESC LIMIT :limit",
        project=project,
        contributor=contributor,
        limit=limit,
    )
    return [_said(row) for row in reversed(rows)]


def _kept(row: Row) -> KeptRow:
    return KeptRow(
        id=text(row, "id"),
        project=Slug(text(row, "project")),
        subject=ActorId(text(row, "subject")),
        words=blob(row, "words"),
        kept_at=Millis(number(row, "kept_at")),
        ends_at=Millis(number(row, "ends_at")),
    )


def _said(row: Row) -> SaidRow:
    return SaidRow(
        thread=text(row, "thread"),
        code=text(row, "code"),
        message=text(row, "message"),
        number=number(row, "number"),
        speaker=text(row, "speaker"),
        author=text(row, "author"),
        at=Millis(number(row, "at")),
        words=blob(row, "words"),
        evidence=blob(row, "evidence"),
    )
