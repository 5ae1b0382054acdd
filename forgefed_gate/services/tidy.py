"""What is forgotten when its time has come."""

from forgefed_gate.domain.ids import DAY, Millis, later
from forgefed_gate.services import expiry, publishing, quota, safety
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import (
    copies,
    ended,
    exports,
    followers,
    forges,
    forgotten,
    inbox,
    jobs,
    openings,
    parties,
    people,
    record,
    references,
    reports,
    sessions,
    threads,
    tickets,
)
from forgefed_gate.store.database import Transaction

ENDED_GRANTS = 30 * DAY
"""How long a Grant that came or went along a link is kept after it ended."""
ENDED_LINKS = 180 * DAY
HOOKS_LAST = 30 * DAY
"""For how long we remember what a webhook brought."""


async def tidy(gate: Gate) -> None:
    """
    Forget old deliveries, ended sessions, and conversations that were closed long ago.

    Questions that nobody answered are let go of first: their conversations close, and what
    was to be published is not. What came along a link that is past its day ends as well.
    Who decided what is forgotten with the conversations: what is kept for ever about
    people is a list of people. Where words go, the keys that sealed them go too.
    """
    await publishing.end_unanswered(gate)
    await expiry.end_what_ran_out(gate)
    now, keep = gate.clock(), gate.settings
    long_delivered = Millis(now - keep.deliveries_days * DAY)
    long_closed = Millis(now - keep.closed_threads_days * DAY)
    quota.tidy(gate)
    async with gate.database.transaction() as tx:
        await sessions.forget(tx, now=now)
        await exports.forget_links(tx, now=now)
        await references.forget(tx, closed_before=long_closed, now=now)
        await inbox.forget(tx, before=long_delivered)
        await forges.forget_deliveries(tx, before=Millis(now - HOOKS_LAST))
        await jobs.forget_dead(tx, before=long_delivered)
        await _forget_conversations(gate, tx, before=long_closed, now=now)
        await record.forget(tx, before=long_closed)
        await reports.forget(tx, before=long_closed)
        await followers.forget_courtesies(tx, now=now)
        await openings.forget(tx, before=long_closed)
        await forgotten.ended(tx, now=now)
        await ended.forget_grants(tx, before=later(now, -ENDED_GRANTS), now=now)
        await ended.forget_links(tx, before=later(now, -ENDED_LINKS))
        await ended.forget_buried(tx, now=now)
        await people.forget_strangers(tx, before=long_delivered)
        await safety.forget(gate, tx, now=now)
        await gate.vault.forget(tx, before=long_closed)


async def _forget_conversations(
    gate: Gate, tx: Transaction, *, before: Millis, now: Millis
) -> None:
    await threads.close_unanswered(tx, before=before, now=now)
    await gate.vault.destroy_in(tx, await threads.with_keys(tx, closed_before=before), now=now)
    await copies.forget_closed(tx, before=before)
    await tickets.forget_closed(tx, before=before)
    await parties.forget(tx, before=before)
    await threads.forget_closed(tx, before=before)
