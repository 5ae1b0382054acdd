"""The way to the forges that our settings name: by the one client, as our account there."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.words import forge as words
from forgefed_gate.forge.base import Forge, Said
from forgefed_gate.forge.forgejo import Forgejo
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate

VARIABLE = "$"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to one forge; the token is shown to that one alone."""

    gate: Gate
    base: str
    token: str = field(repr=False)

    async def __call__(self, method: str, path: str, what: JsonObject | None = None) -> Said:
        """Ask for *path*; whatever is not there to be read is asked once."""
        url = self.base + path
        await refuse_blocked_host(self.gate, url)
        headers = {"Accept": JSON, "Authorization": f"token {self.token}"}
        if method == "GET":
            answer = await self.gate.outbound.get(url, headers)
        else:
            body = b"" if what is None else json.dumps(what).encode()
            headers |= {"Content-Type": JSON}
            answer = await self.gate.outbound.change(method, url, headers, body)
        return Said(status=answer.status, body=answer.body)


def reach(gate: Gate, url: str) -> Forge:
    """
    Give the forge at *url*; raises `NotFound` where our settings name no token for it.

    The token is read anew each time, so that a new one holds at once.
    """
    return Forgejo(ask=Way(gate=gate, base=url, token=_token(gate, url)))


def _token(gate: Gate, url: str) -> str:
    place = dict(gate.settings.tokens).get(url)
    if place is None:
        raise NotFound("forge-token-missing", words.no_token(url))
    token = _kept_in(place)
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise NotFound("forge-token-missing", words.token_away(url))
    return token


def _kept_in(place: str) -> str:
    if place.startswith(VARIABLE):
        return os.environ.get(place.removeprefix(VARIABLE), "").strip()
    try:
        return Path(place).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
