"""The web application: routes, the order of the layers, and what every answer carries."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from forgefed_gate.domain.errors import Refusal, WrongHost
from forgefed_gate.services.gate import Gate
from forgefed_gate.web import audit, documents, exports, hooks, pages, private, rules
from forgefed_gate.web.console import routes as console
from forgefed_gate.web.inbox import Inboxes
from forgefed_gate.web.mine import routes as mine
from forgefed_gate.web.problems import nothing_here, on_nothing, on_refusal, problem
from forgefed_gate.web.rules import Rule, Wing

CONTENT_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    b" base-uri 'none'; frame-ancestors 'none'"
)
ON_EVERY_ANSWER = (
    (b"content-security-policy", CONTENT_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
"""What a page says for itself is left as it is."""


def application(gate: Gate) -> ASGIApp:
    """
    Make the application that serves *gate*.

    Raises `LookupError` where a route does not say who may come in.
    """
    routes = _routes(gate)
    rules.declared(routes)
    app = Starlette(
        routes=routes,
        exception_handlers={Refusal: on_refusal, HTTPException: on_nothing},
    )
    app.router.redirect_slashes = False
    inboxes = Inboxes(app, gate=gate)
    return WithHeaders(OnlyForUs(inboxes, authority=gate.places.authority))


def _routes(gate: Gate) -> list[BaseRoute]:
    return [
        *documents.routes(gate),
        *private.routes(gate),
        *audit.routes(gate),
        *hooks.routes(gate),
        *pages.routes(gate),
        *exports.routes(gate),
        *console.routes(gate),
        *mine.routes(gate),
        Wing(
            "/static", StaticFiles(packages=[("forgefed_gate.web", "static")]), rule=Rule.EVERYBODY
        ),
    ]


class OnlyForUs:
    """Turns away what cannot be meant for us, before anything is done with it."""

    def __init__(self, app: ASGIApp, *, authority: str) -> None:
        self.app = app
        self.authority = authority.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what names our host, and a path that something of ours can have."""
        answer = self.app
        if scope["type"] == "http":
            if dict(scope["headers"]).get(b"host") != self.authority:
                answer = problem(WrongHost("wrong-host", "This gate answers to another name."))
            elif not scope["path"].isprintable():
                answer = nothing_here()
        await answer(scope, receive, send)


class WithHeaders:
    """Puts the headers that protect readers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers added."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [header for header in ON_EVERY_ANSWER if header[0] not in given]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, protected)
