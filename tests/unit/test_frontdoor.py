import contextlib
import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from yarl import URL

from forgefed_gate.domain.errors import Malformed, Refusal
from forgefed_gate.protocol.frontdoor import (
    Addressing,
    canonical_url,
    read_json,
    same_origin,
)

SAMPLES = sorted((Path(__file__).parent.parent / "vectors" / "json").glob("*.json"))
INTERNET = Addressing(allow_http=False)
CLOSED = Addressing(allow_http=True)
AS2 = "https://www.w3.org/ns/activitystreams"


def nested(levels):
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def values(count):
    """One object, one list, and the rest inside it."""
    return b'{"a":[' + b",".join([b"0"] * (count - 2)) + b"]}"


def refused(body):
    with pytest.raises(Malformed) as refusal:
        read_json(body)
    return refusal.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"hello", "not-json"),
        (b'{"a":1', "not-json"),
        (b'{"a":1} x', "not-json"),
        (b"{'a':1}", "not-json"),
        (b'{"a":1,}', "not-json"),
        (b'{"a":01}', "not-json"),
        (b'{"a":"\x00"}', "not-json"),
        (b'{"a":"x\ny"}', "not-json"),
        ('{"a":1}'.encode("utf-16-le"), "not-json"),
        ('{"a":1}'.encode("utf-16"), "not-utf8"),
        (b'\xef\xbb\xbf{"a":1}', "not-utf8"),
        (b'{"a":"\xff"}', "not-utf8"),
        (b'{"a":"\xed\xa0\x80"}', "not-utf8"),
        (b'{"a":"\xc0\xaf"}', "not-utf8"),
        (b"[]", "not-an-object"),
        (b'"a"', "not-an-object"),
        (b"null", "not-an-object"),
        (b'{"actor":"a","actor":"b"}', "duplicate-key"),
        (b'{"actor":"a","\\u0061ctor":"b"}', "duplicate-key"),
        (b'{"a":[{"b":{"c":1,"c":1}}]}', "duplicate-key"),
        (b'{"a":NaN}', "not-a-number"),
        (b'{"a":-Infinity}', "not-a-number"),
        (b'{"a":1e400}', "number-too-large"),
        (b'{"a":-1e400}', "number-too-large"),
        (b'{"a":9007199254740992}', "number-too-large"),
        (b'{"a":9007199254740993}', "number-too-large"),
        (b'{"a":-9007199254740992}', "number-too-large"),
        (b'{"a":' + b"9" * 4_301 + b"}", "number-too-large"),
        (b'{"a":"\\ud800"}', "lone-surrogate"),
        (b'{"a":"\\uDC00\\uD800"}', "lone-surrogate"),
        (b'{"\\udfff":1}', "lone-surrogate"),
        (b'{"a":"x\\u0000y"}', "nul-character"),
        (nested(33), "too-deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "too-deep"),
        (b"[" * 4_000, "too-deep"),
        (b"[" * 100_000, "too-many-nodes"),
        (b'{"a":' * 40_000, "too-many-nodes"),
        (values(5_001), "too-many-nodes"),
        (json.dumps({str(n): n for n in range(1_001)}).encode(), "too-many-keys"),
    ],
)
def test_what_parsers_read_differently_is_refused(body, code):
    """A body with two readings has two authors: the one who signed and the one who twisted."""
    assert refused(body) == code


@pytest.mark.parametrize(
    "body",
    [
        nested(32),
        values(5_000),
        json.dumps({str(n): n for n in range(1_000)}).encode(),
        b'{"a":9007199254740991,"b":-9007199254740991}',
        b'{"a":1.5e300,"b":-0.0}',
        b'{"a":"\\ud83d\\ude00 \\\\u0000 \\\\ud800"}',
        b'{"a":"' + b"[{" * 4_000 + b'"}',
        b'{"a":"' + b'\\"[' * 4_000 + b'"}',
        b'{"a":"' + b"," * 20_000 + b'"}',
        b' \r\n\t{"a":[]}\n',
        '{"naïve":"日本"}'.encode(),
    ],
)
def test_what_everybody_reads_alike_is_read(body):
    """Brackets and commas inside strings are text, and the limits are inclusive."""
    assert read_json(body) == json.loads(body)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_documents_of_real_servers_are_read_as_they_are(sample):
    """Their contexts define many words, all in the standard sense."""
    body = sample.read_bytes()

    assert read_json(body) == json.loads(body)


@pytest.mark.parametrize("word", ["@graph", "@included", "@reverse", "@nest"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda word: {word: []},
        lambda word: {"object": {"tag": [{word: {}}]}},
        lambda word: {"@context": [AS2, {"hidden": word}]},
        lambda word: {"@context": {"hidden": {"@id": word}}},
    ],
    ids=["open", "deep", "alias", "aliased"],
)
def test_structure_that_plain_readers_miss_is_refused(word, wrap):
    """JSON-LD hides statements there that no reader of plain JSON sees (GHSA-53m7-2wrh-q839)."""
    body = json.dumps(wrap(word)).encode()

    assert refused(body) == "jsonld-structure"
    assert refused(body.replace(b"@", b"\\u0040")) == "jsonld-structure"


def test_a_graph_container_is_for_proofs_only():
    """The security vocabulary defines `proof` so; anything else would be hidden in a graph."""
    proof = {"@id": "https://w3id.org/security#proof", "@container": "@graph"}
    other = {"@id": "as:object", "@container": ["@graph", "@set"]}

    assert read_json(json.dumps({"@context": {"proof": proof}}).encode())
    assert refused(json.dumps({"@context": {"object": other}}).encode()) == "jsonld-structure"


@pytest.mark.parametrize(
    "context",
    [
        {"actor": "evil:x", "evilActor": {"@id": "as:actor"}},
        [AS2, {"actor": "https://evil.example/actor"}],
        [AS2, {"actor": None}],
        [AS2, {"actor": {"@type": "@id"}}],
        [AS2, {"actor": "as:object"}],
        [AS2, {"actor": "actor"}],
        [AS2, {"id": "as:id"}],
        [AS2, {"type": "@id"}],
        [AS2, {"as": "https://evil.example/ns#"}],
        [AS2, {"p": "https://evil.example/ns#", "object": "p:object"}],
        [AS2, {"p": "https://www.w3.org/ns/activitystreams#ac", "actor": "p:tor"}],
        [AS2, {"p": {"@id": AS2 + "#"}, "actor": "p:actor"}],
        [AS2, {"Create": "as:Delete"}],
        [AS2, {"inbox": "as:inbox"}],
        [AS2, {"capability": "https://evil.example/capability"}],
        [AS2, {"Grant": "as:Revoke"}],
        [AS2, {"publicKey": {"@id": "as:publicKey"}}],
        [AS2, {"owner": "schema:owner"}],
        [AS2, {"assertionMethod": "https://w3id.org/security#authenticationMethod"}],
        [AS2, None],
        None,
        [AS2, [{"x": "as:x"}]],
        [AS2, {"Thing": {"@id": "x:Thing", "@context": {"object": "x:object"}}}],
    ],
)
def test_a_standard_word_keeps_its_meaning(context):
    """Plain readers and JSON-LD readers must see the same actor."""
    assert refused(json.dumps({"@context": context}).encode()) == "context-redefinition"
    assert (
        refused(json.dumps({"object": {"@context": context}}).encode()) == "context-redefinition"
    )


@pytest.mark.parametrize(
    "context",
    [
        AS2,
        [AS2, "https://unknown.example/context"],
        [AS2, {"sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#"}],
        [AS2, {"EncryptedMessage": "toot:EncryptedMessage", "claim": "toot:claim"}],
        [AS2, {"members": {"@id": "mz:members", "@type": "@id"}}],
        [AS2, {"expires": "zot:expires"}],
        [AS2, {"actor": {"@id": "as:actor", "@type": "@id"}}],
        [AS2, {"actor": "https://www.w3.org/ns/activitystreams#actor"}],
        [AS2, {"f": "https://forgefed.org/ns#", "Ticket": "f:Ticket"}],
        [AS2, {"f": "https://forgefed.org/ns#"}, {"Grant": {"@id": "f:Grant"}}],
        [AS2, {"id": "@id", "type": "@type", "alsoKnownAs": "as:alsoKnownAs"}],
        [AS2, {"@language": "und", "@version": 1.1, "ident": "@id"}],
        [AS2, {"inbox": "ldp:inbox", "controller": "https://w3id.org/security#controller"}],
    ],
)
def test_standard_definitions_and_foreign_words_pass(context):
    """Servers repeat the standard inline, and bring words of their own."""
    document = {"@context": context, "type": "Note"}

    assert read_json(json.dumps(document).encode()) == document


@given(st.binary())
@example(b'{"@context":[1]}')
@example(b'{"@context":{"actor":{"@id":["as:actor"]}}}')
def test_no_bytes_break_the_front_door(body):
    """Whatever arrives is read or refused."""
    try:
        document = read_json(body)
    except Refusal:
        return
    assert isinstance(document, dict)


KEYS = st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, JSON, max_size=4), st.booleans())
def test_what_is_written_is_what_is_read(document, escaped):
    """Reading adds nothing and loses nothing, however the text is escaped."""
    body = json.dumps(document, ensure_ascii=escaped).encode()
    assume(b"\\u0000" not in body)

    assert read_json(body) == document


@given(st.text(alphabet='{}[]",:\\ 01ae@#', max_size=200))
def test_nothing_near_json_breaks_the_front_door(text):
    """The check before the parser and the parser agree on where strings end."""
    with contextlib.suppress(Refusal):
        assert read_json(text.encode()) == json.loads(text)


CANONICAL = [
    "https://gate.example",
    "https://gate.example/",
    "https://gate.example/users/alice",
    "https://gate.example/@alice",
    "https://gate.example/?author=1",
    "https://gate.example/users/alice?a=b&c=%20/?",
    "https://gate.example/caf%C3%A9/%e6%97%a5",
    "https://gate.example//double//slash",
    "https://gate.example/a..b/.well-known/...",
    "https://xn--gte-6cd.example/",
    "https://a-b.gate.xn--p1ai/",
    "https://gate.example/" + "a" * (2_048 - 21),
]
ELSEWHERE_ONLY = [
    "http://gate.example/", "https://gate.example:8443/", "http://peer.test:443/",
    "http://localhost:8420/actor", "http://gate1:3000/", "http://127.0.0.1:8420/actor",
    "http://[::1]:8420/actor", "https://10.0.0.5/",
]  # fmt: skip
NEVER = [
    "", "gate.example", "//gate.example/", "ftp://gate.example/", "javascript:alert(1)",
    "HTTPS://gate.example/", "https:/gate.example/", "https://GATE.example/",
    "https://gate.example:443/", "http://gate.example:80/", "https://gate.example:/",
    "https://gate.example:0443/", "http://gate.example:65536/", "https://gate.example./",
    "https://.gate.example/", "https://gate..example/", "https://-gate.example/",
    "https://gate_.example/", "https://gate。example/", "https://ga\u200bte.example/",
    "https://gаte.example/", "https://user@gate.example/", "https://user:secret@gate.example/",
    "https://gate.example@evil.example/", "https://gate.example\\@evil.example/",
    "https://gate.example/a\\b", "https://gate.example/a b", "https://gate.example/a\tb",
    "https://gate.example/a\n", " https://gate.example/", "https://gate.example/\x7f",
    "https://gate.example/é", "https://gate.example/a/../b", "https://gate.example/a/./b",
    "https://gate.example/..", "https://gate.example/.?x", "https://gate.example/%2e%2e/b",
    "https://gate.example/.%2E/b", "https://gate.example/a%2Fb", "https://gate.example/a%2fb",
    "https://gate.example/a%5Cb", "https://gate.example/a%5cb", "https://gate.example/a%00b",
    "https://gate.example/a%0d%0ab", "https://gate.example/%61lice", "https://gate.example/%zz",
    "https://gate.example/%", "https://gate.example/<script>", "https://gate.example?x=1",
    "https://gate.example/?", "https://gate.example/#", "https://" + "a." * 127 + "example/",
    "https://" + "a" * 64 + ".example/", "https://gate.example/" + "a" * (2_049 - 21),
    "http://0x7f.1/", "http://2130706433/", "http://127.1/", "http://017700000001/",
    "http://127.0.0.01/", "http://①②⑦.⓪.⓪.①/", "http://1.2.3.4.5/", "http://[::1%25eth0]/",
    "http://[0:0:0:0:0:0:0:1]/", "http://[::FFFF:127.0.0.1]/", "http://[::1/",
    "http://[127.0.0.1]:8/",
]  # fmt: skip


@pytest.mark.parametrize("text", CANONICAL)
def test_an_address_in_its_one_spelling_is_given_back(text):
    """Addresses are compared as text, so they come back as the same text."""
    assert canonical_url(text, addressing=INTERNET) == text
    assert canonical_url(text, addressing=CLOSED) == text


@pytest.mark.parametrize("text", ELSEWHERE_ONLY)
def test_a_closed_network_has_more_addresses(text):
    """Tests run on loopback with ports; the open internet has neither."""
    assert canonical_url(text, addressing=CLOSED) == text
    with pytest.raises(Malformed, match="canonical"):
        canonical_url(text, addressing=INTERNET)


@pytest.mark.parametrize("addressing", [INTERNET, CLOSED], ids=["internet", "closed"])
@pytest.mark.parametrize("text", NEVER)
def test_a_second_spelling_is_no_address(text, addressing):
    """Two spellings of one server let one be mistaken for the other (CVE-2023-42451)."""
    with pytest.raises(Malformed) as refusal:
        canonical_url(text, addressing=addressing, fragment=True)

    assert refusal.value.code == "url-not-canonical"


def test_only_ids_have_fragments():
    """A key is named by a fragment and fetched without it."""
    text = "https://gate.example/users/alice?x#main-key"

    assert canonical_url(text, addressing=INTERNET, fragment=True) == text
    with pytest.raises(Malformed):
        canonical_url(text, addressing=INTERNET)


@given(
    st.from_regex(r"\Ahttps?://[a-zA-Z0-9.\[\]:@-]{1,20}(/[ -~]{0,20})?\Z")
    | st.text(max_size=40)
    | st.sampled_from(CANONICAL + ELSEWHERE_ONLY + NEVER),
    st.booleans(),
)
def test_a_canonical_address_is_its_own_normal_form(text, allow_http):
    """An independent library finds the server just as it is written, and no step upwards."""
    try:
        found = canonical_url(text, addressing=Addressing(allow_http=allow_http))
    except Refusal:
        return

    assert found is text
    server = str(URL(text).origin())
    assert text.startswith(server)
    assert text[len(server) :][:1] in {"", "/"}
    assert not {".", ".."}.intersection(unquote(text).partition("?")[0].split("/"))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://a.example/x", "https://a.example/y?z#k", True),
        ("https://a.example", "https://a.example/", True),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("https://a.example/", "https://a.example.evil.example/", False),
        ("https://a.example/", "https://a.example@evil.example/", False),
        ("https://a.example/", "https://a.example\\.evil.example/", True),
        ("", "", False),
        ("x", "x", False),
        ("https://", "https://", False),
        ("mailto:a@a.example", "mailto:a@a.example", False),
    ],
)
def test_one_origin_is_one_scheme_host_and_port(first, second, same):
    """What is no address has no origin, so nothing shares it."""
    assert same_origin(first, second) is same
