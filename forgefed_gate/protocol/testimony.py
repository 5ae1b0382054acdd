"""What proves a message later and to somebody else: how it is written down and checked."""

from dataclasses import dataclass, field
from hashlib import sha256

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.domain.ids import ActorId, KeyId, Millis, NoteId
from forgefed_gate.domain.intents import Message, Revision
from forgefed_gate.domain.offers import EditTicket, OpenTicket
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.protocol import activitystreams, httpsig, keys, proofs
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.httpsig import Delivery, Signed
from forgefed_gate.protocol.keys import ActorKey, SigningKey
from forgefed_gate.protocol.times import iso

REQUEST, ATTESTATION, NOTHING = "request", "attestation", "nothing"
"""The kinds of evidence: what their server signed, what our desk signed, what came before both."""
Sent = Message | Revision | OpenTicket | EditTicket
"""What holds words of somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of one revision of a message, and the salt that hides them in their hash."""

    message: NoteId
    number: int
    words: str = field(repr=False)
    salt: str = field(repr=False)

    @property
    def commitment(self) -> str:
        """
        Fix the words without telling them.

        Whoever has words and salt can show that these were the words; whoever has only
        this learns nothing, not even by guessing, once the salt is gone.
        """
        whole: JsonObject = {
            "message": self.message,
            "revision": self.number,
            "salt": self.salt,
            "words": self.words,
        }
        return sha256(proofs.canonical(whole)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where something of ours was said: in which conversation, as what, and deciding what."""

    thread: str
    speaker: Speaker
    decision: str = ""


def of_request(signed: Signed) -> JsonObject:
    """
    Keep a signed request: its line and body, the headers that prove it, and the key that did.

    The key may be changed or gone tomorrow, so it is kept itself, with the moment at which
    the signature was judged. Headers that are not signed prove nothing, and may name
    addresses of people: they are left out.
    """
    delivery = signed.claim.delivery
    return {
        "kind": REQUEST,
        "by": signed.by,
        "key": signed.key.id,
        "publicKeyPem": keys.write_pem(signed.key.public),
        "at": signed.claim.at,
        "method": delivery.method,
        "target": delivery.target,
        "headers": [list[Json](line) for line in signed.lines],
        "body": delivery.body.decode(),
    }


def attest(said: Said, setting: Setting, *, key: SigningKey, now: Millis) -> JsonObject:
    """Let a desk stand for having said something, and for nothing about who of its people did."""
    return proofs.seal(
        {**_attested(said, setting, desk=key.owner), "published": iso(now)}, key=key, now=now
    )


def check_request(kept: JsonObject, said: Said, *, places: Places, author: ActorId) -> None:
    """
    Prove that *author* sent *said*, by the very code that let it in, on the clock of then.

    Raises what that code raises, and `Unverified` where the request says something else.
    """
    delivery = _delivery(kept)
    by, key_id = ActorId(text(kept, "by")), KeyId(text(kept, "key"))
    key = ActorKey(id=key_id, owner=by, public=keys.read_pem(text(kept, "publicKeyPem")))
    at = Millis(number(kept, "at"))
    claim = httpsig.read_claim(delivery, base_url=places.base_url, now=at)
    signed = httpsig.verify(delivery, claim, key)
    recipient = ActorId(places.base_url + delivery.target.removesuffix("/inbox"))
    sent = activitystreams.recall_activity(signed.body, by=signed.by, recipient=recipient)
    if signed.by != author or not isinstance(sent, Sent):
        raise Unverified("other-author", "The request is not a message of this person.")
    if sent.text != said.words or not _is_of(said, sent, places):
        raise Unverified("other-words", "The request says something else.")


def _is_of(said: Said, sent: Sent, places: Places) -> bool:
    """Say whether a message is what was sent; an issue is edited under the id that we gave it."""
    if isinstance(sent, EditTicket):
        return places.names_ticket(sent.ticket)
    return sent.note == said.message


def check_attestation(
    document: JsonObject, said: Said, setting: Setting, *, key: ActorKey, now: Millis
) -> None:
    """Prove that the owner of *key* said *said*, whatever they may have decided by it."""
    proofs.check(document, key=key, now=now)
    expected = _attested(said, setting, desk=key.owner)
    if any(document.get(name) != value for name, value in expected.items()):
        raise Unverified("other-words", "The attestation is about something else.")


def text(part: JsonObject, name: str) -> str:
    """Read a string that has to be there."""
    found = part.get(name)
    if not isinstance(found, str):
        raise _missing(name)
    return found


def number(part: JsonObject, name: str) -> int:
    """Read a whole number that has to be there."""
    found = part.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise _missing(name)
    return found


def inside(part: JsonObject, name: str) -> JsonObject:
    """Read an object that has to be there."""
    found = part.get(name)
    if not isinstance(found, dict):
        raise _missing(name)
    return found


def items(part: JsonObject, name: str) -> list[Json]:
    """Read a list that has to be there."""
    found = part.get(name)
    if not isinstance(found, list):
        raise _missing(name)
    return found


def _attested(said: Said, setting: Setting, *, desk: ActorId) -> JsonObject:
    document: JsonObject = {
        "type": "Attestation",
        "actor": desk,
        "context": setting.thread,
        "object": said.message,
        "revision": said.number,
        "speaker": setting.speaker.value,
        "commitment": said.commitment,
    }
    return document | ({"decision": setting.decision} if setting.decision else {})


def _delivery(kept: JsonObject) -> Delivery:
    headers = list[tuple[str, str]]()
    for line in items(kept, "headers"):
        match line:
            case [str() as name, str() as value]:
                headers.append((name, value))
            case _:
                raise _missing("headers")
    return Delivery(
        method=text(kept, "method"),
        target=text(kept, "target"),
        headers=tuple(headers),
        body=text(kept, "body").encode(),
    )


def _missing(name: str) -> Malformed:
    return Malformed("field-missing", f"There is no “{name}” that we can read.")
