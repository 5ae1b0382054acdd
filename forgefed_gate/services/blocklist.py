"""Whom we do not listen to, asked before anything else is done."""

from functools import partial

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
    if not _is_fresh(gate):
        async with gate.memory.reading_blocks:
            if not _is_fresh(gate):  # nobody read it while we waited
                await _read(gate)
    return authority_of(url) in gate.memory.blocked


def _is_fresh(gate: Gate) -> bool:
    read_at = gate.memory.blocked_read_at
    return read_at is not None and recent(read_at, SECOND, now=gate.clock())


async def _read(gate: Gate) -> None:
    now = gate.clock()
    found = await gate.database.read(partial(blocks.listing, project=Slug("")))
    gate.memory.blocked, gate.memory.blocked_read_at = frozenset(found), now


async def refuse_blocked_host(gate: Gate, url: str) -> None:
    """Refuse whatever comes from a blocked host, before anything is fetched."""
    if await is_blocked_host(gate, url):
        raise Forbidden("blocked", "This gate does not talk with that server.")
