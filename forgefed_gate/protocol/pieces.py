"""How what was published from a conversation is written, and how it is taken back."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import PUBLIC, ActorId, Millis, NoteId
from forgefed_gate.protocol import html, terms
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.times import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A published piece: *text* is all that it says, names as they were chosen."""

    id: NoteId
    desk: ActorId
    page: str
    title: str
    text: str
    at: Millis


def article(piece: Article) -> JsonObject:
    """
    Write a piece as an object of its own.

    Its policy asks servers to offer no reply: only the desk itself may, which is how
    GoToSocial's vocabulary says “nobody”.
    """
    return {"@context": terms.FOR_PIECES, **_article(piece)}


def create(piece: Article) -> JsonObject:
    """Write the `Create` of a piece to a desk's followers."""
    return {
        "@context": terms.FOR_PIECES,
        "id": f"{piece.id}/create",
        "type": "Create",
        "actor": piece.desk,
        **_addressed(piece.desk),
        "published": iso(piece.at),
        "object": _article(piece),
    }


def tombstone(name: NoteId, *, at: Millis) -> JsonObject:
    """Write what is left of a piece that was withdrawn: that there was one, and until when."""
    return {
        "@context": terms.AS2,
        "id": name,
        "type": "Tombstone",
        "formerType": "Article",
        "deleted": iso(at),
    }


def delete(name: NoteId, *, desk: ActorId, at: Millis) -> JsonObject:
    """Write the `Delete` of a piece, which holds no word of it."""
    return {
        "@context": [terms.AS2],
        "id": f"{name}/delete",
        "type": "Delete",
        "actor": desk,
        **_addressed(desk),
        "published": iso(at),
        "object": {"id": name, "type": "Tombstone", "formerType": "Article", "deleted": iso(at)},
    }


def _addressed(desk: ActorId) -> JsonObject:
    return {"to": [PUBLIC], "cc": [f"{desk}/followers"]}


def _article(piece: Article) -> JsonObject:
    only_us: JsonObject = {"automaticApproval": [piece.desk]}
    return {
        "id": piece.id,
        "type": "Article",
        "attributedTo": piece.desk,
        **_addressed(piece.desk),
        "name": piece.title,
        "content": html.from_text(piece.text),
        "published": iso(piece.at),
        "url": piece.page,
        "interactionPolicy": {"canReply": only_us, "canQuote": only_us},
    }
