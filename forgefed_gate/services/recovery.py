"""What a crash or a clock that was set back left behind in the queue, put right."""

import logging
from contextlib import suppress
from dataclasses import dataclass

from forgefed_gate.domain import turns
from forgefed_gate.domain.errors import TryLater
from forgefed_gate.domain.ids import MINUTE, SECOND, Millis, later, recent
from forgefed_gate.domain.turns import LONG_AGO
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, leases, record

log = logging.getLogger(__name__)

LEASE = 2 * MINUTE
"""After so long whoever holds a job is taken to have crashed, even if nobody can tell."""
LOOK_ROUND = SECOND
"""How often we look whether somebody who shares the queue has crashed."""
SUSPECT = 5
"""Attempts after which a job may itself be what lets processes crash: it waits for its lease."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """How late it was when we last looked at the clock, and when we last looked round."""

    seen: Millis
    looked_at: Millis = LONG_AGO


async def watch(gate: Gate) -> Watch:
    """
    Begin where we left off: how late it was then, the clock may not know any more.

    How it went with other servers we do not know either, so all that was set aside for
    their sake is looked at again.
    """
    now = gate.clock()
    with suppress(TryLater):
        async with gate.database.transaction() as tx:
            await leases.call_back(tx, now=now)
            await delegations.doubt(tx)
            latest = await record.latest(tx)
        if latest is not None and latest <= record.believable(now):
            return Watch(seen=latest)
    return Watch(seen=now)


async def look_round(gate: Gate, watch: Watch) -> None:
    """See to it that nothing waits for a time that will not come, or for somebody who is gone."""
    await _follow_the_clock(gate, watch)
    if not recent(watch.looked_at, LOOK_ROUND, now=gate.clock()):
        watch.looked_at = gate.clock()
        await _take_over(gate)


async def _follow_the_clock(gate: Gate, watch: Watch) -> None:
    """
    Let nothing wait for longer because the clock was set back since we last saw it.

    And let nothing be believed for longer: whoever said that a Grant stands is asked again.
    """
    now, peers = gate.clock(), gate.memory.peers
    if now < watch.seen:
        try:
            async with gate.database.transaction() as tx:
                await delegations.doubt(tx)
        except TryLater:
            return
    if later(now, MINUTE) < watch.seen:
        by = watch.seen - now
        try:
            async with gate.database.transaction() as tx:
                await leases.bring_forward(tx, by=by, now=now)
        except TryLater:
            return
        peers |= {at: turns.sooner(peer, by) for at, peer in peers.items()}
        log.warning("the clock was set back; what waits is done by the new time")
    watch.seen = now


async def _take_over(gate: Gate) -> None:
    """Let what whoever crashed was at be due at once, unless it may be what they crashed of."""
    try:
        async with gate.database.snapshot() as tx:
            held = await leases.running(tx, now=gate.clock(), lease_for=LEASE)
        ended = await gate.database.ended({leases.holder(lease) for lease in held})
        left = [lease for lease in held if leases.holder(lease) in ended]
        if left:
            async with gate.database.transaction() as tx:
                await leases.free(tx, left, now=gate.clock(), most_attempts=SUSPECT)
    except TryLater:
        log.warning("storage does not answer; what was left behind waits")
