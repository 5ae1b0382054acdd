"""The checkpoints that lie outside of the database: a file in which one note follows the other."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from forgefed_gate.protocol import checkpoint

_END = b"\n\n"
"""What follows the words of a note, and its signatures too."""
_SIGNED = "— ".encode()
_LAST = 2 * checkpoint.LONGEST_NOTE


def read_all(path: Path) -> list[str]:
    """Read every note that is whole; there are none where there is no file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    parts = _whole(content).decode(errors="replace").split("\n\n")[:-1]
    return [
        f"{text}\n\n{lines}\n" for text, lines in zip_longest(*[iter(parts)] * 2, fillvalue="")
    ]


def last(path: Path) -> str | None:
    """Read the last note that is whole."""
    try:
        with path.open("rb") as file:
            return _last(file)
    except FileNotFoundError:
        return None


def append(path: Path, note: str) -> None:
    """
    Write *note* behind the others, on disk before this returns; what is there is not repeated.

    What a crash left half written is cut away first: nobody was told of it.
    """
    with _ours(path) as file:
        before = _last(file)
        if before is not None and _size(before) >= _size(note):
            return
        tail = _tail(file)
        file.seek(len(_whole(tail)) - len(tail), os.SEEK_END)
        file.truncate()
        file.write(note.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _ours(path: Path) -> Generator[BinaryIO]:
    """Hold the file alone, made if there is none; readable by its owner only, as all we keep."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _last(file: BinaryIO) -> str | None:
    parts = _whole(_tail(file)).split(_END)[:-1]
    return _END.join(parts[-2:]).decode(errors="replace") + "\n" if parts else None


def _tail(file: BinaryIO) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST))
    return file.read()


def _whole(content: bytes) -> bytes:
    """Leave out a note at the end that was not written to its own: to an empty line."""
    parts = content.split(_END)[:-1]
    while parts and not parts[-1].startswith(_SIGNED):
        parts.pop()
    return b"".join(part + _END for part in parts)


def _size(note: str) -> int:
    return checkpoint.read(note).checkpoint.size
