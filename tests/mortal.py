"""Gates in processes of their own, which die as a test wants it and are quick to start again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from forgefed_gate.cli.main import main

LONGEST_LIFE = 600
"""Seconds after which a gate dies that everybody has forgotten."""


@dataclass(frozen=True, kw_only=True)
class Mortal:
    """A gate that serves in a process of its own, and how that ends."""

    pid: int
    status: asyncio.Task[int]

    def kill(self) -> None:
        """End it as a power cut would, whatever it is doing."""
        os.kill(self.pid, signal.SIGKILL)


class Nursery:
    """Starts one gate after the other, from a process that has imported everything already."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def bear(self, config: Path, *, crash_at: str | None = None) -> Mortal:
        """Let a gate serve, which dies at a point where one is given."""
        order = {"config": str(config), "crash_at": crash_at, "log": str(config) + ".log"}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        pid = int(await self._process.stdout.readline())
        return Mortal(pid=pid, status=asyncio.create_task(self._status()))

    async def _status(self) -> int:
        """Say how it ended; 0, which no crash is, where the nursery closed before it did."""
        return int(await self._process.stdout.readline() or b"0")


@asynccontextmanager
async def nursery() -> AsyncGenerator[Nursery]:
    """Open a nursery; whoever still lives when it closes is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Nursery(process)
    finally:
        process.terminate()
        await process.wait()


def _keep() -> None:
    """Start a gate for every order that comes in, and say its process and then its end."""
    import_module("forgefed_gate.store.postgres")
    for order in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(**json.loads(order))
        signal.signal(signal.SIGTERM, lambda *_, child=pid: _end_with(child))
        print(pid, flush=True)  # noqa: T201 - it is how we speak
        _, status = os.waitpid(pid, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - as above


def _end_with(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os._exit(1)


def _live(*, config: str, crash_at: str | None, log: str) -> None:
    nothing, written = os.open(os.devnull, os.O_RDWR), os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream, file in enumerate((nothing, nothing, written)):
        os.dup2(file, stream)
    os.lseek(2, 0, os.SEEK_END)
    if crash_at is not None:
        os.environ["GATE_CRASH_AT"] = crash_at
    signal.alarm(LONGEST_LIFE)
    os._exit(main(["serve", "--config", config]))


if __name__ == "__main__":
    _keep()
