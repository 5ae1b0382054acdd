"""Pieces as they lie in the store: sealed while their authors are asked, plain once public."""

import json
from dataclasses import replace

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, PieceId
from forgefed_gate.domain.publishing import Consent, Excerpt, Piece, Publication, Sources, Stage
from forgefed_gate.domain.roles import PERMITS, Act
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.protocol import pieces as written
from forgefed_gate.services import openings
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks, copies, maintainers, parties, publications, threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.publications import ConsentRow, ExcerptRow, PieceRow
from forgefed_gate.store.seal import DataKey, seal

HEADING = "publications|{}|heading"
EXCERPT = "excerpts|{}|{}|sealed"
NAME = "consents|{}|{}|sealed_name"
EVIDENCE = "consents|{}|{}|evidence"
ERASED = 0
"""The revision of what cannot be opened any more: no message has it, so it rests on nothing."""


async def find(gate: Gate, tx: Transaction, name: PieceId) -> Publication | None:
    """Read a publication as it stands."""
    row = await publications.find(tx, name)
    if row is None:
        return None
    excerpts = await publications.excerpts(tx, name)
    consents = await publications.consents(tx, name)
    if row.stage is not Stage.PENDING:
        piece = _piece(row, row.title, "", [_excerpt(each, each.words) for each in excerpts])
        return Publication(piece=piece, consents=tuple(_consent(each) for each in consents))
    (heading, *words), broken = await _opened(gate, tx, row, excerpts)
    title, salt = json.loads(heading) if heading is not None else ("", "")
    whole = heading is not None
    found = [
        _excerpt(each, said.decode()) if said is not None and whole else _erased(each)
        for each, said in zip(excerpts, words, strict=True)
    ]
    chosen, shut = await _named(gate, tx, name, consents)
    piece = _piece(row, title, salt, found)
    return Publication(piece=piece, consents=chosen, broken=broken + shut)


async def held(gate: Gate, tx: Transaction, name: PieceId) -> Publication | None:
    """Read a publication, and let nobody else decide about it until this transaction ends."""
    await publications.hold(tx, name)
    return await find(gate, tx, name)


async def sources(tx: Transaction, piece: Piece) -> Sources:
    """Say which revision each message that a piece quotes has now."""
    rows = [await threads.message(tx, note) for note in _notes(piece)]
    return {row.id: row.revision for row in rows if row is not None and not row.deleted}


async def save(gate: Gate, tx: Transaction, publication: Publication, *, now: Millis) -> None:
    """Remember a piece that is not public, its words sealed under their authors' keys."""
    piece = publication.piece
    rows: list[ExcerptRow] = []
    for position, each in enumerate(piece.excerpts, start=1):
        key = await gate.vault.key_for(tx, owner=each.author, thread=piece.thread, now=now)
        sealed = seal(key, each.text.encode(), place=EXCERPT.format(piece.id, position))
        rows.append(_row(each, sealed=sealed))
    heading = await _sealed_heading(gate, tx, piece, now=now) if rows else None
    await publications.save(tx, _piece_row(piece, heading=heading), rows)


async def ask(tx: Transaction, publication: Publication) -> None:
    """Remember who is asked now; whatever was answered before is void."""
    asked = [
        ConsentRow(author=each.author, code=each.code, hash=each.hash)
        for each in publication.consents
    ]
    await publications.ask(tx, publication.piece.id, asked)


async def give(
    gate: Gate, tx: Transaction, piece: Piece, consent: Consent, *, evidence: bytes, now: Millis
) -> None:
    """Remember a yes, with the name that goes with it and what proves that it was said."""
    key = await gate.vault.key_for(tx, owner=consent.author, thread=piece.thread, now=now)
    row = ConsentRow(
        author=consent.author,
        code=consent.code,
        hash=consent.hash,
        sealed_name=_at(key, NAME, piece, consent, consent.name.encode()),
        evidence=_at(key, EVIDENCE, piece, consent, evidence),
    )
    await publications.give(tx, piece.id, row)


async def make_public(tx: Transaction, publication: Publication, *, now: Millis) -> Publication:
    """Keep the words and the chosen names of a piece in the clear, for everybody to read."""
    piece = replace(publication.piece, stage=Stage.PUBLISHED, salt="", changed_at=now)
    rows = [replace(_row(each, sealed=None), words=each.text) for each in piece.excerpts]
    await publications.save(tx, _piece_row(piece, heading=None), rows)
    names = {each.author: each.name for each in publication.consents}
    await publications.show_names(tx, piece.id, names)
    return replace(publication, piece=piece)


def _at(key: DataKey, place: str, piece: Piece, consent: Consent, what: bytes) -> bytes:
    return seal(key, what, place=place.format(piece.id, consent.author))


def _notes(piece: Piece) -> list[NoteId]:
    return [*dict.fromkeys(each.note for each in piece.excerpts)]


async def _sealed_heading(gate: Gate, tx: Transaction, piece: Piece, *, now: Millis) -> bytes:
    """Seal the title under the key of the contributor: it may say what they said."""
    thread = await threads.find(tx, piece.thread)
    assert thread is not None, "a piece has a conversation"
    key = await gate.vault.key_for(tx, owner=thread.contributor, thread=thread.id, now=now)
    words = json.dumps([piece.title, piece.salt]).encode()
    return seal(key, words, place=HEADING.format(piece.id))


async def _opened(
    gate: Gate, tx: Transaction, row: PieceRow, excerpts: list[ExcerptRow]
) -> tuple[list[bytes | None], tuple[str, ...]]:
    """Open the heading and the excerpts of a piece, and name what is damaged of them."""
    sealed = [(row.heading or b"", HEADING.format(row.id))]
    for position, each in enumerate(excerpts, start=1):
        sealed.append((each.sealed or b"", EXCERPT.format(row.id, position)))
    opened = await gate.vault.open_many(tx, sealed)
    return opened, await openings.damaged(gate, tx, sealed, opened)


async def _named(
    gate: Gate, tx: Transaction, name: PieceId, rows: list[ConsentRow]
) -> tuple[tuple[Consent, ...], tuple[str, ...]]:
    """
    Read who said yes, each with their name, and name what is damaged.

    A yes whose name was erased with its author, or cannot be read, is none any more.
    """
    given = {row.author: row.sealed_name for row in rows if row.given and row.sealed_name}
    sealed = [(each, NAME.format(name, author)) for author, each in given.items()]
    opened = await gate.vault.open_many(tx, sealed)
    names = dict(zip(given, opened, strict=True))
    found = [
        replace(_consent(row), name=(chosen or b"").decode(), given=chosen is not None)
        for row in rows
        for chosen in [names.get(row.author)]
    ]
    return tuple(found), await openings.damaged(gate, tx, sealed, opened)


def _consent(row: ConsentRow) -> Consent:
    author = ActorId(row.author)
    return Consent(author=author, code=row.code, hash=row.hash, given=row.given, name=row.name)


def _excerpt(row: ExcerptRow, text: str) -> Excerpt:
    return Excerpt(
        author=row.author,
        speaker=row.speaker,
        note=row.note,
        revision=row.revision,
        text=text,
    )


def _erased(row: ExcerptRow) -> Excerpt:
    return replace(_excerpt(row, ""), revision=ERASED)


def _row(each: Excerpt, *, sealed: bytes | None) -> ExcerptRow:
    return ExcerptRow(
        author=each.author,
        speaker=each.speaker,
        note=each.note,
        revision=each.revision,
        sealed=sealed,
        words="",
    )


def _piece(row: PieceRow, title: str, salt: str, excerpts: list[Excerpt]) -> Piece:
    return Piece(
        id=row.id,
        project=row.project,
        thread=row.thread,
        proposer=row.proposer,
        stage=row.stage,
        title=title,
        excerpts=tuple(excerpts),
        salt=salt,
        asked_at=row.asked_at,
        changed_at=row.changed_at,
    )


def _piece_row(piece: Piece, *, heading: bytes | None) -> PieceRow:
    return PieceRow(
        id=piece.id,
        project=piece.project,
        thread=piece.thread,
        proposer=piece.proposer,
        stage=piece.stage,
        heading=heading,
        title=piece.title if piece.stage is Stage.PUBLISHED else "",
        asked_at=piece.asked_at,
        changed_at=piece.changed_at,
    )


async def may_read(tx: Transaction, piece: Piece, author: ActorId) -> bool:
    """
    Say whether *author* may see all of *piece*: being asked must not show them more.

    What is public everybody may see. A party sees what they wrote or have from us; people of
    the project see what is said in its conversations.
    """
    if piece.stage is not Stage.PENDING:
        return True
    if await blocks.covers(tx, author, project=piece.project):
        return False
    offices = (await maintainers.offices(tx, author)).get(piece.project, frozenset())
    if any(Act.TALK in PERMITS[office] for office in offices):
        return True
    if not await parties.admits(tx, piece.thread, author):
        return False
    theirs = {copy.message.id for copy in await copies.shown(tx, piece.thread, author)}
    return all(excerpt.note in theirs for excerpt in piece.excerpts)


def article(gate: Gate, public: Publication, name: str) -> written.Article:
    """Put a published piece into the form in which others read it."""
    piece = public.piece
    told = words.as_text(words.as_published(public, name))
    return written.Article(
        id=gate.places.piece(piece.project, piece.id),
        desk=gate.places.desk(piece.project),
        page=gate.places.piece_page(piece.project, piece.id),
        title=piece.title,
        text=f"{told}\n\n{words.BY_CONSENT}",
        at=piece.changed_at,
    )
