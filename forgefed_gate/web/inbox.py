"""Where activities come in: a bounded body, and an answer once it is durable."""

import logging
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from forgefed_gate.domain.errors import Malformed, Refusal, TooLarge, TryLater
from forgefed_gate.domain.places import Local
from forgefed_gate.protocol.httpsig import Delivery
from forgefed_gate.protocol.mediatypes import is_activitypub
from forgefed_gate.services import inbound
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.problems import problem

log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
LONGEST_TARGET = 2 * 1024
LONGEST_HEADERS = 16 * 1024
ACCEPTED = Response(status_code=HTTPStatus.ACCEPTED)
BROKEN = TryLater("broken", "Something broke here. Please try again later.")


class Inboxes:
    """
    Takes what is delivered to an inbox, and passes every other request on.

    Plain ASGI in front of the routes, since every message passes here.
    """

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery in."""
        at_home = scope["type"] == "http"
        recipient = self.gate.places.read_inbox(scope["path"]) if at_home else None
        if recipient is None:
            return await self.app(scope, receive, send)
        try:
            answer = await self._take(scope, receive, recipient)
        except Refusal as refusal:
            log.info("delivery refused", extra={"code": refusal.code})
            answer = problem(refusal)
        except Exception as error:  # noqa: BLE001 - the last wall: a stranger is never shown a traceback
            log.error("delivery failed", extra={"error": type(error).__name__})  # noqa: TRY400 - a traceback may hold words of people
            answer = problem(BROKEN)
        await answer(scope, receive, send)
        if answer is ACCEPTED:
            self.gate.crash.point("acknowledged")
        return None

    async def _take(self, scope: Scope, receive: Receive, recipient: Local) -> Response:
        headers = headers_of(scope)
        unwanted = _unwanted(scope, headers)
        if unwanted is not None:
            return unwanted
        delivery = Delivery(
            method=scope["method"],
            target=target_of(scope),
            headers=headers,
            body=await read_body(headers, receive),
        )
        self.gate.crash.point("received")
        await inbound.receive(self.gate, delivery, recipient, caller=caller_of(scope))
        return ACCEPTED


def _unwanted(scope: Scope, headers: tuple[tuple[str, str], ...]) -> Response | None:
    """Answer what cannot be a delivery, before any of its body is read."""
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
        return Response(status_code=HTTPStatus.REQUEST_URI_TOO_LONG)
    if sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS:
        return Response(status_code=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if not is_activitypub(_header(headers, "content-type")):
        return Response(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return None


def headers_of(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Give the headers of a request as they came."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )


def caller_of(scope: Scope) -> str:
    """Name the address that a request comes from, as the proxies that we trust tell it."""
    client = scope.get("client")
    return client[0] if client else ""


def target_of(scope: Scope) -> str:
    """Give the target of a request as it was sent, which is what was signed."""
    query = scope["query_string"]
    return (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


async def read_body(
    headers: tuple[tuple[str, str], ...], receive: Receive, *, largest: int = LARGEST_BODY
) -> bytes:
    """Read the body, but never more than *largest* bytes."""
    announced = _header(headers, "content-length") or "0"
    if not announced.isascii() or not announced.isdigit():
        raise Malformed("length-malformed", "The length of the body cannot be read.")
    if int(announced) > largest:
        raise _too_large(largest)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("body-cut-short", "The body ended too early.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise _too_large(largest)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(largest: int) -> TooLarge:
    return TooLarge("too-large", f"We take at most {largest // 1024} KiB at once.")
