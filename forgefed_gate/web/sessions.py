"""The two cookies of the console: who is signed in, and what they have just done."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from forgefed_gate.domain.ids import SECOND
from forgefed_gate.services.access import SESSION_LASTS
from forgefed_gate.services.gate import Gate

DONE_LASTS = 60
"""Seconds for which a confirmation waits to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """The cookies of one gate; over https their names bind them to this very host."""

    secure: bool

    def session(self, request: Request) -> str:
        """Read the session's cookie, or nothing."""
        return request.cookies.get(self._name("gate"), "")

    def keep_session(self, response: Response, cookie: str) -> None:
        """Give the session's cookie to the browser."""
        self._put(response, "gate", cookie, lasts=SESSION_LASTS // SECOND)

    def end_session(self, response: Response) -> None:
        """Take the session's cookie back."""
        self._put(response, "gate", "", lasts=0)

    def done(self, request: Request) -> str:
        """Read the code of what was just done, or nothing."""
        return request.cookies.get(self._name("gate-done"), "")

    def keep_done(self, response: Response, code: str) -> None:
        """
        Remember what was just done until the next page confirms it.

        It is a code and holds no words of anybody, so it needs no place on our side.
        """
        self._put(response, "gate-done", code, lasts=DONE_LASTS)

    def forget_done(self, response: Response) -> None:
        """Forget what was confirmed."""
        self._put(response, "gate-done", "", lasts=0)

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def _put(self, response: Response, name: str, value: str, *, lasts: int) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=lasts,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )


def jar(gate: Gate) -> Jar:
    """Choose the cookies for a gate: without TLS, as in closed tests, they cannot be `Secure`."""
    return Jar(secure=gate.places.base_url.startswith("https://"))
