"""Two independent libraries agree with us, except where one of them is wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpsig as old_httpsig
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from forgefed_gate.domain.errors import Unverified
from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim, sign, verify
from forgefed_gate.protocol.keys import ActorKey, SigningKey, new_ed25519, new_rsa, write_pem

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"
NOW = Millis(1_700_000_000_000)
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
URL = "https://gate.example/projects/p1/inbox?from=peer"
TARGET = "/projects/p1/inbox?from=peer"
BODY = b'{"type":"Follow"}'
DIGEST = "SHA-256=GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="
COVERED = ["(request-target)", "host", "date", "digest"]
PRIVATE = {"rsa": new_rsa(), "ed25519": new_ed25519()}
ALGORITHMS = {"rsa": algorithms.RSA_V1_5_SHA256, "ed25519": algorithms.ED25519}
ID, OWNER = KeyId("https://peer.example/actor#main-key"), ActorId("https://peer.example/actor")


@dataclass
class Message:
    """A request as http_message_signatures wants to see it."""

    method: str
    url: str
    headers: dict


class Keys(HTTPSignatureKeyResolver):
    """The same key pair for everybody."""

    def __init__(self, private):
        self.private = private

    def resolve_public_key(self, key_id):
        return self.private.public_key()

    def resolve_private_key(self, key_id):
        return self.private


def ours(kind):
    return SigningKey(id=ID, owner=OWNER, private=PRIVATE[kind])


def theirs(kind):
    return ActorKey(id=ID, owner=OWNER, public=PRIVATE[kind].public_key())


def pem(private):
    return private.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()


def received(headers):
    lines = tuple((name.lower(), value) for name, value in headers.items())
    return Delivery(method="POST", target=TARGET, headers=lines, body=BODY)


def prove(headers, kind):
    delivery = received(headers)
    claim = read_claim(delivery, base_url="https://gate.example", now=NOW)
    return verify(delivery, claim, theirs(kind))


def old_verdict(headers):
    """Ask httpsig 1.3, which takes public keys as text and HMAC secrets alike."""
    return old_httpsig.HeaderVerifier(
        headers,
        write_pem(PRIVATE["rsa"].public_key()),
        required_headers=COVERED,
        method="POST",
        path=TARGET,
        sign_header="signature",
    ).verify()


def old_signature(secret, algorithm):
    unsigned = {"Host": "gate.example", "Date": DATE, "Digest": DIGEST}
    signer = old_httpsig.HeaderSigner(ID, secret, algorithm, COVERED, sign_header="signature")
    return dict(signer.sign(unsigned, method="POST", path=TARGET))


def test_httpsig_verifies_what_we_sign():
    """A second reading of the draft arrives at the same string."""
    headers = sign("POST", URL, body=BODY, key=ours("rsa"), now=NOW, dialect=Dialect.CAVAGE)

    assert old_verdict(headers) is True
    assert old_verdict(headers | {"Digest": "SHA-256=AAAA"}) is False


def test_we_verify_what_httpsig_signs():
    """Python servers of the fediverse sign with it."""
    assert prove(old_signature(pem(PRIVATE["rsa"]), "rsa-sha256"), "rsa").by == OWNER


def test_the_forgery_that_httpsig_accepts_is_refused():
    """Its verifier takes the public key for an HMAC secret, and everybody has that."""
    forged = old_signature(write_pem(PRIVATE["rsa"].public_key()), "hmac-sha256")

    assert old_verdict(forged) is True
    with pytest.raises(Unverified) as refusal:
        prove(forged, "rsa")
    assert refusal.value.code == "algorithm-refused"


@pytest.mark.parametrize("label", ["rsa-sha256", "hs2019"])
def test_the_same_forgery_under_an_honest_label_is_refused(label):
    """Only the key says how a signature is checked."""
    forged = old_signature(write_pem(PRIVATE["rsa"].public_key()), "hmac-sha256")
    relabelled = forged | {"signature": forged["signature"].replace("hmac-sha256", label)}

    with pytest.raises(Unverified) as refusal:
        prove(relabelled, "rsa")

    assert refusal.value.code == "signature-invalid"


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_http_message_signatures_verifies_what_we_sign(kind):
    """A second reading of RFC 9421 arrives at the same base, digest included."""
    headers = sign("POST", URL, body=BODY, key=ours(kind), now=NOW, dialect=Dialect.RFC9421)
    oracle = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[kind], key_resolver=Keys(PRIVATE[kind])
    )

    [result] = oracle.verify(Message("POST", URL, headers), max_age=None, body=BODY)

    assert result.parameters["keyid"] == ID


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize(
    "address", [("@target-uri",), ("@authority", "@path", "@query"), ("@target-uri", "host")]
)
def test_we_verify_what_http_message_signatures_signs(kind, address):
    """The target may be named in one piece or in three."""
    message = Message("POST", URL, {"Host": "gate.example", "Date": DATE})
    signer = HTTPMessageSigner(
        signature_algorithm=ALGORITHMS[kind], key_resolver=Keys(PRIVATE[kind])
    )
    signer.sign(
        message,
        key_id=ID,
        created=datetime.fromtimestamp(NOW / 1000, UTC),
        covered_component_ids=("@method", *address, "content-digest"),
        body=BODY,
    )

    assert prove(message.headers, kind).by == OWNER
