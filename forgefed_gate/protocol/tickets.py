"""How issues and merge requests are written: JSON to domain, and back."""

from collections.abc import Callable
from dataclasses import dataclass

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, NoteId
from forgefed_gate.domain.intents import Arrival, Ignored, OpenTicket
from forgefed_gate.domain.tracking import Reply
from forgefed_gate.domain.words import tickets as sentences
from forgefed_gate.protocol import fields, html, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso

LARGEST_PATCHES = 200 * 1024
LONGEST_TITLE = 300

Words = Callable[[JsonObject], str]


def read_offer(
    document: JsonObject, activity: ActivityId, actor: ActorId, *, words: Words
) -> Arrival:
    """
    Read an `Offer` of an issue or a merge request.

    Title, text and patches are the words of one message, which the Offer itself names.
    """
    ticket = fields.inline(document, "object")
    if ticket is None or "Ticket" not in fields.kinds(ticket):
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    if fields.optional(ticket, "attributedTo") != actor:
        raise Forbidden("object-owner", "What you offer has to be your own.")
    target = fields.required(document, "target")
    if ticket.get("context") is not None and fields.optional(ticket, "context") != target:
        raise Malformed("context-mismatch", "The issue names another tracker than the Offer.")
    changes = _changes(ticket)
    written = [words(_titled(ticket)), *([_patches(changes, actor)] if changes else [])]
    return OpenTicket(
        activity=activity,
        actor=actor,
        note=NoteId(activity),
        target=target,
        text="\n\n".join(part for part in written if part),
        patches=changes is not None,
        capability=read_capability(document),
    )


def read_capability(document: JsonObject) -> GrantId | None:
    """Read which Grant an act is done by."""
    named = fields.optional(document, "capability")
    return GrantId(named) if named else None


def _titled(ticket: JsonObject) -> JsonObject:
    """Give the parts that hold words: a title of one line, and the text."""
    title = " ".join(fields.text(ticket, "summary", limit=LONGEST_TITLE).split())
    if not title:
        raise Malformed("title-missing", "An issue needs a title: one line as its “summary”.")
    return {"summary": title, "content": ticket.get("content", "")}


def _changes(ticket: JsonObject) -> JsonObject | None:
    """Find what a merge request would merge; None where it is an issue."""
    attached = [
        each
        for each in fields.many(ticket, "attachment")
        if isinstance(each, dict) and "Offer" in fields.kinds(each)
    ]
    if len(attached) > 1:
        raise Malformed("two-changes", "A merge request is about one change.")
    return attached[0] if attached else None


def _patches(changes: JsonObject, actor: ActorId) -> str:
    """Write down what a change is: where it comes from, where it goes, and its patches."""
    bundle = fields.inline(changes, "object")
    whole = [_patch(each, actor) for each in fields.many(bundle, "orderedItems")] if bundle else []
    if sum(len(each.encode()) for each in whole) > LARGEST_PATCHES:
        raise Malformed("patches-too-large", sentences.TOO_LARGE)
    origin, target = _branch(changes, "origin"), _branch(changes, "target")
    if not whole and not origin:
        raise Malformed("patches-missing", sentences.NO_PATCHES)
    where = [f"{name}: {place}" for name, place in (("From", origin), ("Into", target)) if place]
    return "\n\n".join(["\n".join(where), *reversed(whole)]).strip()


def _patch(patch: Json, actor: ActorId) -> str:
    if not isinstance(patch, dict) or fields.optional(patch, "attributedTo") not in {"", actor}:
        raise Malformed("patch-author", "Each patch has to be embedded, and your own.")
    return html.visible(fields.text(patch, "content", limit=LARGEST_PATCHES))


def _branch(changes: JsonObject, name: str) -> str:
    """Name a repository or a branch in one line."""
    branch = fields.inline(changes, name)
    if branch is None:
        return html.tidy(fields.optional(changes, name))
    repository = fields.optional(branch, "context") or fields.optional(branch, "id")
    return html.tidy(f"{repository} {fields.text(branch, 'ref')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tracker says to something that somebody did there."""

    activity: ActivityId
    tracker: ActorId
    to: ActorId
    what: ActivityId
    reply: Reply
    result: str | None
    context: str | None
    words: str


def answer(said: Answer) -> JsonObject:
    """Write a tracker's answer; nobody but whom it is for is named in it."""
    written: JsonObject = {
        "@context": [terms.AS2, terms.INTEGRITY],
        "id": said.activity,
        "type": said.reply.value,
        "actor": said.tracker,
        "to": [said.to],
        "object": said.what,
    }
    named = {"result": said.result, "context": said.context, "summary": said.words}
    return {**written, **{name: value for name, value in named.items() if value}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An issue as one of its parties may read it."""

    id: str
    tracker: str
    author: ActorId
    words: str
    at: Millis
    resolved: bool
    context: str


def ticket(shown: Shown) -> JsonObject:
    """Write an issue or a merge request: the first line of its words is the title."""
    title, _, text = shown.words.partition("\n")
    return {
        "@context": terms.FOR_FORGES,
        "id": shown.id,
        "type": "Ticket",
        "context": shown.tracker,
        "attributedTo": shown.author,
        "summary": html.one_line(title),
        "content": html.from_text(text.strip()),
        "mediaType": "text/html",
        "published": iso(shown.at),
        "isResolved": shown.resolved,
        "replies": shown.context,
    }
