"""What the integration tests may ask for."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from gates import House, open_house
from listeners import Listener

from forgefed_gate.store.database import Database


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    """Open a gate with one project, on each engine in turn."""
    async with open_house(tmp_path, database) as opened:
        yield opened


@pytest.fixture
async def listen():
    """Open listeners, and close them afterwards."""
    opened = []

    async def start(speak, *, host="127.0.0.1", tls=None):
        opened.append(Listener(speak, tls=tls))
        await opened[-1].open(host)
        return opened[-1]

    yield start
    for listener in opened:
        await listener.close()
