"""What bovine-herd does in its own way, and how a gate gets on with it."""

import json
import time
import urllib.error
import urllib.request

import pytest
from deliveries import ours
from meetings import HELLO
from peers import BOVINE
from programs import PATIENCE

from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.httpsig import Dialect, sign

ACTIVITY_JSON = "application/activity+json"

pytestmark = [
    pytest.mark.parametrize("bob", [BOVINE], indirect=True, ids=["bovine"], scope="session"),
    pytest.mark.xdist_group("bovine"),
]


def status(url: str, headers: dict[str, str], body: bytes | None = None) -> int:
    """Ask for something, or bring it, and say what was answered."""
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_it_shows_a_person_to_whoever_signs(meeting):
    """Whoever does not gets 401; the gate's own actor signs our questions, and finds bob."""
    unsigned = status(meeting.bob.actor, {"Accept": ACTIVITY_JSON})
    found = meeting.gate.do("maintainer", "add", meeting.slug, meeting.bob.actor)
    meeting.gate.do("maintainer", "remove", meeting.slug, meeting.bob.actor)

    assert unsigned == 401
    assert found["id"] == meeting.bob.actor


def test_it_takes_no_signature_of_rfc_9421(meeting):
    """It answers 500 to one, so we sign as draft-cavage says first, and that arrives."""
    inbox = meeting.bob.do("look-up", what=meeting.bob.actor)["inbox"]
    body = json.dumps({"id": f"{meeting.desk}#1", "type": "Like", "actor": meeting.desk}).encode()
    now = Millis(int(time.time() * 1000))
    signed = sign("POST", inbox, body=body, key=ours("rsa"), now=now, dialect=Dialect.RFC9421)
    meeting.write(HELLO)

    answer = meeting.note()

    assert status(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body) == 500
    assert "Who can read this" in answer["content"]


def test_it_names_a_follow_by_its_id_alone(meeting):
    """An `Undo` without the `Follow` inside ends the right one all the same."""
    meeting.bob.do("follow", actor=meeting.desk)
    meeting.bob.do("follow", actor=meeting.project)
    meeting.followers(1)

    undo = meeting.bob.do("unfollow", actor=meeting.desk)

    assert undo["status"] == 202
    meeting.followers(0)
    assert meeting.bob.do("unfollow", actor=meeting.project)["status"] == 202


def test_it_lets_the_at_sign_of_a_mention_away(meeting):
    """The name in its `Mention` is `anvil@host`; what people read begins after it nonetheless."""
    meeting.write(HELLO)

    assert meeting.said(2)[0] == ("contributor", HELLO)
