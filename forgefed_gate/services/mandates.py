"""What somebody elsewhere asks of a house of ours, and by which Grant, read for a decision."""

from forgefed_gate.domain.capabilities import LONGEST_GRANT
from forgefed_gate.domain.facts import Facts, Project
from forgefed_gate.domain.ids import ActorId, later, origin
from forgefed_gate.domain.intents import (
    ActOfOurs,
    Added,
    Admit,
    Arrival,
    AskToEnd,
    AskToInvite,
    Decline,
    Invite,
    InviteAnswer,
    LinkUp,
    Removed,
    Revoke,
    Unlink,
)
from forgefed_gate.domain.links import Link, Peer, State, kind_in
from forgefed_gate.domain.mandates import NEEDS, Mandate
from forgefed_gate.domain.places import Kind
from forgefed_gate.services import authority
from forgefed_gate.store import grants, knocks, links, maintainers
from forgefed_gate.store.database import Transaction

Managing = AskToInvite | AskToEnd | Added | Removed | InviteAnswer
"""What may ask something of a house of ours, by a Grant of its own."""
MEMBERS = ("", "/collaborators", "/members")
"""How the list of those who have access is named: by the house itself, or as a collection."""
A_DAY = 10
"""How many new people a day come in by a link that was asked for over the wire, at most."""


async def mandate(tx: Transaction, intent: Arrival, facts: Facts) -> Mandate | None:
    """
    Say what an arrival asks of the house that it came to; None where it asks for nothing.

    No office counts by itself: whoever works here from an account elsewhere writes to the
    desk, or names the Grant by which they may.
    """
    acts = await _acts(tx, intent, facts)
    if acts is None:
        return None
    judged = None
    if intent.capability is not None:
        judged = await authority.authorise(
            tx, facts.project, facts.actor, needs=NEEDS, named=intent.capability, now=facts.now
        )
    offices = await maintainers.offices(tx, facts.actor)
    held = offices.get(facts.project.slug, frozenset())
    return Mandate(acts=tuple(acts), judgement=judged, offices=held)


def stranger(intent: Arrival) -> ActorId | None:
    """Name whom somebody asks us to deal with, whom we may have to meet first."""
    match intent:
        case AskToInvite(who=who):
            return who
        case Added(what=what):
            return ActorId(what)
        case _:
            return None


def spoken_for(intent: Arrival) -> ActorId | None:
    """Name the actor, on the server of whoever wrote, for which they say that they speak."""
    owner = intent.target.rpartition("/")[0] if isinstance(intent, Added) else ""
    ours = owner and origin(owner) == origin(intent.actor)
    return ActorId(owner) if ours and owner != intent.actor else None


async def _acts(tx: Transaction, intent: Arrival, facts: Facts) -> list[ActOfOurs] | None:
    match intent:
        case AskToInvite(target=target) if _lists_members(target, facts.project):
            return [_invite(intent, facts)]
        case AskToEnd():
            return await _revokes(tx, intent, facts)
        case Removed(origin=where) if _lists_members(where, facts.project):
            return await _dismissal(tx, intent, facts)
        case Removed(what=what, origin=where) if _kind(where, facts.project):
            link = await links.between(tx, facts.project.slug, ActorId(what))
            return [Unlink(link=link.code)] if link else []
        case Added(target=where) if kind := _kind(where, facts.project):
            return [_link_up(intent, kind, facts)]
        case InviteAnswer() if intent.capability is not None:
            return await _answer(tx, intent, facts)
        case _:
            return None


def _lists_members(where: str, house: Project) -> bool:
    return where in {f"{house.actor}{name}" for name in MEMBERS}


def _kind(where: str, house: Project) -> Peer | None:
    """Say what those are to us who stand in the collection *where*, if it is one of ours."""
    owner, _, name = where.rpartition("/")
    return kind_in(name, team=house.kind is Kind.TEAM) if owner == house.actor else None


def _invite(asked: AskToInvite, facts: Facts) -> Invite:
    return Invite(
        project=facts.project.slug,
        who=asked.who,
        role=asked.role,
        days=facts.charter.grant_days,
        sent=asked.activity,
    )


async def _revokes(tx: Transaction, asked: AskToEnd, facts: Facts) -> list[ActOfOurs] | None:
    """End what was named if all of it is ours and one person's; None where none of it is."""
    found = [grant for name in asked.grants if (grant := await grants.find(tx, name))]
    here = [grant for grant in found if grant.project == facts.project.slug]
    if not here:
        return None if asked.capability is None else []
    if len(here) < len(asked.grants) or len({grant.target for grant in here}) > 1:
        return []
    return [Revoke(grant=grant.id, fulfills=asked.activity) for grant in here]


async def _dismissal(tx: Transaction, asked: Removed, facts: Facts) -> list[ActOfOurs]:
    slug, now = facts.project.slug, facts.now
    found = await grants.all_of(tx, slug, ActorId(asked.what), now=now)
    return [Revoke(grant=grant.id, fulfills=asked.activity) for grant in found]


def _link_up(asked: Added, kind: Peer, facts: Facts) -> LinkUp:
    longest = later(facts.now, LONGEST_GRANT)
    return LinkUp(
        project=facts.project.slug,
        peer=ActorId(asked.what),
        kind=kind,
        role=asked.role,
        ends_at=min(asked.ends_at or longest, longest),
        cap=A_DAY,
        add=asked.activity,
        sent=True,
    )


async def _answer(tx: Transaction, said: InviteAnswer, facts: Facts) -> list[ActOfOurs] | None:
    """Answer a knock that began with a Join, or a link that was asked for."""
    slug = facts.project.slug
    knock = await knocks.by_join(tx, slug, said.invite)
    if knock is not None:
        return [Admit(knock=knock.id) if said.accepts else Decline(knock=knock.id)]
    link = await links.by_add(tx, slug, said.invite)
    if link is None or link.state not in {State.CLAIMED, State.ASKED} or link.peer == said.actor:
        return None
    return [_consent(link) if said.accepts else Unlink(link=link.code)]


def _consent(link: Link) -> LinkUp:
    return LinkUp(
        project=link.house,
        peer=link.peer,
        kind=link.kind,
        role=link.role,
        ends_at=link.ends_at,
        cap=A_DAY,
        add=link.add,
    )
