"""Signed requests, made whole and then changed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim, sign, verify
from forgefed_gate.protocol.keys import ActorKey, SigningKey, load_private

VECTORS = Path(__file__).parent / "vectors" / "signatures"
KEYS = json.loads((VECTORS / "http_signature_vectors.json").read_text("utf-8"))
PRIVATE = {
    "rsa": load_private(KEYS["rsa_private_pem"].encode()),
    "ed25519": load_private(KEYS["ed25519_private_pem"].encode()),
}
OWNER = ActorId("https://peer.example/actor")
ID = KeyId("https://peer.example/actor#main-key")
BASE = "https://gate.example"
TARGET = "/projects/p1/inbox?from=peer"
BODY = b'{"type":"Follow"}'
DIGEST = "GYwYnH3BiO6aICFt0ThC5bUIJ4byvqdpWtR8m5fNkww="
NOW = Millis(1_795_348_800_000)


def ours(kind="ed25519"):
    return SigningKey(id=ID, owner=OWNER, private=PRIVATE[kind])


def theirs(kind="ed25519", **overrides):
    fields = {"id": ID, "owner": OWNER, "public": PRIVATE[kind].public_key()}
    return ActorKey(**(fields | overrides))


def signed(dialect=Dialect.CAVAGE, *, kind="ed25519", target=TARGET, body=BODY, method="POST"):
    headers = sign(method, BASE + target, body=body, key=ours(kind), now=NOW, dialect=dialect)
    return received(method, target, headers, body or b"")


def received(method, target, headers, body=b""):
    """Take *headers* as they are after the wire."""
    lines = tuple((name.lower(), value) for name, value in headers.items())
    return Delivery(method=method, target=target, headers=lines, body=body)


def altered(delivery, name, change):
    return replace(
        delivery,
        headers=tuple(
            (key, change(value) if key == name else value) for key, value in delivery.headers
        ),
    )


def prove(delivery, kind="ed25519", now=NOW):
    claim = read_claim(delivery, base_url=BASE, now=now)
    return verify(delivery, claim, theirs(kind))


def code_of(refused, kind, *arguments, **named):
    with pytest.raises(kind) as refusal:
        refused(*arguments, **named)
    return refusal.value.code
