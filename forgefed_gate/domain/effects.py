"""What a decision says, and what follows from it, as data."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.delegation import Delegation
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActivityId, ActorId, NoteId, Slug, ThreadId
from forgefed_gate.domain.intents import ActOfOurs
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.references import Show
from forgefed_gate.domain.roles import Principal, Role
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.tracking import Tracking
from forgefed_gate.domain.wishes import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenThread:
    """Begin a conversation."""

    thread: Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Put a message of a party, which just arrived, into a conversation."""

    thread: ThreadId
    note: NoteId
    text: str
    speaker: Speaker = Speaker.CONTRIBUTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Put a remark for the people of the project into a conversation; it is sent to nobody."""

    thread: ThreadId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseThread:
    """Mark a conversation as closed."""

    thread: ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Let one person be told of what happens in a conversation, or everybody again."""

    thread: ThreadId
    to: ActorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveKnock:
    """Record a knock as it now stands."""

    knock: Knock


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """
    Write to somebody privately, as the desk; outside a conversation where *thread* is None.

    What is not *kept* is said in the conversation, so that they can answer there, and is no
    part of what is kept of it.
    """

    to: ActorId
    text: str
    speaker: Speaker = Speaker.GATE
    thread: ThreadId | None = None
    in_reply_to: NoteId | None = None
    kept: bool = True
    kept_as: str = ""
    """What the conversation keeps in its place: what quotes people's words is not kept twice."""
    page: str = ""
    """Where what quotes people's words can be read too."""
    note: NoteId | None = None
    """The id that it has, where somebody has to find it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell whoever may read it that a conversation waits, or, without one, a report."""

    what: str
    thread: ThreadId | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueGrant:
    """Issue a Grant and send it to its target."""

    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGrant:
    """Revoke a Grant for good and say so to its target."""

    grant: Grant
    fulfills: ActivityId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJoin:
    """Accept or reject a Join."""

    join: ActivityId
    to: ActorId
    accepts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendInvite:
    """Invite somebody to a role."""

    invite: ActivityId
    who: ActorId
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFollower:
    """Let somebody have an actor's news, and accept their Follow."""

    target: str
    follow: ActivityId


@dataclass(frozen=True, slots=True, kw_only=True)
class DropFollower:
    """Send somebody no more news: of one actor, by one Follow, or of all of a project's."""

    target: str | None = None
    follow: ActivityId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revise:
    """Keep the new words of a message beside the old ones."""

    note: NoteId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """Forget the words of a message and keep that there was one."""

    note: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberCourtesy:
    """Remember that somebody was asked to write privately, so that we ask only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hush:
    """Write to somebody no more, or again."""

    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DropOffices:
    """Take every office and every conversation from somebody, everywhere, and sign them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveReport:
    """Keep a report for the safety contacts."""

    about: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshActor:
    """Read somebody's actor document again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishNews:
    """Publish a note to a project's followers."""

    project: Slug
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obey:
    """Carry out what a maintainer typed into their own account, and echo it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """Carry out what somebody elsewhere may do here by a Grant that they named."""

    acts: tuple[ActOfOurs, ...]
    by: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfil:
    """Do what a contributor wished for in a word, and answer."""

    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeSeat:
    """Remember that somebody is proposed for a conversation."""

    seat: Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSeat:
    """Take somebody out of a conversation: not a byte more goes to them."""

    seat: Seat


Effect = (
    OpenThread
    | Keep
    | Remark
    | CloseThread
    | Assign
    | SaveKnock
    | Tell
    | Notify
    | IssueGrant
    | EndGrant
    | AnswerJoin
    | SendInvite
    | AddFollower
    | DropFollower
    | Revise
    | Blank
    | RememberCourtesy
    | Hush
    | DropOffices
    | SaveReport
    | RefreshActor
    | PublishNews
    | Obey
    | Do
    | Fulfil
    | ProposeSeat
    | EndSeat
    | Show
    | Delegation
    | Tracking
)


class Verdict(Enum):
    """The three answers."""

    ADMIT = "admit"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, the reason as a stable code, a sentence where one is owed, and what follows."""

    verdict: Verdict
    reason: str
    sentence: str = ""
    effects: tuple[Effect, ...] = ()


def admit(reason: str, *effects: Effect) -> Decision:
    """Let it pass, with what follows."""
    return Decision(verdict=Verdict.ADMIT, reason=reason, effects=effects)


def hold(reason: str, *effects: Effect) -> Decision:
    """Let it wait for somebody, with what follows."""
    return Decision(verdict=Verdict.HOLD, reason=reason, effects=effects)


def refuse(reason: str, sentence: str = "") -> Decision:
    """Let it have no effect."""
    return Decision(verdict=Verdict.REFUSE, reason=reason, sentence=sentence)
