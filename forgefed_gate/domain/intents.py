"""What somebody wants: one frozen class per intent, whatever its ActivityStreams type."""

from dataclasses import dataclass

from forgefed_gate.domain.arrived import Intent
from forgefed_gate.domain.capabilities import Capability
from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.ids import (
    ActivityId,
    ActorId,
    GrantId,
    KnockId,
    Millis,
    NoteId,
    Slug,
    ThreadId,
)
from forgefed_gate.domain.links import Peer
from forgefed_gate.domain.offers import (
    EditTicket,
    OfferAnswer,
    OfferTicket,
    OpenTicket,
    ResolveTicket,
)
from forgefed_gate.domain.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Intent):
    """They wrote to a desk of ours: privately, or where others can read it."""

    note: NoteId
    text: str
    private: bool
    in_reply_to: str | None = None
    conversation: str | None = None
    """The Grant that they name for it, as forges do."""
    contained: bool = False
    """Whether they keep track of conversations by their activities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision(Intent):
    """They edited a message."""

    note: NoteId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Intent):
    """They deleted a message."""

    note: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure(Intent):
    """Their account is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh(Intent):
    """Their actor document changed: keys, name, inbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow(Intent):
    """They want a project's news."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollow(Intent):
    """They no longer want a project's news."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Intent):
    """They ask for a role, as ForgeFed peers do."""

    target: str
    role: Role
    shows: str | None = None
    """A Grant from elsewhere that they name as their capability, to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Intent):
    """They take something back that they sent before: a Join or a Follow."""

    what: ActivityId


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteAnswer(Intent):
    """They answered something that we asked: an Invite, an Add or an Offer."""

    invite: ActivityId
    accepts: bool
    result: str | None = None
    context: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Intent):
    """They give their role back."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut(Intent):
    """They blocked an actor of ours, so we write to them no more."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshut(Intent):
    """They lifted a block."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Intent):
    """They say that their account moved."""

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Intent):
    """Their server passes on a report about somebody here."""

    about: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted(Intent):
    """They issued a Grant."""

    grant: Capability
    rooted: bool = False
    """Whether we found that it goes back to a Grant of what it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsEnded(Intent):
    """They revoked Grants of theirs."""

    grants: tuple[GrantId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(Intent):
    """They want a link: one of us in a collection of theirs."""

    what: str
    target: str
    role: Role
    ends_at: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Intent):
    """They end a link: one of us is in a collection of theirs no more."""

    what: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToInvite(Intent):
    """They want somebody to be invited to a house of ours."""

    who: ActorId
    target: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToEnd(Intent):
    """They want Grants of ours to end."""

    grants: tuple[GrantId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Intent):
    """Something that we take and forget."""

    why: str


Arrival = (
    Message
    | Revision
    | Withdrawal
    | Departure
    | Refresh
    | Follow
    | Unfollow
    | Join
    | TakeBack
    | InviteAnswer
    | Leave
    | Shut
    | Unshut
    | Move
    | Report
    | Granted
    | GrantsEnded
    | Added
    | Removed
    | AskToInvite
    | AskToEnd
    | OpenTicket
    | EditTicket
    | ResolveTicket
    | OfferAnswer
    | Ignored
)
"""Everything that can come in over the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """A maintainer admits somebody who knocked."""

    knock: KnockId
    text: str = ""
    role: Role | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A maintainer or screener asks somebody who knocked something more."""

    knock: KnockId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A maintainer declines a knock, and may name a clause of the charter."""

    knock: KnockId
    text: str = ""
    clause: str | None = None
    not_now: bool = False
    """Whether it says by itself that it is only about the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A maintainer writes in a thread, as the desk."""

    thread: ThreadId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A maintainer closes a thread, with a sentence that says how it ends."""

    thread: ThreadId
    ending: Ending = Ending.THANKS


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A maintainer hands a thread to one of the others, or to everybody; no reason is asked."""

    thread: ThreadId
    to: ActorId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke:
    """A maintainer takes a Grant back."""

    grant: str
    fulfills: ActivityId | None = None
    """What asked for it over the wire, where something did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A maintainer invites somebody whom they know."""

    project: Slug
    who: ActorId
    role: Role
    days: int
    sent: ActivityId | None = None
    """The Invite that they sent in the project's name, from an account elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """A maintainer tells a project's followers something, publicly."""

    project: Slug
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParty:
    """A maintainer proposes to add somebody to a thread, perhaps with what we wrote before."""

    thread: ThreadId
    who: ActorId
    history: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveParty:
    """A maintainer takes somebody whom we added, or proposed, out of a thread."""

    thread: ThreadId
    who: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp:
    """An owner offers a link to an actor elsewhere, or agrees to one that was asked for."""

    project: Slug
    peer: ActorId
    kind: Peer
    role: Role
    ends_at: Millis
    cap: int
    add: ActivityId
    sent: bool = False
    """Whether they sent that `Add` themselves, from an account elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """An owner ends a link, or declines one that was asked for."""

    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseLink:
    """A maintainer lets a link rest at once, or go on."""

    link: str
    paused: bool


ActOfOurs = (
    Admit
    | Ask
    | Decline
    | Say
    | Close
    | HandOver
    | Revoke
    | Invite
    | Announce
    | AddParty
    | RemoveParty
    | LinkUp
    | Unlink
    | PauseLink
    | OfferTicket
)
"""Everything that a person of ours can do to a project's conversations and grants."""
