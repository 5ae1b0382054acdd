"""Pages made from templates: escaped, complete, and never cached by anybody in between."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, Millis
from forgefed_gate.domain.publishing import Stage as PieceStage
from forgefed_gate.domain.screening import Stage
from forgefed_gate.protocol.times import day, iso

STAGES = {
    Stage.ASKED: "has our questions, their turn",
    Stage.HELD: "waits for us",
    Stage.RETURNED: "we asked back, their turn",
    Stage.INVITED: "invited, their turn",
    Stage.ADMITTED: "admitted",
    Stage.DECLINED: "declined",
    Stage.WITHDRAWN: "taken back",
}

PIECES = {
    PieceStage.PENDING: "authors are asked",
    PieceStage.PUBLISHED: "public",
    PieceStage.WITHDRAWN: "withdrawn",
    PieceStage.ENDED: "ended, never public",
}


def clock(moment: Millis) -> str:
    """Write *moment* to the minute, for people."""
    written = iso(moment)
    return f"{written[:10]} {written[11:16]} UTC"


def age(moment: Millis, now: Millis) -> str:
    """Say how long *moment* is ago, as people do."""
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        count = (now - moment) // unit
        if count >= 1:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"


def unusual(handle: str) -> bool:
    """
    Say whether *handle* can pass for another one: with letters beyond ASCII, written out or not.

    Such a name is shown as it travels, and marked, for a person to read letter by letter.
    """
    return not handle.isascii() or "xn--" in handle


FILTERS: dict[str, Any] = {
    "age": age,
    "clock": clock,
    "day": day,
    "iso": iso,
    "piece_stage": PIECES.__getitem__,
    "stage": STAGES.__getitem__,
}
TESTS: dict[str, Any] = {"unusual": unusual}
PAGES = Environment(
    loader=PackageLoader("forgefed_gate.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters.update(FILTERS)
PAGES.tests.update(TESTS)


def render(template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Make a page."""
    page = PAGES.get_template(template).render(values)
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return HTMLResponse(page, status, headers=headers)
