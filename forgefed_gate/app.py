"""The one place where the parts meet: settings become a gate."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from forgefed_gate.config import Settings
from forgefed_gate.domain.ids import SECOND, Millis
from forgefed_gate.domain.places import Places
from forgefed_gate.net.fetch import Client, Outbound, introduce
from forgefed_gate.net.guard import Reach
from forgefed_gate.services import local
from forgefed_gate.services.crash import Crash
from forgefed_gate.services.gate import Clock, Gate, Memory
from forgefed_gate.store import sqlite
from forgefed_gate.store.database import Database
from forgefed_gate.store.keyfile import read_key_files
from forgefed_gate.store.migrations import migrate
from forgefed_gate.store.seal import Vault


def wall_clock() -> Millis:
    """Tell the time."""
    return Millis(time.time_ns() // (1_000_000_000 // SECOND))


def draw_token() -> str:
    """Draw 128 random bits, written so that URLs, shells and fingers take them as they are."""
    return secrets.token_hex(16)


async def open_database(settings: Settings) -> Database:
    """
    Open the database that the settings name.

    PostgreSQL's driver is loaded only where it is used: most gates are one file, and it
    would cost each of them a sixth of the start and of the memory.
    """
    if settings.on_postgresql:
        postgres = import_module("forgefed_gate.store.postgres")
        return await postgres.open_database(settings.database)
    return await sqlite.open_database(Path(settings.database))


def _client(settings: Settings, memory: Memory) -> Client:
    return Client(
        Reach(allow_http=settings.allow_http, allow_networks=settings.allow_networks),
        user_agent=introduce(settings.base_url),
        may_contact=lambda authority: authority not in memory.blocked,
    )


@asynccontextmanager
async def open_gate(
    settings: Settings,
    *,
    outbound: Outbound | None = None,
    clock: Clock = wall_clock,
    database: Database | None = None,
    crash: Crash | None = None,
) -> AsyncGenerator[Gate]:
    """
    Open a gate: its database migrated, its own actor made, its way out guarded.

    A test brings its own *outbound*, *clock* and *database*; the latter stays open. It may
    also choose where the gate is to *crash*.
    """
    places, memory = Places(base_url=settings.base_url), Memory()
    async with AsyncExitStack() as stack:
        if database is None:
            database = await open_database(settings)
            stack.push_async_callback(database.close)
        if outbound is None:
            outbound = await stack.enter_async_context(_client(settings, memory))
        await migrate(database)
        look = partial(read_key_files, settings.key_file)
        newest, *former = look()
        gate = Gate(
            settings=settings,
            places=places,
            database=database,
            vault=Vault(newest, former=former, look=look),
            outbound=outbound,
            clock=clock,
            token=draw_token,
            memory=memory,
            at_leisure=asyncio.Semaphore(max(1, database.writers // 2)),
            crash=crash or Crash(),
        )
        await local.make_gate(gate)
        yield gate
