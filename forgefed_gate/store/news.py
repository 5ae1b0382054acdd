"""What projects told their followers, publicly."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis, NoteId, Slug
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A public note of a project."""

    id: NoteId
    project: Slug
    words: str
    published_at: Millis


async def add(tx: Transaction, news: News) -> None:
    """Publish a note."""
    await tx.run(
        "INSERT INTO news (id, project, words, published_at)"
        " VALUES (:id, :project, :words, :published_at)",
        id=news.id,
        project=news.project,
        words=news.words,
        published_at=news.published_at,
    )


async def find(tx: Transaction, note: NoteId) -> News | None:
    """Find a public note by its id."""
    row = await tx.row("SELECT * FROM news WHERE id = :id", id=note)
    return _news(row) if row else None


async def latest(tx: Transaction, project: Slug, *, limit: int = 20) -> list[News]:
    """List a project's latest notes, the newest first."""
    rows = await tx.rows(
        "SELECT * FROM news WHERE project = :project ORDER BY published_at DESC, id LIMIT :limit",
        project=project,
        limit=limit,
    )
    return [_news(row) for row in rows]


def _news(row: Row) -> News:
    return News(
        id=NoteId(text(row, "id")),
        project=Slug(text(row, "project")),
        words=text(row, "words"),
        published_at=Millis(number(row, "published_at")),
    )
