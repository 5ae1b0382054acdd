"""Whole requests, brought to a whole gate: it answers in words that we know, and never breaks."""

import asyncio
import re
import sqlite3
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

import databases
from deliveries import PRIVATE
from gates import NOON, House, open_house
from senders import ACTIVITY_JSON, Sender, activity, app, outcome, person, send, settle, write

from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.httpsig import Dialect, sign
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.services import access
from fuzz import requests
from fuzz.judge import spread
from fuzz.requests import Written

BASE = "https://gate.example"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a folder of our own in it
INBOX = "/desks/anvil/inbox"
TAKEN = {202}
REFUSED = {400, 401, 403, 404, 405, 409, 413, 414, 415, 421, 429, 431}
READ = {200, 206, 303, 304, 410, 416, 422}
MANY = 10**9
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_METHOD = re.compile(r"[A-Z]{1,12}")
_AN_INBOX = re.compile(r"/[^?]*/inbox(?:\?.*)?")
_NO_TARGET = re.compile(r"[^!-~]")
_NEVER = str.maketrans("", "", "\r\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A gate that is put back as it was after every case that changed something."""

    house: House
    bob: Sender
    fills: dict[str, str]
    before: sqlite3.Connection

    @classmethod
    async def opened(cls, stack: AsyncExitStack) -> Self:
        """Open a gate that knows one person, who has knocked, and a session of the operator."""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=MEMORY)))
        database = await stack.enter_async_context(databases.fresh("sqlite", folder))
        many = {"messages_per_minute": MANY, "messages_per_minute_host": MANY}
        house = await stack.enter_async_context(
            open_house(folder, database, **many, knocks_per_hour=MANY, knocks_per_hour_host=MANY)
        )
        bob = person(settle(house), private=PRIVATE["ed25519"])
        assert outcome(await send(house, bob, activity(bob))) == (202, "")
        await write(house, bob)
        link = await access.make_link(house.gate, OPERATOR)
        target = link.removeprefix(BASE)
        _, headers, _ = await _ask(house, "POST", target, {"host": "gate.example"}.items(), b"")
        cookie = headers["set-cookie"].partition(";")[0]
        asking = {"host": "gate.example", "cookie": cookie}.items()
        _, _, page = await _ask(house, "GET", "/console", asking, b"")
        [token, *_] = re.findall(rb'name="csrf" value="([^"]+)"', page)
        async with database.snapshot() as tx:
            [thread] = await tx.rows("SELECT id FROM threads")
        fills = {"SESSION": cookie, "TOKEN": token.decode(), "THREAD": str(thread["id"])}
        before = sqlite3.connect(":memory:", check_same_thread=False)
        stack.callback(before.close)
        await database._writer.do(lambda writer: writer.backup(before))
        return cls(house=house, bob=bob, fills=fills, before=before)

    async def deliver(self, written: Written) -> None:
        """Bring an activity that bob signed, with the headers that the case changes."""
        written = _let_through(written)
        target = written.target if _AN_INBOX.fullmatch(written.target) else INBOX
        body, said = spread(written.body), dict(written.lines)
        dialect = Dialect.RFC9421 if "x-rfc9421" in said else Dialect.CAVAGE
        signed = _signed(written.method, target, body, key=self.bob.key, dialect=dialect)
        headers = [line for line in signed if line[0] not in said] + list(written.lines)
        changes = await self._changes()
        status, _, answer = await _ask(self.house, written.method, target, headers, body)
        known = status in TAKEN | REFUSED or (status == 503 and b'"key-unavailable"' in answer)
        assert known, f"{status} {answer[:300]!r}"
        if await self._changes() != changes:
            await self.house.work()
            assert await self.house.rows("jobs") == 0, "something waits that nobody can do"
            await self._put_back()
        self._forget()

    async def visit(self, written: Written) -> None:
        """Bring any request at all; what stands for a session or a thread is filled in."""
        written = _let_through(written)
        said = [line for line in written.lines if line[0] != "host"]
        lines = [(name, self._filled(value)) for name, value in said]
        lines.append(("host", dict(written.lines).get("host", "gate.example")))
        body = self._filled(spread(written.body).decode("latin-1")).encode("latin-1")
        target = self._filled(written.target)
        changes = await self._changes()
        status, _, answer = await _ask(self.house, written.method, target, lines, body)
        assert status in READ | TAKEN | REFUSED, f"{status} {answer[:300]!r}"
        if await self._changes() != changes:
            await self.house.work()
            await self._put_back()
        self._forget()

    def _filled(self, text: str) -> str:
        for name, value in self.fills.items():
            text = text.replace(name, value)
        return text

    async def _changes(self) -> int:
        return await self.house.gate.database._writer.do(lambda writer: writer.total_changes)

    async def _put_back(self) -> None:
        await self.house.gate.database._writer.do(self.before.backup)

    def _forget(self) -> None:
        memory = self.house.gate.memory
        memory.spent.clear()
        for key in [key for key in memory.keys if key != self.bob.key.id]:
            del memory.keys[key]
        self.house.wire.log.clear()
        self.house.wire.bodies.clear()
        self.bob.peer.told.clear()
        self.bob.peer.asked.clear()


def _let_through(written: Written) -> Written:
    """Leave out what no HTTP server lets through to an application."""
    return replace(
        written,
        method=written.method if _METHOD.fullmatch(written.method) else "POST",
        target=_NO_TARGET.sub("", written.target),
        lines=tuple(
            (name, value.strip(" \t").translate(_NEVER))
            for name, value in written.lines
            if _TOKEN.fullmatch(name)
        ),
    )


def _signed(
    method: str, target: str, body: bytes, *, key: SigningKey, dialect: Dialect
) -> list[tuple[str, str]]:
    now = Millis(NOON)
    made = sign(method, BASE + target, body=body, key=key, now=now, dialect=dialect)
    headers = {"Host": "gate.example", "Content-Type": ACTIVITY_JSON, **made}
    return [(name.lower(), value) for name, value in headers.items()]


async def _ask(
    house: House, method: str, target: str, headers: Any, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Do what a server does for a request that it lets through."""
    path, _, query = target.encode("ascii").partition(b"?")
    path = path if path.startswith(b"/") else b"/" + path
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "server": ("127.0.0.1", 8420),
        "client": ("127.0.0.1", 50_000),
        "root_path": "",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }
    bodies, answers = [{"type": "http.request", "body": body}], []

    async def receive() -> dict[str, Any]:
        return bodies.pop() if bodies else {"type": "http.disconnect"}

    async def keep(message: dict[str, Any]) -> None:
        answers.append(message)

    await app(house)(scope, receive, keep)
    [start, *parts] = answers
    said = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], said, b"".join(part.get("body", b"") for part in parts)


class Entrance:
    """The one door of a process, opened when it is first asked for."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None

    def inbox(self, data: bytes) -> None:
        """Take in whatever somebody we know may send."""
        loop, door = self._opened()
        loop.run_until_complete(door.deliver(requests.read(data)))

    def visit(self, data: bytes) -> None:
        """Answer whatever a browser, or something that is none, may ask."""
        loop, door = self._opened()
        loop.run_until_complete(door.visit(requests.read(data)))

    def close(self) -> None:
        """Close the door, whose database would keep the process alive."""
        if self._loop is not None:
            self._loop.run_until_complete(self._stack.aclose())
            self._loop.close()
            self._loop = self._door = None

    def _opened(self) -> tuple[asyncio.AbstractEventLoop, Door]:
        if self._loop is None or self._door is None:
            self._loop = asyncio.new_event_loop()
            self._door = self._loop.run_until_complete(Door.opened(self._stack))
        return self._loop, self._door


ENTRANCE = Entrance()
