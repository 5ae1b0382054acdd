"""Private objects, for whoever they are for; everybody else finds what is found everywhere."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.domain.ids import NoteId, Slug, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.httpsig import Delivery
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import quota, serving, showing
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.inbox import caller_of
from forgefed_gate.web.rules import Door, Rule

PAGE_NUMBER = re.compile("[1-9][0-9]{0,5}")
FOR_ONE_READER = {"Cache-Control": "private, no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(gate: Gate) -> list[Door]:
    """List where private objects are; notes stand beside the public ones."""
    return [
        Door("/desks/{slug}/notes/{token}/create", _create(gate), rule=Rule.PARTY),
        Door("/threads/{thread}", _thread(gate), rule=Rule.PARTY),
        Door("/shown/{token}", _shown(gate), rule=Rule.LINK),
        Door("/threads/{thread}/history", _history(gate), rule=Rule.PARTY),
        *(
            Door(f"/{kind.value}/{{slug}}/items/{{token}}", _ticket(gate, kind), rule=Rule.PARTY)
            for kind in (Kind.TICKETS, Kind.PATCHES)
        ),
        *(
            Door(
                f"/{kind.value}/{{slug}}/grants/{{token}}",
                _grant(gate, kind),
                rule=Rule.PARTY_OR_HOUSE,
            )
            for kind in (Kind.PROJECT, Kind.TEAM)
        ),
    ]


async def note(gate: Gate, name: NoteId, request: Request) -> Response:
    """Show a private note to whom it is for."""
    create = await serving.note(gate, name, asked=_asked(gate, request))
    written = create["object"]
    assert isinstance(written, dict), "a Create holds its note"
    return _answer({"@context": create["@context"], **written})


def _create(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        names = request.path_params
        name = gate.places.note(Slug(names["slug"]), names["token"])
        return _answer(await serving.note(gate, name, asked=_asked(gate, request)))

    return answer


def _thread(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        name = ThreadId(request.path_params["thread"])
        asked, page = _asked(gate, request), _page(request)
        return _answer(await serving.thread(gate, name, asked=asked, page=page))

    return answer


def _history(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        name = ThreadId(request.path_params["thread"])
        return _answer(await serving.history(gate, name, asked=_asked(gate, request)))

    return answer


def _ticket(gate: Gate, kind: Kind) -> Endpoint:
    async def answer(request: Request) -> Response:
        names = request.path_params
        tracker = gate.places.actor(Local(kind=kind, slug=Slug(names["slug"])))
        name = gate.places.ticket(tracker, names["token"])
        return _answer(await serving.ticket(gate, name, asked=_asked(gate, request)))

    return answer


def _grant(gate: Gate, kind: Kind) -> Endpoint:
    async def answer(request: Request) -> Response:
        names = request.path_params
        house = Local(kind=kind, slug=Slug(names["slug"]))
        name = gate.places.grant(gate.places.actor(house), names["token"])
        asked = _asked(gate, request)
        return _answer(await serving.grant(gate, house.slug, name, asked=asked))

    return answer


def _asked(gate: Gate, request: Request) -> Delivery:
    """Count a question against whoever asks, and read it; raises `TooMany`."""
    quota.spend_reading(gate, caller_of(request.scope))
    return _delivery(request)


def _page(request: Request) -> int | None:
    """Read which page is asked for; what is no number names one that is never there."""
    asked = request.query_params.getlist("page")
    if not asked:
        return None
    return int(asked[0]) if len(asked) == 1 and PAGE_NUMBER.fullmatch(asked[0]) else 0


def _shown(gate: Gate) -> Endpoint:
    """Show a Grant to whoever has the link that its holder asked for."""

    async def answer(request: Request) -> Response:
        return _answer(await showing.grant(gate, request.path_params["token"]))

    return answer


def _answer(document: JsonObject) -> Response:
    whole: Json = document
    return Response(write_json(whole), media_type=ACTIVITY_JSON, headers=FOR_ONE_READER)


def _delivery(request: Request) -> Delivery:
    """Read a request as its signature covers it; what comes along as a body is not looked at."""
    scope = request.scope
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    return Delivery(
        method=scope["method"],
        target=target.decode("latin-1"),
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ),
        body=b"",
    )
