"""Which deliveries go out next, so that no server is crowded and none waits for another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from forgefed_gate.domain import turns
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import ActorId, Millis, later
from forgefed_gate.domain.patience import LONGEST
from forgefed_gate.domain.turns import STRANGER, Due, Peer
from forgefed_gate.services import outbound
from forgefed_gate.services.gate import Brought, Gate
from forgefed_gate.store import followers, leases, outgoing
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job

MOST_REMEMBERED = 10_000
LOOK = 64
"""How far beyond the free places we look for servers that have room, at first."""

FARTHEST = 8_000
"""How far we look in one transaction, where a crowd stands before them."""


async def claim(gate: Gate, *, places: int, lease_for: int) -> list[Job]:
    """
    Lease up to *places* deliveries that are due and whose servers have room.

    What its server has no room for is set aside, once, and called when there is some:
    however much waits for one server, finding work for the others stays cheap. One at a
    time looks: what another sets aside meanwhile would never be called.
    """
    taken, more, far = list[Job](), places > 0, LOOK
    async with gate.memory.choosing:
        while more and not taken:
            taken, more = await _look(gate, places=places, far=far, lease_for=lease_for)
            far = min(2 * far, FARTHEST)
    return taken


async def _look(gate: Gate, *, places: int, far: int, lease_for: int) -> tuple[list[Job], bool]:
    """Lease what can go out, set aside what cannot, and say whether there may be more."""
    peers, now = dict(gate.memory.peers), gate.clock()
    roomy = [at for at, peer in peers.items() if peer.crowded and turns.room(peer, now=now)]
    until, lease = later(now, lease_for), leases.name(gate.database.holder, gate.token())

    async def choose(tx: Transaction) -> _Chosen:
        called = await outgoing.called(tx, roomy) if roomy else []
        due = await outgoing.due(tx, now=now, limit=places + far)
        go, wait = turns.choose([*called, *due], peers, now=now, places=places)
        wait = [each for each in wait if each not in called]
        taken = await outgoing.lease(tx, go, lease=lease, now=now, until=until)
        for moment, crowd in _by_time(gate, wait, until).items():
            await outgoing.set_aside(tx, crowd, now=now, until=moment)
        return _Chosen(called=called, wait=wait, taken=taken, more=bool(go or wait))

    chosen = await gate.database.write(choose)
    _remember(gate, chosen, roomy=roomy)
    return chosen.taken, chosen.more


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What was *called* back, what has to *wait*, what was *taken*, and whether there is more."""

    called: list[Due]
    wait: list[Due]
    taken: list[Job]
    more: bool


def _by_time(gate: Gate, wait: Iterable[Due], soonest: Millis) -> dict[Millis, list[Due]]:
    """Say what is due by itself at which time: should we be gone by then, others find it."""
    times = defaultdict[Millis, list[Due]](list)
    for each in wait:
        times[max(soonest, _peer(gate, each.origin).rests_until)].append(each)
    return times


def _remember(gate: Gate, chosen: _Chosen, *, roomy: Iterable[str]) -> None:
    for at in set(roomy) - {each.origin for each in chosen.called}:
        _keep(gate, at, replace(_peer(gate, at), crowded=False))
    for each in chosen.wait:
        _keep(gate, each.origin, replace(_peer(gate, each.origin), crowded=True))
    for job in chosen.taken:
        peer = _peer(gate, job.origin)
        _keep(gate, job.origin, replace(peer, under_way=peer.under_way + 1))


async def deliver(gate: Gate, job: Job) -> Brought:
    """Try one delivery once, as `outbound.deliver` does, and learn from it how its server is."""
    try:
        brought = await outbound.deliver(gate, job)
    except Unreachable as refusal:
        _keep(gate, job.origin, _heard(gate, _peer(gate, job.origin), refusal))
        raise
    else:
        if brought.taken:
            _keep(gate, job.origin, turns.answered(_peer(gate, job.origin)))
        return brought
    finally:
        peer = _peer(gate, job.origin)
        _keep(gate, job.origin, replace(peer, under_way=max(peer.under_way - 1, 0)))
        gate.work.set()  # there is room for the next one, though this one is not written off yet


def _heard(gate: Gate, peer: Peer, refusal: Unreachable) -> Peer:
    if refusal.code in outbound.ANSWERED:
        return turns.answered(peer)
    return turns.failed(peer, now=gate.clock(), chance=gate.chance(), asked=refusal.asked)


async def give_up(tx: Transaction, job: Job, *, code: str, now: Millis) -> None:
    """
    Draw the conclusion from a delivery that was given up on.

    Who is gone for good is sent nothing more. A server that was away for too long is not
    asked for each of the others that waited as long: they are given up on with it.
    """
    if code == outbound.GONE:
        await outgoing.bury_lane(tx, job.lane, error=code)
        await followers.forget(tx, ActorId(job.name.rpartition(" ")[2]))
    elif code not in outbound.FINAL:
        await outgoing.bury_old(tx, job.origin, before=Millis(now - LONGEST), error=code)


def _peer(gate: Gate, origin: str) -> Peer:
    return gate.memory.peers.get(origin, STRANGER)


def _keep(gate: Gate, origin: str, peer: Peer) -> None:
    """Remember a server while there is anything to remember, and only so many of them."""
    peers = gate.memory.peers
    peers.pop(origin, None)
    if peer != STRANGER:
        peers[origin] = peer
    if len(peers) > MOST_REMEMBERED:
        idle = next((at for at, each in peers.items() if not each.under_way), origin)
        del peers[idle]
