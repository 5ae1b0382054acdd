"""Whom we do not listen to, asked before anything else is done."""

from forgefed_gate.domain.errors import Forbidden
from forgefed_gate.domain.ids import SECOND, Slug, authority_of, recent
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks


async def refuse_blocked_host(gate: Gate, url: str) -> None:
    """
    Refuse whatever comes from a blocked host, before anything is fetched.

    The list is at most a second old here; whoever decides asks the database again.
    """
    memory, now = gate.memory, gate.clock()
    if memory.blocked_read_at is None or not recent(memory.blocked_read_at, SECOND, now=now):
        async with gate.database.snapshot() as tx:
            memory.blocked = frozenset(await blocks.listing(tx, Slug("")))
        memory.blocked_read_at = now
    if authority_of(url) in memory.blocked:
        raise Forbidden("blocked", "This gate does not talk with that server.")
