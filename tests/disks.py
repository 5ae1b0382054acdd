"""A database whose commits a test counts, holds back or lets fail."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from forgefed_gate.store.database import Database, Transaction


class Disk:
    """The database of a gate, with a test in between."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.commits = 0
        self.broken: Exception | None = None
        self.held = asyncio.Event()
        self.held.set()

    def __getattr__(self, name: str):
        return getattr(self.inner, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        async with self.inner.transaction() as tx:
            yield tx
            await self.held.wait()
            if self.broken:
                raise self.broken
        self.commits += 1

    async def write(self, work):
        async with self.transaction() as tx:
            return await work(tx)
