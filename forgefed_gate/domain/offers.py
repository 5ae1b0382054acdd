"""What people and forges want with issues and merge requests."""

from dataclasses import dataclass

from forgefed_gate.domain.arrived import Intent
from forgefed_gate.domain.ids import ActivityId, ActorId, NoteId, Slug
from forgefed_gate.domain.tracking import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket(Intent):
    """They offer an issue, or with *patches* a merge request, to a tracker."""

    note: NoteId
    """The activity itself: its words are a message of that id."""
    target: str
    text: str
    patches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditTicket(Intent):
    """They change the title and the text of an issue, which has an id that its tracker gave it."""

    ticket: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveTicket(Intent):
    """They call an issue done, or open again."""

    ticket: str
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswer(Intent):
    """A tracker elsewhere answers what our people offered or said there."""

    what: ActivityId
    reply: Reply
    result: str | None = None
    context: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTicket:
    """Somebody of ours offers something to a tracker elsewhere, as the desk of their house."""

    project: Slug
    tracker: ActorId
    owner: ActorId
    """The project that the tracker belongs to, whose Grant is needed."""
    desk: ActorId
    """Whom we talk with there."""
    takes_patches: bool
    """Whether merge requests are offered there, or else issues."""
    offer: ActivityId
    title: str
    text: str
    patch: str = ""
    """What a merge request would change; an issue has none."""
