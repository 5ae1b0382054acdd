"""A peer for the benchmarks: an inbox by Fedify on Node, beside which ours is measured."""

import json
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from _load import HERE, running
from _peer import actor

from forgefed_gate.protocol.keys import SigningKey

FEDIFY = HERE / "fedify"
NODE = FEDIFY / "node_modules" / ".bin" / "node"


@contextmanager
def fedify(folder: Path, port: int, known: Sequence[SigningKey]) -> Generator[int]:
    """Run it, knowing everybody who will write to it, and name its process."""
    if not NODE.exists():
        _ = subprocess.run(["npm", "ci"], cwd=FEDIFY, check=True, stdout=subprocess.DEVNULL)
    people = folder / "people.json"
    people.write_text(json.dumps({key.owner: actor(key) for key in known}), "utf-8")
    with running(str(NODE), str(FEDIFY / "server.mjs"), str(port), str(people)) as process:
        yield process.pid
