"""What is passed on along links: Grants that come in, and those that follow from them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from forgefed_gate.domain.capabilities import LONGEST_CHAIN, PASSED_ON, Allows, Capability, Known
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.links import Link, News, Peer
from forgefed_gate.domain.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLink:
    """Record a link as it now stands."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAdd:
    """Ask the other side for a link."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAnswer:
    """Tell the other side whether we want the link that it asked for."""

    link: Link
    accepts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRemove:
    """Tell the other side that a link has ended."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """
    Issue a Grant that is not a direct one, and send it to *target*.

    With *parent* it passes that one on, and is told to whom that one is about as well.
    """

    target: ActorId
    context: ActorId
    role: Role | None
    allows: Allows
    ends_at: Millis
    parent: Capability | None = None
    link: Link | None = None
    """The link that it is given along; none where it goes to a member."""
    capability: GrantId | None = None
    """The Grant by which the target lets us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep a Grant of somebody else: to pass it on, to rest a link on it, or to judge by it."""

    grant: Capability
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bury:
    """Never believe Grants of somebody else again, whether we ever saw them or not."""

    grants: tuple[GrantId, ...]
    issuer: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Revoke a Grant that we gave, and tell whoever had it."""

    grant: Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLink:
    """Revoke what we gave along a link, and bury what we hold by it."""

    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Pass on what should be passed on now, and end the rest: all that is about *context*."""

    context: ActorId | None = None
    """Whatever we hold, where it is None."""
    to: ActorId | None = None
    """Whoever may have it, where it is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOfLink:
    """Tell the people who decide about links what happened to one."""

    what: News
    link: Link


Delegation = (
    SaveLink
    | SendAdd
    | SendAnswer
    | SendRemove
    | Give
    | Hold
    | Bury
    | End
    | EndLink
    | Reconcile
    | NotifyOfLink
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody to whom what we hold is passed on: a member, or an actor that we give to."""

    target: ActorId
    role: Role
    allows: Allows
    ends_at: Millis
    link: Link | None = None
    capability: GrantId | None = None
    """The Grant by which they let us, where they have one."""


def along(grant: Capability, *, role: Role, ends_at: Millis) -> Capability:
    """See a Grant as the link that it came by lets it go on: no more, and no longer."""
    assert grant.role is not None, "leave to give is not passed on"
    return replace(grant, role=min(grant.role, role), ends_at=min(grant.ends_at, ends_at))


def reconcile(
    held: Iterable[Capability],
    recipients: Iterable[Recipient],
    given: Iterable[Capability],
    *,
    now: Millis,
) -> list[Give | End]:
    """
    Say what to give and what to end, so that everybody has exactly the best that we hold.

    The same answer whatever happened before: nothing follows where all is as it should be.
    What is new comes before what it replaces ends.
    """
    wanted = _wanted(held, [*recipients], now=now)
    end: list[Give | End] = []
    for grant in given:
        want = wanted.get((grant.context, grant.target))
        if want is not None and _is(grant, want):
            del wanted[grant.context, grant.target]
        elif now < grant.ends_at:
            end.append(End(grant=grant))
    return [*wanted.values(), *end]


def _wanted(
    held: Iterable[Capability], recipients: list[Recipient], *, now: Millis
) -> dict[tuple[ActorId, ActorId], Give]:
    """Choose for everybody, and each thing that we hold a Grant about, the best one."""
    best: dict[tuple[ActorId, ActorId], Give] = {}
    for grant in sorted(held, key=_merit, reverse=True):
        for to in recipients:
            place = (grant.context, to.target)
            if place not in best and _may_have(grant, to, now=now):
                best[place] = _pass(grant, to)
    return best


def _merit(grant: Capability) -> tuple[int, int, int, tuple[ActorId, ...], GrantId]:
    """
    Rank what we hold: the higher role, then the later end, then the shorter way.

    Among equals the way decides and not the id, so that a Grant that is only issued anew
    changes nothing for anybody: in a circle of teams that would never come to rest.
    """
    return (grant.role or 0, grant.ends_at, -len(grant.through), grant.through, grant.id)


def _may_have(grant: Capability, to: Recipient, *, now: Millis) -> bool:
    """
    Say whether *grant* may be passed on to somebody.

    It goes to nobody whom it came through, so that it never goes round in a circle; one
    that hides its way goes to members only. One that begins later, by a clock that is ahead
    of ours, may go on now: it is judged when it is used.
    """
    if grant.role is None or grant.ends_at <= now or to.ends_at <= now:
        return False
    hidden = grant.delegates is not None and not grant.through
    if to.allows not in PASSED_ON[grant.allows] or (hidden and to.allows is not Allows.INVOKE):
        return False
    through = {*grant.through, grant.actor, grant.context}
    return to.target not in through and len(grant.through) < LONGEST_CHAIN


def _pass(grant: Capability, to: Recipient) -> Give:
    return Give(
        target=to.target,
        context=grant.context,
        role=min(grant.role or to.role, to.role),
        allows=to.allows,
        ends_at=min(grant.ends_at, to.ends_at),
        parent=grant,
        link=to.link,
        capability=to.capability,
    )


def _is(grant: Capability, want: Give) -> bool:
    assert want.parent is not None, "what is passed on has a parent"
    said = (grant.delegates, grant.role, grant.allows, grant.ends_at)
    return said == (want.parent.id, want.role, want.allows, want.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """All that a decision about links may know."""

    now: Millis
    house: Slug
    me: ActorId
    """The project or team of ours."""
    team: bool
    """Whether that is a team."""
    actor: ActorId
    """Whoever wrote, or whom an act of ours is about."""
    code: str
    """A code for a link that may begin."""
    peer: ActorId
    """The actor that a link would be with, or is."""
    kind: Peer | None = None
    """What *peer* would be to us, where that is asked."""
    link: Link | None = None
    """The link in question: the open one with *actor*, or the one that was named."""
    known: tuple[Known, ...] = ()
    """The Grants in question, as far as we know them."""
    parent: Known | None = None
    """What the Grant in question passes on, where we know that."""
    buried: bool = False
    """Whether the Grant in question was revoked before it came."""
    starts: tuple[Capability, ...] = ()
    """What the link in question rests on: what the giver gave itself and did not take back."""
    held: int = 0
    """How many Grants we hold to pass on by the link in question."""
    member: GrantId | None = None
    """The Grant by which the actor is a member of ours, if they are."""
