"""The stage of the demo: a gate and a village, each a real server on this machine."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from demo.village import Village, Villager
from forgefed_gate.app import open_gate
from forgefed_gate.config import Settings, read_settings, write_example
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.net.fetch import Client, Outbound
from forgefed_gate.net.guard import Reach
from forgefed_gate.services import worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.store.keyfile import write_key_file
from forgefed_gate.web.asgi import application

HERE = "127.0.0.1"
GATE_PORT = 8421
VILLAGE_PORT = 8422
PATIENCE = 15.0
"""Seconds that anything here may take; it takes far less."""

ANVIL = Slug("anvil")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The gate, the village, the one person who lives there, and a way to look from outside."""

    gate: Gate
    village: Village
    bob: Villager
    outside: Outbound

    @property
    def desk(self) -> ActorId:
        """The actor of the gate that Bob writes to."""
        return self.gate.places.desk(ANVIL)

    async def until(self, come_true: Callable[[], bool]) -> None:
        """Wait until what came to the village makes something true, for a moment at most."""
        async with asyncio.timeout(PATIENCE):
            while not come_true():
                self.village.heard.clear()
                await self.village.heard.wait()


class Quiet(uvicorn.Server):
    """A server that leaves Ctrl-C to whoever started it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def set_stage() -> AsyncGenerator[Stage]:
    """Open both servers, with nothing in them yet; all of it is gone afterwards."""
    async with _gate() as gate, _outside() as outside, _village(outside) as village:
        yield Stage(gate=gate, village=village, bob=village.settle("bob"), outside=outside)


@asynccontextmanager
async def _gate() -> AsyncGenerator[Gate]:
    with tempfile.TemporaryDirectory() as folder, _door(GATE_PORT) as door:
        settings = _settings(Path(folder), door.getsockname()[1])
        async with open_gate(settings) as gate, _served(application(gate), door), _at_work(gate):
            yield gate


@asynccontextmanager
async def _village(outside: Outbound) -> AsyncGenerator[Village]:
    with _door(VILLAGE_PORT) as door:
        village = Village(f"http://{HERE}:{door.getsockname()[1]}", outside)
        async with _served(village.app, door):
            yield village


def _outside() -> Client:
    reach = Reach(allow_http=True, allow_networks=(ip_network("127.0.0.0/8"),))
    return Client(reach, user_agent="village/1")


def _settings(folder: Path, port: int) -> Settings:
    file = folder / "gate.toml"
    file.write_text(
        write_example(
            base_url=f"http://{HERE}:{port}", allow_http=True, allow_networks=["127.0.0.0/8"]
        ),
        encoding="utf-8",
    )
    settings = read_settings(file)
    write_key_file(settings.key_file)
    return settings


@contextmanager
def _door(port: int) -> Generator[socket.socket]:
    """Listen on *port*, or on any that is free where somebody is there already."""
    try:
        door = socket.create_server((HERE, port))
    except OSError:
        door = socket.create_server((HERE, 0))
    with door:
        yield door


@asynccontextmanager
async def _served(app: ASGIApp, door: socket.socket) -> AsyncGenerator[None]:
    config = uvicorn.Config(
        app, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _at_work(gate: Gate) -> AsyncGenerator[None]:
    working = asyncio.create_task(worker.run(gate))
    try:
        yield
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
