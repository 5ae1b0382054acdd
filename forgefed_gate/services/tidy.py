"""What is forgotten when its time has come."""

from forgefed_gate.domain.ids import DAY, Millis
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import inbox, sessions, threads


async def tidy(gate: Gate) -> None:
    """Forget old deliveries, ended sessions, and conversations that were closed long ago."""
    now, keep = gate.clock(), gate.settings
    async with gate.database.transaction() as tx:
        await sessions.forget(tx, now=now)
        await inbox.forget(tx, before=Millis(now - keep.deliveries_days * DAY))
        await threads.forget_closed(tx, before=Millis(now - keep.closed_threads_days * DAY))
