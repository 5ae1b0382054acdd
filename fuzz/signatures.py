"""Signature headers: what is believed of them, and what another reader makes of them."""

import base64
import hashlib
from contextlib import suppress
from typing import Any

import http_sf
from deliveries import BASE, NOW, OWNER, theirs

from forgefed_gate.domain.errors import Malformed, Unverified, WrongHost
from forgefed_gate.protocol import cavage, httpsig, rfc9421
from forgefed_gate.protocol.httpsig import Claim, Delivery, Dialect
from fuzz import requests
from fuzz.judge import only

SIGNED = {
    ("POST", "/projects/p1/inbox?from=peer", b'{"type":"Follow"}'),
    ("POST", "/desks/anvil/inbox", b'{"type":"Follow"}'),
    ("GET", "/desks/anvil", b""),
}
"""All that the owner of the key has ever signed, in either dialect: see `fuzz.seeds`."""


def signatures(data: bytes) -> None:
    """Believe no request that was not signed as it stands."""
    delivery = requests.read(data).delivery
    with only(Malformed, Unverified, WrongHost) as answer:
        claim = httpsig.read_claim(delivery, base_url=BASE, now=NOW)
    if answer.refused:
        return
    _covers_what_we_demand(delivery, claim)
    with only(Unverified) as answer:
        signed = httpsig.verify(delivery, claim, theirs())
    if not answer.refused:
        assert signed.by == OWNER
        path = delivery.target.partition("?")[0] if delivery.method == "GET" else delivery.target
        assert (delivery.method, path, delivery.body) in SIGNED, "this was never signed"


def _covers_what_we_demand(delivery: Delivery, claim: Claim) -> None:
    """Look once more, in another way, whether the bytes that were signed say enough."""
    fields = {name: value.strip(" \t") for name, value in delivery.headers}
    assert fields["host"] == BASE.removeprefix("https://")
    for message in claim.messages:
        lines = message.decode("latin-1").split("\n")
        if claim.dialect is Dialect.CAVAGE:
            assert "host: gate.example" in lines
        else:
            assert any(line.startswith('"@method": ') for line in lines)
        if delivery.body or delivery.method not in {"GET", "HEAD"}:
            digest = base64.b64encode(hashlib.sha256(delivery.body).digest()).decode()
            assert any(digest in line for line in lines if "digest" in line)


def structured(data: bytes) -> None:
    """Read no signature otherwise than readers of structured fields do (RFC 9651)."""
    stated, _, given = data.decode("ascii", errors="ignore").partition("\n")
    _read_cavage(stated)
    with only(Malformed, Unverified) as answer:
        said = rfc9421.read(stated, given)
    if answer.refused:
        return
    [(label, (components, parameters))] = _fields(stated).items()
    assert tuple(name for name, _ in components) == said.covered
    assert all(not details for _, details in components)
    assert parameters["keyid"] == said.key_id
    assert parameters["created"] == said.created
    assert parameters.get("alg") == said.algorithm
    assert parameters.get("expires") == said.expires
    with suppress(Malformed):
        proof = httpsig._decoded(said.signature)
        [(other, (value, _))] = _fields(given).items()
        assert (other, value) == (label, proof)


def _fields(text: str) -> Any:
    found = http_sf.parse(text.encode(), tltype="dictionary", on_duplicate_key=_twice)
    assert isinstance(found, dict)
    return found


def _twice(key: str, where: str) -> None:
    raise AssertionError(f"{key} is said twice in {where}")


def _read_cavage(header: str) -> None:
    with only(Malformed) as answer:
        said = cavage.read(header)
    if not answer.refused:
        again = cavage.read(cavage.write(said))
        assert (again.key_id, again.signature) == (said.key_id, said.signature)
