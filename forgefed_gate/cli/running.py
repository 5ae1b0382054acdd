"""A gate at work: the server and the worker in one loop, until somebody says stop."""

import asyncio
import gc
import json
import os
import signal
import socket
from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from forgefed_gate.app import open_gate
from forgefed_gate.cli import logs
from forgefed_gate.cli.connections import Connection
from forgefed_gate.cli.verbs import Answer, Verb, command, settings_for
from forgefed_gate.config import Settings
from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.frontdoor import Json
from forgefed_gate.services import access, crash, public, worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.web.asgi import application

AT_ONCE = 512
"""How many connections are served at once; whoever comes then is asked to come again."""

WAITING_AT_THE_DOOR = 2048
IDLE_SECONDS = 5
GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """A server that stops when it is told to, and leaves the rest to be closed after it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take SIGINT and SIGTERM as a wish to finish, and pass them on to nobody."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(asked: Namespace) -> Answer:
    """Serve until told to stop, then finish what was begun."""
    settings = settings_for(asked)
    logs.set_up()
    with _listening(settings) as door, asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings, asked, door))
    return Answer(document=None, lines=())


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server(
            (settings.host, settings.port), family=family, backlog=WAITING_AT_THE_DOOR
        )
    except OSError as error:
        raise Conflict(
            "address-in-use",
            f"The gate cannot listen at {settings.host}, port {settings.port}: {error.strerror}."
            " If another one is running there, stop it or choose another port.",
        ) from None


async def _serve(settings: Settings, asked: Namespace, door: socket.socket) -> None:
    dies = crash.read(os.environ.get("GATE_CRASH_AT"))
    async with open_gate(settings, crash=dies) as gate, asyncio.TaskGroup() as group:
        working = group.create_task(worker.run(gate))
        await _greet(gate, asked)
        spare_the_collector()
        await Server(_config(gate)).serve(sockets=[door])
        working.cancel()


def spare_the_collector() -> None:
    """Keep Python from looking for garbage among what the start made, and from looking often."""
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def _config(gate: Gate) -> uvicorn.Config:
    return uvicorn.Config(
        application(gate),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(gate.settings.trusted_proxies),
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def _greet(gate: Gate, asked: Namespace) -> None:
    """Say where the gate is, what to do next, and how the operator gets in."""
    link = await access.make_link(gate, OPERATOR)
    steps = [] if await public.count_projects(gate) else _first_steps(command(asked))
    if asked.json:
        document: dict[str, Json] = {
            "base_url": gate.places.base_url,
            "listens": f"{gate.settings.host}:{gate.settings.port}",
            "signin_link": link,
        }
        print(json.dumps(document), flush=True)
        return
    minutes = access.LINK_LASTS // MINUTE
    lines = [
        f"The gate is open: {gate.places.base_url}",
        *steps,
        f"The console, once and within {minutes} minutes: {link}",
        f"Another link later: {command(asked)} signin-link operator",
    ]
    print("\n".join(lines), flush=True)


def _first_steps(me: str) -> list[str]:
    return [
        "What to do next, in another terminal:",
        f"  {me} project add SLUG --name NAME",
        f"  {me} maintainer add SLUG @you@your.server --role owner",
    ]


VERBS = (
    Verb(
        words="serve",
        does="Serve the gate and do its work, until stopped with Ctrl-C or SIGTERM.",
        example="--config data/gate.toml serve",
        run=serve,
    ),
)
