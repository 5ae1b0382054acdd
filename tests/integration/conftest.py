"""What the integration tests may ask for."""

import pytest
from listeners import Listener


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
