"""How fast a signed message is taken in, durably, beside the least that a server can do."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare
from _load import Round, machine, send_all, serving, signed_notes, summary

ROUNDS = 5
REQUESTS = 2_000


async def measure(folder: Path) -> dict[str, list[Round]]:
    """Let the two servers take turns with the same requests, in new words every round."""
    bare, gate = free_port(), free_port()
    people_here = _load.actors()
    desk = f"http://127.0.0.1:{gate}/desks/anvil"
    await prepare(folder, gate, people_here)
    found: dict[str, list[Round]] = {"bare": [], "gate": []}
    with serving("bare", str(bare)) as floor, serving("gate", str(gate), str(folder)) as ours:
        for turn in range(ROUNDS + 1):
            notes = signed_notes(people_here, desk, count=REQUESTS)
            one = await send_all(notes, port=bare, pid=floor.pid)
            other = await send_all(notes, port=gate, pid=ours.pid)
            if turn:
                found["bare"].append(one)
                found["gate"].append(other)
    return found


def main() -> None:
    """Measure, and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder)))
    print(summary("bare Starlette route, reads, 202", found["bare"]))
    print(summary("gate: proven, sealed, durable", found["gate"]))
    pairs = [*zip(found["gate"], found["bare"], strict=True)]
    rate = median(ours.rate / floor.rate for ours, floor in pairs)
    cost = median(floor.cost / ours.cost for ours, floor in pairs)
    print(f"ratio {rate:.0%} of the bare route's rate ({cost:.0%} by CPU); the aim is 30 %")
    print(f"{ROUNDS} rounds of {REQUESTS}, 64 connections; {machine()}")


if __name__ == "__main__":
    main()
