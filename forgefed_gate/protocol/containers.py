"""Conversations as collections: what was said, and in which activities, as FEP-171b has it."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActivityId, ActorId
from forgefed_gate.protocol import documents, fields, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A conversation whose desk decides what belongs to it."""

    thread: str
    desk: ActorId

    @property
    def history(self) -> str:
        """Where its activities are listed."""
        return history_of(self.thread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """An activity in a conversation, and which one it is there."""

    at: int
    activity: str


def history_of(thread: str) -> str:
    """Name where the activities of a conversation are listed."""
    return f"{thread}/history"


def shows_one(document: JsonObject, note: JsonObject) -> bool:
    """Say whether whoever wrote this keeps conversations in containers."""
    return any(fields.optional(each, "contextHistory") for each in (document, note))


def conversation(container: Container, whole: documents.Paged) -> JsonObject:
    """Write a conversation whose messages are on pages, oldest first."""
    return {
        **documents.paged(whole),
        "@context": terms.FOR_CONTAINERS,
        "attributedTo": container.desk,
        "contextHistory": container.history,
    }


def history(container: Container, activities: list[Added]) -> JsonObject:
    """Write in which activities it was said, each as its desk added it, in order."""
    adds: list[Json] = [_add(container, each) for each in activities]
    return {
        **_collection(container.history, container.desk, adds),
        "collectionOf": "Activity",
    }


def added(container: Container, one: Added, *, to: ActorId) -> JsonObject:
    """Tell a party that an activity belongs to the conversation."""
    return {
        "@context": terms.FOR_CONTAINERS,
        **_add(container, one),
        "to": [to],
        "cc": [],
    }


def _add(container: Container, one: Added) -> JsonObject:
    return {
        "id": ActivityId(f"{container.history}#{one.at}"),
        "type": "Add",
        "actor": container.desk,
        "object": one.activity,
        "target": {
            "id": container.history,
            "type": "OrderedCollection",
            "attributedTo": container.desk,
        },
    }


def _collection(name: str, desk: ActorId, items: list[Json]) -> JsonObject:
    return {
        "@context": terms.FOR_CONTAINERS,
        "id": name,
        "type": "OrderedCollection",
        "attributedTo": desk,
        "totalItems": len(items),
        "orderedItems": items,
    }
