"""What is kept to prove, later and to somebody else, that words were said by whom they were."""

import json
from dataclasses import dataclass
from typing import Any

from forgefed_gate.domain.ids import Millis, Slug, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.protocol import testimony
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Signed
from forgefed_gate.protocol.testimony import Said, Setting
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.seal import seal

BY_ITSELF = "gate"
"""How an automatic answer came to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Words that came through the console or the command line: the gate's own word for it."""

    by: str
    via: str
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Evidence taken out again: the salt of the words, what proves them, whom it is for."""

    salt: str
    proof: JsonObject
    internal: bool


def of_request(signed: Signed) -> bytes:
    """Keep a signed request, with the key that it verified with."""
    return write_json(testimony.of_request(signed))


def of_attestation(attested: Attested) -> bytes:
    """Keep the gate's word for who wrote something, how and when."""
    return write_json(
        {
            "kind": testimony.ATTESTATION,
            "by": attested.by,
            "via": attested.via,
            "at": attested.at,
        }
    )


def of_theirs(request: bytes, said: Said) -> bytes:
    """Keep the request that brought *said*, beside the salt of its words."""
    return write_json({**json.loads(request), "salt": said.salt})


async def of_ours(
    gate: Gate, tx: Transaction, said: Said, setting: Setting, *, project: Slug, by: bytes
) -> bytes:
    """
    Keep the desk's signature under *said*, beside who of its people said it.

    *by* is the attestation of who that was. It stays with us: whoever is shown the signature
    sees the desk. A remark, which belongs to no conversation on the wire, is *internal*.
    """
    desk = await local.own_in(gate, tx, Local(kind=Kind.DESK, slug=project))
    now = gate.clock()
    if setting.speaker is Speaker.GATE:
        by = of_attestation(Attested(by=desk.id, via=BY_ITSELF, at=now))
    document = testimony.attest(said, setting, key=desk.ed25519, now=now)
    internal = not setting.thread
    return write_json(
        {**json.loads(by), "salt": said.salt, "document": document, "internal": internal}
    )


async def keep(
    gate: Gate,
    tx: Transaction,
    said: Said,
    proof: bytes,
    *,
    thread: ThreadId,
    author: str,
    now: Millis,
) -> None:
    """Seal words and their evidence under the key that their author has in this conversation."""
    key = await gate.vault.key_for(tx, owner=author, thread=thread, now=now)
    place = f"revisions|{said.message}|{said.number}"
    await threads.add_revision(
        tx,
        said.message,
        said.number,
        words=seal(key, said.words.encode(), place=f"{place}|words"),
        evidence=seal(key, proof, place=f"{place}|evidence"),
        commitment=said.commitment,
        now=now,
    )


def take_out(evidence: bytes) -> Kept:
    """
    Take out of kept evidence what may be shown to the parties.

    Before gates kept keys and signatures there was less, which is no proof to others.
    """
    kept: dict[str, Any] = json.loads(evidence)
    proof: JsonObject = {"kind": testimony.NOTHING}
    if "publicKeyPem" in kept:
        proof = {name: value for name, value in kept.items() if name != "salt"}
    elif "document" in kept:
        proof = {"kind": testimony.ATTESTATION, "document": kept["document"]}
    return Kept(salt=kept.get("salt", ""), proof=proof, internal=bool(kept.get("internal", False)))


def body_of(evidence: bytes) -> bytes:
    """Give back the body of a kept request."""
    return str(json.loads(evidence)["body"]).encode()
