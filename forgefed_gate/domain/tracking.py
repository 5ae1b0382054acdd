"""Issues and merge requests: what is known of one, and what a decision about one leads to."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, NoteId, ThreadId
from forgefed_gate.domain.places import Local


class TicketState(Enum):
    """How something that was offered to a tracker stands there."""

    HELD = "held"
    """It waits with a knock: nobody has decided yet."""
    OPEN = "open"
    REFUSED = "refused"
    """The tracker does not want it, or whoever offered it took it back."""


class Reply(Enum):
    """What a tracker answers; the value is the type of the activity that says so."""

    ACCEPT = "Accept"
    TENTATIVE = "TentativeAccept"
    REJECT = "Reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An issue or a merge request, and the conversation in which it is talked about."""

    offer: NoteId
    """The activity that offered it, which is also the message with its words."""
    id: str | None
    """Its id on the wire; None where a tracker elsewhere has not given it one."""
    thread: ThreadId
    tracker: str
    """The actor that it was offered to, of ours or elsewhere."""
    ours: bool
    """Whether it is hosted here; else our people offered it to a tracker elsewhere."""
    state: TicketState
    capability: GrantId | None
    """The Grant that was named when it was offered."""
    opened_at: Millis
    via: str | None = None
    """The link whose team stood for its author when it was opened."""
    context: str | None = None
    """What the other side calls its conversation, where it is hosted there."""
    contained: bool = False
    """Whether whoever offered it keeps track of conversations by their activities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFacts:
    """What a decision about an issue or a merge request may know, beside the facts of all."""

    tracker: Local | None = None
    """The tracker of ours that is named; None where it is none."""
    address: str = ""
    """Where something new will be, if it is taken."""
    judged: Judgement | None = None
    """Whether the Grant that was named lets them do it; None where none was named."""
    via: str | None = None
    """The link along which that Grant came to them, where one did and lets them in today."""
    ticket: Ticket | None = None
    """The one that is meant."""
    author: bool = False
    """Whether they offered it, and are a party of its conversation."""
    fixed: bool = False
    """Whether its words are gone, or were changed as often as we keep."""
    capability: GrantId | None = None
    """The Grant by which our own house may act there now, where it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTicket:
    """Record an issue or a merge request as it now stands."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAct:
    """Answer what somebody did at a tracker, in the tracker's own name."""

    what: ActivityId
    to: ActorId
    tracker: Local
    reply: Reply
    result: str | None = None
    thread: ThreadId | None = None
    """The conversation that it is talked about in, where there is one."""
    words: str = ""
    """Why not, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Mark a conversation as closed, or as open again, because its issue is."""

    thread: ThreadId
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSettled:
    """Tell the other side of an issue that it is done, or open again."""

    thread: ThreadId
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOffer:
    """Offer an issue or a merge request to a tracker elsewhere, and keep what was offered."""

    ticket: Ticket
    title: str
    text: str
    patch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contain:
    """Tell whoever keeps track of it that a conversation holds one activity more."""

    thread: ThreadId


Tracking = SaveTicket | AnswerAct | Settle | TellSettled | SendOffer | Contain
