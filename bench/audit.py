"""What an entry in the audit log costs, beside the bare row of the record that it comes with."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.ids import Slug
from forgefed_gate.services import audit, auditor, checkpoints
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import record
from forgefed_gate.store.database import Transaction

ROUNDS = 7
TIMES = 500
PEOPLE = 30

Write = Callable[[Gate, Transaction, Deed], Awaitable[None]]


def deed(number: int) -> Deed:
    """Make what one of thirty people did."""
    person = f"https://peer.example/users/{number % PEOPLE}"
    return Deed(
        project=Slug("anvil"),
        principal=person,
        role=audit.OUTSIDE,
        act="Message",
        subject=f"{person}/notes/{number}",
        at=_load.now(),
    )


async def bare(gate: Gate, tx: Transaction, done: Deed) -> None:
    """Write the row of the record alone."""
    await record.add(
        tx,
        gate.token(),
        project=done.project,
        principal=done.principal,
        act=done.act,
        subject=done.subject,
        verdict=done.verdict,
        reason=done.reason,
        now=done.at,
    )


async def a_second(gate: Gate, write: Write) -> float:
    """Write many, all in one transaction, and give how many that is a second."""
    began = time.perf_counter()
    async with gate.database.transaction() as tx:
        for number in range(TIMES):
            await write(gate, tx, deed(number))
    return TIMES / (time.perf_counter() - began)


async def measure(folder: Path) -> None:
    """Take turns, then let the worker's part be done, and all of it be verified."""
    await prepare(folder, free_port(), [])
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        _ = await a_second(gate, audit.write_down)
        pairs = [
            (await a_second(gate, audit.write_down), await a_second(gate, bare))
            for _ in range(ROUNDS)
        ]
        ours, floor = (median(each) for each in zip(*pairs, strict=True))
        ratio = median(floor / mine for mine, floor in pairs)
        print(f"record and entry   {ours:7.0f}/s, {1e6 / ours:5.0f} µs each")
        print(f"the bare record    {floor:7.0f}/s, {1e6 / floor:5.0f} µs each: ratio {ratio:.2f}")
        began = time.perf_counter()
        made = await checkpoints.step(gate)
        took = time.perf_counter() - began
        assert made is not None, "there are entries"
        print(
            f"into the tree      {made.size / took:7.0f}/s, {took * 1e6 / made.size:5.0f} µs each"
        )
        began = time.perf_counter()
        assert (await auditor.verify(gate)).finding is None
        took = time.perf_counter() - began
        print(f"verified           {made.size / took:7.0f}/s")


def main() -> None:
    """Measure on SQLite; each transaction is on disk, and holds 500."""
    folder = Path(tempfile.mkdtemp(prefix="gate-bench-"))
    try:
        asyncio.run(measure(folder))
    finally:
        shutil.rmtree(folder)
    print(_load.machine())


if __name__ == "__main__":
    main()
