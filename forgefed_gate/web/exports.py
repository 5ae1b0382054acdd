"""Taking a conversation along: a link that gives it out as a file, once."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from forgefed_gate.services import exporting
from forgefed_gate.services.exporting import Exported
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import not_from_here, page_of
from forgefed_gate.web.forms import from_here
from forgefed_gate.web.problems import nothing_here
from forgefed_gate.web.rules import Door, Rule


def routes(gate: Gate) -> list[Door]:
    """List the address of the links; whoever has one needs no session."""
    return [Door("/export/{token}", Download(gate), rule=Rule.LINK)]


class Download:
    """
    The address of a link that gives a conversation out.

    Looking at it changes nothing, so that the preview of a link cannot use it up: the
    button on the page does.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the button, or give the file."""
        request = Request(scope, receive)
        answer = await self._answer(request)
        answer.headers["Referrer-Policy"] = "same-origin"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.method:
            case "GET" | "HEAD":
                return page_of(self.gate, "public/export.html")
            case "POST" if from_here(request, self.gate.places.base_url):
                found = await exporting.use_link(self.gate, request.path_params["token"])
                return file_of(found) if found else self._used()
            case "POST":
                return not_from_here(self.gate)
            case _:
                return nothing_here()

    def _used(self) -> Response:
        return page_of(self.gate, "public/export_used.html", status=HTTPStatus.GONE)


def file_of(exported: Exported) -> Response:
    """Give an export to be saved, and let nothing on the way keep it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{exported.name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(exported.data, media_type="application/json", headers=headers)
