"""How long a delivery to a server that answers takes while five of twenty servers hang."""

import asyncio
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

from _gate import free_port, prepare
from _load import machine
from _peers import Peers
from recovery import put

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.services import worker
from forgefed_gate.services.gate import Gate

SERVERS = 20
HANGING = 5
ROUNDS = 40
PAUSE = 0.25
"""Seconds between two rounds, in each of which every server is written to once."""


async def waits(folder: Path, peers: Peers) -> list[float]:
    """Write to everybody round by round, and say how long each server that answers waited."""
    sent = dict[str, float]()
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        work = asyncio.create_task(worker.run(gate))
        for number in range(ROUNDS):
            await _round(gate, peers, number, sent)
            await asyncio.sleep(PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(peers.done.wait(), 30)
        _ = work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    return [peers.came[path] - moment for path, moment in sent.items() if path in peers.came]


async def _round(gate: Gate, peers: Peers, number: int, sent: dict[str, float]) -> None:
    inboxes = [peers.inbox(server, number * SERVERS + server) for server in range(SERVERS)]
    await put(gate, inboxes)
    gate.work.set()
    for inbox in inboxes[HANGING:]:
        sent["/" + inbox.split("/", 3)[3]] = time.perf_counter()


async def measure(hanging: int) -> float:
    """Print how long it took with so many servers hanging, and give the 99th percentile."""
    expected = ROUNDS * (SERVERS - HANGING)
    with tempfile.TemporaryDirectory() as name:
        await prepare(Path(name), free_port(), [])
        peers = Peers(count=SERVERS, hanging={*range(hanging)}, expected=expected)
        async with peers.open():
            took = await waits(Path(name), peers)
    p99 = quantiles(took, n=100)[-1] * 1e3
    print(
        f"{hanging} of {SERVERS} hang: {len(took)} of {expected} arrived, after"
        f" {median(took) * 1e3:.0f} ms, p99 {p99:.0f} ms; the aim is 2,000 ms"
    )
    return p99


def main() -> None:
    """Measure with and without."""
    without, beside = asyncio.run(measure(0)), asyncio.run(measure(HANGING))
    print(f"ratio {beside / without:.2f} of p99")
    print(machine())


if __name__ == "__main__":
    main()
