"""What a decision may know: gathered before it, and complete."""

from dataclasses import dataclass

from forgefed_gate.domain import reasons
from forgefed_gate.domain.capabilities import Capability, Judgement
from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.delegation import LinkFacts
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, KnockId, Millis, Slug, ThreadId
from forgefed_gate.domain.mandates import Mandate
from forgefed_gate.domain.parties import Candidate, Seat
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Principal, Role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.tracking import TicketFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project in question, with its names on the wire."""

    slug: Slug
    name: str
    handle: str
    page: str
    actor: ActorId
    """The actor that Grants are about."""
    kind: Kind = Kind.PROJECT
    """Whether it is a project, or a team of people whom others may trust."""
    signs_notes_since: Millis | None = None
    """Since when it signs what it says in conversations that begin from then on, if it does."""

    @property
    def local(self) -> Local:
        """The actor that Grants are about, as one of ours."""
        return Local(kind=self.kind, slug=self.slug)


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
    standing: Judgement | None = None
    """Whether a chain of Grants lets them write, and which, where they have no Grant of ours."""
    via: str | None = None
    """The link that would let them in now, if they agree: its team stands for them."""
    shown_grants: tuple[Capability, ...] = ()
    """The Grants through teams by which they may come in, where an act of ours takes them back."""
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
    links: LinkFacts | None = None
    """What is known of links, where the intent is about one or about a Grant."""
    mandate: Mandate | None = None
    """What the actor wants done with a house of ours, where the intent asks for that."""
    tickets: TicketFacts | None = None
    """What is known of issues and merge requests, where the intent is about one."""
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
        """Whether a Grant of theirs lets their messages pass: of our own, or through a team."""
        own = self.grant is not None and self.grant.permits(Role.REPORT, now=self.now)
        return own or (self.vouched_for and reasons.came_through(self.knock))

    @property
    def vouched_for(self) -> bool:
        """Whether a team that we trust stands for them, along Grants that hold at this moment."""
        return self.standing is not None and self.standing.granted
