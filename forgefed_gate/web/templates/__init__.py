"""Pages made from templates: escaped, complete, and never cached by anybody in between."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from forgefed_gate.protocol.times import day, iso

PAGES = Environment(
    loader=PackageLoader("forgefed_gate.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters.update(day=day, iso=iso)


def render(template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Make a page."""
    page = PAGES.get_template(template).render(values)
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return HTMLResponse(page, status, headers=headers)
