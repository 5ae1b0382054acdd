"""What everybody may know: projects, their charters, news and pieces, and how many people."""

from dataclasses import dataclass

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import NoteId, PieceId, Slug
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.publishing import Publication, Stage
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.protocol.pieces import Article
from forgefed_gate.services import gather, pieces
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import followers, grants, links, news, projects, publications
from forgefed_gate.store.news import News


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPiece:
    """A piece as everybody may see it: blank once it was withdrawn."""

    project: Project
    article: Article
    excerpts: tuple[tuple[str, str], ...]
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the page of a project shows to everybody."""

    project: Project
    charter: Charter
    news: tuple[News, ...]
    pieces: tuple[PublicPiece, ...]


async def front(gate: Gate, slug: Slug) -> Front:
    """Gather what the page of a project shows."""
    published = await pieces_of(gate, slug)
    async with gate.database.snapshot() as tx:
        return Front(
            project=await gather.project_in(gate, tx, slug),
            charter=await gather.charter_in(tx, slug),
            news=tuple(await news.latest(tx, slug, limit=5)),
            pieces=tuple(published),
        )


async def all_projects(gate: Gate) -> list[Project]:
    """List the projects, for the page of the gate."""
    async with gate.database.snapshot() as tx:
        rows = await projects.listing(tx)
        return [await gather.project_in(gate, tx, row.slug) for row in rows]


async def count_projects(gate: Gate) -> int:
    """Count the projects."""
    return len(await all_projects(gate))


async def news_of(gate: Gate, slug: Slug) -> list[News]:
    """List a project's latest public notes."""
    async with gate.database.snapshot() as tx:
        return await news.latest(tx, slug)


async def note(gate: Gate, name: NoteId) -> News:
    """Find a public note; a private one is no more here than one that never was."""
    async with gate.database.snapshot() as tx:
        found = await news.find(tx, name)
    if found is None:
        raise NotFound("not-found", "There is nothing here.")
    return found


async def count(gate: Gate, local: Local, collection: str) -> int:
    """Count a collection of people or parts."""
    async with gate.database.snapshot() as tx:
        match collection:
            case "followers":
                return await followers.count(tx, gate.places.actor(local))
            case "collaborators" if local.kind.house:
                return await grants.count_standing(tx, local.slug, now=gate.clock())
            case "components" if local.kind is Kind.PROJECT:
                linked = await links.count(tx, local.slug, collection, now=gate.clock())
                return len((Kind.TICKETS, Kind.PATCHES)) + linked
            case _ if local.kind.house:
                return await links.count(tx, local.slug, collection, now=gate.clock())
            case _:
                return 0


async def piece(gate: Gate, slug: Slug, name: PieceId) -> PublicPiece:
    """Find a published piece; one that is not public is no more here than one that never was."""
    async with gate.database.snapshot() as tx:
        found = await pieces.find(gate, tx, name)
        seen = found is not None and found.piece.stage in {Stage.PUBLISHED, Stage.WITHDRAWN}
        if found is None or not seen or found.piece.project != slug:
            raise NotFound("not-found", "There is nothing here.")
        return _public(gate, found, await gather.project_in(gate, tx, slug))


async def pieces_of(gate: Gate, slug: Slug) -> list[PublicPiece]:
    """List a project's latest published pieces, the newest first."""
    async with gate.database.snapshot() as tx:
        project = await gather.project_in(gate, tx, slug)
        rows = await publications.public(tx, slug)
        found = [await pieces.find(gate, tx, row.id) for row in rows]
    return [_public(gate, each, project) for each in found if each is not None]


def _public(gate: Gate, found: Publication, project: Project) -> PublicPiece:
    return PublicPiece(
        project=project,
        article=pieces.article(gate, found, project.name),
        excerpts=tuple(words.as_published(found, project.name)),
        withdrawn=found.piece.stage is Stage.WITHDRAWN,
    )
