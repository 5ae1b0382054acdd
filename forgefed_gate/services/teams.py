"""Teams and links, as the people of a house work with them."""

from dataclasses import dataclass

from forgefed_gate.domain.delegation import SaveLink
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.errors import Malformed, NotFound
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import DAY, ActorId, Millis, Slug, later
from forgefed_gate.domain.intents import LinkUp
from forgefed_gate.domain.links import COMPONENTS, Link, Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Act, Principal, Role
from forgefed_gate.domain.words import links as words
from forgefed_gate.domain.words import trust
from forgefed_gate.protocol.times import day
from forgefed_gate.services import counting, gather, people, review
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import knocks, links
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person

USUAL_DAYS = 90
USUAL_CAP = 5
MOST_A_DAY = 1_000
PAUSED = "paused"
FITS: dict[tuple[Kind, str], tuple[Peer, ...]] = {
    (Kind.PROJECT, "Team"): (Peer.TEAM,),
    (Kind.PROJECT, "Project"): (Peer.CHILD, Peer.PARENT),
    **{(Kind.PROJECT, each): (Peer.COMPONENT,) for each in COMPONENTS},
    (Kind.TEAM, "Team"): (Peer.SUBTEAM, Peer.OVER),
    **{(Kind.TEAM, each): (Peer.RESOURCE,) for each in ("Project", *COMPONENTS)},
}
"""What somebody can be to us, by what we are and what they say they are."""


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
class Foreseen:
    """What would become of a link that somebody wants: nothing of it has happened."""

    link: Link
    peer: Person
    admits: int | None
    """How many could take part by it now; None where the other side does not tell."""

    def outlook(self, house: str) -> list[str]:
        """Say it to whoever may confirm it: who comes, how far it goes, and what happens next."""
        link, peer, admits = self.link, self.peer.handle, self.admits
        comes = words.comes_in(house, peer, admits, link.cap)
        begins = words.offers if link.state is State.OFFERED else words.agrees
        return [
            comes if link.kind.gives else words.goes_there(house, peer, admits or 0),
            words.bounds(link.role, day(link.ends_at)),
            begins(peer),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link, who is at the other end, and how many came in by it."""

    link: Link
    peer: Person
    came: int

    def standing(self, now: Millis) -> str:
        """Say in a word or two how it stands."""
        over = self.link.state is State.ACTIVE and self.link.ends_at <= now
        if self.link.paused and self.link.state.open and not over:
            return PAUSED
        return words.STATES[State.ENDED if over else self.link.state]


async def wanted(
    gate: Gate,
    house: Slug,
    who: str,
    *,
    by: Principal,
    kind: Peer | None = None,
    role: Role | None = None,
    ends_at: Millis | None = None,
    cap: int = USUAL_CAP,
) -> Wanted:
    """
    Find out whom a link would be with, and what they would be to us.

    What nobody says is as they asked, where they did, and else as is usual.
    """
    by.must(Act.LINK, house)
    if not 1 <= cap <= MOST_A_DAY:
        raise Malformed("cap-malformed", f"A day has room for 1 to {MOST_A_DAY} new people.")
    async with gate.database.snapshot() as tx:
        ours = await gather.project_in(gate, tx, house)
    peer = await people.resolve(gate, who)
    async with gate.database.snapshot() as tx:
        asked = await _asked(tx, house, peer.actor)
    return Wanted(
        house=ours,
        peer=peer,
        kind=_kind(ours, peer, kind or (asked.kind if asked else None)),
        role=role or _usual_role(asked),
        ends_at=ends_at or _usual_end(asked, now=gate.clock()),
        cap=cap,
    )


async def _asked(tx: Transaction, house: Slug, peer: ActorId) -> Link | None:
    found = await links.between(tx, house, peer)
    return found if found and found.state is State.ASKED else None


def _usual_role(asked: Link | None) -> Role:
    return asked.role if asked and not asked.kind.gives else Role.REPORT


def _usual_end(asked: Link | None, *, now: Millis) -> Millis:
    return asked.ends_at if asked and not asked.kind.gives else later(now, USUAL_DAYS * DAY)


def _kind(ours: Project, peer: Person, said: Peer | None) -> Peer:
    """Say what *peer* would be to us; where it could be several things, somebody has to."""
    fits = FITS.get((ours.kind, peer.kind), ())
    if not fits:
        sentence = words.no_house if ours.kind is Kind.TEAM else trust.not_a_team
        raise Malformed("not-a-team", sentence(peer.handle))
    can_be = [each.value for each in fits]
    if said is not None and said not in fits:
        raise Malformed("kind-does-not-fit", words.no_such(peer.handle, said, can_be))
    if said is None and len(fits) > 1:
        raise Malformed("kind-unclear", words.say_which(peer.handle, can_be))
    return said or next(iter(fits))


def read_kind(word: str) -> Peer:
    """Read what somebody is to us, as a person wrote it."""
    try:
        return Peer(word)
    except ValueError:
        known = ", ".join(kind.value for kind in Peer)
        raise Malformed(
            "kind-unknown", f"Nobody can be a “{word}” to yours. Choose one of: {known}."
        ) from None


async def foresee(gate: Gate, what: Wanted, *, by: Principal) -> Foreseen:
    """Say what would become of a link, by the same rules that judge it, and do nothing."""
    async with gate.database.transaction() as tx:
        judged = await review.judge(gate, tx, _act(gate, what), by=by, via="")
    link = saved(judged.decision)
    return Foreseen(link=link, peer=what.peer, admits=await _admits(gate, link))


async def _admits(gate: Gate, link: Link) -> int | None:
    """Count who would take part by a link: their people here, or ours there."""
    if link.kind.gives:
        return await counting.people_at(gate, link.peer)
    return await counting.members_of(gate, link.house)


async def link(gate: Gate, what: Wanted, *, by: Principal, via: str) -> Decision:
    """Offer a link, or agree to the one that was asked for."""
    return await review.act(gate, _act(gate, what), by=by, via=via)


def saved(decision: Decision) -> Link:
    """Give the link as a decision about it leaves it."""
    return next(each.link for each in decision.effects if isinstance(each, SaveLink))


def _act(gate: Gate, what: Wanted) -> LinkUp:
    return LinkUp(
        project=what.house.slug,
        peer=what.peer.actor,
        kind=what.kind,
        role=what.role,
        ends_at=what.ends_at,
        cap=what.cap,
        add=gate.places.activity(what.house.actor, gate.token()),
    )


def assent(link: Link, *, now: Millis) -> LinkUp:
    """Want a link that the other side asked for, as is usual."""
    return LinkUp(
        project=link.house,
        peer=link.peer,
        kind=link.kind,
        role=_usual_role(link),
        ends_at=_usual_end(link, now=now),
        cap=USUAL_CAP,
        add=link.add,
    )


async def listing(gate: Gate, house: Slug, *, by: Principal) -> list[LinkView]:
    """List the links of a house, the open ones first."""
    by.must(Act.GRANT, house)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, house)
        return await views_in(tx, house)


async def views_in(tx: Transaction, house: Slug) -> list[LinkView]:
    """List the links of a house, for whoever may see them."""
    listed = await links.listing(tx, house)
    found = [(each, await people_store.find(tx, each.peer)) for each in listed]
    return [
        LinkView(link=link, peer=peer, came=await knocks.count_admitted_via(tx, link.code))
        for link, peer in found
        if peer is not None
    ]


async def must_be_team(gate: Gate, slug: Slug) -> None:
    """Refuse a project where a team is meant; raises `NotFound`."""
    async with gate.database.snapshot() as tx:
        house = await gather.project_in(gate, tx, slug)
    if house.kind is not Kind.TEAM:
        raise NotFound("team-unknown", words.no_team(slug))
