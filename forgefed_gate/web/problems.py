"""Refusals as HTTP: the only place that knows both words and numbers."""

from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.domain.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    TooLarge,
    TooMany,
    TryLater,
    Unreachable,
    Unverified,
    WrongHost,
)

STATUS: dict[type[Refusal], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Unverified: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    WrongHost: HTTPStatus.MISDIRECTED_REQUEST,
    Conflict: HTTPStatus.CONFLICT,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    TryLater: HTTPStatus.SERVICE_UNAVAILABLE,
    Unreachable: HTTPStatus.SERVICE_UNAVAILABLE,
}

CHALLENGE = 'sig1=("@method" "@target-uri" "content-digest");created;keyid'
NOTHING_HERE = b"There is nothing here, or nothing for you.\n"
LATER = {"Retry-After": "60"}
EXTRA: dict[HTTPStatus, dict[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"Accept-Signature": CHALLENGE},
    HTTPStatus.TOO_MANY_REQUESTS: LATER,
    HTTPStatus.SERVICE_UNAVAILABLE: LATER,
}


def nothing_here() -> Response:
    """Answer alike for what is missing and for what is private."""
    return Response(
        NOTHING_HERE,
        HTTPStatus.NOT_FOUND,
        media_type="text/plain",
        headers={"Cache-Control": "no-store"},
    )


def status_of(refusal: Refusal) -> HTTPStatus:
    """Find the number for a refusal."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def problem(refusal: Refusal) -> Response:
    """Tell a peer what we refused, by a stable code and a sentence."""
    status = status_of(refusal)
    if status is HTTPStatus.NOT_FOUND:
        return nothing_here()
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": refusal.code,
        "detail": refusal.sentence,
    }
    return Response(
        orjson.dumps(body),
        status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **EXTRA.get(status, {})},
    )


async def on_refusal(_: Request, error: Exception) -> Response:
    """Answer a refusal that nobody answered before."""
    assert isinstance(error, Refusal), "registered for refusals only"
    return problem(error)


async def on_nothing(_: Request, __: Exception) -> Response:
    """Answer a request that no route takes."""
    return nothing_here()
