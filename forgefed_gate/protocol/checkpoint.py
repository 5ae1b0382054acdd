"""How a log says what it holds: a C2SP tlog-checkpoint in a C2SP signed note, by Ed25519."""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.protocol.keys import PublicKey, SigningKey

LONGEST_NOTE = 8_192
MOST_SIGNATURES = 16
LARGEST = 2**62
_ED25519 = b"\x01"
_HASH = 32
_ID = 4
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_LINE = re.compile(r"— (\S+) (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the log *origin* holds: how many entries, and the root of the tree over them."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A checkpoint as it was signed, not yet proven: *text* is what the signatures are for."""

    checkpoint: Checkpoint
    text: bytes
    signatures: tuple[tuple[str, bytes], ...]
    """The name of a key, and its id followed by what it made."""


def write(checkpoint: Checkpoint, *, key: SigningKey) -> str:
    """Write a checkpoint, signed in the name of its own log."""
    text = _text(checkpoint)
    signature = _key_id(checkpoint.origin, key.private.public_key()) + key.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {b64encode(signature).decode()}\n"


def read(note: str) -> Note:
    """
    Read a signed checkpoint, and prove nothing yet.

    We take what we write: three lines and no extension, each in its one right form, and
    at most sixteen signatures. Anything else is `Malformed`.
    """
    text, _, lines = note.partition("\n\n")
    if len(note) > LONGEST_NOTE or not note.endswith("\n"):
        raise malformed()
    signed = lines.removesuffix("\n").split("\n")
    if len(signed) > MOST_SIGNATURES:
        raise malformed()
    return Note(
        checkpoint=_checkpoint(text),
        text=f"{text}\n".encode(),
        signatures=tuple(_signature(line) for line in signed),
    )


def proven(note: Note, *, public: PublicKey) -> Checkpoint:
    """
    Prove that the log itself signed *note*, with the key that *public* is one half of.

    What other keys made is ignored. Raises `Unverified`.
    """
    origin = note.checkpoint.origin
    wanted = (origin, _key_id(origin, public))
    made = [each[_ID:] for name, each in note.signatures if (name, each[:_ID]) == wanted]
    if not made or not isinstance(public, Ed25519PublicKey):
        raise _unproven()
    try:
        for signature in made:
            public.verify(signature, note.text)
    except InvalidSignature:
        raise _unproven() from None
    return note.checkpoint


def malformed() -> Malformed:
    """Say that something is no checkpoint."""
    return Malformed("checkpoint-malformed", "This is no checkpoint as C2SP has it.")


def write_hash(hashed: bytes) -> str:
    """Write a hash as checkpoints and proofs hold it."""
    return b64encode(hashed).decode()


def read_hash(line: str) -> bytes:
    """Read a hash that is written in its one right form."""
    hashed = _decoded(line)
    if len(hashed) != _HASH:
        raise malformed()
    return hashed


def _text(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{write_hash(checkpoint.root)}\n"


def _checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 3 or not _NAME.fullmatch(lines[0]):  # noqa: PLR2004 - origin, size, root
        raise malformed()
    return Checkpoint(origin=lines[0], size=read_size(lines[1]), root=read_hash(lines[2]))


def read_size(line: str) -> int:
    """Read how many entries there are: no sign, no leading zero, no number beyond all need."""
    if not _SIZE.fullmatch(line) or int(line) > LARGEST:
        raise malformed()
    return int(line)


def _signature(line: str) -> tuple[str, bytes]:
    found = _LINE.fullmatch(line)
    signature = _decoded(found[2]) if found else b""
    if found is None or not _NAME.fullmatch(found[1]) or len(signature) <= _ID:
        raise malformed()
    return found[1], signature


def _key_id(name: str, public: PublicKey) -> bytes:
    raw = public.public_bytes_raw() if isinstance(public, Ed25519PublicKey) else b""
    return sha256(name.encode() + b"\n" + _ED25519 + raw).digest()[:_ID]


def _decoded(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed() from None
    if b64encode(raw).decode() != text:
        raise malformed()
    return raw


def _unproven() -> Unverified:
    return Unverified("checkpoint-unproven", "The log that it names did not sign this checkpoint.")
