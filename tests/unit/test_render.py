"""What we send, as others read it."""

import json

import pytest

from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, PUBLIC
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import render
from forgefed_gate.protocol.render import PrivateNote

NOW = 1_795_348_800_000
PLACES = Places(base_url="https://gate.example")
DESK = "https://gate.example/desks/anvil"
PROJECT = "https://gate.example/projects/anvil"
BOB = "https://village.example/users/bob"


def private(text="Hello!", **changed):
    fields = {
        "id": f"{DESK}/notes/1",
        "desk": DESK,
        "to": BOB,
        "handle": "@bob@village.example",
        "text": text,
        "at": NOW,
        "in_reply_to": f"{BOB}/n/1",
        "conversation": "https://gate.example/threads/1",
    }
    return render.private_note(PrivateNote(**(fields | changed)))


def given(**changed):
    fields = {
        "id": f"{PROJECT}/grants/1",
        "project": "anvil",
        "target": BOB,
        "role": Role.REPORT,
        "charter": "ab" * 32,
        "starts_at": NOW,
        "ends_at": NOW + DAY,
    }
    return Grant(**(fields | changed))


def test_a_private_note_is_one_on_every_server():
    """Mastodon wants a mention, Pleroma an empty cc, Misskey nobody else named."""
    create = private()

    for level in (create, create["object"]):
        assert (level["to"], level["cc"], level["directMessage"]) == ([BOB], [], True)
    note = create["object"]
    assert note["tag"] == [{"type": "Mention", "href": BOB, "name": "@bob@village.example"}]
    assert f'href="{BOB}"' in note["content"]
    assert note["inReplyTo"] == f"{BOB}/n/1"
    assert note["context"] == note["conversation"] == "https://gate.example/threads/1"
    assert PUBLIC not in json.dumps(create)
    assert "followers" not in json.dumps(create)
    assert create["id"].startswith(note["id"])


def test_a_note_outside_a_conversation_names_none():
    """A notice belongs to no thread that a third server could join."""
    note = private(in_reply_to=None, conversation=None)["object"]

    assert not {"inReplyTo", "context", "conversation"} & note.keys()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a & b"])
def test_words_are_words(text):
    """What a maintainer types is never markup at the other end."""
    content = private(text)["object"]["content"]

    assert "<script" not in content
    assert "<img" not in content
    assert "a & b" not in content


def test_a_grant_says_who_may_do_what_and_until_when():
    """And that it may not be passed on."""
    document = render.grant(given(fulfills=f"{BOB}/j/1"))

    assert (document["actor"], document["context"]) == (PROJECT, PROJECT)
    assert (document["target"], document["to"]) == (BOB, [BOB])
    assert (document["object"], document["allows"]) == ("report", "invoke")
    assert document["startTime"] == "2026-11-22T12:00:00Z"
    assert document["endTime"] == "2026-11-23T12:00:00Z"
    assert document["fulfills"] == f"{BOB}/j/1"
    assert not {"delegates", "result", "capability"} & document.keys()
    assert "fulfills" not in render.grant(given())


def test_a_revoke_names_the_grant_and_what_it_answers():
    """A Leave, where there was one."""
    asked = {"activity": f"{PROJECT}/activities/1", "at": NOW}

    document = render.revoke(given(), fulfills=f"{BOB}/leave", **asked)

    assert (document["type"], document["object"]) == ("Revoke", f"{PROJECT}/grants/1")
    assert (document["to"], document["fulfills"]) == ([BOB], f"{BOB}/leave")
    assert "fulfills" not in render.revoke(given(), fulfills=None, **asked)


@pytest.mark.parametrize(("accepts", "kind"), [(True, "Accept"), (False, "Reject")])
def test_an_answer_names_what_it_answers(accepts, kind):
    """To the one who asked, and to nobody else."""
    document = render.answer(
        f"{PROJECT}/activities/1", actor=PROJECT, accepts=accepts, to=BOB, object_=f"{BOB}/j/1"
    )

    assert (document["type"], document["object"], document["to"]) == (kind, f"{BOB}/j/1", [BOB])


def test_an_invite_names_the_role_and_the_collaborators():
    """As ForgeFed peers write it."""
    document = render.invite(f"{PROJECT}/activities/1", project=PROJECT, who=BOB, role=Role.TRIAGE)

    assert (document["object"], document["instrument"]) == (BOB, "triage")
    assert document["target"] == f"{PROJECT}/collaborators"


def test_news_is_public_and_names_nobody():
    """Followers are addressed as a collection."""
    create = render.news(f"{DESK}/notes/1", desk=DESK, text="1.0 is out.", at=NOW)

    assert create["to"] == create["object"]["to"] == [PUBLIC]
    assert create["cc"] == [f"{DESK}/followers"]
    assert "tag" not in create["object"]
