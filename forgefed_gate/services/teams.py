"""Teams and links, as the people of a house work with them."""

from dataclasses import dataclass

from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.intents import LinkUp
from forgefed_gate.domain.links import Link, Peer
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Act, Principal, Role
from forgefed_gate.domain.words import trust
from forgefed_gate.services import gather, people, review
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import links
from forgefed_gate.store import people as people_store
from forgefed_gate.store.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A link that somebody wants: with whom, and how much passes along it."""

    house: Project
    peer: Person
    kind: Peer
    role: Role
    ends_at: Millis
    cap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link, and who is at the other end."""

    link: Link
    peer: Person


async def wanted(
    gate: Gate, house: Slug, who: str, *, role: Role, ends_at: Millis, cap: int, by: Principal
) -> Wanted:
    """Find out whom a link would be with, and what they would be to us."""
    by.must(Act.LINK, house)
    async with gate.database.snapshot() as tx:
        ours = await gather.project_in(gate, tx, house)
    peer = await people.resolve(gate, who)
    kind = _kind(ours, peer)
    return Wanted(house=ours, peer=peer, kind=kind, role=role, ends_at=ends_at, cap=cap)


def _kind(ours: Project, peer: Person) -> Peer:
    """Say what *peer* would be to us, which follows from what both are."""
    if ours.kind is Kind.TEAM:
        return Peer.SUBTEAM if peer.kind == "Team" else Peer.RESOURCE
    if peer.kind != "Team":
        raise Malformed("not-a-team", trust.not_a_team(peer.handle))
    return Peer.TEAM


async def link(gate: Gate, what: Wanted, *, by: Principal, via: str) -> Decision:
    """Offer a link, or agree to the one that was asked for."""
    act = LinkUp(
        project=what.house.slug,
        peer=what.peer.actor,
        kind=what.kind,
        role=what.role,
        ends_at=what.ends_at,
        cap=what.cap,
        add=gate.places.activity(what.house.actor, gate.token()),
    )
    return await review.act(gate, act, by=by, via=via)


async def listing(gate: Gate, house: Slug, *, by: Principal) -> list[LinkView]:
    """List the links of a house, the open ones first."""
    by.must(Act.GRANT, house)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, house)
        found = await links.listing(tx, house)
        peers = [await people_store.find(tx, each.peer) for each in found]
    pairs = zip(found, peers, strict=True)
    return [LinkView(link=each, peer=peer) for each, peer in pairs if peer is not None]
