"""One house for all that is refused at its door: none of it may leave a trace."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from databases import ENGINES
from gates import House
from senders import acquainted, one_for_all


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ENGINES)
async def house(request, tmp_path_factory) -> AsyncGenerator[House]:
    async with one_for_all(request.param, tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(house):
    return await acquainted(house)
