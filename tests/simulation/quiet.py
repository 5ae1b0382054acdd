"""What must hold when all is quiet: every book agrees with a recomputation from nothing."""

from collections.abc import Iterator

from forgefed_gate.domain.capabilities import Capability
from forgefed_gate.domain.ids import SECOND, ActorId, GrantId
from forgefed_gate.domain.links import SEEN_FROM_THERE, Link, State
from forgefed_gate.domain.roles import Role
from simulation import oracle
from simulation.oracle import Memory, Way, Ways
from simulation.world import SKEW, Gate, World

BOTH_WANT = {State.AGREED, State.ACTIVE}
WHILE = 3 * SKEW
"""After so long a moment has passed by everybody's clock."""


def come(world: World) -> None:
    """Let everything arrive, and see to it that nothing is about to end."""
    for gate in world.gates.values():
        if not gate.up:
            world.restart(gate)
    world.calm()
    while True:
        for gate in world.gates.values():
            gate.book.tick(world.clock(gate.book.me))
        world.watch()
        if not world.agenda and not _about_to_end(world):
            return
        world.calm()
        if _about_to_end(world):
            world.pass_by(WHILE)


def _about_to_end(world: World) -> bool:
    ends = [
        *(row.grant.ends_at for gate in world.gates.values() for row in gate.book.rows.values()),
        *(row.grant.ends_at for gate in world.gates.values() for row in gate.book.direct.values()),
        *(link.ends_at for gate in world.gates.values() for link in gate.book.links.values()),
    ]
    return any(abs(end - world.now) <= SKEW + SECOND for end in ends)


def check(world: World, memory: Memory) -> None:
    """Hold every book to what it should say now."""
    assert not any(world.lanes.values()), "all has arrived"
    for gate in world.gates.values():
        left = gate.book.follows(world.clock(gate.book.me))
        assert left == [], f"{gate.book.me} should still do {left}"
    rogue = any(gate.rogue for gate in world.gates.values())
    for gate in world.gates.values():
        if not gate.rogue:
            _check_ways(gate)
            _check_links(world, gate)
            _check_held(world, gate)
    if not rogue:
        ways = oracle.everybodys_ways(world)
        for gate in world.gates.values():
            _check_members(world, gate, ways)
        _check_acts(world, memory)


def _check_ways(gate: Gate) -> None:
    """Nothing that a gate passes on goes round in a circle."""
    for row in gate.book.rows.values():
        if row.ours and row.grant.delegates is not None and row.revoked_at is None:
            hands = (*row.grant.through, row.grant.target)
            assert len({*hands}) == len(hands), f"{row.grant.id} goes round in a circle"


def _check_links(world: World, gate: Gate) -> None:
    """Whoever thinks that there is a link is thought of in the same way."""
    for link in gate.book.links.values():
        other = world.gates[link.peer]
        if other.rogue or not link.state.open:
            continue
        theirs = other.book.between(gate.book.me)
        assert theirs is not None, f"{gate.book.me} has {link.state} with nobody"
        _check_pair(link, theirs)


def _check_pair(ours: Link, theirs: Link) -> None:
    states = {ours.state, theirs.state}
    fits = states <= BOTH_WANT or states == {State.OFFERED, State.ASKED}
    assert fits, f"{ours.state} here is {theirs.state} there"
    if ours.state in BOTH_WANT:
        one, other = SEEN_FROM_THERE[ours.kind], SEEN_FROM_THERE[theirs.kind]
        assert one is theirs.kind or other is ours.kind, "both mean the same"


def _check_held(world: World, gate: Gate) -> None:
    """What somebody gave is held, and what is held was given."""
    now, me = world.clock(gate.book.me), gate.book.me
    for row in gate.book.rows.values():
        issuer = world.gates.get(row.grant.actor)
        if row.ours or issuer is None or issuer.rogue or row.revoked_at is not None:
            continue
        theirs = issuer.book.rows[row.grant.id]
        assert theirs.revoked_at is None or row.grant.ends_at <= now, "held, but taken back"
    for other in world.gates.values():
        for row in () if other.rogue else other.book.rows.values():
            grant = row.grant
            stands = row.ours and row.revoked_at is None and now < grant.ends_at
            ours = other is not gate and me in {grant.target, grant.context}
            if stands and ours and _is_honest(world, grant):
                held = gate.book.rows.get(grant.id)
                assert held is not None, f"{grant.id} never came to {me}"
                assert held.revoked_at is None, f"{grant.id} is dead at {me} only"


def _is_honest(world: World, grant: Capability) -> bool:
    """Say whether nothing in a chain comes from a rogue, up to whom it is about."""
    while grant.delegates is not None:
        if world.gates[grant.actor].rogue or grant.delegates not in world.issued:
            return False
        grant = world.issued[grant.delegates]
    return not world.gates[grant.actor].rogue


def _check_members(world: World, gate: Gate, ways: Ways) -> None:
    """Each member has exactly the best that can come to them by this house."""
    now, me = world.clock(gate.book.me), gate.book.me
    wanted = {
        (member.target, resource): _clipped(member, best)
        for member in gate.book.members(now)
        for house, resource in ways
        if house == me and (best := oracle.best_for(ways, me, resource, member.target, "invoke"))
    }
    given = {
        (row.grant.target, row.grant.context): (row.grant.role, row.grant.ends_at)
        for row in gate.book.rows.values()
        if row.ours and row.grant.target in world.people
        and row.revoked_at is None and now < row.grant.ends_at
    }  # fmt: skip
    assert given == wanted, f"{me} gave {given}, and should have given {wanted}"


def _clipped(member: Capability, best: Way) -> tuple[Role, int]:
    assert member.role is not None, "members have a role"
    return min(member.role, best.role), min(member.ends_at, best.ends_at)


def _check_acts(world: World, memory: Memory) -> None:
    """Everybody may do what they have a living chain for, and nothing else."""
    world.pass_by(SKEW * 2 + SECOND)
    for who in world.people:
        for resource, kind in world.kinds.items():
            if kind == "Project":
                _check_role(world, memory, who, resource)


def _check_role(world: World, memory: Memory, who: ActorId, resource: ActorId) -> None:
    """Whoever names a Grant is judged by it; whoever names none, by the best that is known."""
    by_leaf = {
        leaf: _ought(memory, who, resource, [leaf]) for leaf in _leaves(world, who, resource)
    }
    for leaf, ought in by_leaf.items():
        may = [each for each in Role if world.attempt(who, resource, each, named=leaf).granted]
        assert may == ought, f"{who} may {may} at {resource} by {leaf}, and should {ought}"
    shown = [leaf for leaf in by_leaf if _is_shown(world, resource, leaf)]
    may = [each for each in Role if world.attempt(who, resource, each).granted]
    ought = _ought(memory, who, resource, shown)
    assert may == ought, f"{who} may {may} at {resource}, and should {ought}"


def _ought(memory: Memory, who: ActorId, resource: ActorId, leaves: list[GrantId]) -> list[Role]:
    return [
        role
        for role in Role
        if any(oracle.why_not(memory, who, resource, role, leaf) is None for leaf in leaves)
    ]


def _is_shown(world: World, resource: ActorId, leaf: GrantId) -> bool:
    """Of the Grants that somebody has from us, the one counts that lasts longest."""
    book = world.gates[resource].book
    lasting = [member.id for member in book.members(world.clock(resource))]
    return leaf in lasting or leaf not in book.direct


def _leaves(world: World, who: ActorId, resource: ActorId) -> Iterator[GrantId]:
    for gate in world.gates.values():
        for id_, row in [*gate.book.rows.items(), *gate.book.direct.items()]:
            stands = row.ours and row.revoked_at is None and not oracle.at_rest(gate.book, id_)
            theirs = row.grant.target == who and row.grant.context == resource
            if stands and theirs and not _is_over(world, row.grant):
                yield id_


def _is_over(world: World, grant: Capability) -> bool:
    """Say whether a Grant, or one that it passes on, has ended by the clock of who issued it."""
    while world.now + world.gates[grant.actor].skew < grant.ends_at:
        if grant.delegates is None:
            return False
        grant = world.issued[grant.delegates]
    return True
