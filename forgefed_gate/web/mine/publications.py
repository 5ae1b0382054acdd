"""The page on which an author reads what they are asked about, and answers."""

from starlette.responses import Response

from forgefed_gate.domain.bylines import LONGEST_CHOSEN_NAME
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.ids import PieceId
from forgefed_gate.domain.publishing import Stage
from forgefed_gate.services import consenting
from forgefed_gate.web.console.room import Visit, page
from forgefed_gate.web.forms import Form


async def show(visit: Visit) -> Response:
    """Show a piece to one of its authors, with the forms that fit its state."""
    asked = await consenting.asked(visit.gate, _name(visit), by=visit.by)
    return page(
        visit,
        "mine/publication.html",
        asked=asked,
        piece=asked.publication.piece,
        pending=asked.publication.piece.stage is Stage.PENDING,
        longest_name=LONGEST_CHOSEN_NAME,
    )


async def _yes(visit: Visit) -> Response:
    asked = await consenting.asked(visit.gate, _name(visit), by=visit.by)
    chosen = _chosen(visit.form, handle=asked.handle)
    hash_ = visit.form.get("hash", "")
    return _said(
        visit,
        await consenting.say_yes(visit.gate, _name(visit), hash_, chosen=chosen, by=visit.by),
    )


async def _no(visit: Visit) -> Response:
    hash_ = visit.form.get("hash", "")
    return _said(visit, await consenting.say_no(visit.gate, _name(visit), hash_, by=visit.by))


async def _withdraw(visit: Visit) -> Response:
    return _said(visit, await consenting.take_back(visit.gate, _name(visit), by=visit.by))


def _said(visit: Visit, sentence: str) -> Response:
    """Show what came of an answer; after a no there is no other page to go back to."""
    return page(visit, "mine/answered.html", sentence=sentence)


def _chosen(form: Form, *, handle: str) -> str:
    """Read under which name somebody wants to stand there; no name unless they say one."""
    match form.get("as", "nobody"):
        case "handle":
            return handle
        case "name" if form.get("name", "").strip():
            return form["name"]
        case "name":
            raise Malformed("name-missing", "Please write the name, or choose another answer.")
        case _:
            return ""


def _name(visit: Visit) -> PieceId:
    return PieceId(visit.names["piece"])


ACTS = {"yes": _yes, "no": _no, "withdraw": _withdraw}
