"""How fast a signed message is taken in, durably, beside the least that a server can do."""

import asyncio
import socket
import tempfile
from pathlib import Path
from statistics import median

import _load
from _load import Round, machine, send_all, serving, signed_notes, summary

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings, write_example
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.services import projects
from forgefed_gate.store import people
from forgefed_gate.store.people import KeyRow, Person
from forgefed_gate.store.seal import write_key_file

ROUNDS = 5
REQUESTS = 2_000


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def prepare(folder: Path, port: int, known: list[SigningKey]) -> None:
    """Make a gate with one project, which knows everybody who will write to it."""
    file = folder / "gate.toml"
    file.write_text(
        write_example(
            base_url=f"http://127.0.0.1:{port}",
            allow_http=True,
            allow_networks=["127.0.0.0/8"],
            messages_per_minute=100_000,
            messages_per_minute_host=1_000_000,
            knocks_per_hour=100_000,
            knocks_per_hour_host=100_000,
        )
    )
    write_key_file(folder / "gate.key")
    async with open_gate(read_settings(file)) as gate:
        await projects.add(gate, "anvil", "Anvil", by=OPERATOR)
        async with gate.database.transaction() as tx:
            for key in known:
                await people.save(tx, _person(key))
                await people.save_key(tx, _key_row(key))


def _person(key: SigningKey) -> Person:
    return Person(
        actor=key.owner,
        handle=f"@{key.owner.rpartition('/')[2]}@peer.example",
        inbox=f"{key.owner}/inbox",
        kind="Person",
        refreshed_at=_load.now(),
    )


def _key_row(key: SigningKey) -> KeyRow:
    material = keys.write_pem(key.private.public_key())
    return KeyRow(id=key.id, owner=key.owner, material=material, fetched_at=_load.now())


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
