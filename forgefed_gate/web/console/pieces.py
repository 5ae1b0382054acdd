"""Pieces from a conversation: chosen, edited, proposed, and how they stand."""

from collections.abc import Iterable
from dataclasses import replace

from starlette.responses import Response

from forgefed_gate.domain.ids import NoteId, PieceId, ThreadId
from forgefed_gate.domain.publishing import LONGEST_TITLE
from forgefed_gate.domain.roles import Act
from forgefed_gate.services import proposals, publishing, views
from forgefed_gate.services.publishing import Draft
from forgefed_gate.web import forms
from forgefed_gate.web.console.room import Visit, done, page
from forgefed_gate.web.forms import Form

VIA = "console"
FIELD = "message-"


async def choose(visit: Visit) -> Response:
    """Show the chosen messages of a conversation, to be edited before anybody is asked."""
    view = await views.thread(visit.gate, ThreadId(visit.names["thread"]), by=visit.by)
    visit.by.must(Act.PUBLISH, view.thread.project)
    chosen = [
        (number, each)
        for number, each in enumerate(view.messages, start=1)
        if f"{FIELD}{number}" in visit.form and each.words is not None
    ]
    return page(
        visit, "console/propose.html", view=view, chosen=chosen, longest_title=LONGEST_TITLE
    )


async def propose(visit: Visit) -> Response:
    """Ask the authors of the chosen messages about exactly the text of the form."""
    thread = ThreadId(visit.names["thread"])
    view = await views.thread(visit.gate, thread, by=visit.by)
    draft = _draft(visit.form, [each.id for each in view.messages])
    made = await publishing.propose(visit.gate, thread, draft, by=visit.by, via=VIA)
    return done(replace(visit, path=f"/console/pieces/{made.piece.id}"), "proposed")


def _draft(form: Form, notes: Iterable[NoteId]) -> Draft:
    """Read a draft; a message whose field is missing or empty is left out."""
    said = ((note, forms.words(form, f"{FIELD}{at}")) for at, note in enumerate(notes, start=1))
    return Draft(title=form.get("title", ""), chosen=tuple(each for each in said if each[1]))


async def show(visit: Visit) -> Response:
    """Show a piece, who has said yes, and what can be done about it."""
    view = await proposals.show(visit.gate, _name(visit), by=visit.by)
    return page(visit, "console/piece.html", view=view, longest_title=LONGEST_TITLE)


async def _redact(visit: Visit) -> Response:
    view = await proposals.show(visit.gate, _name(visit), by=visit.by)
    draft = _draft(visit.form, [each.note for each in view.publication.piece.excerpts])
    await publishing.redact(visit.gate, _name(visit), draft, by=visit.by, via=VIA)
    return done(visit, "redacted")


async def _withdraw(visit: Visit) -> Response:
    await publishing.take_back(visit.gate, _name(visit), by=visit.by, via=VIA)
    return done(visit, "taken-back")


def _name(visit: Visit) -> PieceId:
    return PieceId(visit.names["piece"])


ACTS = {"redact": _redact, "take-back": _withdraw}
