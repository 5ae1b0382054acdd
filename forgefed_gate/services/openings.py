"""Who opens somebody's words is written down first, and whoever wrote them can ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forgefed_gate.domain.ids import ActorId, Millis, Slug, ThreadId
from forgefed_gate.domain.openings import ONE_READING, Opening
from forgefed_gate.domain.roles import Principal
from forgefed_gate.services import audit
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import openings
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    Words that are about to be shown to *by*: what they belong to, and whose they are.

    *broken* are the places whose words cannot be opened, though nobody erased them.
    """

    project: Slug
    subject: str
    by: Principal
    contributor: str = ""
    broken: tuple[str, ...] = ()


async def write_down(gate: Gate, reading: Reading) -> None:
    """
    Write down that words are opened, before they are shown: who cannot be noted reads nothing.

    Somebody who opens the same words again within the hour is still reading. What cannot
    be opened is noted once.
    """
    async with gate.database.snapshot() as tx:
        if await _is_known(gate, tx, reading) and not await _news(tx, reading.broken):
            return
    async with gate.database.transaction() as tx:
        await write_down_in(gate, tx, reading)


async def write_down_in(gate: Gate, tx: Transaction, reading: Reading) -> None:
    """Write the same down in a transaction that is open already."""
    now, project = gate.clock(), reading.project
    deed = Deed(
        project=project,
        principal=reading.by.name,
        role=reading.by.role_in(project),
        act="Open",
        subject=reading.subject,
        reason="opened",
        whose=reading.contributor,
        at=now,
    )
    if not await _is_known(gate, tx, reading):
        id_, opening = gate.token(), Opening(role=deed.role, at=now)
        who = reading.by.name
        await openings.add(
            tx, id_, project=project, subject=reading.subject, reader=who, opening=opening
        )
        await audit.append(gate, tx, id_, deed)
    for place in reading.broken:
        if await openings.add_unreadable(tx, place, now=now):
            await audit.append(gate, tx, gate.token(), _unreadable(deed, place))


async def of_thread(gate: Gate, thread: ThreadId) -> list[Opening]:
    """List when a conversation was opened, and in which role, the latest first."""
    async with gate.database.snapshot() as tx:
        return await openings.of(tx, thread)


async def of_somebody(tx: Transaction, project: Slug, who: ActorId) -> list[Opening]:
    """List when what somebody wrote to *project* was opened, the latest first."""
    return await openings.of_somebody(tx, project, who)


async def _is_known(gate: Gate, tx: Transaction, reading: Reading) -> bool:
    now = gate.clock()
    return await openings.known(
        tx,
        reading.subject,
        reader=reading.by.name,
        role=reading.by.role_in(reading.project),
        since=Millis(now - ONE_READING),
        until=now,
    )


async def _news(tx: Transaction, broken: Sequence[str]) -> bool:
    return bool(broken) and bool({*broken} - await openings.known_unreadable(tx, broken))


def _unreadable(deed: Deed, place: str) -> Deed:
    return replace(deed, act="Unreadable", subject=place, verdict="refuse", reason="unreadable")
