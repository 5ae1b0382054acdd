"""The way out for words of a private conversation: proposed, consented to, and let out here."""

from dataclasses import dataclass, replace

from forgefed_gate.domain import publishing as rules
from forgefed_gate.domain.effects import Remark
from forgefed_gate.domain.errors import Conflict, unknown
from forgefed_gate.domain.ids import DAY, ActorId, Millis, NoteId, PieceId, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.publishing import (
    ANSWER_DAYS,
    MOST_EXCERPTS,
    Excerpt,
    Piece,
    Publication,
    Ruling,
    Stage,
)
from forgefed_gate.domain.quoting import require_only_removed
from forgefed_gate.domain.roles import OPERATOR, Act, Principal, person
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.protocol import html, proofs
from forgefed_gate.protocol import pieces as written
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import (
    asking,
    audit,
    carry,
    evidence,
    gather,
    local,
    openings,
    outbound,
    pieces,
    relay,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import blocks, followers, knocks, people, publications, threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.publications import PieceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody would publish: a title, and messages, each with other words or as it is."""

    title: str
    chosen: tuple[tuple[NoteId, str | None], ...]


async def let_words_out(case: Case, name: PieceId) -> None:
    """
    Let the words of a piece leave the gate: to its public page, and to the project's followers.

    This is the only way out of a private conversation, and it believes nobody: it reads
    what is stored, and raises `Conflict` unless everybody who wrote these words has said
    yes to exactly them. A forge, too, gets words from here and from nowhere else.
    """
    gate, tx, now = case.gate, case.tx, case.facts.now
    asked = await pieces.held(gate, tx, name)
    if asked is None or not rules.may_leave(asked, await pieces.sources(tx, asked.piece)):
        raise Conflict("no-consent", "Not everybody who wrote this has said yes to it.")
    public = await pieces.make_public(tx, asked, now=now)
    await _tell_followers(
        case, written.create(pieces.article(gate, public, case.facts.project.name))
    )


async def propose(
    gate: Gate, thread: ThreadId, draft: Draft, *, by: Principal, via: str
) -> Publication:
    """Ask everybody who wrote the chosen words whether they may be public."""
    async with gate.database.transaction() as tx:
        case = await _case_of_thread(gate, tx, thread, by=by, via=via)
        piece = await _drafted(case, thread, PieceId(gate.token()), draft)
        await _require_reachable(case, piece)
        ruling = rules.propose(piece, codes=_codes(gate))
        await _carry_out(case, ruling, principal=by.name)
    return ruling.publication


async def redact(
    gate: Gate, name: PieceId, draft: Draft, *, by: Principal, via: str
) -> Publication:
    """Put other words in place of those that were proposed; every answer so far is void."""
    async with gate.database.transaction() as tx:
        case, before = await _case_of_piece(gate, tx, name, by=by, via=via)
        piece = await _drafted(case, before.piece.thread, name, draft)
        await _require_reachable(case, piece)
        ruling = rules.redact(before, piece, codes=_codes(gate))
        await _carry_out(case, ruling, principal=by.name)
    return ruling.publication


async def take_back(gate: Gate, name: PieceId, *, by: Principal, via: str) -> Publication:
    """Take a proposal back, or blank what is public, as a person of the project."""
    async with gate.database.transaction() as tx:
        case, before = await _case_of_piece(gate, tx, name, by=by, via=via)
        if before.piece.stage is Stage.PENDING:
            ruling = rules.drop(before, now=case.facts.now)
        else:
            ruling = rules.withdraw(before, by.name, now=case.facts.now)
        await _carry_out(case, ruling, principal=by.name)
    return ruling.publication


async def consent(case: Case, asked: Publication, hash_: str, *, name: str) -> Ruling:
    """Take the yes of the person in question; with the last one the words go out."""
    actor, now = case.facts.actor, case.facts.now
    sources = await pieces.sources(case.tx, asked.piece)
    await _note_damage(case, asked)
    ruling = rules.consent(asked, actor, hash_, name=name, now=now, sources=sources)
    ruling = _answered(ruling, actor)
    mine = ruling.publication.of(actor)
    if mine is not None and mine.given:
        await pieces.give(case.gate, case.tx, asked.piece, mine, evidence=case.evidence, now=now)
    await _carry_out(case, ruling, principal=actor)
    return ruling


async def refuse(case: Case, asked: Publication, hash_: str) -> Ruling:
    """Take the no of the person in question: their words are out, the others are asked anew."""
    await _note_damage(case, asked)
    ruling = rules.refuse(
        asked,
        case.facts.actor,
        hash_,
        codes=_codes(case.gate),
        salt=case.gate.token(),
        now=case.facts.now,
        sources=await pieces.sources(case.tx, asked.piece),
    )
    ruling = _answered(ruling, case.facts.actor)
    await _carry_out(case, ruling, principal=case.facts.actor)
    return ruling


async def _note_damage(case: Case, asked: Publication) -> None:
    piece, by = asked.piece, person(case.facts.actor, {})
    reading = Reading(project=piece.project, subject=piece.thread, by=by, broken=asked.broken)
    await openings.note_damage_in(case.gate, case.tx, reading)


def _answered(ruling: Ruling, by: ActorId) -> Ruling:
    """Leave out whoever is answered anyway."""
    return replace(ruling, inform=tuple(each for each in ruling.inform if each != by))


async def withdraw(case: Case, public: Publication) -> Ruling:
    """Blank what the person in question helped to make public."""
    ruling = rules.withdraw(public, case.facts.actor, now=case.facts.now)
    await _carry_out(case, ruling, principal=case.facts.actor)
    return ruling


async def end_what_changed(case: Case) -> None:
    """End proposals that quote what the person in question has just edited or deleted."""
    for publication in await of_author(case, Stage.PENDING):
        await _note_damage(case, publication)
        sources = await pieces.sources(case.tx, publication.piece)
        ruling = rules.changed(publication, now=case.facts.now, sources=sources)
        if ruling is not None:
            await _carry_out(case, ruling, principal=case.facts.actor)


async def forget(case: Case) -> None:
    """
    End and blank everything that holds words of the person in question: they are leaving.

    What is asked about in their conversations ends whoever wrote it, for its keys go.
    """
    rows = await publications.pending_around(case.tx, case.facts.actor)
    for publication in await _held(case, rows, Stage.PENDING):
        ruling = rules.drop(publication, now=case.facts.now)
        await _carry_out(case, ruling, principal=case.facts.actor)
    rows = await publications.with_words_of(case.tx, case.facts.actor, Stage.PUBLISHED)
    for publication in await _held(case, rows, Stage.PUBLISHED):
        await withdraw(case, publication)


async def end_unanswered(gate: Gate) -> None:
    """End proposals whose time to answer is over."""
    before = Millis(gate.clock() - ANSWER_DAYS * DAY)
    async with gate.database.snapshot() as tx:
        found = await publications.unanswered(tx, before=before)
    for row in found:
        async with gate.database.transaction() as tx:
            case = await _case_of_thread(gate, tx, row.thread, by=OPERATOR, via="clock")
            publication = await pieces.held(gate, tx, row.id)
            ruling = publication and rules.lapse(publication, now=case.facts.now)
            if ruling:
                await _carry_out(case, ruling, principal=OPERATOR.name)


async def of_author(case: Case, stage: Stage) -> list[Publication]:
    """List what the person in question has a say in, at one stage, and hold it."""
    rows = await publications.of_author(case.tx, case.facts.actor, stage)
    return await _held(case, rows, stage)


async def _held(case: Case, rows: list[PieceRow], stage: Stage) -> list[Publication]:
    found = [await pieces.held(case.gate, case.tx, row.id) for row in rows]
    return [
        each
        for each in found
        if each is not None and each.piece.project == case.slug and each.piece.stage is stage
    ]


async def _case_of_thread(
    gate: Gate, tx: Transaction, name: ThreadId, *, by: Principal, via: str
) -> Case:
    by = await gather.as_of_now(tx, by)
    thread = await threads.find(tx, name)
    if thread is None or not by.may(Act.PUBLISH, thread.project):
        raise unknown("thread", name)
    facts = await gather.facts_about(gate, tx, thread.project, thread.contributor, by=by)
    attested = Attested(by=by.name, via=via, at=facts.now)
    return Case(gate=gate, tx=tx, facts=facts, evidence=evidence.of_attestation(attested))


async def _case_of_piece(
    gate: Gate, tx: Transaction, name: PieceId, *, by: Principal, via: str
) -> tuple[Case, Publication]:
    row = await publications.find(tx, name)
    if row is None:
        raise unknown("piece", name)
    case = await _case_of_thread(gate, tx, row.thread, by=by, via=via)
    publication = await pieces.held(gate, tx, name)
    assert publication is not None, "pieces are blanked, and never deleted"
    return case, publication


async def _drafted(case: Case, thread: ThreadId, name: PieceId, draft: Draft) -> Piece:
    excerpts = [await _excerpt(case, thread, note, text) for note, text in draft.chosen]
    now = case.facts.now
    return Piece(
        id=name,
        project=case.slug,
        thread=thread,
        proposer=case.facts.by.name,
        stage=Stage.PENDING,
        title=" ".join(html.tidy(draft.title).split()),
        excerpts=tuple(excerpts),
        salt=case.gate.token(),
        asked_at=now,
        changed_at=now,
    )


async def _excerpt(case: Case, thread: ThreadId, note: NoteId, text: str | None) -> Excerpt:
    """Take words of a message, or those that stand in their place, in their one plain form."""
    row = await threads.message(case.tx, note)
    if row is None or row.thread != thread or row.deleted:
        raise unknown("message", note)
    place = f"revisions|{note}|{row.revision}|words"
    opened = await case.gate.vault.open_sealed(case.tx, row.words, place=place)
    said = html.tidy(opened.decode())
    text = said if text is None else html.tidy(text)
    require_only_removed(text, said=said)
    return Excerpt(
        author=row.author,
        speaker=row.speaker,
        note=note,
        revision=row.revision,
        text=text,
    )


async def _require_reachable(case: Case, piece: Piece) -> None:
    """Refuse to ask whoever cannot hear us, or has only just begun to talk with us."""
    knock = await knocks.of_thread(case.tx, piece.thread)
    if knock is not None and knock.stage.open:
        raise Conflict(
            "not-admitted", "A knock is open here. Decide on it before you ask to publish."
        )
    for author in piece.authors:
        known = await people.find(case.tx, author)
        blocked = await blocks.covers(case.tx, author, project=case.slug)
        if known is None or blocked or await followers.hushed(case.tx, case.slug, author):
            raise Conflict(
                "unheard",
                "Somebody who wrote these words does not hear from us now, so they cannot be"
                " asked. Leave their words out.",
            )
        if not await pieces.may_read(case.tx, piece, author):
            raise Conflict(
                "not-theirs-to-read",
                "Somebody who wrote a part of this may not read all of the rest, so they cannot"
                " be asked about it. Ask for their words alone, or let the others share first.",
            )


def _codes(gate: Gate) -> list[str]:
    return [gather.fresh_code(gate) for _ in range(MOST_EXCERPTS)]


async def _carry_out(case: Case, ruling: Ruling, *, principal: str) -> None:
    """Carry a ruling out: rows, words to the authors, a remark for the project, the record."""
    piece = ruling.publication.piece
    if ruling.ask or piece.stage is not Stage.PENDING:
        await pieces.save(case.gate, case.tx, ruling.publication, now=case.facts.now)
        await relay.recall_questions(
            case.tx, await publications.questions_about(case.tx, piece.id)
        )
        await pieces.ask(case.tx, ruling.publication)
    if ruling.leaves:
        await let_words_out(case, piece.id)
    if ruling.reason == "withdrawn":
        await _ask_to_delete(case, piece)
    remark = Remark(thread=piece.thread, text=words.REMARKS[ruling.reason])
    for author in ruling.ask:
        if not await pieces.may_read(case.tx, piece, author):
            continue  # they were taken out meanwhile: it ends unanswered
        await asking.ask(case, remark, ruling, author)
    for author in ruling.inform:
        await asking.inform(case, remark, ruling, author)
    if not await _hears(case, ruling):
        await carry.carry_out(case, remark)
    await _record(case, ruling, principal)


async def _hears(case: Case, ruling: Ruling) -> bool:
    """Say whether the contributor is told anyway, in the conversation that the piece is from."""
    thread = await threads.find(case.tx, ruling.publication.piece.thread)
    return thread is not None and thread.contributor in {*ruling.ask, *ruling.inform}


async def _ask_to_delete(case: Case, piece: Piece) -> None:
    name = case.gate.places.piece(piece.project, piece.id)
    desk = case.gate.places.desk(piece.project)
    await _tell_followers(case, written.delete(name, desk=desk, at=case.facts.now))


async def _tell_followers(case: Case, document: JsonObject) -> None:
    desk = Local(kind=Kind.DESK, slug=case.slug)
    me = await local.own_in(case.gate, case.tx, desk)
    proven = proofs.seal(document, key=me.ed25519, now=case.facts.now)
    readers = await people.followers_of(case.tx, case.slug)
    await outbound.enqueue_all(case.gate, case.tx, sender=desk, people=readers, document=proven)


async def _record(case: Case, ruling: Ruling, principal: str) -> None:
    by = case.facts.by
    ours = principal == by.name
    deed = Deed(
        project=case.slug,
        principal=principal,
        role=by.role_in(case.slug) if ours else audit.OUTSIDE,
        act="Publishing",
        subject=ruling.publication.piece.id,
        reason=ruling.reason,
        at=case.facts.now,
    )
    await audit.write_down(case.gate, case.tx, deed)
