"""The one door: what is demanded of a signed request, and that nothing else gets in."""

from base64 import b64encode
from dataclasses import FrozenInstanceError, replace

import pytest
from deliveries import (
    BASE,
    BODY,
    ID,
    NOW,
    OWNER,
    PRIVATE,
    TARGET,
    altered,
    code_of,
    ours,
    prove,
    received,
    signed,
    theirs,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed, Refusal, Unverified, WrongHost
from forgefed_gate.domain.ids import HOUR, MINUTE, SECOND, ActorId, KeyId, Millis
from forgefed_gate.protocol import cavage
from forgefed_gate.protocol.httpsig import Dialect, read_claim, sign, verify

both_dialects = pytest.mark.parametrize("dialect", Dialect)
both_keys = pytest.mark.parametrize("kind", ["rsa", "ed25519"])


# What we sign, we verify


@both_keys
@both_dialects
@pytest.mark.parametrize(("method", "body"), [("POST", BODY), ("POST", b""), ("GET", None)])
def test_what_we_sign_we_verify(dialect, kind, method, body):
    """Two gates understand each other in either dialect, with either key."""
    delivery = signed(dialect, kind=kind, method=method, body=body)

    proof = prove(delivery, kind)

    assert (proof.by, proof.key.id, proof.body) == (OWNER, ID, body or b"")


@settings(deadline=None, max_examples=60)
@given(
    dialect=st.sampled_from(Dialect),
    path=st.from_regex(r"/[!-\"$->@-Z^-~]{0,40}", fullmatch=True),
    query=st.from_regex(r"(\?[a-z0-9=&%+/?]{1,20})?", fullmatch=True),
    body=st.binary(max_size=200),
)
def test_any_target_and_body_make_the_round_trip(dialect, path, query, body):
    """Paths and queries are compared as they were sent, never decoded."""
    delivery = signed(dialect, target=f"/{path.lstrip('/')}{query}", body=body)

    assert prove(delivery).body == body


def test_the_headers_of_a_get_name_no_digest():
    """There is no body to speak of."""
    headers = sign("GET", f"{BASE}/a#b", body=None, key=ours(), now=NOW, dialect=Dialect.CAVAGE)

    assert sorted(headers) == ["Date", "Host", "Signature"]


def test_an_address_without_a_path_is_signed_as_its_root():
    """That is what will be asked for on the wire."""
    headers = sign("GET", BASE, body=None, key=ours(), now=NOW, dialect=Dialect.RFC9421)

    assert prove(received("GET", "/", headers))


# Any change is refused


CHANGES = {
    "method": lambda delivery: replace(delivery, method="PUT"),
    "path": lambda delivery: replace(delivery, target=TARGET.replace("p1", "p2")),
    "query": lambda delivery: replace(delivery, target=TARGET + "&as=owner"),
    "no query": lambda delivery: replace(delivery, target=TARGET.partition("?")[0]),
    "body": lambda delivery: replace(delivery, body=BODY + b" "),
    "no body": lambda delivery: replace(delivery, body=b""),
    "host": lambda delivery: altered(delivery, "host", lambda _: "other.example"),
    "digest": lambda delivery: altered(
        altered(delivery, "digest", lambda value: value.replace("=G", "=H")),
        "content-digest",
        lambda value: value.replace(":G", ":H"),
    ),
    "signature": lambda delivery: altered(delivery, "signature", lambda value: value[:-9]),
    "moment": lambda delivery: altered(
        altered(delivery, "date", lambda value: value.replace(":00 GMT", ":01 GMT")),
        "signature-input",
        lambda value: value.replace("created=1795348800", "created=1795348801"),
    ),
    "key": lambda delivery: altered(
        altered(delivery, "signature", lambda value: value.replace("peer.", "evil.")),
        "signature-input",
        lambda value: value.replace("peer.", "evil."),
    ),
}


@both_dialects
@pytest.mark.parametrize("change", CHANGES)
def test_any_change_on_the_way_is_refused(dialect, change):
    """A signature is for one request: this method, address, host, moment and body."""
    delivery = CHANGES[change](signed(dialect))

    with pytest.raises(Refusal):
        prove(delivery)


SIGNED_PARTS = [
    (Dialect.CAVAGE, "date"),
    (Dialect.CAVAGE, "digest"),
    (Dialect.RFC9421, "signature-input"),
    (Dialect.RFC9421, "content-digest"),
    (Dialect.RFC9421, "signature"),
]


def flip(data, text):
    """Change one character of *text* into a neighbour of its."""
    at = data.draw(st.integers(0, len(text) - 1))
    other = chr(ord(text[at]) ^ data.draw(st.integers(1, 31)))
    return text[:at] + other + text[at + 1 :]


@pytest.mark.parametrize(("dialect", "name"), SIGNED_PARTS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_one_flipped_character_of_a_header_is_refused(dialect, name, data):
    """There is no byte of what counts that may differ."""
    delivery = altered(signed(dialect), name, lambda value: flip(data, value))

    with pytest.raises(Refusal):
        prove(delivery)


@both_dialects
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_one_flipped_character_of_target_or_body_is_refused(dialect, data):
    """There is no byte of what counts that may differ."""
    delivery = signed(dialect)
    body = flip(data, BODY.decode("latin-1")).encode("latin-1")

    for changed in (replace(delivery, target=flip(data, TARGET)), replace(delivery, body=body)):
        with pytest.raises(Refusal):
            prove(changed)


# What is demanded, beyond the table of cases


@pytest.mark.parametrize(
    "covered",
    [
        (),
        ("@method", "@target-uri"),
        ("@method", "content-digest"),
        ("@target-uri", "content-digest"),
        ("@method", "@authority", "content-digest"),
        ("@method", "@authority", "@path", "content-digest"),
        ("@method", "@path", "@query", "content-digest"),
    ],
)
def test_a_partial_rfc_9421_signature_proves_nothing(covered):
    """The sender does not get to choose what is signed."""
    names = " ".join(f'"{name}"' for name in covered)
    delivery = altered(
        signed(Dialect.RFC9421),
        "signature-input",
        lambda _: f'sig1=({names});created={NOW // SECOND};keyid="{ID}"',
    )

    assert code_of(prove, Unverified, delivery) == "insufficient-coverage"


@pytest.mark.parametrize("label", [None, "hs2019", "ed25519"])
def test_ed25519_verifies_under_every_honest_label(label):
    """A label is compared with the key; the signature does not depend on it."""
    text = f'algorithm="{label}",' if label else ""
    delivery = altered(
        signed(), "signature", lambda value: value.replace('algorithm="hs2019",', text)
    )

    assert prove(delivery)


def created_only(algorithm, moment):
    """Sign the pseudo-header instead of a Date, as the draft allows."""
    unsigned = {
        "(request-target)": f"post {TARGET}",
        "host": "gate.example",
        "(created)": str(moment // SECOND),
        "digest": dict(signed().headers)["digest"],
    }
    message = "\n".join(f"{name}: {value}" for name, value in unsigned.items())
    value = PRIVATE["ed25519"].sign(message.encode())
    header = cavage.write(
        cavage.Parameters(
            key_id=ID,
            algorithm=algorithm,
            covered=tuple(unsigned),
            signature=b64encode(value).decode(),
        )
    )
    headers = {
        "host": "gate.example",
        "digest": unsigned["digest"],
        "signature": f"{header},created={moment // SECOND}",
    }
    return received("POST", TARGET, headers, BODY)


def test_a_signed_moment_may_stand_for_the_date():
    """The draft's own pseudo-header is as good as the header of HTTP."""
    assert prove(created_only("hs2019", NOW))
    assert code_of(prove, Unverified, created_only("hs2019", NOW - 2 * HOUR)) == (
        "stale-or-future"
    )


def test_a_signed_moment_goes_with_no_label_of_old():
    """The draft forbids it, and readers differ about it."""
    assert code_of(prove, Malformed, created_only("rsa-sha256", NOW)) == "headers-malformed"


@both_dialects
@pytest.mark.parametrize(
    ("later", "timely"),
    [
        (-5 * MINUTE - SECOND, False),
        (-5 * MINUTE, True),
        (HOUR, True),
        (HOUR + SECOND, False),
    ],
)
def test_a_signature_lives_for_an_hour(dialect, later, timely):
    """Slow queues are honest; a recording from yesterday is not."""
    delivery = signed(dialect)

    if timely:
        assert prove(delivery, now=Millis(NOW + later))
    else:
        assert code_of(prove, Unverified, delivery, now=Millis(NOW + later)) == "stale-or-future"


@both_dialects
@pytest.mark.parametrize("host", ["gate.example:443", "GATE.example", "gate.example.", ""])
def test_only_our_own_host_is_ours(dialect, host):
    """Another spelling of our name may be another server's name for itself."""
    delivery = altered(signed(dialect), "host", lambda _: host)

    assert code_of(prove, WrongHost, delivery) == "wrong-host"


@both_dialects
def test_a_request_without_a_host_is_not_ours(dialect):
    """Nobody said it was meant for us."""
    delivery = signed(dialect)
    anonymous = tuple(line for line in delivery.headers if line[0] != "host")

    assert code_of(prove, WrongHost, replace(delivery, headers=anonymous)) == "wrong-host"


def test_a_port_of_our_own_is_part_of_our_name():
    """A gate may live beside another one on the same machine."""
    base = "http://127.0.0.1:8420"
    headers = sign("GET", f"{base}/a", body=None, key=ours(), now=NOW, dialect=Dialect.RFC9421)
    delivery = received("GET", "/a", headers)

    claim = read_claim(delivery, base_url=base, now=NOW)

    assert dict(delivery.headers)["host"] == "127.0.0.1:8420"
    assert verify(delivery, claim, theirs())


def test_a_body_is_covered_whatever_the_method():
    """A GET with a body is odd, but what it says is said."""
    delivery = replace(signed(method="GET", body=None), body=BODY)

    assert code_of(prove, Unverified, delivery) == "insufficient-coverage"


# What verify demands


def test_a_claim_belongs_to_its_own_delivery():
    """The proof of one request is no proof of another."""
    claim = read_claim(signed(), base_url=BASE, now=NOW)
    other = signed(body=b"other")

    assert code_of(verify, Unverified, other, claim, theirs()) == "signature-invalid"


def test_a_key_proves_only_what_names_it():
    """A key kept under one name does not answer to another."""
    delivery = signed()
    claim = read_claim(delivery, base_url=BASE, now=NOW)
    key = theirs(id=KeyId("https://evil.example/actor#main-key"))

    assert code_of(verify, Unverified, delivery, claim, key) == "signature-invalid"


@both_dialects
def test_the_wrong_key_proves_nothing(dialect):
    """An RSA key under the same name is another key."""
    delivery = signed(dialect, kind="ed25519")
    claim = read_claim(delivery, base_url=BASE, now=NOW)

    assert code_of(verify, Unverified, delivery, claim, theirs("rsa")) == "signature-invalid"


def test_the_signer_is_the_owner_of_the_key():
    """What the body says of its author does not come into it."""
    delivery = signed()
    claim = read_claim(delivery, base_url=BASE, now=NOW)
    owner = ActorId("https://peer.example/other")

    assert verify(delivery, claim, theirs(owner=owner)).by == owner


def test_proof_cannot_be_changed_afterwards():
    """Whoever holds it holds what was proven."""
    proof = prove(signed())

    with pytest.raises((FrozenInstanceError, AttributeError)):
        proof.key = theirs(owner=ActorId("https://evil.example/actor"))
    assert proof.by == OWNER
