"""The servers that benchmarks measure: a gate, or the least that says 202 to a body, or 204."""

import asyncio
import socket
import sys
from asyncio import Protocol
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from forgefed_gate.app import open_gate
from forgefed_gate.cli.connections import Connection
from forgefed_gate.cli.running import spare_the_collector
from forgefed_gate.config import read_settings
from forgefed_gate.services import worker
from forgefed_gate.web.asgi import application


async def _take(request: Request) -> Response:
    await request.body()
    return Response(status_code=202)


async def _stand(_: Request) -> Response:
    return Response(status_code=204)


@asynccontextmanager
async def _bare() -> AsyncGenerator[ASGIApp]:
    yield Starlette(
        routes=[
            Route("/desks/{slug}/inbox", _take, methods=["POST"]),
            Route("/teams/{slug}/grants/{token}/live", _stand),
        ]
    )


@asynccontextmanager
async def _gate(folder: Path, *, working: bool) -> AsyncGenerator[ASGIApp]:
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        work = asyncio.create_task(worker.run(gate)) if working else None
        yield application(gate)
        if work:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work


async def _serve(app: ASGIApp, port: int, *, http: type[Protocol] | Literal["httptools"]) -> None:
    config = uvicorn.Config(app, http=http, lifespan="off", access_log=False, log_level="error")
    with socket.create_server(("127.0.0.1", port), backlog=2048) as door:
        print("ready", flush=True)
        await uvicorn.Server(config).serve(sockets=[door])


async def main(kind: str, port: str, folder: str = "") -> None:
    """Serve one *kind* on *port*: `bare`, `gate`, or `gate-and-worker`."""
    if kind == "bare":
        async with _bare() as app:
            await _serve(app, int(port), http="httptools")
    else:
        async with _gate(Path(folder), working=kind != "gate") as app:
            spare_the_collector()
            await _serve(app, int(port), http=Connection)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
        runner.run(main(*sys.argv[1:]))
