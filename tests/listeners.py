"""Servers that say just what a test tells them, and clients that ask them."""

import asyncio
import re
from contextlib import asynccontextmanager
from ipaddress import ip_network
from itertools import chain, repeat

import pytest

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.net.fetch import Client, introduce
from forgefed_gate.net.guard import Reach

LOOPBACK = Reach(
    allow_http=True, allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128"))
)
AS2 = "https://www.w3.org/ns/activitystreams"


class Listener:
    """A server on loopback that says what it is told, and counts who came."""

    def __init__(self, speak, *, tls=None):
        self._speak = speak
        self._tls = tls
        self._talks = set()
        self.accepted = 0
        self.requests = []

    async def open(self, host):
        self._server = await asyncio.start_server(
            self._serve, host, 0, ssl=self._tls, backlog=1_000
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{host}:{self.port}"

    async def close(self):
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks)
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self.accepted += 1
        self._talks.add(asyncio.current_task())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)\r\ncontent-length: (\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                self.requests.append(head)
                await self._speak(head, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass
        finally:
            writer.transport.abort()


def saying(*answers):
    """Speak these answers in turn, the last one for ever."""
    script = chain(answers, repeat(answers[-1]))

    async def speak(_head, writer):
        writer.write(next(script))

    return speak


def http(body=b"", *headers, status=200, length=None):
    """Write one answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def to(place, status=302):
    """Write one redirect."""
    return http(b"", f"Location: {place}", status=status)


def path_of(head):
    """Read the target out of a request."""
    return head.split(" ", 2)[1]


def header_of(head, name):
    """Read one header out of a request."""
    found = re.findall(rf"(?im)^{name}: (.*)\r$", head)
    return found[0] if found else None


@asynccontextmanager
async def client(reach=LOOPBACK, **settings):
    """Open a client as a test wants it: impatient."""
    given = {"user_agent": introduce("https://gate.test"), "deadline": 2.0, **settings}
    async with Client(reach, **given) as opened:
        yield opened


async def refused(asking):
    """Say with which code something is refused."""
    with pytest.raises(Unreachable) as refusal:
        await asking
    return refusal.value.code


async def end_of(asking):
    """Say how it ends: with a status or a refusal's code."""
    try:
        return (await asking).status
    except Unreachable as refusal:
        return refusal.code
