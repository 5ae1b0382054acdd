"""What a decision about links may know, read in the transaction that will carry it out."""

from collections.abc import Sequence
from dataclasses import replace

from forgefed_gate.domain.capabilities import Known
from forgefed_gate.domain.delegation import LinkFacts
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActorId, GrantId
from forgefed_gate.domain.intents import (
    Added,
    Granted,
    GrantsEnded,
    InviteAnswer,
    LinkUp,
    PauseLink,
    Removed,
    Unlink,
)
from forgefed_gate.domain.links import COMPONENTS, SEEN_FROM_THERE, Link, Peer
from forgefed_gate.domain.places import Kind
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, grants, links, people
from forgefed_gate.store.database import Transaction

AboutLinks = Granted | GrantsEnded | Added | Removed
NO_HOUSES = {"Person", "Service", "Application", "Group"}
THERE = {
    "teams": Peer.TEAM,
    "teamResources": Peer.RESOURCE,
    "components": Peer.COMPONENT,
    "subprojects": Peer.CHILD,
    "subteams": Peer.SUBTEAM,
}
"""The collections of others in which we may be, and what we are to them there."""


async def facts_for(
    gate: Gate, tx: Transaction, intent: AboutLinks, house: Project, *, code: str
) -> LinkFacts:
    """Gather what a decision about something that arrived may know."""
    peer, kind = _ends(intent, house) if isinstance(intent, Added | Removed) else (None, None)
    named, parent = _named(intent)
    known = await delegations.find(tx, house.slug, [*named, *([parent] if parent else [])])
    other = peer or intent.actor
    link = await links.between(tx, house.slug, other)
    member = await grants.standing(tx, house.slug, intent.actor, now=gate.clock())
    return replace(
        blank(gate, house, intent.actor, other, code=code),
        kind=await _exactly(tx, kind, other),
        link=link,
        starts=await delegations.starts(tx, link.code) if link else (),
        held=await delegations.held_along(tx, link.code) if link else 0,
        member=member.id if member else None,
        known=tuple(each for each in known if each.grant.id != parent),
        parent=next((each for each in known if each.grant.id == parent), None),
        buried=len(named) == 1 and await delegations.buried(tx, named[0], intent.actor),
    )


async def facts_of_answer(
    gate: Gate, tx: Transaction, answer: InviteAnswer, house: Project
) -> LinkFacts | None:
    """Gather what a decision about an answer may know; None where it answers no link."""
    link = await links.by_add(tx, house.slug, answer.invite)
    if link is None:
        return None
    return replace(blank(gate, house, answer.actor, link.peer), link=link)


async def facts_of_act(
    gate: Gate, tx: Transaction, what: LinkUp | Unlink | PauseLink, house: Project, *, code: str
) -> LinkFacts:
    """Gather what a decision about an act of our people may know."""
    if isinstance(what, LinkUp):
        link = await links.between(tx, house.slug, what.peer)
        starts = await delegations.starts(tx, link.code) if link else ()
        about = blank(gate, house, what.peer, what.peer, code=code, link=link)
        return replace(about, starts=starts)
    link = await links.find(tx, what.link)
    peer = link.peer if link else house.actor
    return replace(blank(gate, house, peer, peer), link=link)


async def _exactly(tx: Transaction, kind: Peer | None, peer: ActorId) -> Peer | None:
    """
    Tell a component from a project, which say in the same way that we are above them.

    Whoever is neither a team nor something that one works on is nothing to us.
    """
    known = await people.find(tx, peer)
    if known is not None and known.kind in NO_HOUSES:
        return None
    if kind is not Peer.CHILD:
        return kind
    return Peer.COMPONENT if known and known.kind in COMPONENTS else kind


def blank(
    gate: Gate,
    house: Project,
    actor: ActorId,
    peer: ActorId,
    *,
    code: str = "",
    link: Link | None = None,
    known: Sequence[Known] = (),
) -> LinkFacts:
    """Say what is known before anything is read: who it is about, and how late it is."""
    return LinkFacts(
        now=gate.clock(),
        house=house.slug,
        me=house.actor,
        team=house.kind is Kind.TEAM,
        actor=actor,
        code=code,
        peer=peer,
        link=link,
        known=tuple(known),
    )


def _named(intent: AboutLinks) -> tuple[list[GrantId], GrantId | None]:
    match intent:
        case Granted(grant=grant):
            return [grant.id], grant.delegates
        case GrantsEnded(grants=grants):
            return [*grants], None
        case _:
            return [], None


def _ends(intent: Added | Removed, house: Project) -> tuple[ActorId | None, Peer | None]:
    """Name the other end of a link, and what it is to us, out of a collection of theirs."""
    where = intent.target if isinstance(intent, Added) else intent.origin
    peer, _, name = where.rpartition("/")
    there = _context_of(house) if name == "context" else THERE.get(name)
    if intent.what != house.actor or there is None:
        return None, None
    kind = SEEN_FROM_THERE[there]
    fits = kind.of_a_team is (house.kind is Kind.TEAM)
    return (ActorId(peer), kind) if fits else (None, None)


def _context_of(house: Project) -> Peer:
    """What we are to those who say that we are above them."""
    return Peer.OVER if house.kind is Kind.TEAM else Peer.PARENT
