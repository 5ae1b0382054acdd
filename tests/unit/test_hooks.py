"""What a forge's webhook brings: proven by its secret before it is read, whatever it says."""

import hashlib
import json
from urllib.parse import urlencode

import pytest
from forgejo import SECRET, load, signed
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Malformed, Refusal, TooLarge, Unverified
from forgefed_gate.forge import hooks

OPENED = load("issues-opened")


@pytest.mark.parametrize(
    ("name", "kind", "action", "issue"),
    [
        ("issues-opened", "issues", "opened", 1),
        ("issues-opened-form", "issues", "opened", 1),
        ("issues-reopened", "issues", "reopened", 1),
        ("issues-label_updated", "issue_label", "label_updated", 1),
        ("comment-created", "issue_comment", "created", 1),
        ("pull_request-opened", "pull_request", "opened", 2),
        ("push", "push", "", None),
        ("release-published", "release", "published", None),
    ],
)
def test_a_captured_delivery_is_read(name, kind, action, issue):
    """These came over a wire, from software that knew nothing of us."""
    headers, body = load(name)

    event = hooks.read(headers, body, secret=SECRET)

    assert (event.kind, event.action, event.issue) == (kind, action, issue)
    assert event.repository == 2
    assert event.delivery == headers["x-gitea-delivery"]
    assert event.digest == hashlib.sha256(body).hexdigest()


def test_a_forgejo_says_the_same_under_its_own_name():
    """It sends both names; ours is the first one that is there."""
    headers, body = OPENED
    renamed = {name.replace("x-gitea-", "x-forgejo-"): said for name, said in headers.items()}

    assert hooks.read(renamed, body, secret=SECRET) == hooks.read(headers, body, secret=SECRET)
    with pytest.raises(Unverified):
        hooks.read(headers | {"x-forgejo-signature": ""}, body, secret=SECRET)


@pytest.mark.parametrize("name", ["issues-opened", "issues-opened-form"])
@pytest.mark.parametrize(
    "proof", ["", "0" * 64, "sha256=", "ü" * 64, "{right}0", "sha256={right}", " {right}", "{UP}"]
)
def test_a_delivery_without_the_right_signature_proves_nothing(name, proof):
    """An empty one is what a hook without a secret sends; two of them are not one."""
    headers, body = load(name)
    right = headers["x-gitea-signature"]
    headers["x-gitea-signature"] = proof.format(right=right, UP=right.upper())

    with pytest.raises(Unverified):
        hooks.read(headers, body, secret=SECRET)


def test_a_delivery_without_any_signature_proves_nothing():
    """Nor does one that only others' names for it vouch for."""
    headers, body = OPENED
    bare = {name: value for name, value in headers.items() if name != "x-gitea-signature"}

    with pytest.raises(Unverified):
        hooks.read(bare, body, secret=SECRET)


def test_an_empty_secret_proves_nothing():
    """Whoever signs with nothing would be everybody."""
    headers, body = OPENED

    with pytest.raises(Unverified):
        hooks.read(signed(headers, body, b""), body, secret=b"")


@pytest.mark.parametrize("at", [0, 100, -1])
def test_one_changed_byte_proves_nothing(at):
    """What was signed is the body, each byte of it."""
    headers, body = OPENED
    changed = bytearray(body)
    changed[at] ^= 1

    with pytest.raises(Unverified):
        hooks.read(headers, bytes(changed), secret=SECRET)


@pytest.mark.parametrize(
    "form",
    ["{payload}&payload=%7B%7D", "a=b&{payload}", "x{payload}", "payload=", ""],
)
def test_a_form_holds_what_was_signed_and_nothing_else(form):
    """Two readers of one form must not find two payloads in it."""
    headers, body = load("issues-opened-form")

    with pytest.raises(Unverified):
        hooks.read(headers, form.format(payload=body.decode()).encode(), secret=SECRET)


def test_a_delivery_that_is_too_long_is_not_even_proven():
    """Four mebibytes are read, and no byte more."""
    headers, _ = OPENED
    longest = b" " * hooks.LARGEST

    with pytest.raises(TooLarge):
        hooks.read(signed(headers, longest + b" ", SECRET), longest + b" ", secret=SECRET)
    with pytest.raises(Malformed):
        hooks.read(signed(headers, longest, SECRET), longest, secret=SECRET)


@pytest.mark.parametrize(
    "changed",
    [
        {"repository": None},
        {"repository": {"id": "2"}},
        {"repository": {"id": True}},
        {"issue": {"number": "1"}},
        {"issue": {"number": 1.5}},
        {"action": 7},
    ],
)
def test_a_proven_delivery_of_another_shape_is_not_read(changed):
    """Whoever has the secret may still be broken."""
    headers, body = OPENED
    body = json.dumps(json.loads(body) | changed).encode()

    with pytest.raises(Malformed):
        hooks.read(signed(headers, body, SECRET), body, secret=SECRET)


@pytest.mark.parametrize("header", ["x-gitea-delivery", "x-gitea-event-type"])
@pytest.mark.parametrize("value", ["", "a b", "../..", "91faef20", "X" * 65])
def test_a_name_that_is_none_is_not_read(header, value):
    """Neither is signed, so neither is believed to be more than a name."""
    headers, body = OPENED

    with pytest.raises(Malformed):
        hooks.read(headers | {header: value}, body, secret=SECRET)


@given(body=st.binary(max_size=300), form=st.booleans())
def test_whatever_is_signed_is_read_or_refused(body, form):
    """Nothing but a refusal comes out of bytes of a stranger."""
    headers, _ = load("issues-opened-form" if form else "issues-opened")
    headers = signed(headers, body, SECRET)
    sent = urlencode({"payload": body}).encode() if form else body

    with pytest.raises(Refusal):
        hooks.read(headers, sent, secret=SECRET)
