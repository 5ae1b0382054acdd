"""What is to be public, and is; words that are not public yet are sealed by the caller."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, PieceId, Slug, ThreadId
from forgefed_gate.domain.publishing import Stage
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.store.database import Row, Transaction, Value, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRow:
    """A piece: its heading is sealed until it is public, and its title plain from then on."""

    id: PieceId
    project: Slug
    thread: ThreadId
    proposer: str
    stage: Stage
    heading: bytes | None
    title: str
    asked_at: Millis
    changed_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptRow:
    """One excerpt of a piece, sealed until it is public, and plain from then on."""

    author: str
    speaker: Speaker
    note: NoteId
    revision: int
    sealed: bytes | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRow:
    """What one author was asked, and their answer with its evidence."""

    author: ActorId
    code: str
    hash: str
    given: bool = False
    sealed_name: bytes | None = None
    name: str = ""
    evidence: bytes | None = None


async def hold(tx: Transaction, piece: PieceId) -> None:
    """Let nobody else decide about a piece until this transaction ends."""
    await tx.rows("SELECT id FROM publications WHERE id = :id /* held */", id=piece)


async def find(tx: Transaction, piece: PieceId) -> PieceRow | None:
    """Find a piece by its id."""
    row = await tx.row("SELECT * FROM publications WHERE id = :id", id=piece)
    return _piece(row) if row else None


async def save(tx: Transaction, piece: PieceRow, excerpts: Sequence[ExcerptRow]) -> None:
    """Remember a piece as it now stands, and nothing of what it said before."""
    await tx.run(
        "INSERT INTO publications (id, project, thread, proposer, stage, heading, title, asked_at,"
        " changed_at) VALUES (:id, :project, :thread, :proposer, :stage, :heading, :title,"
        " :asked_at, :changed_at) ON CONFLICT (id) DO UPDATE SET stage = excluded.stage,"
        " heading = excluded.heading, title = excluded.title, asked_at = excluded.asked_at,"
        " changed_at = excluded.changed_at",
        id=piece.id,
        project=piece.project,
        thread=piece.thread,
        proposer=piece.proposer,
        stage=piece.stage.value,
        heading=piece.heading,
        title=piece.title,
        asked_at=piece.asked_at,
        changed_at=piece.changed_at,
    )
    await tx.run("DELETE FROM excerpts WHERE publication = :id", id=piece.id)
    await tx.many(
        "INSERT INTO excerpts (publication, position, author, speaker, note, revision, sealed,"
        " words) VALUES (:piece, :position, :author, :speaker, :note, :revision, :sealed, :words)",
        [_excerpt_values(piece.id, at, row) for at, row in enumerate(excerpts, start=1)],
    )


def _excerpt_values(piece: PieceId, position: int, row: ExcerptRow) -> dict[str, Value]:
    return {
        "piece": piece,
        "position": position,
        "author": row.author,
        "speaker": row.speaker.value,
        "note": row.note,
        "revision": row.revision,
        "sealed": row.sealed,
        "words": row.words,
    }


async def excerpts(tx: Transaction, piece: PieceId) -> list[ExcerptRow]:
    """List the excerpts of a piece in order."""
    rows = await tx.rows(
        "SELECT * FROM excerpts WHERE publication = :piece ORDER BY position", piece=piece
    )
    return [_excerpt(row) for row in rows]


async def ask(tx: Transaction, piece: PieceId, consents: Sequence[ConsentRow]) -> None:
    """Remember who is asked now; whatever was answered before is void."""
    await tx.run("DELETE FROM consents WHERE publication = :piece", piece=piece)
    await tx.many(
        "INSERT INTO consents (publication, author, code, hash, given, name)"
        " VALUES (:piece, :author, :code, :hash, 0, '')",
        [
            {"piece": piece, "author": each.author, "code": each.code, "hash": each.hash}
            for each in consents
        ],
    )


async def give(tx: Transaction, piece: PieceId, consent: ConsentRow) -> None:
    """Remember a yes to what has the hash of *consent*, and to nothing else."""
    await tx.run(
        "UPDATE consents SET given = 1, sealed_name = :sealed_name, evidence = :evidence"
        " WHERE publication = :piece AND author = :author AND hash = :hash",
        piece=piece,
        author=consent.author,
        hash=consent.hash,
        sealed_name=consent.sealed_name,
        evidence=consent.evidence,
    )


async def show_names(tx: Transaction, piece: PieceId, names: dict[ActorId, str]) -> None:
    """Make the names public that the authors of a piece chose."""
    await tx.many(
        "UPDATE consents SET sealed_name = NULL, name = :name"
        " WHERE publication = :piece AND author = :author",
        [{"piece": piece, "author": author, "name": name} for author, name in names.items()],
    )


async def consents(tx: Transaction, piece: PieceId) -> list[ConsentRow]:
    """List what the authors of a piece were asked and said."""
    rows = await tx.rows(
        "SELECT * FROM consents WHERE publication = :piece ORDER BY author", piece=piece
    )
    return [_consent(row) for row in rows]


async def by_code(tx: Transaction, author: ActorId, code: str) -> PieceId | None:
    """Find the piece that *author* was asked about under *code*."""
    row = await tx.row(
        "SELECT publication FROM consents WHERE author = :author AND code = :code",
        author=author,
        code=code,
    )
    return PieceId(text(row, "publication")) if row else None


async def of_author(tx: Transaction, author: ActorId, stage: Stage) -> list[PieceRow]:
    """List the pieces at one stage that need or needed the yes of *author*, oldest first."""
    rows = await tx.rows(
        "SELECT publications.* FROM consents JOIN publications ON id = publication"
        " WHERE author = :author AND stage = :stage ORDER BY asked_at, id",
        author=author,
        stage=stage.value,
    )
    return [_piece(row) for row in rows]


async def with_words_of(tx: Transaction, author: ActorId, stage: Stage) -> list[PieceRow]:
    """List the pieces at one stage that hold words of *author*, asked for or not."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE stage = :stage AND id IN"
        " (SELECT publication FROM consents WHERE author = :author"
        " UNION SELECT publication FROM excerpts WHERE author = :author) ORDER BY asked_at, id",
        author=author,
        stage=stage.value,
    )
    return [_piece(row) for row in rows]


async def pending_around(tx: Transaction, actor: ActorId) -> list[PieceRow]:
    """List what is asked about that holds words of *actor*, or is from their conversations."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE stage = 'pending' AND (id IN"
        " (SELECT publication FROM consents WHERE author = :actor"
        " UNION SELECT publication FROM excerpts WHERE author = :actor)"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor)) ORDER BY asked_at, id",
        actor=actor,
    )
    return [_piece(row) for row in rows]


async def note_question(tx: Transaction, piece: PieceId, author: ActorId, note: NoteId) -> None:
    """Remember in which note *author* is asked about a piece."""
    await tx.run(
        "UPDATE consents SET note = :note WHERE publication = :piece AND author = :author",
        piece=piece,
        author=author,
        note=note,
    )


async def questions_about(tx: Transaction, piece: PieceId) -> list[tuple[NoteId, ActorId]]:
    """List in which notes the authors of a piece are asked about it."""
    rows = await tx.rows(
        "SELECT note, author FROM consents WHERE publication = :piece AND note IS NOT NULL",
        piece=piece,
    )
    return [_question(row) for row in rows]


async def questions_to(
    tx: Transaction, author: ActorId, thread: ThreadId
) -> list[tuple[NoteId, ActorId]]:
    """List in which notes *author* is asked about words from *thread*."""
    rows = await tx.rows(
        "SELECT note, author FROM consents JOIN publications ON publications.id = publication"
        " WHERE author = :author AND thread = :thread AND note IS NOT NULL",
        author=author,
        thread=thread,
    )
    return [_question(row) for row in rows]


def _question(row: Row) -> tuple[NoteId, ActorId]:
    return NoteId(text(row, "note")), ActorId(text(row, "author"))


async def has_words(tx: Transaction, author: ActorId) -> bool:
    """Say whether the yes of *author* is asked for, or stands, anywhere."""
    row = await tx.row("SELECT author FROM consents WHERE author = :author LIMIT 1", author=author)
    return row is not None


async def of_thread(tx: Transaction, thread: ThreadId) -> list[PieceRow]:
    """List the pieces from a conversation, the latest first."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE thread = :thread ORDER BY changed_at DESC, id",
        thread=thread,
    )
    return [_piece(row) for row in rows]


async def listing(tx: Transaction, project: Slug) -> list[PieceRow]:
    """List the pieces of a project, the latest first."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE project = :project ORDER BY changed_at DESC, id",
        project=project,
    )
    return [_piece(row) for row in rows]


async def public(tx: Transaction, project: Slug, *, limit: int = 20) -> list[PieceRow]:
    """List the latest pieces of a project that are public."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE project = :project AND stage = 'published'"
        " ORDER BY changed_at DESC, id LIMIT :limit",
        project=project,
        limit=limit,
    )
    return [_piece(row) for row in rows]


async def still_public(tx: Transaction, pieces: Collection[PieceId]) -> set[PieceId]:
    """Say which of *pieces* are public now."""
    rows = await tx.rows(
        "SELECT publications.id FROM json_each(CAST(:pieces AS TEXT)) AS piece"
        " JOIN publications ON publications.id = piece.value ->> 0 WHERE stage = 'published'",
        pieces=json.dumps([[piece] for piece in pieces]),
    )
    return {PieceId(text(row, "id")) for row in rows}


async def unanswered(tx: Transaction, *, before: Millis) -> list[PieceRow]:
    """List the proposals that were made before *before* and still wait."""
    rows = await tx.rows(
        "SELECT * FROM publications WHERE stage = 'pending' AND asked_at < :before",
        before=before,
    )
    return [_piece(row) for row in rows]


def _piece(row: Row) -> PieceRow:
    return PieceRow(
        id=PieceId(text(row, "id")),
        project=Slug(text(row, "project")),
        thread=ThreadId(text(row, "thread")),
        proposer=text(row, "proposer"),
        stage=Stage(text(row, "stage")),
        heading=_bytes(row, "heading"),
        title=text(row, "title"),
        asked_at=Millis(number(row, "asked_at")),
        changed_at=Millis(number(row, "changed_at")),
    )


def _excerpt(row: Row) -> ExcerptRow:
    return ExcerptRow(
        author=text(row, "author"),
        speaker=Speaker(text(row, "speaker")),
        note=NoteId(text(row, "note")),
        revision=number(row, "revision"),
        sealed=_bytes(row, "sealed"),
        words=text(row, "words"),
    )


def _consent(row: Row) -> ConsentRow:
    return ConsentRow(
        author=ActorId(text(row, "author")),
        code=text(row, "code"),
        hash=text(row, "hash"),
        given=bool(row["given"]),
        sealed_name=_bytes(row, "sealed_name"),
        name=text(row, "name"),
        evidence=_bytes(row, "evidence"),
    )


def _bytes(row: Row, column: str) -> bytes | None:
    value = row[column]
    return value if isinstance(value, bytes) else None
