"""What an activity asks for: JSON to intent."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import PUBLIC, ActivityId, ActorId, GrantId, NoteId, origin
from forgefed_gate.domain.intents import (
    Added,
    Arrival,
    AskToEnd,
    AskToInvite,
    Departure,
    Follow,
    Granted,
    GrantsEnded,
    Ignored,
    InviteAnswer,
    Join,
    Leave,
    Message,
    Move,
    Refresh,
    Removed,
    Report,
    Revision,
    Shut,
    TakeBack,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.references import is_shown
from forgefed_gate.domain.roles import Role, read_role
from forgefed_gate.protocol import capabilities, containers, fields, html, tickets, times
from forgefed_gate.protocol.frontdoor import Addressing, JsonObject, canonical_url, read_json
from forgefed_gate.protocol.httpsig import Signed

LONGEST_TEXT = 20 * 1024
ADDRESSED = ("to", "cc", "bto", "bcc")
PUBLIC_IN_SHORT = {"as:Public", "Public"}
SPOKEN = {"Note", "Article", "Page", "ChatMessage", "Question"}

Reader = Callable[[JsonObject, ActivityId, ActorId], Arrival]
Words = Callable[[JsonObject], str]


def read_activity(signed: Signed, *, recipient: ActorId, addressing: Addressing) -> Arrival:
    """
    Turn a signed body into one of the intents we understand.

    Raises `Forbidden` where the document speaks for someone other than its signer, and
    `Malformed` where it cannot be read. Whatever we do not know is `Ignored`. The words
    of a message are measured only: `recall_activity` reads them, once they are safe.
    """
    document = read_json(signed.body)
    _require_plain_names(document, addressing)
    return _intent(document, by=signed.by, recipient=recipient, words=_measured)


def recall_activity(body: bytes, *, by: ActorId, recipient: ActorId) -> Arrival:
    """Read a body whose sender and names were proven when it came in."""
    return _intent(read_json(body), by=by, recipient=recipient, words=_words)


def _require_plain_names(document: JsonObject, addressing: Addressing) -> None:
    """Refuse whoever, or whatever, could be named in a second way."""
    inside = fields.inline(document, "object") or {}
    names = [fields.required(document, name) for name in ("actor", "id")]
    for name in [*names, *fields.ids(inside, "id")]:
        canonical_url(name, addressing=addressing, fragment=True)


def _intent(document: JsonObject, *, by: ActorId, recipient: ActorId, words: Words) -> Arrival:
    actor = ActorId(fields.required(document, "actor"))
    activity = ActivityId(fields.required(document, "id"))
    if actor != by:
        raise Forbidden("actor-mismatch", "The actor is not the one who signed this.")
    if origin(activity) != origin(actor):
        raise Forbidden("id-origin", "The id of an activity must be on its actor's own server.")
    for kind in fields.kinds(document):
        if kind == "Create":
            intent = _create(document, activity, actor, recipient=recipient, words=words)
            return _by_capability(document, intent)
        if kind == "Offer":
            intent = tickets.read_offer(document, activity, actor, words=words)
            return _by_capability(document, intent)
        if kind in READERS:
            return _by_capability(document, READERS[kind](document, activity, actor))
    if not fields.kinds(document):
        raise Malformed("field-missing", "The document has no “type” that we can read.")
    return Ignored(activity=activity, actor=actor, why="unknown-type")


def _by_capability(document: JsonObject, intent: Arrival) -> Arrival:
    """Add the Grant that an activity names, if it names one, and does not only show it."""
    named = fields.optional(document, "capability")
    shows = isinstance(intent, Join) and intent.shows is not None
    return replace(intent, capability=GrantId(named)) if named and not shows else intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What a body says that is gone, and who says so; nobody has proven either."""

    gone: str
    actor: str


def read_deletion(body: bytes) -> Deletion | None:
    """
    Read what a `Delete` is about, and None for anything else.

    The one thing that may be read before a signature is checked: an account that is gone
    is announced to everyone, and most of those have never heard of it.
    """
    document = read_json(body)
    gone = fields.optional(document, "object")
    if fields.kinds(document) != ["Delete"] or not gone:
        return None
    return Deletion(gone=gone, actor=fields.optional(document, "actor"))


def _create(
    document: JsonObject,
    activity: ActivityId,
    actor: ActorId,
    *,
    recipient: ActorId,
    words: Words,
) -> Arrival:
    note = _own_object(document, actor)
    if note is None:
        return Ignored(activity=activity, actor=actor, why="not-embedded")
    if not SPOKEN.intersection(fields.kinds(note)):
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    if note.get("name") and not note.get("content"):
        return Ignored(activity=activity, actor=actor, why="vote")
    audience = _audience(document) | _audience(note)
    if recipient not in audience:
        return Ignored(activity=activity, actor=actor, why="not-addressed")
    return Message(
        contained=containers.shows_one(document, note),
        activity=activity,
        actor=actor,
        note=NoteId(fields.required(note, "id")),
        text=words(note),
        private=PUBLIC not in audience
        and audience <= _mentioned(note, "href") | {recipient, actor},
        in_reply_to=fields.optional(note, "inReplyTo") or None,
        conversation=fields.optional(note, "context")
        or fields.optional(note, "conversation")
        or None,
    )


def _audience(document: JsonObject) -> frozenset[str]:
    found = {
        address for name in ADDRESSED if name in document for address in fields.ids(document, name)
    }
    named = found - PUBLIC_IN_SHORT
    return frozenset(found if named == found else named | {PUBLIC})


def _mentioned(note: JsonObject, by: str) -> frozenset[str]:
    """List who is mentioned: *by* their `href`, or by their `name`."""
    tags = [tag for tag in fields.many(note, "tag") if isinstance(tag, dict)]
    found = [
        fields.text(tag, by, limit=fields.LONGEST_URL)
        for tag in tags
        if "Mention" in fields.kinds(tag)
    ]
    return frozenset(name for name in found if name)


def _words(note: JsonObject) -> str:
    """Everything that somebody wrote: the warning above, the text, what is attached."""
    summary, content, *attached = _written(note)
    said = html.strip_mentions(html.to_text(content), _mentioned(note, "name"))
    links = ["".join(html.tidy(link).split()) for link in attached]
    parts = [html.to_text(summary), said, *links]
    return "\n\n".join(part for part in parts if part)


def _measured(note: JsonObject) -> str:
    """Refuse now what could not be read later."""
    for part in [*_written(note), *_mentioned(note, "name")]:
        html.require_readable(part)
    return ""


def _written(note: JsonObject) -> list[str]:
    attached = [
        fields.text(item, "url", limit=fields.LONGEST_URL)
        or fields.text(item, "href", limit=fields.LONGEST_URL)
        for item in fields.many(note, "attachment")
        if isinstance(item, dict)
    ]
    both = [fields.text(note, name, limit=LONGEST_TEXT) for name in ("summary", "content")]
    return [*both, *attached]


def _own_object(document: JsonObject, actor: ActorId) -> JsonObject | None:
    """Give the embedded object, which must be the actor's own and on their server."""
    found = fields.inline(document, "object")
    if found is None:
        return None
    if origin(fields.required(found, "id")) != origin(actor):
        raise Forbidden("object-origin", "The object is on another server than its author.")
    if found.get("attributedTo") is not None and fields.optional(found, "attributedTo") != actor:
        raise Forbidden("object-owner", "The object belongs to somebody else.")
    return found


def _update(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    if fields.optional(document, "object") == actor:
        return Refresh(activity=activity, actor=actor)
    note = _own_object(document, actor)
    if note is None or not SPOKEN.intersection(fields.kinds(note)):
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    return Revision(
        activity=activity,
        actor=actor,
        note=NoteId(fields.required(note, "id")),
        text=_words(note),
    )


def _delete(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    gone = fields.required(document, "object")
    if gone == actor:
        return Departure(activity=activity, actor=actor)
    return Withdrawal(activity=activity, actor=actor, note=NoteId(gone))


def _follow(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return Follow(activity=activity, actor=actor, target=fields.required(document, "object"))


def _undo(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    undone = fields.inline(document, "object")
    if _undoes_grants(document):
        ended = tuple(GrantId(each) for each in fields.ids(document, "object"))
        return AskToEnd(activity=activity, actor=actor, grants=ended)
    if undone is None:
        what = ActivityId(fields.required(document, "object"))
        return TakeBack(activity=activity, actor=actor, what=what)
    if undone.get("actor") is not None and fields.optional(undone, "actor") != actor:
        raise Forbidden("not-owner", "Only who did something can undo it.")
    kinds = fields.kinds(undone)
    if "Follow" in kinds:
        target = fields.required(undone, "object")
        return Unfollow(activity=activity, actor=actor, target=target)
    if "Block" in kinds:
        return Unshut(activity=activity, actor=actor, target=fields.required(undone, "object"))
    if {"Join", "Offer"}.intersection(kinds):
        what = ActivityId(fields.required(undone, "id"))
        return TakeBack(activity=activity, actor=actor, what=what)
    if "Resolve" in kinds:
        named = {"capability": document.get("capability"), **undone}
        return tickets.read_resolve(named, activity, actor, resolved=False)
    return Ignored(activity=activity, actor=actor, why="unknown-type")


def _undoes_grants(document: JsonObject) -> bool:
    """Find what names its capability, or takes several things back: Grants of somebody else."""
    return bool(fields.optional(document, "capability")) or len(fields.ids(document, "object")) > 1


def _invite(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    who, target = fields.optional(document, "object"), fields.optional(document, "target")
    if not who or not target:
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    return AskToInvite(
        activity=activity,
        actor=actor,
        who=ActorId(who),
        target=target,
        role=_role(fields.optional(document, "instrument") or Role.REPORT.word),
    )


def _join(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    wanted = fields.optional(document, "instrument")
    role = _role(wanted) if wanted else Role.REPORT
    target = fields.required(document, "object")
    named = fields.optional(document, "capability")
    shows = named if is_shown(named) else None
    return Join(activity=activity, actor=actor, target=target, role=role, shows=shows)


def _role(word: str) -> Role:
    """Read a role; a word that is none is not said again where others may read it."""
    try:
        return read_role(word)
    except Malformed:
        raise Malformed("role-unknown", "There is no such role.") from None


def _accept(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return _answered(document, activity, actor, accepts=True)


def _reject(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return _answered(document, activity, actor, accepts=False)


def _answered(
    document: JsonObject, activity: ActivityId, actor: ActorId, *, accepts: bool
) -> Arrival:
    return InviteAnswer(
        activity=activity,
        actor=actor,
        invite=ActivityId(fields.required(document, "object")),
        accepts=accepts,
        result=fields.optional(document, "result") or None,
        context=fields.optional(document, "context") or None,
        words=tickets.said(document),
    )


def _leave(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return Leave(activity=activity, actor=actor, target=fields.required(document, "object"))


def _block(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return Shut(activity=activity, actor=actor, target=fields.required(document, "object"))


def _move(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    if fields.required(document, "object") != actor:
        raise Forbidden("not-owner", "Only an account itself can say that it moved.")
    return Move(activity=activity, actor=actor, target=fields.required(document, "target"))


def _grant(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    return Granted(activity=activity, actor=actor, grant=capabilities.read_grant(document))


def _revoke(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    ended = tuple(GrantId(each) for each in fields.ids(document, "object"))
    if not ended or any(origin(each) != origin(actor) for each in ended):
        raise Forbidden("not-issuer", "Only who issued a Grant can revoke it.")
    return GrantsEnded(activity=activity, actor=actor, grants=ended)


def _add(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    what, where = fields.optional(document, "object"), fields.optional(document, "target")
    if not what or not where:
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    until = fields.text(document, "endTime")
    return Added(
        activity=activity,
        actor=actor,
        what=what,
        target=where,
        role=_role(fields.optional(document, "instrument") or Role.REPORT.word),
        ends_at=times.read_moment(until) if until else None,
    )


def _remove(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    what = fields.optional(document, "object")
    where = fields.optional(document, "origin") or fields.optional(document, "target")
    if not what or not where:
        return Ignored(activity=activity, actor=actor, why="unknown-type")
    return Removed(activity=activity, actor=actor, what=what, origin=where)


def _flag(document: JsonObject, activity: ActivityId, actor: ActorId) -> Arrival:
    about = tuple(fields.ids(document, "object"))
    text = html.to_text(fields.text(document, "content", limit=LONGEST_TEXT))
    return Report(activity=activity, actor=actor, about=about, text=text)


READERS: dict[str, Reader] = {
    "Update": _update,
    "Delete": _delete,
    "Follow": _follow,
    "Undo": _undo,
    "Join": _join,
    "Invite": _invite,
    "Accept": _accept,
    "Reject": _reject,
    "Leave": _leave,
    "Block": _block,
    "Move": _move,
    "Flag": _flag,
    "Grant": _grant,
    "Revoke": _revoke,
    "Add": _add,
    "Remove": _remove,
    "Edit": tickets.read_edit,
    "Resolve": tickets.read_resolve,
    "TentativeAccept": tickets.read_tentative,
}
