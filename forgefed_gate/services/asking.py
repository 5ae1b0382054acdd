"""What the authors of a piece are told: the question, with the exact text, and what came of it."""

from dataclasses import replace

from forgefed_gate.domain.effects import Remark, Tell
from forgefed_gate.domain.ids import ActorId
from forgefed_gate.domain.publishing import Ruling
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.protocol.times import day
from forgefed_gate.services import carry
from forgefed_gate.services.case import Case
from forgefed_gate.store import publications, threads


async def ask(case: Case, remark: Remark, ruling: Ruling, author: ActorId) -> None:
    """Ask one author, in a note that is found again should they be taken out before it went."""
    piece = ruling.publication.piece.id
    note = case.gate.places.note(case.slug, case.gate.token())
    await publications.note_question(case.tx, piece, author, note)
    tell = await _addressed(case, remark, author, _question(case, ruling, author))
    page = case.gate.places.consent_page(piece)
    await carry.carry_out(case, replace(tell, note=note, page=page))


async def inform(case: Case, remark: Remark, ruling: Ruling, author: ActorId) -> None:
    """Tell an author what became of what they were asked about."""
    tell = await _addressed(case, remark, author, _news(case, ruling, author))
    await carry.carry_out(case, tell)


def _question(case: Case, ruling: Ruling, author: ActorId) -> str:
    """Show an author the exact text, with a code that is theirs alone."""
    asking = words.asking if ruling.reason == "proposed" else words.asking_again
    asked, name = ruling.publication, case.facts.project.name
    piece, mine = asked.piece, asked.of(author)
    assert mine is not None, "whoever is asked has a code"
    return asking(
        name,
        piece.title,
        words.as_text(words.as_asked(asked, name, author)),
        code=mine.code,
        day=day(piece.answer_by),
        link=case.gate.places.consent_page(piece.id),
    )


def _news(case: Case, ruling: Ruling, author: ActorId) -> str:
    """Say what became of it."""
    piece, name = ruling.publication.piece, case.facts.project.name
    page = case.gate.places.piece_page(piece.project, piece.id)
    match ruling.reason:
        case "published":
            mine = ruling.publication.of(author)
            return words.published(page, mine.code if mine else "")
        case "withdrawn":
            return words.withdrawn(page)
        case "redacted":
            return words.left_out(name)
        case "changed":
            return words.changed(name)
        case "damaged":
            return words.damaged(name)
        case "lapsed":
            return words.lapsed(name)
        case _:
            return words.ended(name)


async def _addressed(case: Case, remark: Remark, author: ActorId, text: str) -> Tell:
    """
    Write to an author; in their own conversation where it is theirs.

    It keeps the remark in place of the text, so that an answer finds its way there, and
    quotes nobody twice.
    """
    thread = await threads.find(case.tx, remark.thread)
    theirs = thread if thread is not None and thread.contributor == author else None
    return Tell(
        to=author,
        text=text,
        thread=theirs.id if theirs else None,
        in_reply_to=theirs.latest_theirs if theirs else None,
        kept_as=remark.text,
    )
