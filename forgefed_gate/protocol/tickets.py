"""How issues and merge requests are written: JSON to domain, and back."""

from collections.abc import Callable
from dataclasses import dataclass

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, NoteId, origin
from forgefed_gate.domain.intents import Arrival, Ignored, Revision
from forgefed_gate.domain.offering import LONGEST_TITLE
from forgefed_gate.domain.offers import EditTicket, OfferAnswer, OpenTicket, ResolveTicket
from forgefed_gate.domain.tracking import Reply
from forgefed_gate.domain.words import tickets as sentences
from forgefed_gate.protocol import containers, fields, html, terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso
from forgefed_gate.protocol.wire import write_json

LARGEST_PATCHES = 200 * 1024
LARGEST_WRITTEN = 240 * 1024
"""What an Offer may come to as JSON: a gate takes 256 KiB, and names and a proof come to it."""
PATCH_TYPE = "application/x-git-patch"
LONGEST_SENTENCE = 2_000

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
    written = [words(titled(ticket)), *([_patches(changes, actor)] if changes else [])]
    return OpenTicket(
        activity=activity,
        actor=actor,
        note=NoteId(activity),
        target=target,
        text="\n\n".join(part for part in written if part),
        patches=changes is not None,
    )


def read_resolve(
    document: JsonObject, activity: ActivityId, actor: ActorId, *, resolved: bool = True
) -> Arrival:
    """Read a `Resolve`, or what undoes one."""
    return ResolveTicket(
        activity=activity,
        actor=actor,
        ticket=fields.required(document, "object"),
        resolved=resolved,
    )


def read_edit(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    """
    Read an `Edit` of a comment, which is its author's own, or of an issue, which has our id.

    Whoever edits an issue sends its title and its text: what it says is one thing.
    """
    edited = fields.inline(document, "object")
    if edited is None:
        return Ignored(activity=activity, actor=actor, why="not-embedded")
    name = fields.required(edited, "id")
    mine = origin(name) == origin(actor)
    parts = {"content": edited.get("content", "")} if mine else titled(edited)
    text = html.to_text(fields.text(parts, "content", limit=html.LONGEST_TEXT))
    title = html.to_text(fields.text(parts, "summary", limit=LONGEST_TITLE))
    said = "\n\n".join(part for part in (title, text) if part)
    if mine:
        return Revision(activity=activity, actor=actor, note=NoteId(name), text=said)
    return EditTicket(activity=activity, actor=actor, ticket=name, text=said)


def read_tentative(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    """Read what a tracker answers that lets an Offer of ours wait."""
    return OfferAnswer(
        activity=activity,
        actor=actor,
        what=ActivityId(fields.required(document, "object")),
        reply=Reply.TENTATIVE,
        result=fields.optional(document, "result") or None,
        context=fields.optional(document, "context") or None,
        words=said(document),
    )


def said(document: JsonObject) -> str:
    """Read the sentence that comes with an answer."""
    return html.to_text(fields.text(document, "summary", limit=LONGEST_SENTENCE))


def titled(ticket: JsonObject) -> JsonObject:
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


def read_patch(file: bytes) -> str:
    """Read a change that our own people send along: text, and no larger than others take."""
    if len(file) > LARGEST_PATCHES:
        raise Malformed("patches-too-large", sentences.TOO_LARGE_TO_SEND)
    try:
        patch = file.decode()
    except UnicodeDecodeError:
        patch = ""
    if not patch.strip() or "\0" in patch:
        raise Malformed("patch-not-text", sentences.NOT_TEXT)
    return patch


def require_sendable(text: str, patch: str) -> None:
    """Refuse what is too large for one request once it is written down."""
    written: JsonObject = {"content": html.from_text(text), "patch": patch}
    if len(write_json(written)) > LARGEST_WRITTEN:
        raise Malformed("patches-too-large", sentences.TOO_LARGE_TO_SEND)


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
class Offered:
    """An issue, or with a *patch* a merge request, that a desk of ours offers elsewhere."""

    activity: ActivityId
    desk: ActorId
    tracker: str
    capability: GrantId
    title: str
    text: str
    patch: str
    at: Millis


def offer(offered: Offered) -> JsonObject:
    """Write the `Offer` of an issue or a merge request."""
    return {
        "@context": terms.FOR_ACTS,
        "id": offered.activity,
        "type": "Offer",
        "actor": offered.desk,
        "to": [offered.tracker],
        "target": offered.tracker,
        "capability": offered.capability,
        "published": iso(offered.at),
        "object": {
            "type": "Ticket",
            "attributedTo": offered.desk,
            "summary": html.one_line(offered.title),
            "content": html.from_text(offered.text),
            "mediaType": "text/html",
            **_attached(offered),
        },
    }


def _attached(offered: Offered) -> JsonObject:
    if not offered.patch:
        return {}
    patch: JsonObject = {
        "type": "Patch",
        "attributedTo": offered.desk,
        "mediaType": PATCH_TYPE,
        "content": offered.patch,
    }
    bundle: JsonObject = {"type": "OrderedCollection", "totalItems": 1, "orderedItems": [patch]}
    return {"attachment": [{"type": "Offer", "object": bundle}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What somebody of ours says about how an issue stands."""

    activity: ActivityId
    actor: ActorId
    to: ActorId
    ticket: str
    resolved: bool
    capability: GrantId | None


def settled(said_: Settled) -> JsonObject:
    """Write the `Resolve` of an issue, or the `Undo` of one."""
    head: JsonObject = {
        "@context": terms.FOR_ACTS,
        "id": said_.activity,
        "actor": said_.actor,
        "to": [said_.to],
    }
    if said_.capability:
        head["capability"] = said_.capability
    if said_.resolved:
        return {**head, "type": "Resolve", "object": said_.ticket}
    undone: JsonObject = {"type": "Resolve", "actor": said_.actor, "object": said_.ticket}
    return {**head, "type": "Undo", "object": undone}


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """What a comment is on: an issue elsewhere, and its conversation there, once that is known."""

    id: str
    conversation: str | None


def comment(create: JsonObject, *, on: On, capability: GrantId | None) -> JsonObject:
    """Let a private note be a comment on an issue elsewhere, by the Grant that permits it."""
    note = create["object"]
    assert isinstance(note, dict), "a Create holds its note"
    placed: JsonObject = {"inReplyTo": on.id, **note, "context": on.id}
    named: JsonObject = {"capability": capability} if capability else {}
    if on.conversation:
        named["contextHistory"] = containers.history_of(on.conversation)
    return {**create, "@context": terms.FOR_ACTS, **named, "object": placed}


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
