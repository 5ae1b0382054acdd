"""How a gate starts with 100,000 deliveries in its queue, and how many requests that makes."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import _load
from _gate import free_port, prepare
from _load import cpu_seconds, machine
from _peers import Peers
from idle import started, wait_for

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.ids import ActorId, Slug, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.services import outbound
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import jobs
from forgefed_gate.store.jobs import NewJob
from forgefed_gate.store.people import Person
from forgefed_gate.store.seal import DataKey, seal

ROWS = 100_000
SERVERS = 60
BATCH = 2_000
WATCHED = 20.0
"""Seconds for which the gate works on its queue."""

HUNG = 0
"""The server that never answers, where one does not."""

DESK = Local(kind=Kind.DESK, slug=Slug("anvil"))


async def fill(folder: Path, inboxes: Sequence[str]) -> None:
    """Put one activity in the queue for each of *inboxes*, as news to followers is."""
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        for start in range(0, len(inboxes), BATCH):
            await put(gate, inboxes[start : start + BATCH])


async def put(gate: Gate, inboxes: Sequence[str]) -> None:
    """Put one activity for each of *inboxes*, in one transaction."""
    people = [_person(inbox) for inbox in inboxes]
    async with gate.database.transaction() as tx:
        owners = [(person.actor, "") for person in people]
        keys = await gate.vault.keys_for(tx, owners, now=_load.now())
        new = [_job(gate, person, keys[person.actor, ""]) for person in people]
        await jobs.put_many(tx, new, now=_load.now())


def _person(inbox: str) -> Person:
    actor = ActorId(inbox.removesuffix("/inbox"))
    return Person(actor=actor, handle="@a@b", inbox=inbox, kind="Person", refreshed_at=_load.now())


def _job(gate: Gate, to: Person, key: DataKey) -> NewJob:
    document = {"id": f"{gate.places.base_url}/{gate.token()}", "content": "News. " * 100}
    name = f"deliver {document['id']} {to.actor}"
    return NewJob(
        name=name,
        kind="deliver",
        lane=to.inbox,
        origin=origin(to.inbox),
        payload=seal(key, outbound.parcel(DESK, to, document), place=outbound.PLACE.format(name)),
        run_at=_load.now(),
    )


async def recover(folder: Path, port: int, peers: Peers) -> None:
    """Start a gate, watch it work on its queue, and say what it did."""
    began = time.perf_counter()
    with started(folder) as process:
        await asyncio.to_thread(wait_for, port)
        ready, worked = time.perf_counter(), cpu_seconds(process.pid)
        with suppress(TimeoutError):
            await asyncio.wait_for(peers.done.wait(), WATCHED)
    spent = (peers.last - peers.first) or 1.0
    rate, later = peers.answered / spent, max(peers.first - ready, 0)
    print(f"  ready after   {ready - began:8.2f} s ({worked:.2f} s of CPU); the aim is 5 s")
    print(f"  first request {later:8.2f} s later; the aim is 1 s")
    print(f"  most at once  {peers.most:8d}, {peers.most_at_one} at one server; 50 and 2")
    print(f"  answered      {peers.answered:8d} in {spent:.1f} s, {rate:.0f}/s")
    print(f"  hung          {peers.asked[HUNG]:8d} requests", flush=True)


async def measure(title: str, *, hangs: bool) -> None:
    """Fill a queue for sixty servers, evenly or nearly all for one that hangs, and recover."""
    few = ROWS // 100 if hangs else ROWS
    hanging = {HUNG} if hangs else set[int]()
    peers, port = Peers(count=SERVERS, hanging=hanging, expected=few), free_port()
    with tempfile.TemporaryDirectory() as name:
        async with peers.open():
            others = [peers.inbox(n % (SERVERS - 1) + 1, n) for n in range(few)]
            hung = [peers.inbox(HUNG, n) for n in range(ROWS - few)]
            await prepare(Path(name), port, [])
            await fill(Path(name), hung + others)
            print(title)
            await recover(Path(name), port, peers)


def main() -> None:
    """Measure both, and print each beside its aim."""
    asyncio.run(measure(f"{ROWS} rows for {SERVERS - 1} servers that answer", hangs=False))
    asyncio.run(measure(f"{ROWS - ROWS // 100} for one that hangs, then the rest", hangs=True))
    print(machine())


if __name__ == "__main__":
    main()
