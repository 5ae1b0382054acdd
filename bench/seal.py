"""What it costs to seal and to open one message, beside the bare cipher in it."""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import _load
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from forgefed_gate.store import sqlite
from forgefed_gate.store.migrations import migrate
from forgefed_gate.store.seal import KEY_SIZE, Vault, seal

MESSAGES = 500
ROUNDS = 9
WORDS = (_load.WORDS * 3)[:2048].encode()


def microseconds(work: Callable[[], object]) -> float:
    """Count the processor time of one call, on average over many."""
    began = time.process_time()
    for _ in range(MESSAGES):
        _ = work()
    return (time.process_time() - began) / MESSAGES * 1e6


def compare(name: str, pairs: list[tuple[float, float]]) -> None:
    """Print what one message costs beside the bare cipher, as medians of turns."""
    ours, bare = (median(each) for each in zip(*pairs, strict=True))
    ratio = median(one / other for one, other in pairs)
    print(f"{name:34} {ours:6.1f} µs, bare AES-GCM {bare:5.1f} µs, ratio {ratio:.1f}")


async def measure(folder: Path) -> None:
    """Take turns: the bare cipher, and what a gate does around it, with a real database."""
    database = await sqlite.open_database(folder / "seal.db")
    await migrate(database)
    vault, cipher = Vault(secrets.token_bytes(KEY_SIZE)), AESGCM(secrets.token_bytes(KEY_SIZE))
    places = [f"revisions|https://gate.example/notes/{n}|1|words" for n in range(MESSAGES)]
    async with database.transaction() as tx:
        key = await vault.key_for(tx, owner="bob", thread="t", now=_load.now())
    nonce = secrets.token_bytes(12)
    hidden = cipher.encrypt(nonce, WORDS, places[0].encode())

    def bare_seal() -> bytes:
        return cipher.encrypt(secrets.token_bytes(12), WORDS, places[0].encode())

    def bare_open() -> bytes:
        return cipher.decrypt(nonce, hidden, places[0].encode())

    sealing, opening = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(ROUNDS):
        ours = microseconds(lambda: seal(key, WORDS, place=places[0]))
        sealing.append((ours, microseconds(bare_seal)))
        sealed = [(seal(key, WORDS, place=place), place) for place in places]
        began = time.process_time()
        async with database.snapshot() as tx:
            opened = await vault.open_many(tx, sealed)
        ours = (time.process_time() - began) / MESSAGES * 1e6
        assert opened == [WORDS] * MESSAGES
        opening.append((ours, microseconds(bare_open)))
    await database.close()
    compare("seal a message", sealing)
    compare(f"open a message, {MESSAGES} at once", opening)


def main() -> None:
    """Measure in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))
    print(f"2 KiB each; opening looks up the key in the database, once; {_load.machine()}")


if __name__ == "__main__":
    main()
