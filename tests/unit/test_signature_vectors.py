"""Published vectors, and the gate's own table of good and bad requests."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from forgefed_gate.domain.errors import Malformed, Refusal, Unverified, WrongHost
from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.protocol import cavage, rfc9421
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim, sign, verify
from forgefed_gate.protocol.keys import ActorKey, SigningKey, load_private, read_pem

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"


def load(name):
    return json.loads((VECTORS / name).read_text("utf-8"))


GATE = load("cavage-gate-cases.json")
DRAFT = load("draft-cavage-12-appendix-c.json")
RFC = load("rfc9421-appendix-b.json")
OURS = load("http_signature_vectors.json")
ED25519 = load("wycheproof_ed25519_test.json")
RSA = load("wycheproof_rsa_signature_2048_sha256_test.json")

KINDS = {400: Malformed, 401: Unverified, 421: WrongHost}
NOON = Millis(1_795_348_800_000)
ACTOR = ActorId("https://gate.example/actor")
RSA_ID = KeyId("https://gate.example/actor#main-key")
ED25519_ID = KeyId("https://gate.example/actor#ed25519-key")


def named(cases, key="name"):
    return [pytest.param(case, id=case[key]) for case in cases]


def believed(public, key_id=RSA_ID):
    return ActorKey(id=key_id, owner=ACTOR, public=public)


def received(method, target, headers, body=b""):
    lines = tuple((name.lower(), value) for name, value in headers)
    return Delivery(method=method, target=target, headers=lines, body=body)


# The gate's own table


def knock(case):
    delivery = received(
        case["method"], case["target"], case["headers"], b64decode(case["body_b64"])
    )
    claim = read_claim(
        delivery, base_url=f"https://{case['authority']}", now=Millis(case["now"] * 1000)
    )
    if claim.key_id != GATE["keyId"]:
        raise Unverified("key-unknown", claim.key_id)
    key = believed(read_pem(GATE["public_pem"]), KeyId(GATE["keyId"]))
    return verify(delivery, claim, key)


ACCEPTED = [case for case in GATE["cases"] if case["expect"]["code"] == "ok"]
REFUSED = [case for case in GATE["cases"] if case["expect"]["code"] != "ok"]


@pytest.mark.parametrize("case", named(ACCEPTED))
def test_a_good_request_is_proven(case):
    """What honest peers send goes through, whatever they call the algorithm."""
    signed = knock(case)

    assert signed.by == ACTOR
    assert signed.body == b64decode(case["body_b64"])


@pytest.mark.parametrize("case", named(REFUSED))
def test_a_bad_request_is_refused_for_its_own_reason(case):
    """A peer who is told the right reason can repair the right thing."""
    with pytest.raises(Refusal) as refusal:
        knock(case)

    assert type(refusal.value) is KINDS[case["expect"]["status"]]
    assert refusal.value.code == case["expect"]["code"]


def test_the_table_is_complete():
    """A case lost in copying would pass unseen."""
    assert (len(ACCEPTED), len(REFUSED)) == (3, 37)


# draft-cavage-12, appendix C


@pytest.mark.parametrize("case", named(DRAFT["positive"]))
def test_the_draft_s_strings_and_signatures_are_ours(case):
    """Its key of 1024 bits is too weak for the gate, but its strings are the standard."""
    request = DRAFT["request"]
    covered = f'headers="{case["headers_param"]}",' if case["headers_param"] else ""
    said = cavage.read(f'keyId="Test",{covered}signature="{case["signature"]}"')
    fields = {name.lower(): value for name, value in request["headers"].items()}

    lines = cavage.lines(said, method=request["method"], target=request["target"], fields=fields)

    assert "\n".join(lines) == case["signing_string"]
    weak = load_pem_public_key(DRAFT["public_pem"].encode())
    message = case["signing_string"].encode()
    assert believed(weak).proves(message, signature=b64decode(said.signature))


def test_the_draft_s_weak_key_is_refused():
    """Whoever can factor the key can speak for its owner."""
    with pytest.raises(Unverified) as refusal:
        read_pem(DRAFT["public_pem"])

    assert refusal.value.code == "key-size"


def test_the_misprinted_example_of_the_draft_is_refused():
    """C.3 as printed covers moments its signature does not hold."""
    [case] = DRAFT["negative"]
    headers = [*DRAFT["request"]["headers"].items(), ("Signature", case["header"])]
    delivery = received(
        "POST", DRAFT["request"]["target"], headers, DRAFT["request"]["body"].encode()
    )

    with pytest.raises(Malformed) as refusal:
        read_claim(delivery, base_url="https://example.com", now=Millis(1_402_170_695_000))

    assert refusal.value.code == "headers-malformed"


# RFC 9421, appendix B and section 4.3

REQUESTS = [case for case in RFC["vectors"] if case["message"] == "req"]
EXPRESSIBLE = [case for case in REQUESTS if "@query-param" not in case["signature_input"]]
OTHERS = [case for case in RFC["vectors"] if case not in EXPRESSIBLE]


def stated(case):
    label = case["label"]
    return f"{label}={case['signature_input']}", f"{label}=:{case['signature']}:"


def base_of(case):
    request = RFC["messages"]["req"]
    fields = {name.lower(): value for name, value in request["headers"].items()}
    said = rfc9421.read(*stated(case))
    lines = rfc9421.lines(said, method=request["method"], url=request["url"], fields=fields)
    return "\n".join(lines)


@pytest.mark.parametrize("case", named(EXPRESSIBLE, "section"))
def test_the_signature_base_is_that_of_the_rfc(case):
    """The bytes that are signed are the standard's, to the last one."""
    assert base_of(case) == case["signature_base"]


@pytest.mark.parametrize("case", named(OTHERS, "section"))
def test_what_we_cannot_compute_is_refused(case):
    """A component we skip would be a hole the sender chose."""
    with pytest.raises(Unverified) as refusal:
        base_of(case)

    assert refusal.value.code == "component-unsupported"


@pytest.mark.parametrize(
    "case", named([case for case in EXPRESSIBLE if case["alg"] == "ed25519"], "section")
)
def test_the_rfc_s_ed25519_signatures_verify(case):
    """B.2.6 is the one example whose algorithm we share."""
    public = read_pem(RFC["keys"]["test-key-ed25519"]["public_pem"])
    message, signature = base_of(case).encode(), b64decode(case["signature"])

    assert believed(public).proves(message, signature=signature)
    assert not believed(public).proves(message + b" ", signature=signature)


@pytest.mark.parametrize("case", named(REQUESTS, "section"))
def test_no_example_of_the_rfc_covers_enough_for_us(case):
    """They are years old, leave out the target or use a digest of another kind."""
    request = RFC["messages"]["req"]
    signature_input, signature = stated(case)
    headers = [
        *request["headers"].items(),
        ("Signature-Input", signature_input),
        ("Signature", signature),
    ]
    delivery = received("POST", "/foo?param=Value&Pet=dog", headers, request["body"].encode())

    with pytest.raises(Refusal):
        read_claim(delivery, base_url="https://example.com", now=Millis(1_618_884_473_000))


# Vectors of the protocol sheet, in both directions

BODY = OURS["body"].encode()
INBOX = "https://remote.example/users/bob/inbox"
OUTBOX = "https://remote.example/users/bob/outbox?page=true"


def ours(kind):
    if kind == "rsa":
        private, key_id = load_private(OURS["rsa_private_pem"].encode()), RSA_ID
    else:
        private, key_id = load_private(OURS["ed25519_private_pem"].encode()), ED25519_ID
    return SigningKey(id=key_id, owner=ACTOR, private=private)


def at_remote(method, target, headers, body=b""):
    delivery = received(method, target, headers.items(), body)
    return delivery, read_claim(delivery, base_url="https://remote.example", now=NOON)


def test_we_sign_a_cavage_post_as_published():
    """RSA signatures are deterministic: the same request gives the same header."""
    headers = sign("POST", INBOX, body=BODY, key=ours("rsa"), now=NOON, dialect=Dialect.CAVAGE)

    assert headers == {
        "Host": "remote.example",
        "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "Digest": OURS["digest"],
        "Signature": OURS["cavage_post"]["signature_header"],
    }
    delivery, claim = at_remote("POST", "/users/bob/inbox", headers, BODY)
    assert claim.messages == (OURS["cavage_post"]["signing_string"].encode(),)
    assert verify(delivery, claim, believed(read_pem(OURS["rsa_public_spki_pem"]))).by == ACTOR


def test_we_sign_a_cavage_get_with_its_query():
    """The query is part of what is asked for, so it is signed."""
    headers = sign("GET", OUTBOX, body=None, key=ours("rsa"), now=NOON, dialect=Dialect.CAVAGE)

    assert f'signature="{OURS["cavage_get_with_query"]["signature"]}"' in headers["Signature"]
    delivery, claim = at_remote("GET", "/users/bob/outbox?page=true", headers)
    assert claim.messages[0] == OURS["cavage_get_with_query"]["signing_string"].encode()
    assert verify(delivery, claim, believed(read_pem(OURS["rsa_public_spki_pem"])))


def without_query(method):
    headers = {
        "Host": "remote.example",
        "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "Signature": cavage.write(
            cavage.Parameters(
                key_id=RSA_ID,
                algorithm="rsa-sha256",
                covered=("(request-target)", "host", "date"),
                signature=OURS["cavage_get_legacy_no_query"]["signature"],
            )
        ),
    }
    return at_remote(method, "/users/bob/outbox?page=true", headers)


def test_the_old_form_without_a_query_is_accepted_on_get():
    """Old servers leave the query out; what a GET asks for is no deed."""
    delivery, claim = without_query("GET")

    assert verify(delivery, claim, believed(read_pem(OURS["rsa_public_spki_pem"])))


def test_the_old_form_without_a_query_is_refused_elsewhere():
    """Another method may do something with the query that nobody signed for."""
    delivery, claim = without_query("HEAD")

    with pytest.raises(Unverified) as refusal:
        verify(delivery, claim, believed(read_pem(OURS["rsa_public_spki_pem"])))

    assert refusal.value.code == "signature-invalid"


@pytest.mark.parametrize(
    ("kind", "vector"), [("rsa", "rfc9421_post_rsa_v15"), ("ed25519", "rfc9421_post_ed25519")]
)
def test_we_sign_an_rfc_9421_post_as_published(kind, vector):
    """Both headers are the published ones, and what we sign we verify."""
    key = ours(kind)

    headers = sign("POST", INBOX, body=BODY, key=key, now=NOON, dialect=Dialect.RFC9421)

    assert headers["Content-Digest"] == OURS["content_digest"]
    assert headers["Signature-Input"] == OURS[vector]["signature_input"]
    assert headers["Signature"] == OURS[vector]["signature"]
    delivery, claim = at_remote("POST", "/users/bob/inbox", headers, BODY)
    assert claim.messages == (OURS[vector]["signature_base"].encode(),)
    assert verify(delivery, claim, believed(key.private.public_key(), key.id)).by == ACTOR


def test_the_rfc_s_ed25519_key_is_the_one_published():
    """The sheet and the RFC name the same key, and its example signature."""
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(OURS["ed25519_public_hex"]))
    example = OURS["rfc9421_B_2_6"]

    assert believed(public).proves(
        example["signature_base"].encode(), signature=b64decode(example["signature"])
    )


# Wycheproof


def wycheproof(suite):
    return [
        pytest.param(group["publicKeyPem"], test, id=str(test["tcId"]))
        for group in suite["testGroups"]
        for test in group["tests"]
    ]


@pytest.mark.parametrize(("pem", "test"), wycheproof(ED25519) + wycheproof(RSA))
def test_wycheproof_agrees_with_every_verdict(pem, test):
    """Malleable, padded and truncated signatures are known attacks, not signatures."""
    proven = believed(read_pem(pem)).proves(
        bytes.fromhex(test["msg"]), signature=bytes.fromhex(test["sig"])
    )

    assert test["result"] == "acceptable" or proven is (test["result"] == "valid")
