"""How our activities are written: domain to JSON."""

from dataclasses import dataclass

from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import PUBLIC, ActivityId, ActorId, Millis, NoteId
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import fields, html, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateNote:
    """A note to one person, and to nobody else."""

    id: NoteId
    desk: ActorId
    to: ActorId
    handle: str
    text: str
    at: Millis
    in_reply_to: NoteId | None
    conversation: str | None


def private_note(note: PrivateNote) -> JsonObject:
    """
    Write the `Create` of a private note.

    Every recipient is mentioned and nobody else is named: Mastodon notifies only who is
    mentioned, and Misskey shows a note to whoever is.
    """
    content = html.mention(note.handle, note.to) + " " + html.from_text(note.text)
    written: JsonObject = {
        "id": note.id,
        "type": "Note",
        "attributedTo": note.desk,
        "to": [note.to],
        "cc": [],
        "directMessage": True,
        "content": content,
        "published": iso(note.at),
        "tag": [{"type": "Mention", "href": note.to, "name": note.handle}],
    }
    if note.in_reply_to:
        written["inReplyTo"] = note.in_reply_to
    if note.conversation:
        written["context"] = written["conversation"] = note.conversation
    return {
        "@context": terms.FOR_NOTES,
        "id": f"{note.id}/create",
        "type": "Create",
        "actor": note.desk,
        "to": [note.to],
        "cc": [],
        "directMessage": True,
        "published": iso(note.at),
        "object": written,
    }


def private_update(note: PrivateNote, *, activity: str, at: Millis) -> JsonObject:
    """Write the `Update` of a private note whose words were changed."""
    create = private_note(note)
    written = create["object"]
    assert isinstance(written, dict), "a Create holds its note"
    changed: JsonObject = {**written, "updated": iso(at)}
    return {**create, "id": activity, "type": "Update", "published": iso(at), "object": changed}


def is_private(document: JsonObject) -> bool:
    """Say whether *document* brings a private note."""
    written = document.get("object")
    brings = document.get("type") in {"Create", "Update"} and isinstance(written, dict)
    return brings and document.get("directMessage") is True


WITHOUT_WORDS = (
    "id", "type", "actor", "attributedTo", "to", "cc", "directMessage", "published", "updated",
    "tag", "inReplyTo", "context", "conversation",
)  # fmt: skip
"""What is told of a private note whose words are not: ids, times, and whom it is for."""


def withheld(document: JsonObject, text: str) -> JsonObject:
    """
    Write what brings a private note so that *text* stands in place of its words.

    What could hold a word is left out, a proof as well: it proves what is not said.
    """
    written = document["object"]
    assert isinstance(written, dict), "what brings a private note holds it"
    [mentioned] = fields.many(written, "tag")
    assert isinstance(mentioned, dict), "everybody whom a note is for is mentioned"
    mention = html.mention(fields.text(mentioned, "name"), fields.text(mentioned, "href"))
    note = {name: written[name] for name in WITHOUT_WORDS if name in written}
    bringing = {name: document[name] for name in WITHOUT_WORDS if name in document}
    note["content"] = f"{mention} {html.from_text(text)}"
    return {"@context": terms.FOR_NOTES, **bringing, "object": note}


def private_delete(note: NoteId, *, activity: str, desk: ActorId, to: ActorId) -> JsonObject:
    """Write the `Delete` of a private note; nothing of its words is in it."""
    return {
        "@context": terms.AS2,
        "id": activity,
        "type": "Delete",
        "actor": desk,
        "to": [to],
        "cc": [],
        "object": {"id": note, "type": "Tombstone"},
    }


def news(note: NoteId, *, desk: ActorId, text: str, at: Millis) -> JsonObject:
    """Write the `Create` of a public note to a desk's followers."""
    addressed: JsonObject = {"to": [PUBLIC], "cc": [f"{desk}/followers"]}
    return {
        "@context": terms.FOR_NOTES,
        "id": f"{note}/create",
        "type": "Create",
        "actor": desk,
        **addressed,
        "published": iso(at),
        "object": {
            "id": note,
            "type": "Note",
            "attributedTo": desk,
            **addressed,
            "content": html.from_text(text),
            "published": iso(at),
            "url": note,
        },
    }


def deletion(
    note: NoteId, *, activity: ActivityId, desk: ActorId, to: ActorId, at: Millis
) -> JsonObject:
    """Write the `Delete` of a private note: what it was about is not said again."""
    return {
        "@context": terms.AS2,
        "id": activity,
        "type": "Delete",
        "actor": desk,
        "to": [to],
        "published": iso(at),
        "object": {"id": note, "type": "Tombstone"},
    }


def grant(given: Grant) -> JsonObject:
    """Write a direct Grant: who may do what here, from when until when."""
    project = given.issuer
    written: JsonObject = {
        "@context": terms.FOR_GRANTS,
        "id": given.id,
        "type": "Grant",
        "actor": project,
        "to": [given.target],
        "object": given.role.word,
        "context": project,
        "target": given.target,
        "allows": "invoke",
        "startTime": iso(given.starts_at),
        "endTime": iso(given.ends_at),
        "published": iso(given.starts_at),
        "charter": f"sha256:{given.charter}",
    }
    if given.fulfills:
        written["fulfills"] = given.fulfills
    return written


def revoke(
    ended: Grant, *, activity: ActivityId, fulfills: ActivityId | None, at: Millis
) -> JsonObject:
    """Write the Revoke of a Grant."""
    written: JsonObject = {
        "@context": terms.FOR_GRANTS,
        "id": activity,
        "type": "Revoke",
        "actor": ended.issuer,
        "to": [ended.target],
        "object": ended.id,
        "published": iso(at),
    }
    if fulfills:
        written["fulfills"] = fulfills
    return written


def answer(
    activity: ActivityId, *, actor: ActorId, accepts: bool, to: ActorId, object_: Json
) -> JsonObject:
    """Write the Accept or Reject of a Join or a Follow."""
    return {
        "@context": [terms.AS2, terms.INTEGRITY],
        "id": activity,
        "type": "Accept" if accepts else "Reject",
        "actor": actor,
        "to": [to],
        "object": object_,
    }


def followed(follow: ActivityId, *, actor: ActorId, target: str) -> JsonObject:
    """Repeat a Follow inside its Accept, as Mastodon wants to see it."""
    return {"id": follow, "type": "Follow", "actor": actor, "object": target}


def invite(activity: ActivityId, *, project: ActorId, who: ActorId, role: Role) -> JsonObject:
    """Write an Invite to a role."""
    return {
        "@context": terms.FOR_GRANTS,
        "id": activity,
        "type": "Invite",
        "actor": project,
        "to": [who],
        "object": who,
        "target": f"{project}/collaborators",
        "instrument": role.word,
    }
