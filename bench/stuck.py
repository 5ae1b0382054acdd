"""R-10: what 400 sockets that only stand there cost the others, and when they are gone."""

import asyncio
import socket
import sys
import tempfile
import time
from pathlib import Path

import _load
from _gate import free_port, prepare, started, wait_for
from _load import machine, signed_notes
from _open import Outcome, send_openly

RATE = 20
STUCK = 400
UNREAD = 4
LONGEST = 20.0
"""Seconds after which none of them may be open any more."""

HALF_HEAD = b"POST /desks/anvil/inbox HTTP/1.1\r\nHost: "
HALF_BODY = (
    b"POST /desks/anvil/inbox HTTP/1.1\r\nHost: %b\r\nContent-Type: application/activity+json\r\n"
    b"Content-Length: 2000\r\n\r\n{"
)
NEVER_READ = b"GET /static/gate.css HTTP/1.1\r\nHost: %b\r\n\r\n"


def stuck(port: int) -> list[socket.socket]:
    """Open sockets that say nothing, half a head, half a body, or never listen to the answer."""
    host = f"127.0.0.1:{port}".encode()
    quarter = (STUCK - UNREAD) // 4
    kinds = [(b"", 2 * quarter), (HALF_HEAD, quarter), (HALF_BODY % host, quarter)]
    said = [each for each, count in kinds for _ in range(count)]
    said += [NEVER_READ % host * 200] * (STUCK - len(said))
    return [opened(port, each) for each in said]


def opened(port: int, said: bytes) -> socket.socket:
    """Open one socket with small ears."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    found.connect(("127.0.0.1", port))
    found.setblocking(False)
    found.send(said)
    return found


def open_files(pid: int) -> int:
    """Count what a process has open, its sockets among them (Linux)."""
    return len([*Path(f"/proc/{pid}/fd").iterdir()])


async def deserted(pid: int, *, before: int, since: float) -> float:
    """Wait until a server has let go of every stuck socket, and say for how many seconds."""
    while open_files(pid) > before + _load.CONNECTIONS:
        await asyncio.sleep(0.1)
        if time.perf_counter() - since > 3 * LONGEST:
            return float("inf")
    return time.perf_counter() - since


async def measure(folder: Path) -> None:
    """Let the stuck and the lively come at once, and print what became of both."""
    port, people = free_port(), _load.actors()
    await prepare(folder, port, people)
    desk = f"http://127.0.0.1:{port}/desks/anvil"
    notes = signed_notes(people, desk, count=int(RATE * LONGEST))
    with started(folder) as process:
        await asyncio.to_thread(wait_for, port)
        before, since = open_files(process.pid), time.perf_counter()
        sockets = await asyncio.to_thread(stuck, port)
        most = open_files(process.pid) - before
        gone = asyncio.create_task(deserted(process.pid, before=before, since=since))
        served = await send_openly(notes, rate=RATE, port=port)
        report(served, most, await gone)
        for each in sockets:
            each.close()


def report(served: Outcome, most: int, seconds: float) -> None:
    """Print each figure beside its aim."""
    print(f"stuck sockets    {STUCK:6}, {most} of them held at once")
    print(f"normal requests  {served.share(202):6.1%} served of {RATE}/s")
    print(f"… wait           p50 {served.half:.0f} ms, p99 {served.p99:.0f} ms; the aim: 250")
    print(f"all closed after {seconds:6.1f} s; the aim is {LONGEST:.0f} s")
    print(f"ratio {served.p99 / 250:.2f} of the longest wait that we allow (p99)")


def main() -> None:
    """Measure in a folder of its own."""
    if len(sys.argv) > 1:
        sys.exit("It takes nothing but twenty seconds.")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
    print(machine())


if __name__ == "__main__":
    main()
