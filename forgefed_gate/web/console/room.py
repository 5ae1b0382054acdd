"""What every page of the console has in common: who may enter, and how a form is taken."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from forgefed_gate.domain.errors import Forbidden, NotFound, Refusal, TryLater
from forgefed_gate.domain.intents import ActOfOurs
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.services import access, review
from forgefed_gate.services.access import Session
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.forms import Form, from_here, read_form
from forgefed_gate.web.problems import status_of
from forgefed_gate.web.sessions import jar
from forgefed_gate.web.templates import render

log = logging.getLogger(__name__)

DONE = {
    "admitted": "They are admitted. A welcome and their Grant are on the way.",
    "asked-back": "Your question is on its way. It is their turn now.",
    "declined": "They get a kind note that names the way back. Nothing public shows it.",
    "said": "Your words are on their way.",
    "asked-to-add": "They are asked. Nobody is added before they say yes.",
    "removed": "Removed. Nothing more goes to them, and what waited for them is dropped.",
    "closed": "The conversation is closed. It opens again when they write.",
    "handed-over": "Handed over. Whoever wrote it is not told, and nobody is asked why.",
    "revoked": "The Grant is revoked, for good. They get a short note that says so.",
    "turned-away": "Their way in has ended, for good. They get a short note that says so.",
    "link-offered": "They are asked. Nothing passes along the link before they answer yes.",
    "link-agreed": "Both sides want the link. It is active as soon as the servers have answered.",
    "link-ended": "It has ended, with all that came by it. Whoever came can knock again.",
    "link-paused": "It rests from now on: nobody comes in by it until you let it go on.",
    "link-goes-on": "It goes on from now on, as it was.",
    "invited": "The invitation is on its way. They are in when they agree.",
    "proposed": "Everybody whose words are in it is asked. Nothing is public before all say yes.",
    "redacted": "Every answer so far is void, and everybody is asked about the new text.",
    "taken-back": "It is taken back, and no word of it is kept here. Its authors are told.",
    "announced": "Your news is on its way to everybody who follows.",
    "blocked": "Blocked. Nothing more is taken from there.",
    "unblocked": "The block is lifted.",
    "queued": "It is tried again now.",
    "dropped": "It is forgotten. Nobody is told.",
}
BROKEN = TryLater("broken", "Something broke here, and that is not your fault. Please try again.")
CHALLENGE = 'Cookie realm="console"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A form that was refused: the reason, and everything that was typed."""

    act: str
    sentence: str
    typed: Form
    status: HTTPStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request by somebody who is signed in."""

    gate: Gate
    session: Session
    cookie: str
    path: str
    names: Mapping[str, str]
    done: str = ""
    form: Form = field(default_factory=dict[str, str])
    failed: Failed | None = None

    @property
    def by(self) -> Principal:
        """Who is here, with the offices that they hold now."""
        return self.session.principal


Answer = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A part of the house: whom it admits, and its pages for strangers and for nothing."""

    admits: Callable[[Principal], bool]
    stranger: str
    nothing: str


def works_here(by: Principal) -> bool:
    """Say whether *by* is the operator, or holds an office."""
    return by.operator or bool(by.offices)


CONSOLE = Hall(admits=works_here, stranger="console/stranger.html", nothing="console/nothing.html")


async def nowhere(_: Visit) -> Response:
    """Show what is shown for everything that is missing, or not theirs."""
    raise NotFound("not-found", "There is nothing here.")


class Room:
    """
    One address of the console, or of another hall.

    To somebody who is not signed in, every address answers with the same bytes, whether
    there is anything behind it or not. To somebody who is, what is missing and what is
    not theirs look the same.
    """

    def __init__(
        self,
        gate: Gate,
        show: Answer,
        acts: Mapping[str, Answer] | None = None,
        *,
        hall: Hall = CONSOLE,
    ) -> None:
        self.gate = gate
        self.show = show
        self.acts = acts or {}
        self.hall = hall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except (NotFound, Forbidden):
            answer = page_of(self.gate, self.hall.nothing, status=HTTPStatus.NOT_FOUND)
        except Refusal as refusal:
            answer = page_of(self.gate, "console/problem.html", refusal=refusal)
            answer.status_code = status_of(refusal)
        except Exception as error:  # noqa: BLE001 - the last wall: nobody is shown a traceback
            log.error("page failed", extra={"error": type(error).__name__})  # noqa: TRY400 - a traceback may hold words of people
            answer = page_of(self.gate, "console/problem.html", status=500, refusal=BROKEN)
        answer.headers["Referrer-Policy"] = "same-origin"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        cookie = jar(self.gate).session(request)
        session = await access.session(self.gate, cookie) if cookie else None
        if session is None or not self.hall.admits(session.principal):
            return _stranger(self.gate, self.hall)
        visit = Visit(
            gate=self.gate,
            session=session,
            cookie=cookie,
            path=request.scope["path"],
            names=request.path_params,
        )
        match request.method:
            case "GET" | "HEAD":
                return await self._shown(visit, request)
            case "POST":
                return await self._taken(visit, request)
            case _:
                return await nowhere(visit)

    async def _shown(self, visit: Visit, request: Request) -> Response:
        done = DONE.get(jar(self.gate).done(request), "")
        answer = await self.show(replace(visit, done=done))
        if done:
            jar(self.gate).forget_done(answer)
        return answer

    async def _taken(self, visit: Visit, request: Request) -> Response:
        if not from_here(request, self.gate.places.base_url):
            return not_from_here(self.gate)
        form = await read_form(request)
        if not hmac.compare_digest(form.get("csrf", "").encode(), visit.session.csrf.encode()):
            return not_from_here(self.gate)
        name = form.get("act", "")
        act = self.acts.get(name, nowhere)
        visit = replace(visit, form=form)
        try:
            return await act(visit)
        except TryLater:
            raise
        except Refusal as refusal:
            failed = Failed(
                act=name, sentence=refusal.sentence, typed=form, status=_status(refusal)
            )
        return await self.show(replace(visit, failed=failed))


def _status(refusal: Refusal) -> HTTPStatus:
    """Find the number for a refused form: whatever was asked for, the page itself is there."""
    status = status_of(refusal)
    if status is HTTPStatus.NOT_FOUND or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return status


def page_of(gate: Gate, template: str, *, status: int = 200, **values: Any) -> Response:
    """Make a page that says nothing about who is reading it."""
    return render(template, status=status, authority=gate.places.authority, **values)


def page(visit: Visit, template: str, **values: Any) -> Response:
    """Make a page for somebody who is signed in; a refused form comes back with its status."""
    return page_of(
        visit.gate,
        template,
        status=visit.failed.status if visit.failed else HTTPStatus.OK,
        visit=visit,
        csrf=visit.session.csrf,
        failed=visit.failed,
        now=visit.gate.clock(),
        may_block=may_block(visit.by),
        **values,
    )


def may_block(by: Principal) -> bool:
    """Say whether *by* may block, for whichever project."""
    return by.operator or any(by.may(Act.BLOCK, slug) for slug in by.offices)


def done(visit: Visit, code: str) -> Response:
    """Send the browser back to the page it came from, which then says what was done."""
    answer = RedirectResponse(quote(visit.path), HTTPStatus.SEE_OTHER)
    jar(visit.gate).keep_done(answer, code)
    return answer


async def perform(visit: Visit, what: ActOfOurs) -> Response:
    """Do something to a project's conversations and grants, by the same rules as anywhere."""
    decision = await review.act(visit.gate, what, by=visit.by, via="console")
    return done(visit, decision.reason)


def not_from_here(gate: Gate) -> Response:
    """Refuse a form that none of our own pages has sent in this session."""
    return page_of(gate, "console/not_from_here.html", status=HTTPStatus.FORBIDDEN)


def _stranger(gate: Gate, hall: Hall) -> Response:
    answer = page_of(gate, hall.stranger, status=HTTPStatus.UNAUTHORIZED)
    answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer
