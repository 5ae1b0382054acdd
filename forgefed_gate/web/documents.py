"""The documents that other servers read: discovery, actors, collections, public notes."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from operator import itemgetter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forgefed_gate import __version__
from forgefed_gate.domain.capabilities import Standing
from forgefed_gate.domain.errors import NotFound, Refusal
from forgefed_gate.domain.ids import Millis, NoteId, PieceId, Slug
from forgefed_gate.domain.places import GATE, Kind, Local
from forgefed_gate.protocol import discovery, documents, pieces, proofs, render, terms
from forgefed_gate.protocol.discovery import ByName, ByUrl
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local, public, serving
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.web import private
from forgefed_gate.web.problems import problem
from forgefed_gate.web.rules import Door, Rule

FOR_EVERYBODY = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
BY_ACCEPT = {**FOR_EVERYBODY, "Vary": "Accept"}
NOT_KEPT = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
ASKS_FOR_JSON = ("application/activity+json", "application/ld+json", "application/json")
STATUS_OF = {
    Standing.STANDS: HTTPStatus.NO_CONTENT,
    Standing.RESTS: HTTPStatus.SERVICE_UNAVAILABLE,
    Standing.GONE: HTTPStatus.GONE,
}
"""410 is for good: whoever hears it need never ask again, and never believe it again."""
COLLECTIONS = {
    *("outbox", "followers", "following", "collaborators", "components"),
    *("teams", "teamResources", "subprojects", "subteams", "context"),
}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(gate: Gate) -> list[Door]:
    """List what other servers may read."""
    found = [
        _open("/.well-known/webfinger", _open_to_scripts(_web_finger(gate))),
        _open("/.well-known/nodeinfo", _nodeinfo_links(gate)),
        _open("/nodeinfo/{version}", _nodeinfo(gate)),
        _open("/actor", _actor(gate, Kind.GATE)),
        _open("/actor/{collection}", _collection(gate, Kind.GATE)),
        Door("/desks/{slug}/notes/{token}", _note(gate), rule=Rule.PARTY_OR_PUBLIC),
        _open("/desks/{slug}/pieces/{piece}", _piece(gate)),
        _open("/ns", _vocabulary),
    ]
    for kind in (Kind.DESK, Kind.PROJECT, Kind.TEAM, Kind.TICKETS, Kind.PATCHES):
        base = f"/{kind.value}/{{slug}}"
        if kind.house:
            live = _live(gate, kind)
            found.append(_open(f"{base}/grants/{{token}}/live", live))
        found += [
            _open(base, _actor(gate, kind)),
            _open(f"{base}/{{collection}}", _collection(gate, kind)),
        ]
    return found


def _open(path: str, endpoint: Endpoint) -> Door:
    return Door(path, endpoint, rule=Rule.EVERYBODY)


def wants_page(request: Request) -> bool:
    """Say whether a browser asks; whoever names a JSON type gets the document."""
    accept = request.headers.get("accept", "")
    return "text/html" in accept and not any(kind in accept for kind in ASKS_FOR_JSON)


def _json(
    document: Json, *, media_type: str = terms.ACTIVITY_JSON, by_accept: bool = False
) -> Response:
    headers = BY_ACCEPT if by_accept else FOR_EVERYBODY
    return Response(write_json(document), media_type=media_type, headers=headers)


def _local(request: Request, kind: Kind) -> Local:
    return Local(kind=kind, slug=Slug(request.path_params.get("slug", GATE)))


def _open_to_scripts(endpoint: Endpoint) -> Endpoint:
    """Let scripts of every site read a refusal too (RFC 7033, section 5)."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            refused = problem(refusal)
            refused.headers["Access-Control-Allow-Origin"] = "*"
            return refused

    return answer


def _web_finger(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        asked = request.query_params
        resource = asked.get("resource") if len(asked.getlist("resource")) == 1 else None
        wanted = discovery.read_resource(resource, base_url=gate.places.base_url)
        document = discovery.only(await _jrd(gate, wanted), rels=asked.getlist("rel"))
        return _json(document, media_type="application/jrd+json")

    return answer


async def _jrd(gate: Gate, wanted: ByName | ByUrl) -> JsonObject:
    """Describe whom somebody asks for."""
    base_url = gate.places.base_url
    if isinstance(wanted, ByName):
        found = gate.places.read_user(wanted.name)
    elif wanted.url.rstrip("/") == base_url:
        return discovery.server_jrd(base_url)
    else:
        found = gate.places.read_actor(wanted.url)
    if found is None:
        raise NotFound("not-found", "There is nothing here.")
    me = await local.own(gate, found)
    return discovery.jrd(
        handle=gate.places.handle(found),
        actor_url=me.id,
        page_url=gate.places.page_of(found),
    )


def _nodeinfo_links(gate: Gate) -> Endpoint:
    async def answer(_: Request) -> Response:
        return _json(discovery.nodeinfo_links(gate.places.base_url), media_type="application/json")

    return answer


def _nodeinfo(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        version = request.path_params["version"]
        projects = await public.count_projects(gate)
        document = discovery.nodeinfo(version, software_version=__version__, projects=projects)
        return _json(document, media_type=discovery.nodeinfo_type(version))

    return answer


def _actor(gate: Gate, kind: Kind) -> Endpoint:
    async def answer(request: Request) -> Response:
        me = await local.own(gate, _local(request, kind))
        if wants_page(request):
            page = gate.places.page_of(me.persona.local)
            return RedirectResponse(page, 303, headers={"Vary": "Accept"})
        return _json(documents.actor(me.persona, gate.places), by_accept=True)

    return answer


def _live(gate: Gate, kind: Kind) -> Endpoint:
    """Say whether a Grant of ours stands: whoever knows its name may ask, and often."""

    async def answer(request: Request) -> Response:
        house = _local(request, kind)
        grant = gate.places.grant(gate.places.actor(house), request.path_params["token"])
        standing = await serving.standing(gate, house.slug, grant)
        return Response(status_code=STATUS_OF[standing], headers=NOT_KEPT)

    return answer


def _collection(gate: Gate, kind: Kind) -> Endpoint:
    async def answer(request: Request) -> Response:
        me = await local.own(gate, _local(request, kind))
        name = request.path_params["collection"]
        if name not in COLLECTIONS:
            raise NotFound("not-found", "There is nothing here.")
        url = f"{me.id}/{name}"
        if name == "outbox" and kind is Kind.DESK:
            return _fresh(documents.listed(url, await _said_in_public(gate, me)))
        total = await public.count(gate, me.persona.local, name)
        return _json(documents.counted(url, total=total))

    return answer


async def _said_in_public(gate: Gate, me: Own) -> list[Json]:
    """List a desk's notes and pieces, the newest first, as they were sent."""
    desk = me.persona.local
    said = [
        (
            note.published_at,
            render.news(note.id, desk=me.id, text=note.words, at=note.published_at),
        )
        for note in await public.news_of(gate, desk.slug)
    ]
    for piece in await public.pieces_of(gate, desk.slug):
        at = piece.article.at
        said.append((at, await _proven(gate, desk, pieces.create(piece.article), at)))
    return [create for _, create in sorted(said, key=itemgetter(0), reverse=True)]


def _note(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        desk = _local(request, Kind.DESK)
        name = NoteId(f"{gate.places.actor(desk)}/notes/{request.path_params['token']}")
        try:
            note = await public.note(gate, name)
        except NotFound:
            return await private.note(gate, name, request)
        if wants_page(request):
            page = gate.places.page_of(desk)
            return RedirectResponse(page, 303, headers={"Vary": "Accept"})
        me = await local.own(gate, desk)
        create = render.news(note.id, desk=me.id, text=note.words, at=note.published_at)
        written = create["object"]
        assert isinstance(written, dict), "a Create holds its note"
        return _json({"@context": create["@context"], **written}, by_accept=True)

    return answer


def _piece(gate: Gate) -> Endpoint:
    """Answer with a published piece and its proof, or with what is left of a withdrawn one."""

    async def answer(request: Request) -> Response:
        desk, name = _local(request, Kind.DESK), PieceId(request.path_params["piece"])
        piece = await public.piece(gate, desk.slug, name)
        if wants_page(request):
            return RedirectResponse(piece.article.page, 303, headers={"Vary": "Accept"})
        if piece.withdrawn:
            left = pieces.tombstone(piece.article.id, at=piece.article.at)
            return _fresh(left, status=HTTPStatus.GONE)
        return _fresh(await _proven(gate, desk, pieces.article(piece.article), piece.article.at))

    return answer


async def _proven(gate: Gate, desk: Local, document: JsonObject, at: Millis) -> JsonObject:
    """Prove a document as its desk did when it was published: the same bytes every time."""
    me = await local.own(gate, desk)
    return proofs.seal(document, key=me.ed25519, now=at)


def _fresh(document: Json, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with what may be withdrawn at any moment: nobody keeps it without asking again."""
    answer = _json(document, by_accept=True)
    answer.headers["Cache-Control"] = "no-cache"
    answer.status_code = status
    return answer


async def _vocabulary(_: Request) -> Response:
    return _json({"@context": terms.OURS}, media_type="application/ld+json")
