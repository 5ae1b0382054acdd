"""Who opens somebody's words is written down first, and whoever wrote them can ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forgefed_gate.domain.ids import ActorId, Millis, Slug, ThreadId
from forgefed_gate.domain.openings import ONE_READING, Opening
from forgefed_gate.domain.roles import Principal
from forgefed_gate.domain.threads import Thread
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


def in_thread(thread: Thread, by: Principal, broken: tuple[str, ...]) -> Reading:
    """See what is shown of a conversation as a reading."""
    return Reading(
        project=thread.project,
        subject=thread.id,
        by=by,
        contributor=thread.contributor,
        broken=broken,
    )


async def damaged(
    gate: Gate,
    tx: Transaction,
    sealed: Sequence[tuple[bytes, str]],
    opened: Sequence[bytes | None],
) -> tuple[str, ...]:
    """Name the places of what did not open, though nobody has destroyed its key."""
    shut = [each for each, words in zip(sealed, opened, strict=True) if words is None]
    return tuple([place for words, place in shut if not await gate.vault.destroyed(tx, words)])


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
    if not await _is_known(gate, tx, reading):
        deed, project = _deed(gate, reading), reading.project
        id_, opening = gate.token(), Opening(role=deed.role, at=deed.at)
        who = reading.by.name
        await openings.add(
            tx, id_, project=project, subject=reading.subject, reader=who, opening=opening
        )
        await audit.append(gate, tx, id_, deed)
    await note_damage_in(gate, tx, reading)


async def note_damage(gate: Gate, reading: Reading) -> None:
    """Note what cannot be opened and nothing else, where the words are the reader's own."""
    async with gate.database.snapshot() as tx:
        if not await _news(tx, reading.broken):
            return
    async with gate.database.transaction() as tx:
        await note_damage_in(gate, tx, reading)


async def note_damage_in(gate: Gate, tx: Transaction, reading: Reading) -> None:
    """Note the same in a transaction that is open already, once for each place."""
    for place in reading.broken:
        deed = _unreadable(_deed(gate, reading), place)
        if await openings.add_unreadable(tx, place, now=deed.at):
            await audit.append(gate, tx, gate.token(), deed)


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


def _deed(gate: Gate, reading: Reading) -> Deed:
    return Deed(
        project=reading.project,
        principal=reading.by.name,
        role=reading.by.role_in(reading.project) or audit.OUTSIDE,
        act="Open",
        subject=reading.subject,
        reason="opened",
        whose=reading.contributor,
        at=gate.clock(),
    )


def _unreadable(deed: Deed, place: str) -> Deed:
    return replace(deed, act="Unreadable", subject=place, verdict="refuse", reason="unreadable")
