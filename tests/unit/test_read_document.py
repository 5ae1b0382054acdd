"""What counts as an ActivityPub document."""

import pytest

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.net.fetch import Answer, read_document

AS2 = "https://www.w3.org/ns/activitystreams"


def answer(status=200, content_type="application/activity+json", url="https://peer.example/a"):
    """Build an answer as a peer gives it."""
    headers = {"content-type": content_type} if content_type else {}
    return Answer(status=status, url=url, headers=headers, body=b"{}")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON",
        "application/activity+json; charset=utf-8",
        f'application/activity+json;charset="utf-8";profile="{AS2}"',
        f'application/ld+json; profile="{AS2}"',
        f'application/ld+json;profile="{AS2}";charset=utf-8',
        f'application/ld+json ; charset=utf-8 ; Profile="{AS2}"',
    ],
)
def test_a_document_says_what_it_is(content_type):
    """The two media types of ActivityPub, however their parameters are set."""
    assert (
        read_document(answer(content_type=content_type), asked="https://peer.example/b") == b"{}"
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/html",
        "application/json",
        "application/ld+json",
        "application/ld+json; charset=utf-8",
        'application/ld+json; profile="https://w3id.org/security/v1"',
        f'application/ld+json; profile="{AS2}#"',
        f'application/ld+json; profile="{AS2}"; profile="x"',
        f'application/ld+json; charset="; profile={AS2}"',
        f'application/json; profile="{AS2}"',
        "application/activity+json, text/html",
        "text/html, application/activity+json",
        "application/activity+json; charset",
        "application/activity+jsonx",
        "application/activity+json" + " " * 8_000 + "x",
    ],
)
def test_anything_else_is_not_a_document(content_type):
    """A file that a user uploaded must not pass for its server's word."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(content_type=content_type), asked="https://peer.example/a")

    assert refusal.value.code == "not-activitypub"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "gone"),
        (404, "missing"),
        (401, "refused"),
        (403, "refused"),
        (201, "failed"),
        (204, "failed"),
        (302, "failed"),
        (429, "failed"),
        (500, "failed"),
    ],
)
def test_an_absent_document_says_why(status, code):
    """Gone is for ever, missing perhaps a mistake, a failure worth another try."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(status), asked="https://peer.example/a")

    assert refusal.value.code == code


@pytest.mark.parametrize(
    "asked", ["https://other.example/a", "http://peer.example/a", "https://peer.example:1/a"]
)
def test_a_document_of_another_origin_is_not_what_was_asked_for(asked):
    """Only a host itself may speak for its actors."""
    with pytest.raises(Unreachable) as refusal:
        read_document(answer(), asked=asked)

    assert refusal.value.code == "redirect-refused"
