"""Links between an actor of ours and one elsewhere, along which Grants are passed on."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.capabilities import Allows
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.roles import Role


class Peer(Enum):
    """What the other actor is to ours."""

    TEAM = "team"
    """A team that our project trusts."""
    RESOURCE = "resource"
    """Something that trusts our team."""
    COMPONENT = "component"
    """A tracker or repository that belongs to our project."""
    CHILD = "sub-project"
    PARENT = "parent-project"
    """A project that ours belongs to."""
    SUBTEAM = "sub-team"
    OVER = "parent-team"
    """A team that ours belongs to."""

    @property
    def gives(self) -> bool:
        """Whether Grants go from us to them along such a link."""
        return self in ALLOWS

    @property
    def collection(self) -> str:
        """The collection of ours in which they stand."""
        return COLLECTIONS[self]

    @property
    def of_a_team(self) -> bool:
        """Whether it is a team of ours that has such a peer, and not a project."""
        return self in {Peer.RESOURCE, Peer.SUBTEAM, Peer.OVER}


ALLOWS = {
    Peer.TEAM: Allows.DISTRIBUTE,
    Peer.SUBTEAM: Allows.DISTRIBUTE,
    Peer.PARENT: Allows.GATHER,
}
"""What we let those do with a Grant to whom we give some."""
COLLECTIONS = {
    Peer.TEAM: "teams",
    Peer.RESOURCE: "teamResources",
    Peer.COMPONENT: "components",
    Peer.CHILD: "subprojects",
    Peer.PARENT: "context",
    Peer.SUBTEAM: "subteams",
    Peer.OVER: "context",
}
COMPONENTS = frozenset({"Repository", "TicketTracker", "PatchTracker"})
"""The types of what belongs to a project and is none itself."""
SEEN_FROM_THERE = {
    Peer.TEAM: Peer.RESOURCE,
    Peer.RESOURCE: Peer.TEAM,
    Peer.COMPONENT: Peer.PARENT,
    Peer.CHILD: Peer.PARENT,
    Peer.PARENT: Peer.CHILD,
    Peer.SUBTEAM: Peer.OVER,
    Peer.OVER: Peer.SUBTEAM,
}
"""What we are to those who are this to us."""


def kind_in(collection: str, *, team: bool) -> Peer | None:
    """Name what those are to a team or project of ours who stand in a collection of it."""
    kinds = (kind for kind in Peer if kind.of_a_team is team)
    return next((kind for kind in kinds if kind.collection == collection), None)


class State(Enum):
    """How far a link is; it needs the consent of both sides, and ends for good."""

    CLAIMED = "claimed"
    """Somebody over there says that they ask; they have not said so themselves."""
    OFFERED = "offered"
    """We asked, and they have not answered."""
    ASKED = "asked"
    """They asked, and our people have not answered."""
    AGREED = "agreed"
    """Both want it; the Grants that it rests on are under way."""
    ACTIVE = "active"
    ENDED = "ended"

    @property
    def open(self) -> bool:
        """Whether it may still come to something."""
        return self is not State.ENDED


class News(Enum):
    """What our people are told of a link."""

    ASKED = "asked"
    AGREED = "agreed"
    ACTIVE = "active"
    DECLINED = "declined"
    ENDED_THERE = "ended there"
    RAN_OUT = "ran out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link: how much passes along it at most, until when, and how it stands."""

    code: str
    house: Slug
    """The project or team of ours."""
    peer: ActorId
    kind: Peer
    role: Role
    ends_at: Millis
    cap: int
    """How many new people a day come in by it at most."""
    state: State
    add: ActivityId
    """The `Add` that it began with, theirs or ours."""
    delegate: GrantId | None = None
    """The Grant by which whoever receives lets the other side give."""
    paused: bool = False
    leaving: ActivityId | None = None
    """The `Remove` by which somebody over there says that it ended; they have to say so too."""
    opened_at: Millis
    changed_at: Millis
