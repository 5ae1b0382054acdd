"""Links that work once: a page with a button, and what pressing it does."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import not_from_here, page_of
from forgefed_gate.web.forms import from_here
from forgefed_gate.web.problems import nothing_here

Use = Callable[[Gate, Request], Awaitable[Response]]
"""Uses a link up, or says that it is used already."""


class OneTimeLink:
    """
    The address of a link that works once.

    Looking at it changes nothing, so that the preview of a link cannot use it up: the
    button on the page does.
    """

    def __init__(self, gate: Gate, page: str, use: Use) -> None:
        self.gate = gate
        self.page = page
        self.use = use

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the button, or use the link."""
        answer = await self._answer(Request(scope, receive))
        answer.headers["Referrer-Policy"] = "same-origin"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.method:
            case "GET" | "HEAD":
                return page_of(self.gate, self.page)
            case "POST" if from_here(request, self.gate.places.base_url):
                return await self.use(self.gate, request)
            case "POST":
                return not_from_here(self.gate)
            case _:
                return nothing_here()
