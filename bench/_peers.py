"""Servers elsewhere, for the benchmarks: each at an address of its own, some of which hang."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

DELAY = 0.05
"""Seconds that a server takes to answer, as one far away does."""

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass(kw_only=True)
class Peers:
    """Servers on addresses of their own, who count what is brought to them."""

    count: int
    hanging: AbstractSet[int]
    expected: int
    done: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    first: float = 0.0
    last: float = 0.0
    came: dict[str, float] = field(default_factory=dict[str, float])
    """When something came to each inbox, by its path."""

    asked: Counter[int] = field(default_factory=Counter[int])
    answered: int = 0
    at_once: Counter[int] = field(default_factory=Counter[int])
    most: int = 0
    most_at_one: int = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Open the doors of all, on one port."""
        doors = list[asyncio.Server]()
        for number in range(self.count):
            door = await asyncio.start_server(self._door(number), _address(number), self.port)
            self.port = self.port or door.sockets[0].getsockname()[1]
            doors.append(door)
        yield
        for door in doors:
            door.close()

    def inbox(self, server: int, user: int) -> str:
        """Name the inbox of somebody."""
        return f"http://{_address(server)}:{self.port}/users/{user}/inbox"

    def _door(
        self, number: int
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    self.came[head.split(b" ", 2)[1].decode()] = time.perf_counter()
                    found = LENGTH.search(head)
                    await reader.readexactly(int(found[1]) if found else 0)
                    await self._answer(number, reader, writer)
            except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
                writer.close()

        return serve

    async def _answer(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.first = self.first or time.perf_counter()
        self.asked[number] += 1
        self.at_once[number] += 1
        self.most = max(self.most, self.at_once.total())
        self.most_at_one = max(self.most_at_one, self.at_once[number])
        try:
            if number in self.hanging:
                await reader.read()  # until the gate has had enough
                raise ConnectionError
            await asyncio.sleep(DELAY)
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            self.answered += 1
            if self.answered == self.expected:
                self.done.set()
            self.last = time.perf_counter()
        finally:
            self.at_once[number] -= 1


def _address(number: int) -> str:
    return f"127.0.1.{number + 1}"
