"""What people of a project see of the pieces that they propose, and of those that are public."""

from collections.abc import Sequence
from dataclasses import dataclass

from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActorId, Millis, NoteId, PieceId, Slug, ThreadId
from forgefed_gate.domain.publishing import Excerpt, Piece, Publication, Stage
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.services import gather, openings, pieces, reading
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import people, publications, threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.publications import PieceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An author who is asked, and whether they have said yes."""

    handle: str
    given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A piece in a list, where no word is opened: a title is there only once it is public."""

    id: PieceId
    project: Slug
    thread: ThreadId
    stage: Stage
    title: str
    answers: tuple[Answered, ...]
    page: str
    """Its public page; nothing is there unless it is public, or was."""
    asked_at: Millis
    changed_at: Millis

    @property
    def public(self) -> bool:
        """Whether everybody can read it now."""
        return self.stage is Stage.PUBLISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A piece as people of its project may see it; no words are left of one that is over."""

    project: Project
    publication: Publication
    labels: tuple[str, ...]
    answers: tuple[Answered, ...]
    page: str
    """Its public page; nothing is there unless it is public, or was."""

    @property
    def unreadable(self) -> str:
        """Say that words of it cannot be read, if that is so."""
        return words.UNREADABLE if self.publication.unreadable else ""

    @property
    def excerpts(self) -> list[tuple[str, Excerpt]]:
        """Give each excerpt with the name under which it would appear."""
        return [*zip(self.labels, self.publication.piece.excerpts, strict=True)]

    @property
    def listed(self) -> Listed:
        """Give what stands in a list, with the title, which was opened here."""
        return _listed(self.publication.piece, self.answers, self.page)

    @property
    def pending(self) -> bool:
        """Whether its authors are being asked."""
        return self.publication.piece.stage is Stage.PENDING

    @property
    def public(self) -> bool:
        """Whether everybody can read it now."""
        return self.listed.public


async def listing(gate: Gate, project: Slug, *, by: Principal) -> list[Listed]:
    """List the pieces of a project, the latest first."""
    reading.listable(by, PieceRow, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        return [await _row(gate, tx, row) for row in await publications.listing(tx, project)]


async def from_thread(gate: Gate, thread: ThreadId, *, by: Principal) -> list[Listed]:
    """List the pieces from one conversation, for whoever may propose there."""
    async with gate.database.snapshot() as tx:
        rows = await publications.of_thread(tx, thread)
        seen = [row for row in rows if by.may(Act.PUBLISH, row.project)]
        return [await _row(gate, tx, row) for row in seen]


async def _row(gate: Gate, tx: Transaction, row: PieceRow) -> Listed:
    """Give a piece as it lies there: what is sealed stays sealed."""
    answers = [
        Answered(handle=await _handle(tx, each.author), given=each.given)
        for each in await publications.consents(tx, row.id)
    ]
    return _listed(row, answers, gate.places.piece_page(row.project, row.id))


def _listed(piece: Piece | PieceRow, answers: Sequence[Answered], page: str) -> Listed:
    return Listed(
        id=piece.id,
        project=piece.project,
        thread=piece.thread,
        stage=piece.stage,
        title=piece.title,
        answers=tuple(answers),
        page=page,
        asked_at=piece.asked_at,
        changed_at=piece.changed_at,
    )


async def notes_in(gate: Gate, thread: ThreadId, *, by: Principal) -> list[NoteId]:
    """Name the messages of a conversation in their order, without opening any."""
    async with gate.database.snapshot() as tx:
        known = await threads.find(tx, thread)
        found = await reading.readable(tx, by, known, otherwise=unknown("thread", thread))
        return [message.id for message in await threads.messages(tx, found.id)]


async def show(gate: Gate, name: PieceId, *, by: Principal) -> ProposalView:
    """Show a piece, to whoever may propose one in its project."""
    async with gate.database.snapshot() as tx:
        known = await publications.find(tx, name)
        row = await reading.readable(tx, by, known, otherwise=unknown("piece", name))
        view, thread = await _view(gate, tx, name), await threads.find(tx, row.thread)
    contributor = thread.contributor if thread else ""
    opening = Reading(
        project=row.project,
        subject=row.thread,
        contributor=contributor,
        by=by,
        broken=view.publication.broken,
    )
    await openings.write_down(gate, opening)
    return view


async def _view(gate: Gate, tx: Transaction, name: PieceId) -> ProposalView:
    publication = await pieces.find(gate, tx, name)
    assert publication is not None, "whoever asks has found it"
    project = await gather.project_in(gate, tx, publication.piece.project)
    answers = [
        Answered(handle=await _handle(tx, each.author), given=each.given)
        for each in publication.consents
    ]
    labels = [label for label, _ in words.as_published(publication, project.name)]
    return ProposalView(
        project=project,
        publication=publication,
        labels=tuple(labels),
        answers=tuple(answers),
        page=gate.places.piece_page(project.slug, name),
    )


async def _handle(tx: Transaction, author: ActorId) -> str:
    known = await people.find(tx, author)
    return known.handle if known else author
