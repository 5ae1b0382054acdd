"""A peer for the benchmarks: an inbox by Fedify on Node, beside which ours is measured."""

import json
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from _load import HERE, running

from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.terms import AS2

FEDIFY = HERE / "fedify"
NODE = FEDIFY / "node_modules" / ".bin" / "node"


@contextmanager
def fedify(folder: Path, port: int, known: Sequence[SigningKey]) -> Generator[int]:
    """Run it, knowing everybody who will write to it, and name its process."""
    if not NODE.exists():
        _ = subprocess.run(["npm", "ci"], cwd=FEDIFY, check=True, stdout=subprocess.DEVNULL)
    people = folder / "people.json"
    people.write_text(json.dumps({key.owner: _actor(key) for key in known}), "utf-8")
    with running(str(NODE), str(FEDIFY / "server.mjs"), str(port), str(people)) as process:
        yield process.pid


def _actor(key: SigningKey) -> dict[str, object]:
    """Write the document of somebody, as Mastodon does."""
    return {
        "@context": [AS2, "https://w3id.org/security/v1"],
        "id": key.owner,
        "type": "Person",
        "preferredUsername": key.owner.rpartition("/")[2],
        "inbox": f"{key.owner}/inbox",
        "publicKey": {
            "id": key.id,
            "owner": key.owner,
            "publicKeyPem": keys.write_pem(key.private.public_key()),
        },
    }
