"""What an author answers: in a word from their own client, or on their page."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from forgefed_gate.domain.bylines import read_chosen_name
from forgefed_gate.domain.effects import SaveKnock
from forgefed_gate.domain.errors import Malformed, unknown
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActorId, PieceId
from forgefed_gate.domain.publishing import Consent, Publication, Ruling, Stage
from forgefed_gate.domain.roles import Principal, person
from forgefed_gate.domain.screening import Stage as KnockStage
from forgefed_gate.domain.wishes import Wish
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.services import carry, evidence, gather, openings, pieces, publishing
from forgefed_gate.services.case import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import people, publications

BY_PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A piece as one of its authors may see it: nobody else is named, unless it is public."""

    project: Project
    publication: Publication
    mine: Consent
    excerpts: tuple[tuple[str, str], ...]
    handle: str
    page: str

    @property
    def unreadable(self) -> str:
        """Say that words of it cannot be read, if that is so."""
        return words.UNREADABLE if self.publication.unreadable else ""


async def on_consent(case: Case, wish: Wish) -> str:
    """Take a yes to the text that the code names."""
    if not wish.code:
        return words.code_missing([mine.code for _, mine in await _mine(case, Stage.PENDING)])
    found = await _by_code(case, wish.code)
    if found is None:
        return words.NOT_ASKED
    publication, mine = found
    if publication.piece.stage is Stage.PUBLISHED:
        return words.public_already(_page(case, publication), mine.code)
    try:
        name = await _chosen(case, wish.name)
    except Malformed as refusal:
        return f"{refusal.sentence} {words.NOTHING_SAID_YET}"
    ruling = await publishing.consent(case, publication, mine.hash, name=name)
    return answer(ruling, case, mine.code)


async def on_no(case: Case, wish: Wish) -> str:
    """Take a no; without a code, to the one text that waits."""
    found = await _meant(case, wish, Stage.PENDING)
    if isinstance(found, str):
        return found
    publication, mine = found
    if publication.piece.stage is Stage.PUBLISHED:
        return words.public_already(_page(case, publication), mine.code)
    return answer(await publishing.refuse(case, publication, mine.hash), case, mine.code)


async def on_withdraw(case: Case, wish: Wish) -> str:
    """Take back what is public, or asked for; somebody with neither may mean their knock."""
    found = await _meant(case, wish, Stage.PENDING, Stage.PUBLISHED)
    if isinstance(found, str):
        return await _withdraw_knock(case) if found == words.NOT_ASKED and not wish.code else found
    publication, mine = found
    if publication.piece.stage is Stage.PENDING:
        ruling = await publishing.refuse(case, publication, mine.hash)
    else:
        ruling = await publishing.withdraw(case, publication)
    return answer(ruling, case, mine.code)


def answer(ruling: Ruling, case: Case, code: str) -> str:
    """Say what came of an author's answer."""
    name = case.facts.project.name
    match ruling.reason:
        case "consented":
            return words.consented(code)
        case "published":
            return words.published(_page(case, ruling.publication), code)
        case "withdrawn":
            return words.withdrawn(_page(case, ruling.publication))
        case "changed":
            return words.changed(name)
        case "damaged":
            return words.damaged(name)
        case "lapsed":
            return words.lapsed(name)
        case _:
            return words.refused(name)


async def _withdraw_knock(case: Case) -> str:
    knock, name = case.facts.knock, case.facts.project.name
    if knock is None or not knock.stage.open:
        return words.nothing_to_withdraw(name)
    taken_back = replace(knock, stage=KnockStage.WITHDRAWN, changed_at=case.facts.now)
    await carry.carry_out(case, SaveKnock(knock=taken_back))
    return words.knock_withdrawn(name)


async def _meant(case: Case, wish: Wish, *stages: Stage) -> tuple[Publication, Consent] | str:
    """Find the one piece that somebody means, or the sentence that asks for more."""
    if wish.code:
        return await _by_code(case, wish.code) or words.NOT_ASKED
    found = [each for stage in stages for each in await _mine(case, stage)]
    if len(found) > 1:
        return words.which(case.facts.project.name, [mine.code for _, mine in found])
    return found[0] if found else words.NOT_ASKED


async def _by_code(case: Case, code: str) -> tuple[Publication, Consent] | None:
    name = await publications.by_code(case.tx, case.facts.actor, code)
    publication = await pieces.held(case.gate, case.tx, name) if name else None
    mine = publication.of(case.facts.actor) if publication else None
    if publication is None or mine is None or mine.code != code:
        return None
    return (publication, mine) if publication.piece.project == case.slug else None


async def _mine(case: Case, stage: Stage) -> list[tuple[Publication, Consent]]:
    found = await publishing.of_author(case, stage)
    return [(each, mine) for each in found if (mine := each.of(case.facts.actor))]


def _page(case: Case, publication: Publication) -> str:
    return case.gate.places.piece_page(case.slug, publication.piece.id)


async def _chosen(case: Case, name: str) -> str:
    if not name:
        return ""
    actor, project = case.facts.actor, case.facts.project
    known = await people.find(case.tx, actor)
    handle = known.handle if known else actor
    return read_chosen_name(name, handle=handle, project=project.name, desk=project.handle)


async def asked(gate: Gate, name: PieceId, *, by: Principal) -> Asked:
    """Show a piece to one of its authors; to anybody else there is none."""
    async with gate.database.snapshot() as tx:
        publication = await pieces.find(gate, tx, name)
        mine = publication.of(by.name) if publication else None
        if publication is None or mine is None:
            raise unknown("piece", name)
        if not await pieces.may_read(tx, publication.piece, mine.author):
            raise unknown("piece", name)
        project = await gather.project_in(gate, tx, publication.piece.project)
        known = await people.find(tx, mine.author)
        pending = publication.piece.stage is Stage.PENDING
    await openings.note_damage(gate, _reading(publication, mine))
    shown = (
        words.as_asked(publication, project.name, by.name)
        if pending
        else words.as_published(publication, project.name)
    )
    return Asked(
        project=project,
        publication=publication,
        mine=mine,
        excerpts=tuple(shown),
        handle=known.handle if known else mine.author,
        page=gate.places.piece_page(project.slug, name),
    )


def _reading(publication: Publication, mine: Consent) -> Reading:
    piece, by = publication.piece, person(mine.author, {})
    return Reading(project=piece.project, subject=piece.thread, by=by, broken=publication.broken)


async def say_yes(gate: Gate, name: PieceId, hash_: str, *, chosen: str, by: Principal) -> str:
    """Take a yes from an author's page, to exactly the text that it showed."""
    async with _at_page(gate, name, by) as (case, publication, mine):
        ruling = await publishing.consent(
            case, publication, hash_, name=await _chosen(case, chosen)
        )
        return answer(ruling, case, mine.code)


async def say_no(gate: Gate, name: PieceId, hash_: str, *, by: Principal) -> str:
    """Take a no from an author's page."""
    async with _at_page(gate, name, by) as (case, publication, mine):
        return answer(await publishing.refuse(case, publication, hash_), case, mine.code)


async def take_back(gate: Gate, name: PieceId, *, by: Principal) -> str:
    """Blank what is public, from an author's page."""
    async with _at_page(gate, name, by) as (case, publication, mine):
        return answer(await publishing.withdraw(case, publication), case, mine.code)


@asynccontextmanager
async def _at_page(
    gate: Gate, name: PieceId, by: Principal
) -> AsyncGenerator[tuple[Case, Publication, Consent]]:
    """Open the case of a piece for one of its authors, whoever else decides meanwhile."""
    actor = ActorId(by.name)
    async with gate.database.transaction() as tx:
        row = await publications.find(tx, name)
        if row is None:
            raise unknown("piece", name)
        facts = await gather.facts_about(gate, tx, row.project, actor)
        publication = await pieces.held(gate, tx, name)
        mine = publication.of(actor) if publication else None
        if publication is None or mine is None or facts.blocked:
            raise unknown("piece", name)
        attested = Attested(by=actor, via=BY_PAGE, at=facts.now)
        proof = evidence.of_attestation(attested)
        yield Case(gate=gate, tx=tx, facts=facts, evidence=proof), publication, mine
