"""What we fetch from others: actors, their keys, proofs, and linked data."""

import base64
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from deliveries import ID, NOW, OWNER, theirs

from forgefed_gate.domain.errors import Forbidden, Malformed, TooLarge, Unreachable, Unverified
from forgefed_gate.domain.ids import origin
from forgefed_gate.domain.leaks import known_leak
from forgefed_gate.net.fetch import Answer, read_document
from forgefed_gate.protocol import jsonld, keys, nodeinfo, proofs
from forgefed_gate.protocol.frontdoor import Addressing, JsonObject, read_json
from forgefed_gate.protocol.keys import ActorKey, PublicKey
from forgefed_gate.services import keyring, outbound, people
from fuzz.judge import only, spread

GATE = SimpleNamespace(addressing=Addressing(allow_http=False), clock=lambda: NOW)
"""As much of a gate as it takes to read who somebody is."""
SLOWEST_READING = 2.0
LONGEST_WAIT = 1_000_000_000 * 1_000


def public_keys(data: bytes) -> None:
    """Read a key as text, and the same bytes as the inside of each kind of key."""
    text = data.decode("latin-1")
    inside = base64.encodebytes(data).decode("ascii")
    for pem in (text, f"-----BEGIN PUBLIC KEY-----\n{inside}-----END PUBLIC KEY-----\n"):
        with only(Unverified) as answer:
            found = keys.read_pem(pem)
        if not answer.refused:
            _serves(found)
    for codec in (b"", b"\xed\x01", b"\x85\x24"):
        with only(Unverified) as answer:
            found = keys.read_multibase(keys.multibase_of(codec + data) if codec else text)
        if not answer.refused:
            _serves(found)


def _serves(found: PublicKey) -> None:
    """Whatever is taken for a key is strong, can be written down, and proves nothing false."""
    strong = isinstance(found, Ed25519PublicKey) or 2048 <= found.key_size <= 8192
    assert strong
    pem = keys.write_pem(found)
    assert keys.write_pem(keys.read_pem(pem)) == pem
    assert keys.write_pem(keys.read_multibase(keys.write_multibase(found))) == pem
    key = ActorKey(id=ID, owner=OWNER, public=found)
    assert not key.proves(b"never signed", signature=bytes(256))


def fetched(data: bytes) -> None:
    """Read an answer: its first line is what it says of itself, the rest is its body."""
    kind, _, rest = data.partition(b"\n")
    line = kind.decode("latin-1")
    said = {"content-type": line, "retry-after": line}
    answer = Answer(status=200 + len(kind) % 400, url=OWNER, headers=said, body=spread(rest))
    _judged(answer)
    with only(Unreachable):
        assert read_document(answer, asked=OWNER) == answer.body
    with only(Malformed) as refusal:
        document = read_json(answer.body)
    if not refusal.refused:
        _believed(document)


def _judged(answer: Answer) -> None:
    asked: int | None = None
    try:
        outbound.judge(answer, now=NOW)
    except Unreachable as refusal:
        asked = refusal.asked
    assert asked is None or 0 <= asked < LONGEST_WAIT


def _believed(document: JsonObject) -> None:
    """Take an actor, a key and a proof only in the owner's own words."""
    with only(Malformed, Unreachable) as answer:
        person = people._person(GATE, document)
    assert answer.refused or person.inbox.startswith("https://")
    with only(Malformed, Unverified):
        assert keyring._claimed_owner(document, ID) is not None
    with only(Malformed):
        assert nodeinfo.where(document, server=origin(OWNER)).startswith(origin(OWNER))
    with only(Malformed):
        known_leak(nodeinfo.software(document), nodeinfo.leaking())
    with only(Malformed, Unverified) as answer:
        row = keyring._listed_key(document, ID, now=NOW)
        keyring._stored(row)
    assert answer.refused or row.owner == document["id"]
    with only(Malformed, Forbidden):
        proofs.verification_method(document)
    with only(Malformed, Forbidden) as answer:
        proofs.check(document, key=theirs(), now=NOW)
    assert answer.refused, "nobody has signed this"


def linked(data: bytes) -> None:
    """Say linked data in plain words, within the time that the gate waits for it."""
    with only(Malformed) as answer:
        document = read_json(spread(data, limit=2 * jsonld.LARGEST_DOCUMENT))
    if answer.refused:
        return
    with only(Malformed, TooLarge) as answer:
        plain = jsonld.plain(document)
    assert answer.refused or isinstance(plain, dict)
