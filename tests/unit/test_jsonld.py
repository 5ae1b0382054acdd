import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Refusal, TooLarge
from forgefed_gate.protocol.contexts import DOCUMENTS, STANDARD
from forgefed_gate.protocol.frontdoor import read_json
from forgefed_gate.protocol.jsonld import means_the_same, needs_reading, plain

SAMPLES = sorted((Path(__file__).parent.parent / "vectors" / "json").glob("*.json"))
AS2 = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
FORGEFED = "https://forgefed.org/ns"
BOB = "https://dev.example/users/bob"
PLAIN = {
    "id": BOB,
    "type": "Person",
    "inbox": f"{BOB}/inbox",
    "name": "Bob",
    "published": "2026-01-01T00:00:00Z",
    "publicKey": {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": "PEM"},
}


def code_of(work, document):
    with pytest.raises(Refusal) as refusal:
        work(document)
    return refusal.value.code


@pytest.mark.parametrize(
    "document",
    [
        {
            "@context": [AS2, SECURITY],
            "@id": BOB,
            "@type": "as:Person",
            "ldp:inbox": f"{BOB}/inbox",
            "as:name": "Bob",
            "as:published": "2026-01-01T00:00:00Z",
            "sec:publicKey": {
                "@id": f"{BOB}#main-key",
                "sec:owner": {"@id": BOB},
                "sec:publicKeyPem": "PEM",
            },
        },
        {
            "@context": [
                AS2,
                SECURITY,
                {"ap": f"{AS2}#", "called": "ap:name", "kind": "@type", "uri": "@id"},
            ],
            "uri": BOB,
            "kind": "ap:Person",
            "inbox": {"id": f"{BOB}/inbox"},
            "called": ["Bob"],
            "published": {"@type": "xsd:dateTime", "@value": "2026-01-01T00:00:00Z"},
            "publicKey": {"uri": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": "PEM"},
        },
        {
            "@id": BOB,
            "@type": [f"{AS2}#Person"],
            "http://www.w3.org/ns/ldp#inbox": [{"@id": f"{BOB}/inbox"}],
            f"{AS2}#name": [{"@value": "Bob"}],
            f"{AS2}#published": [{"@value": "2026-01-01T00:00:00Z"}],
            "https://w3id.org/security#publicKey": [
                {
                    "@id": f"{BOB}#main-key",
                    "https://w3id.org/security#owner": [{"@id": BOB}],
                    "https://w3id.org/security#publicKeyPem": [{"@value": "PEM"}],
                }
            ],
        },
    ],
    ids=["prefixes", "aliases", "expanded"],
)
def test_three_spellings_of_one_actor_read_alike(document):
    """Some servers write all that JSON-LD allows."""
    assert needs_reading(document)
    assert plain(document) == PLAIN


def test_values_are_read_as_their_plain_word_reads_them():
    """A prefixed word loses its type; the list keeps its order, roles and audiences their IRIs."""
    document = {
        "@context": [AS2, FORGEFED],
        "@id": "https://dev.example/x",
        "@type": "forge:Grant",
        "as:to": ["as:Public", BOB],
        "as:items": {"@list": ["https://dev.example/2", "https://dev.example/1"]},
        "forge:allows": "invoke",
        "as:object": "forge:admin",
        "content": "hello",
        "contentMap": {"en": "hello", "de": "hallo"},
        "summaryMap": {"de": "Gruß", "en": "greeting"},
        "odd": 1,
    }

    assert plain(document) == {
        "id": "https://dev.example/x",
        "type": "Grant",
        "to": [f"{AS2}#Public", BOB],
        "orderedItems": ["https://dev.example/2", "https://dev.example/1"],
        "allows": "invoke",
        "object": f"{FORGEFED}#admin",
        "content": "hello",
        "summary": "Gruß",
        "odd": 1,
    }


def test_a_proof_keeps_its_place():
    """The security vocabulary reads a proof as a graph of its own."""
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{BOB}#key",
        "proofPurpose": "assertionMethod",
        "proofValue": "z1",
        "created": "2026-01-01T00:00:00Z",
    }
    document = {
        "@context": [AS2, "https://w3id.org/security/data-integrity/v2"],
        "@id": "https://dev.example/x",
        "type": "Like",
        "proof": proof,
    }

    assert plain(document)["proof"] == proof


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_documents_of_real_servers_need_no_reading(sample):
    """They are plain already, and JSON-LD finds nothing else in them."""
    document = read_json(sample.read_bytes())
    document.pop("signature", None)

    assert not needs_reading(document)
    means_the_same(document)


@pytest.mark.parametrize(
    "document",
    [
        {"@id": BOB},
        {"object": {"@type": "Note"}},
        {"object": [{"name": {"@value": "Bob"}}]},
        {"as:name": "Bob"},
        {"sec:owner": BOB},
        {f"{AS2}#name": "Bob"},
        {"type": "as:Person"},
        {"type": ["Person", f"{AS2}#Service"]},
        {"@context": {"called": "as:name"}, "called": "Bob"},
        {"@context": {"Human": {"@id": "as:Person"}}, "type": "Human"},
        {"@context": {"uri": "@id"}, "uri": BOB},
    ],
)
def test_other_spellings_are_noticed(document):
    """Read as plain JSON, these would seem to say nothing."""
    assert needs_reading(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        PLAIN,
        {"@context": {"called": "as:name"}, "name": "Bob"},
        {"@context": {"sensitive": "as:sensitive"}, "sensitive": True},
        {"schema:name": "Bob", "type": ["Person", "schema:Person"]},
        {"tag": [{"name": ":blob:", "type": "Emoji"}]},
    ],
)
def test_plain_words_and_foreign_ones_need_no_reading(document):
    """JSON-LD is slow, and what is in no vocabulary of ours we do not read anyway."""
    assert not needs_reading(document)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"@context": "https://evil.example/context", "@id": BOB}, "context-unknown"),
        ({"@context": [AS2, "http://127.0.0.1/"], "@id": BOB}, "context-unknown"),
        ({"@context": [AS2, {"@import": "https://evil.example/"}]}, "context-unknown"),
        ({"@context": [AS2, {"a": {"@id": "x:a", "@context": "file:///etc/passwd"}}], "a": {}},
         "jsonld-unreadable"),
        ({"@context": "relative"}, "context-unknown"),
        ({"@context": 7}, "jsonld-unreadable"),
        ({"@id": 7}, "jsonld-unreadable"),
        ({"@context": {"a": "b:c", "b": "a:c"}}, "jsonld-unreadable"),
        ({"@graph": [{"@id": BOB, f"{AS2}#name": "a"}, {"@id": "x:y", f"{AS2}#name": "b"}]},
         "jsonld-unreadable"),
        ({"@context": AS2}, "jsonld-unreadable"),
        ({"@context": AS2, "name": "a" * 65_536}, "document-too-large"),
        ({"@context": [AS2] * 65, "@id": BOB}, "too-many-contexts"),
        ({"@context": AS2, "tag": [{"@context": [{}], "@id": BOB}] * 64}, "too-many-contexts"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_here_is_refused(document, code, monkeypatch):
    """Nothing is ever fetched to understand a document, whatever it points to."""
    dialled = []
    monkeypatch.setattr("socket.socket.connect", lambda *address: dialled.append(address))

    assert code_of(plain, document) == code
    assert dialled == []


def test_too_large_is_its_own_refusal():
    """The answer to a peer differs."""
    with pytest.raises(TooLarge):
        plain({"name": "a" * 65_536})


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from([BOB, "as:Note", "x"]),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["@id", "@type", "@value", "@list", "@context", "@language", "as:name", "type",
                 "object", "proof", "contentMap", "sec:owner", "x", "allows", "@set", "@index"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_any_document_is_read_or_refused(inner):
    """Peers write the document."""
    document = {"@context": AS2, "id": BOB, "object": inner}

    assert needs_reading(document) in {True, False}
    try:
        found = plain(document)
    except Refusal:
        return
    assert found["id"] == BOB


def test_threads_may_read_at_the_same_time():
    """The library shares its caches between threads, and must not be caught at it."""
    context = [AS2, SECURITY, FORGEFED]
    found = []

    def read(number):
        for turn in range(5):
            inline = {f"x{number}{turn}": "as:name"}
            found.append(
                plain({"@context": [*context, inline], "@id": BOB, **dict.fromkeys(inline, "Bob")})
            )

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [{"id": BOB, "name": "Bob"}] * 20


@pytest.mark.parametrize(
    "document",
    [
        {"@context": AS2, "id": BOB, "type": "Person", "to": [f"{AS2}#Public"], "cc": []},
        {"@context": AS2, "id": BOB, "type": "Person", "summary": None, "inbox": {"id": BOB}},
        {"@context": [AS2, FORGEFED], "id": BOB, "type": "Join", "instrument": "admin"},
        {"@context": [AS2, {"x": "https://x.example/#"}], "id": BOB, "relationship": "x:knows"},
        {"@context": [AS2, {"Odd": "https://x.example/Odd"}], "id": BOB, "type": ["Odd", "Note"]},
    ],
)
def test_a_document_that_all_read_alike_is_proven(document):
    """Lists of one, empty lists and abbreviated IRIs make no difference."""
    means_the_same(document)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"@context": AS2, "id": BOB, "directMessage": True}, "term-undefined"),
        ({"@context": AS2, "id": BOB, "type": "Grant"}, "term-undefined"),
        ({"@context": AS2, "id": BOB, "object": {"type": "Note", "odd": 1}}, "term-undefined"),
        ({"@context": SECURITY, "id": BOB, "name": "Bob", "owner": BOB}, "term-undefined"),
        ({"@context": [AS2, {"name": "as:summary"}], "id": BOB, "name": "x"}, "term-misread"),
        ({"@context": [AS2, {"allows": "https://x.example/"}], "id": BOB, "allows": "x"},
         "term-misread"),
        ({"@context": SECURITY, "id": BOB, "type": "Person"}, "term-undefined"),
        ({"@context": [AS2, "https://unknown.example/"], "id": BOB}, "context-unknown"),
    ],
)  # fmt: skip
def test_a_document_that_reads_in_two_ways_is_caught(document, code):
    """A word that no context defines is silence to half of our peers."""
    assert code_of(means_the_same, document) == code


def test_every_context_is_whole():
    """Each of our copies is JSON with a context, and the standard words come from them."""
    assert len(DOCUMENTS) == 12
    for document in DOCUMENTS.values():
        assert list(document) == ["@context"]
    assert STANDARD["id"] == "@id"
    assert STANDARD["actor"] == f"{AS2}#actor"
    assert STANDARD["inbox"] == "http://www.w3.org/ns/ldp#inbox"
    assert STANDARD["capability"] == f"{FORGEFED}#capability"
    assert STANDARD["created"] == "http://purl.org/dc/terms/created"
    assert STANDARD["proofValue"] == "https://w3id.org/security#proofValue"
    assert "members" not in STANDARD


def test_contexts_are_never_changed_by_reading():
    """They are shared by every document that is ever read."""
    before = json.dumps(dict(DOCUMENTS))
    for url in DOCUMENTS:
        plain({"@context": [url], "@id": BOB, f"{AS2}#name": "Bob"})

    assert json.dumps(dict(DOCUMENTS)) == before
