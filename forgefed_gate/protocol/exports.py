"""A conversation as one file that proves itself: how it is laid out, and how it is taken apart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol import keys, proofs
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.proofs import canonical
from forgefed_gate.protocol.times import iso

FORMAT = "https://w3id.org/forgefed-gate/export/1"
LARGEST = 64 * 1024 * 1024
MOST_LINES = 100_000
"""A line each for as many messages as anybody could read, and more."""
_FIRST, _OPEN, _CLOSE, _LAST = b'{"conversation":', b',"messages":[', b'],"manifest":', b"}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """
    The parts of an export, each in its bytes: what it is about, messages, manifest.

    Every part has a line of the file to itself, so that damage to one says nothing about
    its neighbours.
    """

    conversation: bytes
    messages: tuple[bytes, ...]
    manifest: bytes

    def write(self) -> bytes:
        """Lay the parts out as one JSON document, in the only way there is."""
        commas = [b","] * (len(self.messages) - 1) + [b""]
        return b"\n".join(
            [
                _FIRST + self.conversation + _OPEN,
                *(line + comma for line, comma in zip(self.messages, commas, strict=False)),
                _CLOSE + self.manifest + _LAST,
                b"",
            ]
        )


def write(
    conversation: JsonObject, messages: Sequence[JsonObject], *, key: SigningKey, now: Millis
) -> bytes:
    """
    Write an export, with a manifest that *key* signs.

    Each message holds the hash of what stands before it, and the manifest those of all, so
    that none can be changed, added, left out or moved without it being seen which.
    """
    first = canonical({"format": FORMAT, **conversation})
    lines, previous = list[bytes](), digest(first)
    for number, message in enumerate(messages, start=1):
        lines.append(canonical({**message, "number": number, "previous": previous}))
        previous = digest(lines[-1])
    manifest: JsonObject = {
        "type": "Manifest",
        "actor": key.owner,
        "published": iso(now),
        "conversation": digest(first),
        "messages": [digest(line) for line in lines],
        "publicKeyMultibase": keys.write_multibase(key.private.public_key()),
    }
    signed = canonical(proofs.seal(manifest, key=key, now=now))
    return Laid(conversation=first, messages=tuple(lines), manifest=signed).write()


def take_apart(data: bytes) -> Laid:
    """
    Take a file apart, whatever was done to it.

    Raises `TooLarge`, or `Malformed` for what was never an export: what can be said of
    a damaged one is said by whoever examines it.
    """
    if len(data) > LARGEST or data.count(b"\n") > MOST_LINES:
        raise TooLarge("too-large", f"An export has at most {LARGEST // 1024 // 1024} MiB.")
    first, _, rest = data.removesuffix(b"\n").partition(b"\n")
    body = b"\n" + rest
    end = _end(body)
    last = body[end + 1 :]
    if not first.startswith(_FIRST) and not last.startswith(_CLOSE):
        raise Malformed(
            "not-an-export",
            "This is no export of a gate, or a program has written it anew. Please use the file"
            " just as it was downloaded.",
        )
    return Laid(
        conversation=first.removeprefix(_FIRST).removesuffix(_OPEN),
        messages=tuple(line.removesuffix(b",") for line in body[:end].split(b"\n")[1:]),
        manifest=last.removeprefix(_CLOSE).removesuffix(_LAST),
    )


def _end(body: bytes) -> int:
    """Find where the messages end, as long as anything is left to find it by."""
    for mark in (_CLOSE, _CLOSE[:1]):
        place = body.find(b"\n" + mark)
        if place >= 0:
            return place
    place = body.find(b"\n", body.rfind(b"\n{") + 1)
    return place if place >= 0 else len(body)


def digest(part: bytes) -> str:
    """Name a part by its bytes."""
    return sha256(part).hexdigest()


def parse(part: bytes) -> JsonObject:
    """Read a part; what is not in canonical form was not written by us."""
    try:
        document: Json = json.loads(part)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(document, dict) or canonical(document) != part:
        raise _unreadable()
    return document


def _unreadable() -> Malformed:
    return Malformed("unreadable", "A part of the file cannot be read.")
