"""Documents that prove their author: published vectors, and every way to deviate."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Forbidden, Malformed, Refusal
from forgefed_gate.domain.ids import HOUR, MINUTE, ActorId, KeyId, Millis
from forgefed_gate.protocol.keys import (
    ActorKey,
    SigningKey,
    bytes_of_multibase,
    load_private,
    multibase_of,
    new_ed25519,
    read_multibase,
)
from forgefed_gate.protocol.proofs import (
    canonical,
    check,
    seal,
    signed_bytes,
    verification_method,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"


def load(name):
    return json.loads((VECTORS / name).read_text("utf-8"))


FEP = load("fep8b32-eddsa-jcs-2022.json")
GRANT = load("grant_eddsa_jcs_2022.json")
RSA = load_private(load("http_signature_vectors.json")["rsa_private_pem"].encode())

NOTE, CREDENTIAL = FEP["vectors"]
PUBLIC = read_multibase(FEP["publicKeyMultibase"])
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(FEP["privateKeyHex"]))
ALICE = ActorId("https://server.example/users/alice")
ALICES_KEY = KeyId("https://server.example/users/alice#ed25519-key")
AS2 = "https://www.w3.org/ns/activitystreams"
PROOF_TERMS = "https://w3id.org/security/data-integrity/v2"


def moment(text):
    return Millis(int(datetime.fromisoformat(text).timestamp()) * 1000)


MADE = moment(NOTE["signed"]["proof"]["created"])


def later(milliseconds):
    at = datetime.fromtimestamp((MADE + milliseconds) / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def ours(key_id=ALICES_KEY, owner=ALICE, private=PRIVATE):
    return SigningKey(id=key_id, owner=owner, private=private)


def theirs(key_id=ALICES_KEY, owner=ALICE, public=PUBLIC):
    return ActorKey(id=key_id, owner=owner, public=public)


def bare(document):
    return {name: value for name, value in document.items() if name != "proof"}


def signed(proof=None, private=PRIVATE, **members):
    """Build a note with any deviation, and a signature that fits all the same."""
    document = deepcopy(bare(NOTE["signed"])) | members
    options = {**deepcopy(NOTE["signed"]["proof"]), **(proof or {})}
    options = {name: value for name, value in options.items() if value is not None}
    options.pop("proofValue")
    content = document | {"@context": options.get("@context", document["@context"])}
    value = ours(private=private).sign(signed_bytes(content, options))
    return document | {"proof": options | {"proofValue": multibase_of(value)}}


def code_of(document, key=None, now=MADE):
    before = deepcopy(document)
    with pytest.raises(Forbidden) as refusal:
        check(document, key=key or theirs(), now=now)
    assert document == before
    return refusal.value.code


@pytest.mark.parametrize(
    ("vector", "hashed"),
    [
        (NOTE, NOTE["hashDataHex"]),
        (CREDENTIAL, CREDENTIAL["hashDataHex"]),
        (GRANT, GRANT["proofHash"] + GRANT["docHash"]),
    ],
    ids=["FEP-8b32", "W3C", "Grant"],
)
def test_the_published_documents_hash_and_verify(vector, hashed):
    """Canonical forms, hashes, their order and the signature are the standard's."""
    document, proof = bare(vector["signed"]), vector["signed"]["proof"]
    options = {name: value for name, value in proof.items() if name != "proofValue"}

    assert canonical(document).decode() == vector["canonicalDocument"]
    assert canonical(options).decode() == vector["canonicalProofConfig"]
    assert signed_bytes(document, options).hex() == hashed
    signature = bytes_of_multibase(proof["proofValue"])
    assert theirs().proves(bytes.fromhex(hashed), signature=signature)


@pytest.mark.parametrize("document", [NOTE["signed"], GRANT["signed"]], ids=["note", "grant"])
def test_we_seal_and_check_as_published(document):
    """Ed25519 is deterministic: the same document and moment give the same proof."""
    made = moment(document["proof"]["created"])
    key_id, owner = KeyId(document["proof"]["verificationMethod"]), ActorId(document["actor"])

    assert seal(bare(document), key=ours(key_id, owner), now=made) == document
    check(document, key=theirs(key_id, owner), now=made)
    assert verification_method(document) == key_id


def test_a_credential_names_nobody_who_acts():
    """Its signature fits, but its issuer is no actor we could hold to it."""
    document = CREDENTIAL["signed"]
    key = theirs(KeyId(document["proof"]["verificationMethod"]))

    assert code_of(document, key=key) == "proof-owner"


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800"])
def test_what_has_no_canonical_form_has_no_proof(value):
    """Two documents must never share one."""
    document = NOTE["signed"] | {"extra": value}

    with pytest.raises(Malformed):
        check(document, key=theirs(), now=MADE)
    with pytest.raises(Malformed):
        seal(document, key=ours(), now=MADE)


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ({"type": "Ed25519Signature2020"}, "proof-type"),
        ({"type": None}, "proof-type"),
        ({"type": ["DataIntegrityProof"]}, "proof-type"),
        ({"cryptosuite": "eddsa-rdfc-2022"}, "proof-cryptosuite"),
        ({"cryptosuite": None}, "proof-cryptosuite"),
        ({"proofPurpose": "authentication"}, "proof-purpose"),
        ({"proofPurpose": None}, "proof-purpose"),
        ({"created": None}, "proof-created"),
        ({"created": 5}, "proof-created"),
        ({"created": "yesterday"}, "proof-created"),
        ({"created": "2023-02-24"}, "proof-created"),
        ({"created": "2023-02-24T23:36:38"}, "proof-created"),
        ({"created": "2023-02-30T23:36:38Z"}, "proof-created"),
        ({"created": "2999-01-01T00:00:00Z"}, "proof-created"),
        ({"created": later(5 * MINUTE + 1000)}, "proof-created"),
        ({"expires": later(0)}, "proof-expired"),
        ({"expires": later(-HOUR)}, "proof-expired"),
        ({"expires": "never"}, "proof-expired"),
        ({"expires": 9}, "proof-expired"),
        ({"verificationMethod": "https://server.example/users/bob#key"}, "proof-method"),
        ({"verificationMethod": None}, "proof-method"),
        ({"verificationMethod": {"id": ALICES_KEY}}, "proof-method"),
        ({"@context": [AS2, PROOF_TERMS, "https://forgefed.org/ns"]}, "proof-context"),
        ({"@context": [PROOF_TERMS, AS2]}, "proof-context"),
        ({"@context": PROOF_TERMS}, "proof-context"),
    ],
)
def test_a_proof_that_deviates_is_refused(proof, code):
    """Cryptography says that a signature fits, not that it means anything."""
    assert code_of(signed(proof)) == code


@pytest.mark.parametrize(
    "members",
    [
        {"actor": "https://server.example/users/bob"},
        {"actor": "https://evil.example/users/alice"},
        {"actor": None},
        {"actor": [ALICE]},
        {"actor": {"type": "Person"}},
        {"actor": "https://server.example/users/bob", "attributedTo": ALICE},
        {"id": "https://evil.example/activities/1"},
        {"id": "http://server.example/activities/1"},
        {"id": None},
        {"id": "https://[::1"},
    ],
)
def test_a_document_of_somebody_else_is_refused(members):
    """A key speaks for its owner only, and where its owner lives."""
    assert code_of(signed(**members)) == "proof-owner"


def sealed_without_actor(**members):
    document = {"@context": [AS2, PROOF_TERMS], "type": "Note"} | members
    return seal(document, key=ours(), now=MADE)


@pytest.mark.parametrize(
    "members",
    [
        {"id": f"{ALICE}/notes/1", "attributedTo": ALICE},
        {"id": f"{ALICE}/notes/1", "attributedTo": {"id": ALICE}},
        {"attributedTo": ALICE},
        {"id": ALICE},
        {"actor": ALICE},
        {"actor": ALICE, "attributedTo": "https://server.example/users/bob"},
    ],
)
def test_an_owner_is_named_in_several_ways(members):
    """A note has an author, an actor is itself, and a push names its pusher too."""
    check(sealed_without_actor(**members), key=theirs(), now=MADE)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"id": f"{ALICE}/outbox"},
        {"id": ALICE, "attributedTo": "https://server.example/users/bob"},
    ],
)
def test_without_an_actor_the_author_is_asked_and_then_the_document(members):
    """Whoever is named first has to own the key."""
    assert code_of(sealed_without_actor(**members)) == "proof-owner"


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (None, "proof-missing"),
        ([], "proof-missing"),
        ("proof", "proof-malformed"),
        ([NOTE["signed"]["proof"]] * 2, "proof-malformed"),
        (["proof"], "proof-malformed"),
    ],
)
def test_a_document_carries_one_proof(proof, code):
    """Of two proofs, one would be checked and the other believed."""
    document = bare(NOTE["signed"]) | {"proof": proof}

    assert code_of(document) == code
    with pytest.raises(Forbidden) as refusal:
        verification_method(document)
    assert refusal.value.code == code


def test_a_proof_in_a_list_of_one_is_a_proof():
    """JSON-LD does not tell one from the other."""
    check(NOTE["signed"] | {"proof": [NOTE["signed"]["proof"]]}, key=theirs(), now=MADE)


@pytest.mark.parametrize("value", [None, 5, "", "z", "z0", "uAAAA", "z" + "1" * 64])
def test_a_signature_that_cannot_be_read_is_refused(value):
    """It is the sender's business to write it properly."""
    proof = NOTE["signed"]["proof"] | {"proofValue": value}

    assert code_of(bare(NOTE["signed"]) | {"proof": proof}) == "proof-signature"


def test_another_key_of_the_same_name_proves_nothing():
    """The name is a claim, and the signature the proof."""
    assert code_of(signed(private=new_ed25519())) == "proof-signature"


def test_an_rsa_key_makes_no_such_proof():
    """The suite says which kind of key it is made with, and the key does not choose."""
    key = theirs(public=RSA.public_key())

    assert code_of(signed(private=RSA), key=key) == "proof-key"


def test_a_proof_names_its_key():
    """Without the name there is nothing to look up."""
    with pytest.raises(Forbidden) as refusal:
        verification_method(signed({"verificationMethod": None}))

    assert refusal.value.code == "proof-method"


@pytest.mark.parametrize(
    "proof",
    [
        {"created": "2023-02-24T23:36:38.954760912Z"},
        {"created": "2023-02-25T01:36:38+02:00"},
        {"created": later(5 * MINUTE)},
        {"expires": later(1000)},
        {"@context": [AS2]},
        {"@context": AS2},
        {"@context": None},
    ],
)
def test_what_peers_rightly_do_is_accepted(proof):
    """Fractions of seconds, other zones, a slow clock, a shorter context."""
    check(signed(proof), key=theirs(), now=MADE)


def test_a_signature_of_linked_data_times_is_not_part_of_the_document():
    """Fedify adds it after the proof, and we never look at it."""
    document = NOTE["signed"] | {"signature": {"type": "RsaSignature2017"}}

    check(document, key=theirs(), now=MADE)


def test_checking_changes_nothing():
    """The second check of a document gives the answer of the first."""
    document = deepcopy(NOTE["signed"]) | {"signature": {}}
    before = deepcopy(document)

    check(document, key=theirs(), now=MADE)
    check(document, key=theirs(), now=MADE)

    assert document == before


@pytest.mark.parametrize(
    ("context", "sealed"),
    [
        (AS2, [AS2, PROOF_TERMS]),
        ([AS2], [AS2, PROOF_TERMS]),
        ([AS2, PROOF_TERMS], [AS2, PROOF_TERMS]),
        ([PROOF_TERMS.replace("v2", "v1")], [PROOF_TERMS.replace("v2", "v1")]),
        (PROOF_TERMS, PROOF_TERMS),
        ([AS2, {"x": "as:x"}], [AS2, {"x": "as:x"}, PROOF_TERMS]),
    ],
)
def test_sealing_brings_the_terms_of_the_proof(context, sealed):
    """A reader of JSON-LD has to know what a proof is, and once is enough."""
    document = {"@context": context, "actor": ALICE}

    result = seal(document, key=ours(), now=MADE)

    assert result["@context"] == result["proof"]["@context"] == sealed
    assert document == {"@context": context, "actor": ALICE}
    check(result, key=theirs(), now=MADE)


def test_sealing_again_replaces_the_proof():
    """A document has one proof, the newest."""
    again = seal(NOTE["signed"], key=ours(), now=Millis(MADE + HOUR))

    assert again["proof"]["created"] == "2023-02-25T00:36:38Z"
    check(again, key=theirs(), now=Millis(MADE + HOUR))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(members=st.dictionaries(st.text(max_size=10), JSON, max_size=4))
def test_whatever_can_be_sealed_is_proven(members):
    """What we say in any words survives the way, and nothing else is said."""
    document = {"content": members, "actor": ALICE}

    try:
        sealed = seal(document, key=ours(), now=MADE)
    except Malformed:
        return
    received = json.loads(json.dumps(sealed))
    check(received, key=theirs(), now=MADE)
    with pytest.raises(Forbidden):
        check(received | {"content": "another"}, key=theirs(), now=MADE)


@settings(deadline=None, max_examples=300)
@given(
    members=st.dictionaries(st.sampled_from(["@context", "actor", "id", "proof"]), JSON),
    proof=st.dictionaries(st.sampled_from([*NOTE["signed"]["proof"], "expires"]), JSON),
)
def test_arbitrary_documents_are_refused_and_nothing_else(members, proof):
    """A forwarded document is written by anybody."""
    document = NOTE["signed"] | {"proof": NOTE["signed"]["proof"] | proof} | members

    try:
        check(document, key=theirs(), now=MADE)
    except Refusal:
        assert document != NOTE["signed"]
