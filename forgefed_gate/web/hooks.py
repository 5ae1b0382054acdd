"""Where forges tell what was opened there: taken at once, and all else is nothing alike."""

import logging
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.domain.errors import Refusal, TooMany, TryLater
from forgefed_gate.forge.hooks import LARGEST
from forgefed_gate.services import hooks
from forgefed_gate.services.gate import Gate
from forgefed_gate.web import inbox
from forgefed_gate.web.documents import Endpoint
from forgefed_gate.web.problems import nothing_here
from forgefed_gate.web.rules import Door, Rule

log = logging.getLogger(__name__)

TAKEN = orjson.dumps({"ok": True})
"""All that the forge keeps of our answer, and shows to whoever administrates the repository."""


def routes(gate: Gate) -> list[Door]:
    """List the one address that webhooks call."""
    return [Door(f"{hooks.PATH}{{token}}", _hook(gate), rule=Rule.HOOK, methods=["POST"])]


def _hook(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            await _take(gate, request)
        except (TooMany, TryLater):
            raise  # they say nothing of what there is
        except Refusal as refusal:
            log.info("hook refused", extra={"code": refusal.code})
            return nothing_here()
        return Response(TAKEN, HTTPStatus.ACCEPTED, media_type="application/json")

    return answer


async def _take(gate: Gate, request: Request) -> None:
    caller = inbox.caller_of(request.scope)
    at = await hooks.known(gate, request.path_params["token"], caller=caller)
    headers = inbox.headers_of(request.scope)
    body = await inbox.read_body(headers, request.receive, largest=LARGEST)
    await hooks.receive(gate, at, _joined(headers), body)


def _joined(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Give each header once; one that came twice has both values, and so proves nothing."""
    found = dict[str, str]()
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
