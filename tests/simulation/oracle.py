"""
What ought to be: an independent, naive reading of the rules, which the gates know nothing of.

It looks into every book at once, which nobody in the world can do. Nothing of `judge` or of
`reconcile` is called here.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.ids import SECOND, ActorId, GrantId
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.roles import Role
from simulation.book import Book
from simulation.world import Gate, World

LATEST = 300 * SECOND
LONGEST = 8
PASSES_ON = {
    "gatherAndConvey": ("Project", {"gatherAndConvey", "distribute", "invoke"}),
    "distribute": ("Team", {"distribute", "invoke"}),
}
"""Whom a Grant has to be for that may be passed on, and what may come of it."""


@dataclass(kw_only=True)
class Memory:
    """Since when each Grant does not stand, by the true time, as whoever sees all books knows."""

    world: World
    dead_since: dict[GrantId, int] = field(default_factory=dict)
    gone: set[GrantId] = field(default_factory=set)
    """What its issuer revoked, whatever became of it later."""

    def look(self, gate: Gate) -> None:
        """Look into a book; that of a rogue says nothing."""
        if gate.rogue:
            return
        for id_, row in [*gate.book.rows.items(), *gate.book.direct.items()]:
            if row.ours:
                self._note(id_, stands=row.revoked_at is None, rests=at_rest(gate.book, id_))

    def _note(self, id_: GrantId, *, stands: bool, rests: bool) -> None:
        if not stands:
            self.gone.add(id_)
        assert not stands or id_ not in self.gone, f"{id_} came back"
        if stands and not rests:
            self.dead_since.pop(id_, None)
        else:
            self.dead_since.setdefault(id_, self.world.now)


def at_rest(book: Book, id_: GrantId) -> bool:
    """Say whether a Grant of ours, or what it passes on, hangs on a link that rests."""
    row = book.rows.get(id_)
    above = book.rows.get(row.grant.delegates or "") if row else None
    codes = [each.link for each in (row, above) if each is not None and each.link]
    return any(book.links[code].paused for code in codes)


def why_not(
    memory: Memory, who: ActorId, resource: ActorId, needs: Role, leaf: GrantId
) -> str | None:
    """
    Read protocol.md 1.6 word by word: say why somebody may not do this now, if they may not.

    A revocation elsewhere may be unknown here for as long as the spec lets one go without
    asking; one that was said here, or told here, may not.
    """
    world = memory.world
    here, now = world.gates[resource].book, world.now + world.gates[resource].skew
    seen, holder, name = list[Capability](), who, leaf
    while True:
        grant = world.issued.get(name)
        grant = here.direct[name].grant if grant is None and name in here.direct else grant
        if grant is None:
            return f"{name} was never issued"
        if grant.context != resource or grant.target != holder or grant in seen:
            return f"{name} is not for this"
        if not grant.starts_at <= now < grant.ends_at:
            return f"{name} is for another time"
        if max(now, world.gates[resource].latest) >= grant.ends_at:
            return f"{name} has ended before"
        if (name, grant.actor) in here.buried:
            return f"we were told that {name} ended"
        dead = world.now - memory.dead_since.get(name, world.now + 1)
        if dead > LATEST or (grant.actor == resource and dead >= 0):
            return f"{name} is dead for {dead} ms"
        seen.insert(0, grant)
        if grant.delegates is None:
            break
        if grant.actor == resource or grant.result is None:
            return f"{name} cannot be inside a chain"
        if len(seen) >= LONGEST:
            return "too long"
        holder, name = grant.actor, grant.delegates
    return _walked(world, seen, resource, needs)


def _walked(world: World, seen: list[Capability], resource: ActorId, needs: Role) -> str | None:
    book, root = world.gates[resource].book, seen[0]
    if root.actor != resource or root.id not in {**book.rows, **book.direct}:
        return "the root is not ours"
    for above, below in pairwise(seen):
        kind, may = PASSES_ON.get(above.allows.value, ("", set()))
        if world.kinds.get(above.target) != kind or below.allows.value not in may:
            return f"{above.id} cannot be passed on so"
        if above.role is None or below.role is None or below.role > above.role:
            return f"{below.id} has too high a role"
    leaf = seen[-1]
    if leaf.allows is not Allows.INVOKE or leaf.role is None or leaf.role < needs:
        return "the leaf does not permit it"
    return None


# What everybody should have when all is quiet


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a house can do something at a resource, and what it can do with that."""

    role: Role
    ends_at: int
    through: tuple[ActorId, ...]
    allows: str

    @property
    def merit(self) -> tuple[int, int, int, tuple[ActorId, ...]]:
        """Compare: what permits more, then what lasts longer, then what is shorter."""
        return (self.role, self.ends_at, -len(self.through), self.through)


Ways = dict[tuple[ActorId, ActorId], dict[ActorId, Way]]
"""For (house, resource): by which neighbour, the way that this one offers."""


def everybodys_ways(world: World) -> Ways:
    """Work out from the links alone what comes to whom: again and again, until nothing changes."""
    links = [*_standing_links(world)]
    ways: Ways = {}
    while True:
        fresh: Ways = defaultdict(dict)
        for giver, link in links:
            for resource, way in _offers(ways, giver, link, world):
                fresh[link.peer, resource][giver] = way
        if dict(fresh) == ways:
            return ways
        ways = dict(fresh)


def _standing_links(world: World) -> Iterator[tuple[ActorId, Link]]:
    for me, gate in world.gates.items():
        for link in gate.book.links.values():
            if link.state is State.ACTIVE and link.kind.gives:
                yield me, link


def _offers(ways: Ways, giver: ActorId, link: Link, world: World) -> Iterator[tuple[ActorId, Way]]:
    allows = "gatherAndConvey" if link.kind is Peer.PARENT else "distribute"
    if world.kinds[giver] == "Project":
        root = Way(role=link.role, ends_at=link.ends_at, through=(giver,), allows=allows)
        yield giver, _received(world, giver, link, root)
    for house, resource in ways:
        if house == giver and (best := best_for(ways, giver, resource, link.peer, allows)):
            role, ends = min(best.role, link.role), min(best.ends_at, link.ends_at)
            through = (*best.through, giver)
            way = Way(role=role, ends_at=ends, through=through, allows=allows)
            yield resource, _received(world, giver, link, way)


def _received(world: World, giver: ActorId, link: Link, way: Way) -> Way:
    """See a way as its receiver does, who may want less of it."""
    theirs = world.gates[link.peer].book.between(giver)
    assert theirs is not None, "both sides have the link"
    return Way(
        role=min(way.role, theirs.role),
        ends_at=min(way.ends_at, theirs.ends_at),
        through=way.through,
        allows=way.allows,
    )


def best_for(
    ways: Ways, house: ActorId, resource: ActorId, to: ActorId, allows: str
) -> Way | None:
    """Choose the best way of a house to a resource that it may pass on to somebody."""
    fits = [
        way
        for way in ways.get((house, resource), {}).values()
        if allows in PASSES_ON[way.allows][1]
        and to not in {*way.through, resource}
        and len(way.through) < LONGEST
    ]
    return max(fits, key=lambda way: way.merit, default=None)
