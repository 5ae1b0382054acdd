"""How we ask and tell other servers: the one outbound HTTP client."""

import asyncio
import ssl
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urldefrag, urljoin

import aiohttp
from yarl import URL

from forgefed_gate import __version__
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import authority_of, origin
from forgefed_gate.net.guard import (
    GuardedResolver,
    Lookup,
    Reach,
    check_url,
    guarded_socket,
    look_up,
)
from forgefed_gate.protocol.mediatypes import is_activitypub

DEADLINE = 10.0
"""Seconds for everything: waiting for a turn, names, TLS, redirects, the last byte."""

BODY_LIMIT = 1_048_576
GLANCE = 1.0
"""Seconds for which we look at what is said beside a status."""
SHORT = 4_096
REDIRECTS = 3
CONNECTIONS = 512
CONNECTIONS_PER_HOST = 2

Sign = Callable[[str], Mapping[str, str]]
"""Makes the signature headers for a GET of one URL."""

_REDIRECTING = frozenset({301, 302, 303, 307, 308})
_ABSENCE = {401: "refused", 403: "refused", 404: "missing", 410: "gone"}
_SENTENCES = {
    "address-refused": "The address is not one we connect to.",
    "blocked": "This gate has no contact with that host.",
    "encoded": "The answer is encoded, which we did not ask for.",
    "not-connected": "The peer could not be reached, or broke off.",
    "redirect-refused": "The answer points to a place where we do not follow.",
    "timed-out": "The peer did not answer in time.",
    "tls-failed": "The peer could not prove who it is.",
    "too-large": "The answer is longer than we take.",
    "failed": "The peer could not give us the document.",
    "gone": "The document is gone.",
    "missing": "The peer knows no such document.",
    "not-activitypub": "The answer is not an ActivityPub document.",
    "refused": "The peer does not show us the document.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What a peer answered, read to its end.

    *url* is the one that answered, after redirects. Header names are in lower case,
    and one that came twice has its values joined by a comma.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Outbound(Protocol):
    """
    The seam between a gate and the network.

    Every failure is an `Unreachable` with a stable code, so that two gates can
    federate inside one process, and a test can say that nobody is there.
    """

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """Ask for *url*, signing anew for each place the answer comes from."""
        ...

    async def head(self, url: str) -> int:
        """Ask how *url* stands; raises `Unreachable`, and nothing else."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring *body* to *url*, and to nowhere else."""
        ...

    async def change(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Ask by *method* for something to be changed at *url*, once, and read the answer."""
        ...


class Closed:
    """The seam of a gate that talks to nobody."""

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """Refuse: raises `Unreachable` with the code `not-connected`."""
        del url, headers, sign  # whatever is asked
        raise _unreachable("not-connected")

    async def head(self, url: str) -> int:
        """Refuse: raises `Unreachable` with the code `not-connected`."""
        del url  # whatever is asked
        raise _unreachable("not-connected")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Refuse: raises `Unreachable` with the code `not-connected`."""
        del url, headers, body  # whatever is brought
        raise _unreachable("not-connected")

    async def change(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Refuse: raises `Unreachable` with the code `not-connected`."""
        del method, url, headers, body  # whatever is to be changed
        raise _unreachable("not-connected")


class Client:
    """
    The seam that leads out, open while its `async with` block lasts.

    Whoever names the URL decides nothing else: not which address is dialled, not how
    long we wait, how much we read or where we go next. No cookie is kept, no proxy of
    the environment used, nothing decompressed.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        user_agent: str,
        deadline: float = DEADLINE,
        limit: int = BODY_LIMIT,
        may_contact: Callable[[str], bool] = lambda _authority: True,
        lookup: Lookup = look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._reach = reach
        self._user_agent = user_agent
        self._deadline = deadline
        self._limit = limit
        self._may_contact = may_contact
        self._lookup = lookup
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._reach, lookup=self._lookup)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                socket_factory=partial(guarded_socket, reach=self._reach),
                use_dns_cache=False,
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_HOST,
                ssl=self._tls or True,
            ),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()
        await self._resolver.close()

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """
        Ask for *url*, following at most three redirects within its origin.

        Each hop is checked and, where *sign* is given, signed like the first, all in
        one deadline. Raises `Unreachable`, and nothing else.
        """
        due = self._due()
        seen: list[str] = []
        while url not in seen and len(seen) <= REDIRECTS:
            self._admit(url)
            seen.append(url)
            signed = {**headers, **sign(url)} if sign else headers
            answer = await self._ask("GET", url, signed, due=due)
            if answer.status not in _REDIRECTING:
                return answer
            url = _next_hop(answer)
        raise _unreachable("redirect-refused")

    async def head(self, url: str) -> int:
        """Ask how *url* stands, and take the status alone; a redirect is none that counts."""
        self._admit(url)
        return (await self._ask("HEAD", url, {}, due=self._due())).status

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """
        Bring *body* to *url* once; a redirect is an answer like any other.

        What is said beside the status and the headers is nobody's business. Raises
        `Unreachable`, and nothing else.
        """
        self._admit(url)
        return await self._ask("POST", url, headers, body=body, due=self._due(), glance=True)

    async def change(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """
        Ask by *method* for something to be changed at *url*, once, and read the answer.

        A redirect is an answer like any other: what is asked of one place is not asked of
        the next. Raises `Unreachable`, and nothing else.
        """
        self._admit(url)
        return await self._ask(method, url, headers, body=body, due=self._due())

    def _admit(self, url: str) -> None:
        check_url(url, self._reach)
        if not self._may_contact(authority_of(url)):
            raise _unreachable("blocked")

    def _due(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline

    async def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        due: float,
        body: bytes | None = None,
        glance: bool = False,
    ) -> Answer:
        as_spelled = URL(url, encoded=True)  # what was signed is what is sent
        request = partial(self._session.request, allow_redirects=False, headers=headers, data=body)
        with _only_unreachable():
            async with asyncio.timeout_at(due), request(method, as_spelled) as response:
                if glance:
                    return await _glance_at(response, url=url)
                return await _read(response, url=url, limit=self._limit)


def introduce(base_url: str) -> str:
    """Make the User-Agent by which the gate at *base_url* is known to others."""
    return f"forgefed-gate/{__version__} (+{base_url})"


def read_document(answer: Answer, *, asked: str) -> bytes:
    """
    Take the ActivityPub document out of an *answer*, or say why there is none.

    It must come from the origin that was asked and say exactly what it is: a page that
    merely holds JSON may have been uploaded by anyone. Raises `Unreachable`.
    """
    if answer.status != HTTPStatus.OK:
        raise _unreachable(_ABSENCE.get(answer.status, "failed"))
    if origin(answer.url) != origin(asked):
        raise _unreachable("redirect-refused")
    if not is_activitypub(answer.headers.get("content-type", "")):
        raise _unreachable("not-activitypub")
    return answer.body


async def _read(response: aiohttp.ClientResponse, *, url: str, limit: int) -> Answer:
    headers = _headers_of(response)
    if not _is_plain(headers):
        raise _unreachable("encoded")
    if (response.content_length or 0) > limit:
        raise _unreachable("too-large")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise _unreachable("too-large")
    return Answer(status=response.status, url=url, headers=headers, body=bytes(body))


async def _glance_at(response: aiohttp.ClientResponse, *, url: str) -> Answer:
    """Take the status; a body that is short and there already lets the connection serve again."""
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(GLANCE):
            _ = await response.content.read(SHORT)
    return Answer(status=response.status, url=url, headers=_headers_of(response), body=b"")


def _headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    names = {name.lower() for name in response.headers}
    return {name: ", ".join(response.headers.getall(name)) for name in names}


def _is_plain(headers: Mapping[str, str]) -> bool:
    content = headers.get("content-encoding", "identity")
    transfer = headers.get("transfer-encoding", "chunked")
    return content.lower() == "identity" and transfer.lower() == "chunked"


def _next_hop(answer: Answer) -> str:
    try:
        target = urldefrag(urljoin(answer.url, answer.headers.get("location", ""))).url
        if origin(target) == origin(answer.url):
            return target
    except ValueError:
        pass
    raise _unreachable("redirect-refused")


@contextmanager
def _only_unreachable() -> Generator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as error:
        raise _unreachable(_code_of(error)) from error


def _code_of(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "timed-out"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls-failed"
        case aiohttp.ClientConnectorError(os_error=PermissionError()):
            return "address-refused"
        case _:
            return "not-connected"


def _unreachable(code: str) -> Unreachable:
    return Unreachable(code, _SENTENCES[code])
