"""What every test may ask for."""

from collections.abc import AsyncGenerator
from pathlib import Path

import databases
import pytest
from story import Story, draw_rsa, open_story

from forgefed_gate.protocol import keys
from forgefed_gate.store.database import Database


@pytest.fixture(params=databases.ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Name each engine in turn."""
    return request.param


@pytest.fixture
async def database(engine: str, tmp_path: Path) -> AsyncGenerator[Database]:
    """Open a database with all our tables and nothing in them, on each engine in turn."""
    async with databases.fresh(engine, tmp_path) as database:
        yield database


@pytest.fixture
async def story(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Story]:
    """Open a gate with a village and one villager in reach, on each engine in turn."""
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_story(tmp_path, database) as opened:
        yield opened
