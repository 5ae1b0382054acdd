"""How an entry of the audit log is written: canonical JSON that names nobody."""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from hashlib import sha256

from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol.frontdoor import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    That something was done: when, in which role, to which end.

    *by* and *about* are commitments to a name and to a thing: without a key that dies with
    the person they say nothing, not even whether two entries are about the same.
    """

    id: str
    at: Millis
    project: Slug
    role: str
    act: str
    verdict: str
    reason: str
    by: str
    about: str


def write(entry: Entry) -> bytes:
    """Write an entry in its one canonical form (RFC 8785)."""
    document: JsonObject = asdict(entry)
    return proofs.canonical(document)


def read(entry: bytes) -> Entry | None:
    """Read an entry back; None is one that we did not write, or that is not what it was."""
    try:
        return Entry(**json.loads(entry))
    except (ValueError, TypeError):
        return None


def commit(key: bytes, entry: str, what: str) -> str:
    """Commit to *what* in the entry of that id: the same thing looks different in the next one."""
    message = f"{entry}|{what}".encode()
    return urlsafe_b64encode(hmac.digest(key, message, sha256)).rstrip(b"=").decode()
