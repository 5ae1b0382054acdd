"""Whom we do not listen to, asked before anything else is done."""

from forgefed_gate.domain.errors import Forbidden
from forgefed_gate.domain.ids import SECOND, Slug, authority_of, recent
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks


async def is_blocked_host(gate: Gate, url: str) -> bool:
    """
    Say whether *url* is on a host that we do not talk with.

    The list is at most a second old here; whoever decides asks the database again. The
    client on our way out goes by the same list, so whoever sends something asks first.
    """
    memory, now = gate.memory, gate.clock()
    if memory.blocked_read_at is None or not recent(memory.blocked_read_at, SECOND, now=now):
        async with gate.database.snapshot() as tx:
            memory.blocked = frozenset(await blocks.listing(tx, Slug("")))
        memory.blocked_read_at = now
    return authority_of(url) in memory.blocked


async def refuse_blocked_host(gate: Gate, url: str) -> None:
    """Refuse whatever comes from a blocked host, before anything is fetched."""
    if await is_blocked_host(gate, url):
        raise Forbidden("blocked", "This gate does not talk with that server.")
