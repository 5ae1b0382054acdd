"""What a decision may know: gathered before it, and complete."""

from dataclasses import dataclass

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, KnockId, Millis, Slug, ThreadId
from forgefed_gate.domain.parties import Candidate, Seat
from forgefed_gate.domain.roles import OPERATOR, Principal, Role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project in question, with its names on the wire."""

    slug: Slug
    name: str
    handle: str
    page: str
    signs_notes_since: Millis | None = None
    """Since when it signs what it says in conversations that begin from then on, if it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Ids drawn beforehand for whatever a decision may create."""

    thread: ThreadId
    code: str
    knock: KnockId
    grant: GrantId
    invite: ActivityId


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision about one actor and one project may know."""

    now: Millis
    project: Project
    charter: Charter
    fresh: Fresh
    actor: ActorId
    """The person in question: who wrote, or whom an act of ours is about."""
    by: Principal = OPERATOR
    """Who acts on our side, where the intent is ours."""
    blocked: bool = False
    bot: bool = False
    ours: bool = False
    """Whether the actor holds an office in the project."""
    knock: Knock | None = None
    """Their latest knock, or the one an act of ours names."""
    shown: Charter | None = None
    """The charter that their knock was shown, where another one is in force by now."""
    grant: Grant | None = None
    """The Grant in question: the latest that stands, or the one an act of ours names."""
    latest_grant: Grant | None = None
    """Their latest Grant, whether it stands or not, where they wrote a message."""
    heir: Principal | None = None
    """Whom a conversation is handed to, where an act of ours names somebody."""
    thread: Thread | None = None
    """The conversation that the message belongs to."""
    latest_thread: Thread | None = None
    seat: Seat | None = None
    """The seat in *thread* in question: of whoever wrote, or of whom an act is about."""
    seated: bool = False
    """Whether the actor was added to a conversation of the project."""
    candidate: Candidate | None = None
    """Whom an act would add to *thread*, or take out of it."""
    kept_for: Slug | None = None
    """The project whose conversation holds the message already."""
    names_us: bool = True
    """Whether the actor of ours that the intent is about belongs to this project."""
    author: ActorId | None = None
    """The contributor who wrote what an edit or a deletion names; None where none did."""
    asked: bool = False
    """Whether a consent to publish is asked of them now."""
    hushed: bool = False
    """Whether we write to them no more, because they blocked us or were gone."""
    courteous: bool = False
    """Whether they were asked to write privately within the last month."""

    @property
    def renewable(self) -> Grant | None:
        """The Grant that a word may carry on: none, once the people of the project said no."""
        declined = self.knock is not None and self.knock.stage is Stage.DECLINED
        if self.latest_grant is None or self.knock is None or not declined:
            return self.latest_grant
        said_no_since = self.knock.changed_at >= self.latest_grant.starts_at
        return None if said_no_since else self.latest_grant

    @property
    def member(self) -> bool:
        """Whether the actor's own Grant lets their messages pass."""
        return self.grant is not None and self.grant.permits(Role.REPORT, now=self.now)
