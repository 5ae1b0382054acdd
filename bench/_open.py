"""Requests that are sent when they are due, whether or not the last ones were answered."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median, quantiles

CONNECTIONS = 64
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
PATIENCE = 30.0
"""Seconds after the last request in which answers still count."""


@dataclass(kw_only=True)
class Outcome:
    """How a stream of requests was answered; a wait begins when the request was due."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list[float])
    answers: Counter[int] = field(default_factory=Counter[int])
    """By status; 0 counts the requests whose connection was lost."""

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return len(self.waits) / self.seconds

    @property
    def half(self) -> float:
        """The wait, in milliseconds, that every other request exceeds."""
        return median(self.waits) * 1e3

    @property
    def p99(self) -> float:
        """The wait, in milliseconds, that one in a hundred exceeds."""
        return quantiles(self.waits, n=100)[-1] * 1e3

    def share(self, status: int) -> float:
        """The part of all requests that was answered with *status*."""
        return self.answers[status] / max(1, self.answers.total())


class _Caller(asyncio.Protocol):
    """One keep-alive connection that brings one request after the other."""

    def __init__(self) -> None:
        self.answer = b""
        self.heard: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP"
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # however it was lost
        self.transport = None
        self._hear(0)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if found and len(body) >= (int(length[1]) if length else 0):
            self._hear(int(head.split(b" ", 2)[1]))

    def _hear(self, status: int) -> None:
        if self.heard is not None and not self.heard.done():
            self.heard.set_result(status)

    async def bring(self, request: bytes, port: int) -> int:
        """Send one request, and give the status of its answer."""
        loop = asyncio.get_running_loop()
        if self.transport is None or self.transport.is_closing():
            await loop.create_connection(lambda: self, "127.0.0.1", port)
        assert self.transport is not None, "connected"
        self.answer, self.heard = b"", loop.create_future()
        self.transport.write(request)
        return await self.heard


async def send_openly(
    requests: Iterable[bytes], *, rate: float, port: int, connections: int = CONNECTIONS
) -> Outcome:
    """Send *requests* at *rate* a second, over as many connections as are free."""
    found, idle = Outcome(), asyncio.LifoQueue[_Caller]()
    for _ in range(connections):
        idle.put_nowait(_Caller())
    under_way = set[asyncio.Task[None]]()
    began = time.perf_counter()
    for number, request in enumerate(requests):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        task = asyncio.create_task(_send(request, due, port, idle, found))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        _, lost = await asyncio.wait(under_way, timeout=PATIENCE)
        for task in lost:
            task.cancel()
        found.answers[0] += len(lost)
    found.seconds = time.perf_counter() - began
    return found


async def _send(
    request: bytes, due: float, port: int, idle: asyncio.LifoQueue[_Caller], found: Outcome
) -> None:
    caller = await idle.get()
    try:
        status = await caller.bring(request, port)
    except OSError:
        status = 0
    finally:
        idle.put_nowait(caller)
    found.answers[status] += 1
    found.waits.append(time.perf_counter() - due)
