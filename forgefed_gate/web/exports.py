"""Taking a conversation along: a link that gives it out as a file, once."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.services import exporting
from forgefed_gate.services.exporting import Exported
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import page_of
from forgefed_gate.web.links import OneTimeLink
from forgefed_gate.web.rules import Door, Rule


def routes(gate: Gate) -> list[Door]:
    """List the address of the links; whoever has one needs no session."""
    link = OneTimeLink(gate, "public/export.html", _give)
    return [Door("/export/{token}", link, rule=Rule.LINK)]


async def _give(gate: Gate, request: Request) -> Response:
    found = await exporting.use_link(gate, request.path_params["token"])
    if found is None:
        return page_of(gate, "public/export_used.html", status=HTTPStatus.GONE)
    return file_of(found)


def file_of(exported: Exported) -> Response:
    """Give an export to be saved, and let nothing on the way keep it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{exported.name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(exported.data, media_type="application/json", headers=headers)
