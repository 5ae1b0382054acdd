"""The pages that everybody may read: the gate's own, and one for each project."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from forgefed_gate.domain.ids import PieceId, Slug
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.words import keeping
from forgefed_gate.domain.words import publishing as words
from forgefed_gate.services import public
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.documents import wants_page
from forgefed_gate.web.rules import Door, Rule
from forgefed_gate.web.templates import render

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(gate: Gate) -> list[Door]:
    """List the public pages."""
    return [
        Door("/", _home(gate), rule=Rule.EVERYBODY),
        Door("/@{slug}", _project(gate), rule=Rule.EVERYBODY),
        Door("/@{slug}/pieces/{piece}", _piece(gate), rule=Rule.EVERYBODY),
    ]


def _home(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        if _wants_document(request):
            return _to_document(gate.places.gate)
        projects = await public.all_projects(gate)
        return render("public/home.html", projects=projects, authority=gate.places.authority)

    return answer


def _project(gate: Gate) -> Endpoint:
    async def answer(request: Request) -> Response:
        slug = Slug(request.path_params["slug"])
        front = await public.front(gate, slug)
        if _wants_document(request):
            return _to_document(gate.places.desk(slug))
        return render(
            "public/team.html" if front.project.kind is Kind.TEAM else "public/project.html",
            front=front,
            signing=keeping.signing(signs=front.project.signs_notes_since is not None),
            desk=gate.places.desk(slug),
            authority=gate.places.authority,
        )

    return answer


def _piece(gate: Gate) -> Endpoint:
    """Show something published, or that it was withdrawn; to whoever asks for JSON, the object."""

    async def answer(request: Request) -> Response:
        slug, name = Slug(request.path_params["slug"]), PieceId(request.path_params["piece"])
        piece = await public.piece(gate, slug, name)
        if _wants_document(request):
            return _to_document(piece.article.id)
        return render(
            "public/piece.html",
            status=HTTPStatus.GONE if piece.withdrawn else HTTPStatus.OK,
            piece=piece,
            by_consent=words.BY_CONSENT,
            authority=gate.places.authority,
        )

    return answer


def _wants_document(request: Request) -> bool:
    return not wants_page(request) and "json" in request.headers.get("accept", "")


def _to_document(actor: str) -> Response:
    return RedirectResponse(actor, 303, headers={"Vary": "Accept"})
