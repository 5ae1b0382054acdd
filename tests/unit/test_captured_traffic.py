"""What GoToSocial and Fedify really sent, captured on the wire."""

import json
import re
from dataclasses import replace

import pytest
from captured import SAMPLES, captured, load, moment_of

from forgefed_gate.domain.errors import Forbidden, Refusal, Unverified
from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol.httpsig import Dialect, read_claim, verify
from forgefed_gate.protocol.keys import ActorKey, read_multibase, read_pem

BASE = "http://peer.test"
COVERED = {
    Dialect.CAVAGE: ("host", "date", "digest"),
    Dialect.RFC9421: ("host", "date", "content-digest", "signature-input"),
}


def published(document):
    key = document["publicKey"]
    return ActorKey(
        id=KeyId(key["id"]), owner=ActorId(key["owner"]), public=read_pem(key["publicKeyPem"])
    )


FEDIFY = load("fedify-actor")
KEYS = {
    "gts": published(load("gts-main-key-unsigned")),
    "fedify": published(FEDIFY),
}
[MULTIKEY] = [
    ActorKey(
        id=KeyId(key["id"]),
        owner=ActorId(key["controller"]),
        public=read_multibase(key["publicKeyMultibase"]),
    )
    for key in FEDIFY["assertionMethod"]
    if key["id"].endswith("multikey-2")
]
PROVEN_THEMSELVES = [name for name in SAMPLES if "proof" in load(name)["body"]]

every_sample = pytest.mark.parametrize("name", SAMPLES)
every_proof = pytest.mark.parametrize("name", PROVEN_THEMSELVES)


def prove(delivery, key, now):
    return verify(delivery, read_claim(delivery, base_url=BASE, now=now), key)


def key_of(name):
    return KEYS[name.partition("-")[0]]


def flips(text):
    """Give *text* with each of its characters changed in turn."""
    for at, character in enumerate(text):
        yield text[:at] + chr(ord(character) ^ 1) + text[at + 1 :]


def with_header(delivery, name, text):
    lines = tuple((key, text if key == name else value) for key, value in delivery.headers)
    return replace(delivery, headers=lines)


def variants(delivery):
    """Give *delivery* with each byte that counts changed in turn."""
    headers = dict(delivery.headers)
    dialect = Dialect.RFC9421 if "signature-input" in headers else Dialect.CAVAGE
    for target in flips(delivery.target):
        yield replace(delivery, target=target)
    for body in flips(delivery.body.decode("latin-1")):
        yield replace(delivery, body=body.encode("latin-1"))
    for name in COVERED[dialect]:
        for text in flips(headers[name]):
            yield with_header(delivery, name, text)
    start, value, end = re.fullmatch(
        r"(.*[:\"])([A-Za-z0-9+/=]+)([:\"])", headers["signature"]
    ).groups()
    for text in flips(value):
        yield with_header(delivery, "signature", start + text + end)


def test_both_servers_are_among_the_samples():
    """A sample lost in copying would pass unseen."""
    assert (len(SAMPLES), len(PROVEN_THEMSELVES)) == (11, 3)


@every_sample
def test_a_captured_delivery_is_proven(name):
    """Both dialects, as the servers of the fediverse write them."""
    delivery = captured(name)

    signed = prove(delivery, key_of(name), moment_of(delivery))

    assert signed.by == load(name)["body"]["actor"]
    assert json.loads(signed.body) == load(name)["body"]


@every_sample
def test_one_changed_byte_is_refused(name):
    """Whichever byte it is: of the body, of a covered header, of the signature."""
    delivery = captured(name)
    now = moment_of(delivery)

    for variant in variants(delivery):
        with pytest.raises(Refusal):
            prove(variant, key_of(name), now)


@every_sample
def test_a_delivery_of_yesterday_is_refused(name):
    """What was captured once cannot be played for ever."""
    delivery = captured(name)

    with pytest.raises(Unverified) as refusal:
        prove(delivery, key_of(name), Millis(moment_of(delivery) + 86_400_000))

    assert refusal.value.code == "stale-or-future"


@every_proof
def test_the_proof_in_a_captured_document_holds(name):
    """Fedify proves its documents, and puts a signature of Linked Data times beside it."""
    document = load(name)["body"]

    assert "signature" in document
    assert proofs.verification_method(document) == MULTIKEY.id
    proofs.check(document, key=MULTIKEY, now=moment_of(captured(name)))


@every_proof
def test_a_changed_document_breaks_its_proof(name):
    """One word more in what was said, and nobody said it."""
    document = load(name)["body"]

    with pytest.raises(Forbidden) as refusal:
        proofs.check(document | {"summary": "!"}, key=MULTIKEY, now=moment_of(captured(name)))

    assert refusal.value.code == "proof-signature"


def test_fedify_publishes_its_rsa_key_in_both_forms():
    """The Multikey and the PEM are the same key."""
    [multikey] = [
        key["publicKeyMultibase"]
        for key in FEDIFY["assertionMethod"]
        if key["id"].endswith("multikey-1")
    ]

    assert read_multibase(multikey) == read_pem(FEDIFY["publicKey"]["publicKeyPem"])
