"""What an activity asks for, in all the shapes that servers write."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.errors import Forbidden, Malformed, Refusal
from forgefed_gate.domain.ids import PUBLIC
from forgefed_gate.domain.intents import (
    Departure,
    Follow,
    Ignored,
    InviteAnswer,
    Join,
    Leave,
    Message,
    Move,
    Refresh,
    Report,
    Revision,
    Shut,
    TakeBack,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol.activitystreams import read_deletion, recall_activity

BOB = "https://village.example/users/bob"
DESK = "https://gate.example/desks/anvil"
EVE = "https://village.example/users/eve"
FORGE = "https://forgefed.org/ns#"


def activity(kind, **fields):
    return {"id": f"{BOB}/a/1", "type": kind, "actor": BOB, **fields}


def read(document, by=BOB):
    return recall_activity(json.dumps(document).encode(), by=by, recipient=DESK)


def note(**fields):
    return {"id": f"{BOB}/n/1", "type": "Note", "content": "<p>Hello!</p>", "to": [DESK], **fields}


def mention(who, name="@desk"):
    return {"type": "Mention", "href": who, "name": name}


@pytest.mark.parametrize(
    ("document", "intent", "fields"),
    [
        (activity("Update", object=BOB), Refresh, {}),
        (activity("Update", object={"id": BOB, "type": "Person"}), Refresh, {}),
        (activity("Update", object=note()), Revision, {"note": f"{BOB}/n/1", "text": "Hello!"}),
        (activity("Delete", object=BOB), Departure, {}),
        (activity("Delete", object=f"{BOB}/n/1"), Withdrawal, {"note": f"{BOB}/n/1"}),
        (activity("Delete", object={"id": f"{BOB}/n/1"}), Withdrawal, {"note": f"{BOB}/n/1"}),
        (activity("Follow", object=DESK), Follow, {"target": DESK}),
        (activity("Follow", object=[{"id": DESK}]), Follow, {"target": DESK}),
        (activity("Undo", object=f"{BOB}/f/1"), TakeBack, {"what": f"{BOB}/f/1"}),
        (activity("Undo", object={"type": "Follow", "object": DESK}), Unfollow, {"target": DESK}),
        (activity("Undo", object={"type": "Block", "object": DESK}), Unshut, {"target": DESK}),
        (activity("Undo", object={"type": "Join", "id": "https://j"}), TakeBack, {}),
        (activity("Undo", object={"type": "Like", "id": "https://l"}), Ignored, {}),
        (activity("Join", object=DESK), Join, {"role": Role.REPORT}),
        (activity("Join", object=DESK, instrument="triage"), Join, {"role": Role.TRIAGE}),
        (activity("Join", object=DESK, instrument=f"{FORGE}admin"), Join, {"role": Role.ADMIN}),
        (activity("Join", object=DESK, instrument="forge:develop"), Join, {"role": Role.WRITE}),
        (activity("Accept", object="https://i"), InviteAnswer, {"accepts": True}),
        (activity("Reject", object={"id": "https://i"}), InviteAnswer, {"accepts": False}),
        (activity("Leave", object=DESK), Leave, {"target": DESK}),
        (activity("Block", object=DESK), Shut, {"target": DESK}),
        (activity("Move", object=BOB, target=EVE), Move, {"target": EVE}),
        (activity("Flag", object=[DESK, EVE], content="Rude"), Report, {"about": (DESK, EVE)}),
        (activity("Flag", object=DESK), Report, {"about": (DESK,), "text": ""}),
        (activity("Like", object=DESK), Ignored, {"why": "unknown-type"}),
        (activity("Ping", object=DESK), Ignored, {"why": "unknown-type"}),
        (activity(["Follow", "x:Y"], object=DESK), Follow, {"target": DESK}),
        (activity("https://www.w3.org/ns/activitystreams#Follow", object=DESK), Follow, {}),
        (activity("Create", object=f"{BOB}/n/1"), Ignored, {"why": "not-embedded"}),
        (activity("Create", object=note(type="Video")), Ignored, {"why": "unknown-type"}),
        (activity("Create", object=note(to=[EVE])), Ignored, {"why": "not-addressed"}),
        (activity("Create", object=note(content=None, name="Yes")), Ignored, {"why": "vote"}),
    ],
)
def test_a_verb_is_read_as_what_its_sender_wants(document, intent, fields):
    """One table for all that we understand."""
    found = read(document)

    assert type(found) is intent
    assert found.actor == BOB
    for name, value in fields.items():
        assert getattr(found, name) == value


@pytest.mark.parametrize(
    ("addressed", "private"),
    [
        ({"to": [DESK]}, True),
        ({"to": DESK}, True),
        ({"to": [DESK], "cc": []}, True),
        ({"to": [], "cc": [DESK]}, True),
        ({"to": [DESK, BOB]}, True),
        ({"to": [DESK, EVE], "tag": [mention(DESK), mention(EVE)]}, True),
        ({"to": [DESK, EVE], "tag": mention(EVE)}, True),
        ({"to": [DESK, EVE]}, False),
        ({"to": [DESK, f"{BOB}/followers"]}, False),
        ({"to": [PUBLIC], "cc": [DESK]}, False),
        ({"to": [DESK], "cc": PUBLIC}, False),
        ({"to": [DESK], "cc": ["as:Public"]}, False),
        ({"to": [DESK, "Public"]}, False),
        ({"to": [DESK], "bcc": [PUBLIC]}, False),
        ({"to": [DESK, PUBLIC], "tag": [mention(PUBLIC)]}, False),
    ],
)
@pytest.mark.parametrize("outside", [True, False])
def test_a_message_is_private_when_nobody_else_can_read_it(addressed, private, outside):
    """Wherever it says whom it is for: at the note or at its Create."""
    tag = {"tag": addressed.get("tag", [])}
    whom = {name: value for name, value in addressed.items() if name != "tag"}
    inner = note(**tag) if outside else note(**whom, **tag)

    found = read(activity("Create", object=inner, **(whom if outside else {})))

    assert isinstance(found, Message)
    assert found.private is private


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Hello!"),
        ({"content": "<p>One</p><p>Two<br>three</p>"}, "One\n\nTwo\nthree"),
        ({"summary": "Careful"}, "Careful\n\nHello!"),
        (
            {"attachment": [{"url": "https://v.example/1.png"}]},
            "Hello!\n\nhttps://v.example/1.png",
        ),
        ({"attachment": {"href": "https://v.example/1.png"}}, "Hello!\n\nhttps://v.example/1.png"),
        (
            {"attachment": {"url": "https://v.example/\u202e1\r\n\nAnvil: yes.png"}},
            "Hello!\n\nhttps://v.example/1Anvil:yes.png",
        ),
        ({"content": "@desk Hello!", "tag": mention(DESK)}, "Hello!"),
        ({"content": "<script>x</script>Hello!"}, "Hello!"),
        ({"content": ""}, ""),
    ],
)
def test_everything_somebody_wrote_is_read(fields, text):
    """The warning above, the words, what is attached; without the name that addresses it."""
    assert read(activity("Create", object=note(**fields))).text == text


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"context": "https://gate.example/threads/1"}, "https://gate.example/threads/1"),
        ({"conversation": "https://gate.example/threads/1"}, "https://gate.example/threads/1"),
        ({"context": "https://v.example/1", "conversation": "tag:1"}, "https://v.example/1"),
        ({}, None),
    ],
)
def test_a_conversation_has_either_of_two_names(fields, name):
    """Mastodon and its kin say `conversation`, others `context`."""
    assert read(activity("Create", object=note(**fields))).conversation == name


@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (activity("Follow", object=DESK) | {"actor": EVE}, Forbidden, "actor-mismatch"),
        (activity("Follow", object=DESK) | {"id": "https://e.example/1"}, Forbidden, "id-origin"),
        (activity("Create", object=note(attributedTo=EVE)), Forbidden, "object-owner"),
        (activity("Create", object=note(id="https://e.example/1")), Forbidden, "object-origin"),
        (activity("Update", object=note(attributedTo=EVE)), Forbidden, "object-owner"),
        (activity("Undo", object={"type": "Follow", "actor": EVE}), Forbidden, "not-owner"),
        (activity("Move", object=EVE, target=BOB), Forbidden, "not-owner"),
        (activity("Follow"), Malformed, "field-missing"),
        (activity("Join", object=DESK, instrument="king"), Malformed, "role-unknown"),
        (activity("Create", object=note(content="x" * 20_481)), Malformed, "field-too-long"),
        (activity("Move", object=BOB), Malformed, "field-missing"),
        ({"id": f"{BOB}/1", "actor": BOB}, Malformed, "field-missing"),
        ({"type": "Follow", "object": DESK, "actor": BOB}, Malformed, "field-missing"),
    ],
)
def test_nobody_speaks_for_somebody_else(document, kind, code):
    """And what cannot be read is refused with the reason."""
    with pytest.raises(kind) as refusal:
        read(document)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("document", "gone"),
    [
        (activity("Delete", object=EVE), EVE),
        (activity("Delete", object={"id": EVE}), EVE),
        (activity("Delete"), None),
        (activity("Follow", object=EVE), None),
        (activity(["Delete", "Follow"], object=EVE), None),
    ],
)
def test_only_a_deletion_is_read_before_it_is_proven(document, gone):
    """And of it only what it is about."""
    deletion = read_deletion(json.dumps(document).encode())

    assert (deletion and deletion.gone) == gone


NAMES = st.sampled_from(
    ["id", "type", "actor", "object", "to", "cc", "tag", "href", "name", "content", "target",
     "attributedTo", "instrument", "inReplyTo", "context", "attachment", "summary"]
)  # fmt: skip
TYPES = st.sampled_from(
    ["Create", "Update", "Delete", "Follow", "Undo", "Join", "Accept", "Leave", "Block", "Move",
     "Flag", "Note", "Person"]
)  # fmt: skip
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from([BOB, DESK]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@given(
    kind=TYPES | values,
    fields=st.dictionaries(NAMES, values | st.builds(note, content=values, tag=values)),
)
def test_whatever_arrives_is_an_intent_or_a_refusal(kind, fields):
    """Never anything else: no peer can make the worker stumble."""
    try:
        found = read({**fields, "id": f"{BOB}/a/1", "actor": BOB, "type": kind})
    except Refusal:
        return
    assert found.actor == BOB
