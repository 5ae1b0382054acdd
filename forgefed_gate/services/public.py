"""What everybody may know: projects, their charters and news, and how many people there are."""

from dataclasses import dataclass

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import NoteId, Slug
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.services import gather
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import followers, grants, news, projects
from forgefed_gate.store.news import News


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the page of a project shows to everybody."""

    project: Project
    charter: Charter
    news: tuple[News, ...]


async def front(gate: Gate, slug: Slug) -> Front:
    """Gather what the page of a project shows."""
    async with gate.database.snapshot() as tx:
        return Front(
            project=await gather.project_in(gate, tx, slug),
            charter=await gather.charter_in(tx, slug),
            news=tuple(await news.latest(tx, slug, limit=5)),
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
            case "collaborators" if local.kind is Kind.PROJECT:
                return await grants.count_standing(tx, local.slug, now=gate.clock())
            case "components" if local.kind is Kind.PROJECT:
                return len((Kind.TICKETS, Kind.PATCHES))
            case _:
                return 0
