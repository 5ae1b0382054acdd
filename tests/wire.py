"""The network of a test: gates and peers in one process, each under its own name."""

from collections.abc import Mapping

import httpx2
from starlette.types import ASGIApp

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import authority_of
from forgefed_gate.net.fetch import Answer, Sign


class Wire:
    """An `Outbound` that leads to applications in this process, and keeps what passed."""

    def __init__(self) -> None:
        self.apps: dict[str, ASGIApp] = {}
        self.log: list[tuple[str, str]] = []
        self.bodies: list[tuple[str, bytes]] = []

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """Ask one of the applications."""
        return await self._ask("GET", url, {**headers, **(sign(url) if sign else {})}, b"")

    async def head(self, url: str) -> int:
        """Ask one of the applications how something stands."""
        return (await self._ask("HEAD", url, {}, b"")).status

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring something to one of the applications."""
        return await self._ask("POST", url, headers, body)

    async def change(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Ask one of the applications to change something."""
        return await self._ask(method, url, headers, body)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.log.append((method, url))
        self.bodies.append((url, body))
        app = self.apps.get(authority_of(url))
        if app is None:
            raise Unreachable("not-connected", "Nobody lives there.")
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport) as client:
            answer = await client.request(method, url, headers=dict(headers), content=body)
        return Answer(
            status=answer.status_code,
            url=url,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=answer.content,
        )
