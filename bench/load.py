"""R-01: a steady stream of signed messages into a gate at work, for as many seconds as asked."""

import asyncio
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import _load
from _gate import free_port, prepare, started, wait_for
from _load import cpu_seconds, machine, resident_mb, signed_notes
from _open import Outcome, send_openly
from _peer import Peer, peering

RATE = 500
SECONDS = 10
WARM_UP = 500
DRAIN = 60.0
"""Seconds after which we stop watching the queue."""


async def measure(folder: Path, seconds: int, rate: int) -> None:
    """Send what is due each second, and print what became of it."""
    port, theirs = free_port(), free_port()
    people, peer = _load.actors(f"http://127.0.0.1:{theirs}"), Peer()
    await prepare(folder, port, people)
    notes = signed_notes(
        people, f"http://127.0.0.1:{port}/desks/anvil", count=WARM_UP + rate * seconds
    )
    async with peering(peer, ["127.0.0.1"], theirs):
        with started(folder) as process:
            await asyncio.to_thread(wait_for, port)
            await send_openly(notes[:WARM_UP], rate=rate, port=port)
            before, spent = resident_mb(process.pid), cpu_seconds(process.pid)
            found = await send_openly(notes[WARM_UP:], rate=rate, port=port)
            grown = resident_mb(process.pid) - before
            spent = cpu_seconds(process.pid) - spent
            left, drained = await drain(folder / "gate.db")
    report(found, grown, rate)
    print(f"{spent / found.seconds:.0%} of one core; {peer.told} answers delivered in all")
    print(
        f"left to do then: {left} jobs; after {drained:.0f} s more: {waiting(folder / 'gate.db')}"
    )


def report(found: Outcome, grown: float, rate: int) -> None:
    """Print each figure beside its aim."""
    errors = found.answers.total() - found.answers[202]
    print(f"taken          {found.answers[202]:6} at {found.rate:5.0f}/s; the aim is {rate}/s")
    print(f"other answers  {errors:6} {dict(found.answers)}; the aim is 0")
    print(f"wait           p50 {found.half:.1f} ms, p99 {found.p99:.1f} ms; the aims: 25 and 250")
    print(f"memory grown   {grown:6.1f} MB; the aim is 64 MB")
    print(f"ratio {found.p99 / 250:.2f} of the longest wait that we allow (p99)")


def waiting(database: Path) -> int:
    """Count the jobs that are due."""
    now = time.time() * 1e3
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        due = "SELECT COUNT(*) FROM jobs WHERE state <> 'dead' AND run_at <= ?"
        return connection.execute(due, (now,)).fetchone()[0]


async def drain(database: Path) -> tuple[int, float]:
    """Wait until nothing is due any more, and say how much was, and how long that took."""
    left, began = waiting(database), time.perf_counter()
    while waiting(database) and time.perf_counter() - began < DRAIN:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.2)
    return left, time.perf_counter() - began


def main() -> None:
    """Measure in a folder of its own: for so many seconds, at so many a second."""
    given = dict(zip(("seconds", "rate"), map(int, sys.argv[1:]), strict=False))
    seconds, rate = given.get("seconds", SECONDS), given.get("rate", RATE)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), seconds, rate))
    print(f"{seconds} s at {rate}/s; {machine()}")


if __name__ == "__main__":
    main()
