"""A signed request has one reading, and what has none is refused."""

from dataclasses import replace

import pytest
from deliveries import BASE, DIGEST, ID, NOW, TARGET, altered, code_of, prove, signed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed, Refusal, Unverified
from forgefed_gate.domain.ids import SECOND
from forgefed_gate.protocol import cavage
from forgefed_gate.protocol.httpsig import Delivery, Dialect, read_claim

both_dialects = pytest.mark.parametrize("dialect", Dialect)


@pytest.mark.parametrize(
    ("stated", "kind", "code"),
    [
        ("sig1=", Malformed, "signature-malformed"),
        ("sig1=(", Malformed, "signature-malformed"),
        ('sig2=COVERED;created=NOW;keyid="ID"', Malformed, "signature-malformed"),
        ('sig1=COVERED;created=NOW;keyid="ID", sig2=()', Malformed, "signature-malformed"),
        ('sig1=COVERED; created=NOW;keyid="ID"', Malformed, "signature-malformed"),
        ('sig1=COVERED;created=NOW;keyid="I\\"D"', Malformed, "signature-malformed"),
        ("sig1=COVERED;created=NOW", Malformed, "signature-incomplete"),
        ("sig1=COVERED;created=NOW;keyid=token", Malformed, "signature-incomplete"),
        ('sig1=COVERED;keyid="ID"', Malformed, "signature-incomplete"),
        ('sig1=COVERED;created=1.5;keyid="ID"', Malformed, "signature-incomplete"),
        ('sig1=COVERED;created=NOW9999999999;keyid="ID"', Malformed, "signature-incomplete"),
        ('sig1=COVERED;created="NOW";keyid="ID"', Malformed, "signature-incomplete"),
        (
            'sig1=COVERED;created=NOW;created=1;keyid="ID"',
            Malformed,
            "signature-duplicate-param",
        ),
        ('sig1=("@method" "@method");created=NOW;keyid="ID"', Malformed, "headers-malformed"),
        ('sig1=("Date");created=NOW;keyid="ID"', Malformed, "headers-malformed"),
        ('sig1=("date";sf);created=NOW;keyid="ID"', Unverified, "component-unsupported"),
        (
            'sig1=("@method" "@target-uri" "content-digest" "@status");created=NOW;keyid="ID"',
            Unverified,
            "component-unsupported",
        ),
        (
            'sig1=("@method" "@target-uri" "content-digest" "x-no");created=NOW;keyid="ID"',
            Unverified,
            "covered-header-absent",
        ),
        ('sig1=COVERED;created=NOW;keyid="ID";alg="none"', Unverified, "algorithm-refused"),
        ('sig1=COVERED;created=NOW;keyid="ID";expires=9', Unverified, "expired"),
        ('sig1=COVERED;created=-5;keyid="ID"', Unverified, "stale-or-future"),
        (
            'sig1=COVERED;created=NOW;keyid="ID";alg="rsa-v1_5-sha256"',
            Unverified,
            "algorithm-refused",
        ),
        ('sig1=COVERED;created=NOW;keyid="ID";nonce="n"', Unverified, "signature-invalid"),
        ("é", Unverified, "signature-missing"),
        ('sig1=COVERED;keyid="' + "a" * 4096 + '"', Malformed, "signature-too-long"),
    ],
)
def test_rfc_9421_has_one_reading(stated, kind, code):
    """What two readers might read differently is not read at all."""
    text = stated.replace("COVERED", '("@method" "@target-uri" "content-digest")')
    text = text.replace("NOW", str(NOW // SECOND)).replace('"ID"', f'"{ID}"')
    delivery = altered(signed(Dialect.RFC9421), "signature-input", lambda _: text)

    assert code_of(prove, kind, delivery) == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("sig1=:AAAA", "signature-malformed"),
        ("sig1=:AAAA:, sig2=:AAAA:", "signature-malformed"),
        ("sig1=:A:", "signature-not-base64"),
        ("sig1=:AAAB=:", "signature-not-base64"),
        ("sig1=:A*AA:", "signature-not-base64"),
        ("sig1=:AB==:", "signature-not-base64"),
    ],
)
def test_an_rfc_9421_signature_is_one_canonical_value(header, code):
    """Several spellings of one signature would be several signatures."""
    delivery = altered(signed(Dialect.RFC9421), "signature", lambda _: header)

    assert code_of(prove, Malformed, delivery) == code


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        (("hs2019", "rsa-sha256"), Unverified, "algorithm-refused"),
        (("hs2019", "ecdsa-sha256"), Unverified, "algorithm-refused"),
        (('"hs2019",', '"hs2019",created=soon,'), Malformed, "signature-malformed"),
        (('"hs2019",', '"hs2019",created="soon",'), Malformed, "signature-malformed"),
        ((" host date", "  host date"), Malformed, "headers-malformed"),
        ((" date", " (created)"), Malformed, "signature-incomplete"),
        ((" date", " (expires)"), Malformed, "signature-incomplete"),
        ((" date", " (secret) date"), Unverified, "covered-header-absent"),
        (('"hs2019",', '"hs2019",expires="9",'), Unverified, "expired"),
        (('headers="', 'ignored="'), Unverified, "insufficient-coverage"),
        (('signature="', 'signatures="'), Malformed, "signature-incomplete"),
        ((ID, ""), Malformed, "signature-incomplete"),
    ],
)
def test_cavage_has_one_reading(change, kind, code):
    """What two readers might read differently is not read at all."""
    delivery = altered(signed(), "signature", lambda value: value.replace(*change))

    assert code_of(prove, kind, delivery) == code


@pytest.mark.parametrize(
    "date",
    [
        "",
        "Sun, 22 Nov 2026 12:00:00",
        "Sun, 22 Nov 2026 12:00:00 GMT GMT",
        "Sun, 22 Nov 2026 12:00:00 +0000",
        "Sunday, 22-Nov-26 12:00:00 GMT",
        "Sun Nov 22 12:00:00 2026",
        "Sun, 31 Feb 2026 12:00:00 GMT",
        "Sun, 22 Nox 2026 12:00:00 GMT",
        "Sun, 22 Nov 0000 12:00:00 GMT",
        "Sun, 22 Nov 2026 12:60:00 GMT",
        "Sun, ²² Nov 2026 12:00:00 GMT",
        "1795348800",
    ],
)
def test_a_date_has_the_one_form_of_http(date):
    """A guess at what a moment means is a guess at whether it has passed."""
    delivery = altered(signed(), "date", lambda _: date)

    assert code_of(read_claim, Malformed, delivery, base_url=BASE, now=NOW) == "date-malformed"


@pytest.mark.parametrize(
    ("dialect", "name", "stated", "accepted"),
    [
        (Dialect.CAVAGE, "digest", "sha-256={}", True),
        (Dialect.CAVAGE, "digest", "SHA-512=AAAA,SHA-256={}", True),
        (Dialect.CAVAGE, "digest", "SHA-256={},SHA-256=AAAA", False),
        (Dialect.CAVAGE, "digest", "SHA-256=AAAA,SHA-256={}", False),
        (Dialect.CAVAGE, "digest", "MD5={}", False),
        (Dialect.CAVAGE, "digest", "SHA-256=:{}:", False),
        (Dialect.RFC9421, "content-digest", "sha-512=:AAAA:, sha-256=:{}:", True),
        (Dialect.RFC9421, "content-digest", "sha-512=:AAAA:", False),
        (Dialect.RFC9421, "content-digest", "sha-256={}", False),
    ],
)
def test_the_sha_256_digest_is_stated_once(dialect, name, stated, accepted):
    """Two digests would let two readers check two bodies."""
    delivery = signed(dialect)
    changed = altered(delivery, name, lambda _: stated.format(DIGEST))

    code = code_of(prove, Unverified, changed)

    assert code == ("signature-invalid" if accepted else "digest-mismatch")


@pytest.mark.parametrize(
    "name", ["host", "date", "digest", "content-type", "content-length", "signature"]
)
def test_a_header_that_occurs_once_occurs_once(name):
    """Of two values one would be signed and the other one used."""
    line = (name, dict(signed().headers).get(name, "1"))
    delivery = signed()
    doubled = replace(delivery, headers=(*delivery.headers, line, line))

    assert code_of(prove, Malformed, doubled) == "duplicate-header"


def test_header_lines_that_may_repeat_are_joined():
    """The draft joins them with a comma, in their order."""
    said = cavage.Parameters(key_id=ID, algorithm=None, covered=("x-a",), signature="")
    delivery = signed()
    repeated = replace(delivery, headers=(*delivery.headers, ("x-a", "1"), ("x-a", " 2 ")))

    assert prove(repeated)
    assert cavage.lines(said, method="GET", target="/", fields={"x-a": "1, 2"}) == ["x-a: 1, 2"]


@pytest.mark.parametrize("value", ["a\nhost: evil.example", "a\rb", "\u0100"])
def test_a_header_cannot_smuggle_another_line(value):
    """One covered header never looks like two."""
    delivery = altered(signed(), "signature", lambda text: text.replace(" digest", " digest x-a"))
    smuggling = replace(delivery, headers=(*delivery.headers, ("x-a", value)))

    assert code_of(prove, Malformed, smuggling) == "header-malformed"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("post", TARGET),
        ("", TARGET),
        ("POST", ""),
        ("POST", "inbox"),
        ("POST", "https://gate.example/inbox"),
        ("POST", "/in box"),
        ("POST", "/in\nbox"),
        ("POST", "/\xe9"),
    ],
)
def test_a_request_line_is_plain(method, target):
    """What is signed for has one spelling."""
    delivery = replace(signed(), method=method, target=target)

    assert code_of(prove, Malformed, delivery) == "target-malformed"


NAMES = st.sampled_from(
    ["host", "date", "digest", "content-digest", "signature", "signature-input", "x-a"]
)
COVERED = {
    Dialect.CAVAGE: {"host", "date", "digest", "signature", "signature-input"},
    Dialect.RFC9421: {"host", "content-digest", "signature", "signature-input"},
}
LINES = st.lists(st.tuples(NAMES, st.text(max_size=80)), max_size=8)


@settings(deadline=None, max_examples=300)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "é"]),
    target=st.text(max_size=20),
    headers=LINES,
    body=st.binary(max_size=20),
)
def test_arbitrary_requests_are_refused_and_nothing_else(method, target, headers, body):
    """The door is open to everyone, so nothing that comes through may break it."""
    delivery = Delivery(method=method, target=target, headers=tuple(headers), body=body)

    with pytest.raises(Refusal):
        prove(delivery)


@both_dialects
@settings(deadline=None, max_examples=150)
@given(name=NAMES, text=st.text(max_size=120))
@example(name="date", text="Sun, 22 Nov 9999 25:00:00 GMT")
@example(name="signature", text='keyId="a",signature="AAAA",created=' + "9" * 15)
@example(name="signature-input", text='sig1=();created=999999999999999;keyid="a"')
def test_arbitrary_header_text_is_refused_and_nothing_else(dialect, name, text):
    """Noise in the place of a good header proves nothing, and breaks nothing."""
    delivery = signed(dialect)
    others = tuple(line for line in delivery.headers if line[0] != name)

    try:
        prove(replace(delivery, headers=(*others, (name, text))))
    except Refusal:
        return
    assert name not in COVERED[dialect]


SHAPED = st.text(alphabet='keyIdsgnatur=",():;@ 019AZ/+\\\t', max_size=80)


@settings(deadline=None, max_examples=300)
@given(stated=SHAPED, given_signature=SHAPED)
def test_text_that_resembles_a_signature_is_refused_and_nothing_else(stated, given_signature):
    """Parsers break on what almost fits."""
    for dialect in Dialect:
        delivery = altered(signed(dialect), "signature", lambda _: given_signature)
        with pytest.raises(Refusal):
            prove(altered(delivery, "signature-input", lambda _: stated))
