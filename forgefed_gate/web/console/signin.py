"""Signing in by a link that works once, and signing out."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forgefed_gate.services import access
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import Visit, page_of, works_here
from forgefed_gate.web.sessions import jar


async def use_link(gate: Gate, request: Request) -> Response:
    """Sign somebody in, and lead them to where they work, or to what is theirs."""
    cookie = await access.use_link(gate, request.path_params["token"])
    if cookie is None:
        return page_of(gate, "console/link_used.html", status=HTTPStatus.GONE)
    await access.sign_out(gate, jar(gate).session(request))
    session = await access.session(gate, cookie)
    at_work = session is not None and works_here(session.principal)
    answer = RedirectResponse("/console" if at_work else "/mine", HTTPStatus.SEE_OTHER)
    jar(gate).keep_session(answer, cookie)
    return answer


async def sign_out(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    await access.sign_out(visit.gate, visit.cookie)
    answer = RedirectResponse(visit.path, HTTPStatus.SEE_OTHER)
    jar(visit.gate).end_session(answer)
    return answer
