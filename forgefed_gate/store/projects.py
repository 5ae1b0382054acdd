"""Projects and their charters, as they were published over time."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.places import Kind
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project as it is stored."""

    slug: Slug
    name: str
    created_at: Millis
    kind: Kind
    signs_notes_since: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CharterRow:
    """A charter in its canonical form, and when it was published."""

    hash: str
    document: str
    published_at: Millis


async def add(tx: Transaction, slug: Slug, name: str, *, kind: Kind, now: Millis) -> bool:
    """Add a project or team; a slug that is taken changes nothing."""
    return (
        await tx.run(
            "INSERT INTO projects (slug, name, kind, created_at)"
            " VALUES (:slug, :name, :kind, :now) ON CONFLICT DO NOTHING",
            slug=slug,
            name=name,
            kind=kind.value,
            now=now,
        )
        == 1
    )


async def find(tx: Transaction, slug: Slug) -> ProjectRow | None:
    """Find a project."""
    row = await tx.row("SELECT * FROM projects WHERE slug = :slug", slug=slug)
    return _project(row) if row else None


async def listing(tx: Transaction) -> list[ProjectRow]:
    """List the projects by name."""
    return [_project(row) for row in await tx.rows("SELECT * FROM projects ORDER BY slug")]


async def publish(
    tx: Transaction, slug: Slug, charter: str, *, charter_hash: str, now: Millis
) -> None:
    """Make *charter* the one in force; what was agreed before stays as it was."""
    await tx.run(
        "INSERT INTO charters (project, hash, document, published_at)"
        " VALUES (:slug, :hash, :document, :now)",
        slug=slug,
        hash=charter_hash,
        document=charter,
        now=now,
    )


async def charter(tx: Transaction, slug: Slug) -> CharterRow | None:
    """Find the charter in force."""
    row = await tx.row(
        "SELECT hash, document, published_at FROM charters WHERE project = :slug"
        " ORDER BY sequence DESC LIMIT 1",
        slug=slug,
    )
    return _charter(row) if row else None


async def charter_by_hash(tx: Transaction, slug: Slug, charter_hash: str) -> CharterRow | None:
    """Find the charter that somebody agreed to."""
    row = await tx.row(
        "SELECT hash, document, published_at FROM charters"
        " WHERE project = :slug AND hash = :hash LIMIT 1",
        slug=slug,
        hash=charter_hash,
    )
    return _charter(row) if row else None


async def sign_notes(tx: Transaction, slug: Slug, *, since: Millis | None) -> None:
    """Let a project sign what it says in conversations that begin from *since* on, or not."""
    await tx.run(
        "UPDATE projects SET signs_notes_since = :since WHERE slug = :slug",
        slug=slug,
        since=since,
    )


def _project(row: Row) -> ProjectRow:
    since = row["signs_notes_since"]
    return ProjectRow(
        slug=Slug(text(row, "slug")),
        name=text(row, "name"),
        created_at=Millis(number(row, "created_at")),
        kind=Kind(text(row, "kind")),
        signs_notes_since=Millis(int(since)) if since is not None else None,
    )


def _charter(row: Row) -> CharterRow:
    return CharterRow(
        hash=text(row, "hash"),
        document=text(row, "document"),
        published_at=Millis(number(row, "published_at")),
    )
