"""A gate for the benchmarks: one project, and limits that a crowd does not reach."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import _load

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings, write_example
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.services import projects
from forgefed_gate.store import people
from forgefed_gate.store.keyfile import write_key_file
from forgefed_gate.store.people import KeyRow, Person


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(folder: Path) -> Generator[subprocess.Popen[bytes]]:
    """Run `forgefed-gate serve`, compiled already, as a self-hoster does; its log is kept."""
    log = (folder / "gate.log").open("wb")
    around = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "forgefed_gate", "--config", str(folder / "gate.toml"), "serve"],
        stdout=subprocess.DEVNULL,
        stderr=log,
        env={**around, "PYTHONWARNINGS": "ignore"},
    )
    try:
        yield process
    finally:
        process.terminate()
        _ = process.wait(30)
        log.close()


def wait_for(port: int) -> None:
    """Ask for the gate's page until it comes."""
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=10):
                return
        except OSError:
            time.sleep(0.002)


async def prepare(
    folder: Path, port: int, known: Sequence[SigningKey], *, database: str = "gate.db"
) -> None:
    """Make a gate with one project, which knows everybody who will write to it."""
    file = folder / "gate.toml"
    file.write_text(
        write_example(
            base_url=f"http://127.0.0.1:{port}",
            port=port,
            database=database,
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
