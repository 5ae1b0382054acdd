"""
Starts bovine-herd in a folder of its own.

Run by our own Python, which has copies of the contexts that stand elsewhere: bovine fetches
contexts from where they stand and keeps them in a file, so that file is written here first.
"""

import json
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from forgefed_gate.protocol.contexts import AS2, DOCUMENTS

HERE = Path(__file__).parent
PYTHON = HERE.parents[3] / ".venv" / "bovine" / "bin" / "python"


def main(address: str) -> None:
    """Become the peer, which listens at *address*."""
    os.chdir(tempfile.mkdtemp(prefix="bovine-"))
    with closing(sqlite3.connect("bovine_jsonld_cache.sqlite")) as cache, cache:
        cache.execute("CREATE TABLE jsonld (url TEXT PRIMARY KEY, context TEXT)")
        cache.executemany("INSERT INTO jsonld VALUES (?, ?)", copies())
    os.execv(PYTHON, [str(PYTHON), str(HERE / "peer.py"), address])


def copies() -> list[tuple[str, str]]:
    """List the contexts; bovine has ActivityStreams in a form of its own."""
    return [
        (url, json.dumps(document["@context"]))
        for url, document in DOCUMENTS.items()
        if url != AS2
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
