"""Whom we do not listen to, asked before anything else is done."""

from forgefed_gate.domain.errors import Forbidden
from forgefed_gate.domain.ids import SECOND, Slug, authority_of
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks


async def refuse_blocked_host(gate: Gate, url: str) -> None:
    """
    Refuse whatever comes from a blocked host, before anything is fetched.

    The list is at most a second old here; whoever decides asks the database again.
    """
    await keep_up(gate)
    if authority_of(url) in gate.memory.blocked:
        raise Forbidden("blocked", "This gate does not talk with that server.")


async def keep_up(gate: Gate) -> None:
    """Read the list again where it is a second old, for another process may have changed it."""
    memory, now = gate.memory, gate.clock()
    if memory.blocked_read_at is None or now - memory.blocked_read_at >= SECOND:
        async with gate.database.snapshot() as tx:
            memory.blocked = frozenset(await blocks.listing(tx, Slug("")))
        memory.blocked_read_at = now
