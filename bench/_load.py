"""What the benchmarks share: signed requests, many connections, and a server of its own."""

import asyncio
import json
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles

from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.protocol import httpsig, keys
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.terms import ACTIVITY_JSON, AS2

HERE = Path(__file__).parent
CONNECTIONS = 64
ACTORS = 30
WORDS = "I have read the parser for two weeks and would like to tell you what I found. " * 12


@dataclass(kw_only=True)
class Round:
    """What one round of requests took."""

    seconds: float = 0.0
    server_seconds: float = 0.0
    waits: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        """Requests answered a second."""
        return len(self.waits) / self.seconds

    @property
    def cost(self) -> float:
        """Server CPU for one request, in microseconds."""
        return self.server_seconds / len(self.waits) * 1e6

    @property
    def p99(self) -> float:
        """The wait, in milliseconds, that one in a hundred exceeds."""
        return quantiles(self.waits, n=100)[-1] * 1e3


def now() -> Millis:
    """Tell the time."""
    return Millis(time.time_ns() // 1_000_000)


def actors(base: str = "https://peer{}.example") -> list[SigningKey]:
    """Draw the keys of some people, on ten servers if *base* leaves room for their number."""
    names = [ActorId(f"{base.format(n % 10)}/users/u{n}") for n in range(ACTORS)]
    return [
        SigningKey(id=KeyId(f"{name}#main-key"), owner=name, private=keys.new_rsa())
        for name in names
    ]


def private_note(who: ActorId, desk: str) -> bytes:
    """Write a private mention of about 2 KB, as Mastodon does."""
    note = f"{who}/statuses/{secrets.token_hex(8)}"
    document = {
        "@context": [AS2, {"ostatus": "http://ostatus.org#", "sensitive": "as:sensitive"}],
        "id": f"{note}/activity",
        "type": "Create",
        "actor": who,
        "published": "2026-11-22T12:00:00Z",
        "to": [desk],
        "cc": [],
        "object": {
            "id": note,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": "2026-11-22T12:00:00Z",
            "url": note,
            "attributedTo": who,
            "to": [desk],
            "cc": [],
            "sensitive": False,
            "conversation": f"tag:{note}",
            "content": f"<p>{WORDS}</p>",
            "attachment": [],
            "tag": [{"type": "Mention", "href": desk, "name": "@anvil"}],
        },
    }
    return json.dumps(document).encode()


def signed_post(key: SigningKey, inbox: str, body: bytes) -> bytes:
    """Write a whole signed request, ready to be sent."""
    headers = httpsig.sign(
        "POST", inbox, body=body, key=key, now=now(), dialect=Dialect.CAVAGE
    ) | {"Content-Type": ACTIVITY_JSON, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    path = inbox.partition("://")[2].partition("/")[2]
    return f"POST /{path} HTTP/1.1\r\n{head}\r\n".encode() + body


def signed_notes(people: Sequence[SigningKey], desk: str, *, count: int) -> list[bytes]:
    """Sign *count* different notes to the inbox of *desk*."""
    return [
        signed_post(key, f"{desk}/inbox", private_note(key.owner, desk))
        for key in (people[n % len(people)] for n in range(count))
    ]


class _Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request when the last is answered."""

    def __init__(self, requests: Iterator[bytes], waits: list[float], status: int) -> None:
        self.requests, self.waits = requests, waits
        self.begins = f"HTTP/1.1 {status} ".encode()
        self.answer, self.sent_at = b"", 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP"
        self.transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if b"\r\n\r\n" in self.answer:
            if not self.answer.startswith(self.begins):
                self.done.set_exception(AssertionError(self.answer.decode("latin-1")))
                return
            self.waits.append(time.perf_counter() - self.sent_at)
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.done.set_result(None)
            self.transport.close()
            return
        self.answer, self.sent_at = b"", time.perf_counter()
        self.transport.write(request)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a server process listens, and which process it is."""

    port: int
    pid: int


async def send_all(requests: Sequence[bytes], *, port: int, pid: int) -> Round:
    """Send every request over 64 connections; each must be taken."""
    return await send_over(requests, [Door(port=port, pid=pid)])


async def send_over(
    requests: Sequence[bytes], doors: Sequence[Door], *, status: int = 202
) -> Round:
    """Send every request over 64 connections, spread over *doors*; each must be taken."""
    found, left = Round(), iter(requests)
    loop = asyncio.get_running_loop()
    before, began = _cpu_of(doors), time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: _Connection(left, found.waits, status), "127.0.0.1", door.port
        )
        for door in islice(cycle(doors), CONNECTIONS)
    ]
    await asyncio.gather(*(connection.done for _, connection in opened))
    found.seconds = time.perf_counter() - began
    found.server_seconds = _cpu_of(doors) - before
    return found


def _cpu_of(doors: Sequence[Door]) -> float:
    return sum(cpu_seconds(door.pid) for door in doors)


@contextmanager
def serving(*arguments: str) -> Generator[subprocess.Popen[bytes]]:
    """Run one of our servers in a process of its own."""
    with running(sys.executable, str(HERE / "_server.py"), *arguments) as process:
        yield process


@contextmanager
def running(*command: str) -> Generator[subprocess.Popen[bytes]]:
    """Run a server that says `ready` when it is."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None, "asked for"
        assert process.stdout.readline() == b"ready\n", f"{command} did not start"
        yield process
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    """Say how much CPU time a process has used, all its threads together (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Say how much memory a process keeps resident, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def summary(name: str, rounds: Sequence[Round]) -> str:
    """Put the medians of some rounds in one line."""
    rate, cost = median(each.rate for each in rounds), median(each.cost for each in rounds)
    half = median(median(each.waits) * 1e3 for each in rounds)
    p99 = median(each.p99 for each in rounds)
    return (
        f"{name:32} {rate:8,.0f}/s {cost:7.0f} µs of CPU each;"
        f" p50 {half:5.1f} ms, p99 {p99:5.1f} ms"
    )


def machine() -> str:
    """Describe where this was measured."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
