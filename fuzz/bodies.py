"""JSON bodies, and the activities that they are."""

import json
import unicodedata
from dataclasses import replace

from deliveries import OWNER, prove, signed

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import ActorId, origin
from forgefed_gate.domain.intents import Ignored, Message
from forgefed_gate.protocol import activitystreams, jsonld
from forgefed_gate.protocol.frontdoor import (
    DEEPEST,
    MOST_NODES,
    Addressing,
    Json,
    JsonObject,
    read_json,
)
from forgefed_gate.protocol.proofs import canonical
from forgefed_gate.protocol.wire import write_json
from fuzz.judge import only, spread

INTERNET = Addressing(allow_http=False)
COMPARED = 16 * 1024
"""Bytes up to which a body is read by others, too."""
DESK = ActorId("https://gate.example/desks/anvil")


def front_door(data: bytes) -> None:
    """Read a body as everybody reads it, or not at all."""
    body = spread(data)
    with only(Malformed) as answer:
        document = read_json(body)
    if answer.refused:
        return
    assert _depth(document) <= DEEPEST
    assert _count(document) <= MOST_NODES
    assert jsonld.needs_reading(document) in {True, False}
    if len(body) <= COMPARED:
        _reads_alike(body, document)


def _reads_alike(body: bytes, document: JsonObject) -> None:
    """Compare with other readers, whose time is not ours to answer for."""
    assert repr(document) == repr(json.loads(body, object_pairs_hook=_each_once))
    assert "\0" not in json.dumps(document, ensure_ascii=False)
    assert repr(read_json(write_json(document))) == repr(document)
    assert canonical(document)


def activity(data: bytes) -> None:
    """Give a signed body its meaning, which stays the same when it is read again."""
    body = spread(data)
    with only(Malformed) as answer:
        read_json(body)
    if answer.refused:
        return
    with only(Malformed):
        activitystreams.read_deletion(body)
    proven = prove(signed(target="/desks/anvil/inbox", body=body))
    with only(Malformed, Forbidden) as answer:
        intent = activitystreams.read_activity(proven, recipient=DESK, addressing=INTERNET)
    if answer.refused:
        return
    assert intent.actor == OWNER
    assert origin(intent.activity) == origin(OWNER)
    if not isinstance(intent, Ignored):
        _means_the_same_later(body, intent)


def _means_the_same_later(body: bytes, intent: object) -> None:
    """What was said to be taken must be readable when its turn comes."""
    recalled = activitystreams.recall_activity(body, by=OWNER, recipient=DESK)
    assert type(recalled) is type(intent)
    said = getattr(recalled, "text", "")
    if isinstance(recalled, Message) and isinstance(intent, Message):
        assert replace(recalled, text=intent.text) == intent
    else:
        assert recalled == intent
    assert shown(said), "words of people have no invisible letters"


def shown(text: str) -> bool:
    """Whether everything in *text* can be seen: no control, no direction, no half letter."""
    odd = {"Cc", "Cs"}
    return not any(
        unicodedata.category(letter) in odd for letter in text if letter not in "\n\t"
    ) and (
        not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
    )


def _each_once(pairs: list[tuple[str, Json]]) -> JsonObject:
    assert len(dict(pairs)) == len(pairs), "readers differ on a key that occurs twice"
    return dict(pairs)


def _depth(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _count(value: Json) -> int:
    inside = value.values() if isinstance(value, dict) else value
    return 1 + (sum(map(_count, inside)) if isinstance(value, dict | list) else 0)
