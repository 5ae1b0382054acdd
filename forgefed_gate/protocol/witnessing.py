"""How a witness is told of a checkpoint: with the proof that the log only grew (C2SP)."""

from collections.abc import Sequence
from dataclasses import dataclass

from forgefed_gate.protocol import checkpoint
from forgefed_gate.protocol.checkpoint import Note

LONGEST = checkpoint.LONGEST_NOTE + 4_096
MOST_HASHES = 63
_OLD = "old "


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A checkpoint, not proven yet, and how it is said to follow from one of *old* entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    written: str
    """The note as it was written."""


def write(note: str, *, old: int, proof: Sequence[bytes]) -> bytes:
    """Write down a checkpoint and the proof that it follows from the one of *old* entries."""
    lines = [f"{_OLD}{old}", *map(checkpoint.write_hash, proof)]
    return ("".join(f"{line}\n" for line in lines) + "\n" + note).encode()


def read(body: bytes) -> Told:
    """Read what was brought, strictly; raises `Malformed`."""
    try:
        head, parted, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise checkpoint.malformed() from None
    first, *hashes = head.split("\n")
    if len(body) > LONGEST or not parted or len(hashes) > MOST_HASHES:
        raise checkpoint.malformed()
    if not first.startswith(_OLD):
        raise checkpoint.malformed()
    return Told(
        old=checkpoint.read_size(first.removeprefix(_OLD)),
        proof=tuple(map(checkpoint.read_hash, hashes)),
        note=checkpoint.read(note),
        written=note,
    )
