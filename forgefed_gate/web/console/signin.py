"""Signing in by a link that works once, and signing out."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from forgefed_gate.services import access
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import Visit, not_from_here, page_of, works_here
from forgefed_gate.web.forms import from_here
from forgefed_gate.web.problems import nothing_here
from forgefed_gate.web.sessions import jar


class SignIn:
    """
    The address of a sign-in link.

    Looking at it changes nothing, so that the preview of a link cannot use it up: the
    button on the page does.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show the button, or use the link."""
        request = Request(scope, receive)
        answer = await self._answer(request)
        answer.headers["Referrer-Policy"] = "same-origin"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        match request.method:
            case "GET" | "HEAD":
                return page_of(self.gate, "console/signin.html")
            case "POST" if from_here(request, self.gate.places.base_url):
                return await self._use(request)
            case "POST":
                return not_from_here(self.gate)
            case _:
                return nothing_here()

    async def _use(self, request: Request) -> Response:
        cookie = await access.use_link(self.gate, request.path_params["token"])
        if cookie is None:
            return page_of(self.gate, "console/link_used.html", status=HTTPStatus.GONE)
        await access.sign_out(self.gate, jar(self.gate).session(request))
        session = await access.session(self.gate, cookie)
        at_work = session is not None and works_here(session.principal)
        answer = RedirectResponse("/console" if at_work else "/mine", HTTPStatus.SEE_OTHER)
        jar(self.gate).keep_session(answer, cookie)
        return answer


async def sign_out(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    await access.sign_out(visit.gate, visit.cookie)
    answer = RedirectResponse(visit.path, HTTPStatus.SEE_OTHER)
    jar(visit.gate).end_session(answer)
    return answer
