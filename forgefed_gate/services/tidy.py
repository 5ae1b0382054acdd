"""What is forgotten when its time has come."""

from forgefed_gate.domain.ids import DAY, Millis
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import inbox, jobs, openings, record, sessions, threads


async def tidy(gate: Gate) -> None:
    """
    Forget old deliveries, ended sessions, and conversations that were closed long ago.

    Questions that nobody answered are let go of first: their conversations close.
    Who decided what is forgotten with the conversations: what is kept for ever about
    people is a list of people.
    """
    now, keep = gate.clock(), gate.settings
    long_delivered = Millis(now - keep.deliveries_days * DAY)
    long_closed = Millis(now - keep.closed_threads_days * DAY)
    async with gate.database.transaction() as tx:
        await sessions.forget(tx, now=now)
        await inbox.forget(tx, before=long_delivered)
        await jobs.forget_dead(tx, before=long_delivered)
        await threads.close_unanswered(tx, before=long_closed, now=now)
        await threads.forget_closed(tx, before=long_closed)
        await record.forget(tx, before=long_closed)
        await openings.forget(tx, before=long_closed)
