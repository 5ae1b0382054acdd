"""How soon a gate answers after its start, and how much memory it keeps, idle and busy."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare, started, wait_for
from _load import cpu_seconds, machine, resident_mb, send_all, signed_notes

STARTS = 7
REQUESTS = 5_000
IDLE_FOR = 2.0
"""Seconds after which a gate that nobody talks to has settled."""


def first_answer(folder: Path, port: int) -> tuple[float, float]:
    """Start a gate, and say how many milliseconds, and of CPU, it takes until it answers."""
    began = time.perf_counter()
    with started(folder) as process:
        wait_for(port)
        return (time.perf_counter() - began) * 1e3, cpu_seconds(process.pid) * 1e3


def main() -> None:
    """Measure, and print each beside its aim."""
    port, people = free_port(), _load.actors()
    desk = f"http://127.0.0.1:{port}/desks/anvil"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(prepare(folder, port, people))
        starts = [first_answer(folder, port) for _ in range(STARTS)]
        with started(folder) as process:
            wait_for(port)
            time.sleep(IDLE_FOR)
            idle = resident_mb(process.pid)
            notes = signed_notes(people, desk, count=REQUESTS)
            _ = asyncio.run(send_all(notes, port=port, pid=process.pid))
            busy = resident_mb(process.pid)
    waited, worked = (median(each) for each in zip(*starts, strict=True))
    print(
        f"cold start to first answer {waited:5.0f} ms ({worked:.0f} ms of CPU); the aim is 600 ms"
    )
    print(f"resident, idle             {idle:5.0f} MB; the aim is 80 MB")
    print(f"resident, after a rush     {busy:5.0f} MB; the aim is 150 MB ({REQUESTS} messages)")
    print(f"ratio {waited / 600:.2f} in time; {idle / 80:.2f} and {busy / 150:.2f} in memory")
    print(machine())


if __name__ == "__main__":
    main()
