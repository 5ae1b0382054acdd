"""A server of ours on a real socket, in a thread of its own, and what clumsy clients do to it."""

import asyncio
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from forgefed_gate.cli.connections import Connection

PATIENCE = 5.0
"""Seconds after which something that should have happened long ago did not."""

GET = b"GET / HTTP/1.1\r\nHost: gate.example\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: gate.example\r\nContent-Length: 100000\r\n\r\n"


class Hasty(Connection):
    """A connection that waits for nobody for long."""

    head_seconds = body_seconds = answer_seconds = 0.3


@dataclass
class Door:
    """A server that runs, and what its application was asked."""

    port: int
    server: uvicorn.Server
    asked: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def knock(self, said: bytes = b"", *, hears: int | None = None) -> socket.socket:
        """Connect and say something; *hears* makes the ears of the client small."""
        caller = socket.socket()
        if hears is not None:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, hears)
        caller.settimeout(PATIENCE)
        caller.connect(("127.0.0.1", self.port))
        caller.sendall(said)
        return caller

    def is_deserted(self) -> bool:
        """Say whether nobody is connected any more."""
        return not self.server.server_state.connections


@contextmanager
def serving(
    loop: str, *, http: type[Connection] = Hasty, pause: float = 0.3, most: int = 512
) -> Generator[Door]:
    """Serve a small application as a gate is served, on a loop of one kind."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        lambda *asgi: _answer(door, *asgi),
        interface="asgi3",
        http=http,
        loop=loop,
        ws="none",
        lifespan="off",
        log_config=None,
        limit_concurrency=most,
        timeout_keep_alive=pause,  # type: ignore[arg-type] - whole seconds are too long for a test
        timeout_graceful_shutdown=1,
    )
    door = Door(port=listening.getsockname()[1], server=uvicorn.Server(config))
    thread = threading.Thread(target=_run, args=(config, door, listening))
    thread.start()
    try:
        yield door
    finally:
        door.server.should_exit = True
        thread.join(PATIENCE)


def _run(config: uvicorn.Config, door: Door, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(door.server.serve(sockets=[listening]))


async def _answer(door: Door, scope, receive, send) -> None:
    path = scope["path"]
    door.asked.append(path)
    size, more = 0, True
    while more and path != "/unread":
        message = await receive()
        if message["type"] == "http.disconnect":
            door.ended.append(path)
            return
        size, more = size + len(message["body"]), message["more_body"]
    if path == "/slowly":
        await asyncio.sleep(1)
    body = b"x" * 8_000_000 if path == "/large" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    door.ended.append(path)


def heard(caller: socket.socket, *, pause: float = 0.0) -> bytes:
    """Listen until the other end hangs up, with a *pause* after each piece."""
    said = b""
    try:
        while piece := caller.recv(65_536):
            said += piece
            time.sleep(pause)
    except ConnectionResetError:
        pass
    return said


def answered(caller: socket.socket, ending: bytes) -> bytes:
    """Listen until an answer ends as it should."""
    said = b""
    while not said.endswith(ending):
        piece = caller.recv(65_536)
        assert piece, said
        said += piece
    return said


def status(said: bytes) -> int:
    """Read the number of the first answer; 0 for none."""
    return int(said.split(b" ", 2)[1]) if said else 0


def trickle(caller: socket.socket, pieces: Iterator[bytes]) -> bytes:
    """Send a piece every few milliseconds until the other end hangs up, and give what it said."""
    ends = time.monotonic() + PATIENCE
    caller.settimeout(0.02)
    for piece in pieces:
        assert time.monotonic() < ends, "it listened for ever"
        try:
            caller.sendall(piece)
            said = caller.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            return b""
        return said
    raise AssertionError("there was no more to send")


def until(condition) -> None:
    """Wait for something that happens in the other thread."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)
