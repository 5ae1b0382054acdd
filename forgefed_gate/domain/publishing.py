"""
The rules by which words leave a private conversation: with the yes of everybody who wrote them.

Consent is to exactly these words: it names the hash of the text, and whatever changes
the text voids it. The project's own words are consented to by proposing them; what
somebody else of the project wrote needs their yes, as a contributor's does. A yes says
under which name the words stand, and nobody else's answer depends on that.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound
from forgefed_gate.domain.ids import DAY, ActorId, Millis, NoteId, PieceId, Slug, ThreadId, later
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.threads import Speaker

ANSWER_DAYS = 30
MOST_EXCERPTS = 20
LONGEST_TITLE = 120
LONGEST_PIECE = 12 * 1024
"""Bytes of a whole piece, so that the note which asks for consent can show all of it."""

Sources = Mapping[NoteId, int]
"""The revision that each message of a conversation has now; a deleted one is missing."""


class Stage(Enum):
    """Where a piece stands."""

    PENDING = "pending"
    """Its authors are asked, and nothing of it is public."""
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    """It was public, and is blank now."""
    ENDED = "ended"
    """It never became public, and does not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Words taken from one revision of a message, as they would appear."""

    author: str
    speaker: Speaker
    note: NoteId
    revision: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a maintainer would like to publish; *salt* keeps its hash from being guessed."""

    id: PieceId
    project: Slug
    thread: ThreadId
    proposer: str
    stage: Stage
    title: str
    excerpts: tuple[Excerpt, ...]
    salt: str
    asked_at: Millis
    changed_at: Millis

    @property
    def hash(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(canonical(self)).hexdigest()

    @property
    def authors(self) -> tuple[ActorId, ...]:
        """Everybody whose yes it takes, in the order in which they speak."""
        own = {self.proposer, OPERATOR.name}
        found = [each.author for each in self.excerpts if each.author not in own]
        return tuple(ActorId(each) for each in dict.fromkeys(found))

    @property
    def answer_by(self) -> Millis:
        """When a proposal ends by itself."""
        return later(self.asked_at, ANSWER_DAYS * DAY)

    def rests_on(self, sources: Sources) -> bool:
        """Say whether every message is still the one that was quoted."""
        return all(sources.get(each.note) == each.revision for each in self.excerpts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one author was asked under a *code*, and whether they said yes to exactly that."""

    author: ActorId
    code: str
    hash: str
    given: bool = False
    name: str = ""
    """The name that they chose; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """
    A piece, and where its authors' consent stands.

    *broken* is what of it cannot be opened, though nobody erased it.
    """

    piece: Piece
    consents: tuple[Consent, ...] = ()
    broken: tuple[str, ...] = ()

    def of(self, author: str) -> Consent | None:
        """Find what *author* was asked."""
        return next((each for each in self.consents if each.author == author), None)

    @property
    def unreadable(self) -> bool:
        """Whether words of it cannot be read, though nobody erased them."""
        return bool(self.broken) and not all(each.text for each in self.piece.excerpts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """
    What follows from an act: the publication as it then is, and who hears of it.

    Those in *ask* get the exact text and a code of their own; those in *inform* are told
    by the reason what became of it. *leaves* says that the words are to go out.
    """

    reason: str
    publication: Publication
    ask: tuple[ActorId, ...] = ()
    inform: tuple[ActorId, ...] = ()
    leaves: bool = False


def canonical(piece: Piece) -> bytes:
    """
    Write the text of *piece* in its one canonical form.

    Strings, small integers and ASCII keys only, so sorted keys without spaces are the
    canonical JSON of RFC 8785. Authors are numbers: the hash of what is public must not
    give away who wrote it.
    """
    numbers = {author: number for number, author in enumerate(piece.authors, start=1)}
    form = {
        "excerpts": [
            {"author": numbers.get(ActorId(each.author), 0), "text": each.text}
            for each in piece.excerpts
        ],
        "piece": piece.id,
        "project": piece.project,
        "salt": piece.salt,
        "title": piece.title,
    }
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def may_leave(publication: Publication, sources: Sources) -> bool:
    """Say whether everybody who wrote these words said yes to exactly them, and still may."""
    piece = publication.piece
    given = {each.author for each in publication.consents if each.given}
    asked = {each.hash for each in publication.consents}
    return (
        piece.stage is Stage.PENDING
        and bool(piece.authors)
        and given == set(piece.authors)
        and asked == {piece.hash}
        and piece.rests_on(sources)
    )


def propose(piece: Piece, *, codes: Sequence[str]) -> Ruling:
    """Ask everybody whose words are in *piece*."""
    _require_publishable(piece)
    return _asked("proposed", piece, codes)


def redact(publication: Publication, piece: Piece, *, codes: Sequence[str]) -> Ruling:
    """Put other words in place of those that were proposed: everybody is asked anew."""
    before = publication.piece
    _require_pending(before)
    _require_publishable(piece)
    if (piece.title, piece.excerpts) == (before.title, before.excerpts):
        raise Conflict("nothing-changed", "These are the words that the authors are asked about.")
    if not set(piece.authors) <= set(before.authors):
        raise Conflict(
            "not-in-it",
            "Somebody whose words are new in it was not asked before, or said no. Leave their"
            " words out; where nobody said no, you can propose another piece.",
        )
    left = tuple(author for author in before.authors if author not in piece.authors)
    return replace(_asked("redacted", piece, codes), inform=left)


def consent(
    publication: Publication, by: ActorId, hash_: str, *, name: str, now: Millis, sources: Sources
) -> Ruling:
    """
    Take a yes to the text that has *hash_*; with the last one the words go out.

    Whoever says it twice may have chosen another name meanwhile.
    """
    mine = _asked_about(publication, by, hash_)
    if over := _over(publication, now=now, sources=sources):
        return over
    yes = replace(mine, given=True, name=name)
    consents = tuple(yes if each is mine else each for each in publication.consents)
    given = replace(publication, consents=consents)
    if not may_leave(given, sources):
        return Ruling(reason="consented", publication=given)
    others = tuple(author for author in given.piece.authors if author != by)
    return Ruling(reason="published", publication=given, inform=others, leaves=True)


def refuse(
    publication: Publication,
    by: ActorId,
    hash_: str,
    *,
    codes: Sequence[str],
    salt: str,
    now: Millis,
    sources: Sources,
) -> Ruling:
    """Take the words of whoever said no out, and ask the others about what is left."""
    _asked_about(publication, by, hash_)
    if over := _over(publication, now=now, sources=sources):
        return over
    left = tuple(each for each in publication.piece.excerpts if each.author != by)
    piece = replace(publication.piece, excerpts=left, salt=salt, asked_at=now, changed_at=now)
    if piece.authors:
        return _asked("refused", piece, codes)
    return replace(_ended("refused", publication, now=now), inform=())


def drop(publication: Publication, *, now: Millis) -> Ruling:
    """Take a proposal back before it is public."""
    _require_pending(publication.piece)
    return _ended("dropped", publication, now=now)


def withdraw(publication: Publication, by: str, *, now: Millis) -> Ruling:
    """Take a public piece back: no word of it stays, and that there was one is said."""
    piece = publication.piece
    if piece.stage is not Stage.PUBLISHED:
        raise Conflict("not-published", "This is not public now, so there is nothing to withdraw.")
    others = tuple(author for author in piece.authors if author != by)
    return Ruling(
        reason="withdrawn", publication=_blank(piece, Stage.WITHDRAWN, now), inform=others
    )


def _over(publication: Publication, *, now: Millis, sources: Sources) -> Ruling | None:
    """Find that a proposal is over: too late, or about words that are not the same any more."""
    return lapse(publication, now=now) or changed(publication, now=now, sources=sources)


def lapse(publication: Publication, *, now: Millis) -> Ruling | None:
    """End a proposal that was not answered in time."""
    piece = publication.piece
    late = piece.stage is Stage.PENDING and piece.answer_by < now
    return _ended("lapsed", publication, now=now) if late else None


def changed(publication: Publication, *, now: Millis, sources: Sources) -> Ruling | None:
    """
    End a proposal whose words were edited, deleted or erased by somebody who wrote them.

    Where they are damaged, nobody who wrote them is to blame, and the reason says so.
    """
    piece = publication.piece
    stale = piece.stage is Stage.PENDING and not piece.rests_on(sources)
    reason = "damaged" if publication.unreadable else "changed"
    return _ended(reason, publication, now=now) if stale else None


def _asked(reason: str, piece: Piece, codes: Sequence[str]) -> Ruling:
    consents = tuple(
        Consent(author=author, code=code, hash=piece.hash)
        for author, code in zip(piece.authors, codes, strict=False)
    )
    asked = Publication(piece=piece, consents=consents)
    return Ruling(reason=reason, publication=asked, ask=piece.authors)


def _ended(reason: str, publication: Publication, *, now: Millis) -> Ruling:
    blank = _blank(publication.piece, Stage.ENDED, now)
    return Ruling(reason=reason, publication=blank, inform=publication.piece.authors)


def _blank(piece: Piece, stage: Stage, now: Millis) -> Publication:
    gone = replace(piece, stage=stage, title="", excerpts=(), salt="", changed_at=now)
    return Publication(piece=gone)


def _asked_about(publication: Publication, by: ActorId, hash_: str) -> Consent:
    mine = publication.of(by)
    if publication.piece.stage is not Stage.PENDING or mine is None or mine.hash != hash_:
        raise NotFound(
            "not-asked",
            "This is not what we ask you about now: the text may have changed, or it has ended."
            " Our latest note says where it stands.",
        )
    return mine


def _require_pending(piece: Piece) -> None:
    if piece.stage is not Stage.PENDING:
        raise Conflict("not-pending", "Its authors are not being asked any more.")


def _require_publishable(piece: Piece) -> None:
    if not piece.title or len(piece.title) > LONGEST_TITLE:
        raise Malformed("title", f"Please give it a title of 1 to {LONGEST_TITLE} letters.")
    if not 1 <= len(piece.excerpts) <= MOST_EXCERPTS:
        raise Malformed("excerpts", f"Please choose from 1 to {MOST_EXCERPTS} messages.")
    if any(each.speaker is Speaker.GATE for each in piece.excerpts):
        raise Malformed("automatic", "Automatic answers are not published; leave them out.")
    if not all(each.text for each in piece.excerpts):
        raise Malformed("no-words", "One message has no words left. Leave it out instead.")
    if sum(len(each.text.encode()) for each in piece.excerpts) > LONGEST_PIECE:
        raise Malformed("too-long", f"It can have at most {LONGEST_PIECE // 1024} KiB.")
    if not piece.authors:
        raise Conflict(
            "nobody-to-ask",
            "Nobody else's words are in it, so there is nobody to ask. You can announce what you"
            " say yourself.",
        )
