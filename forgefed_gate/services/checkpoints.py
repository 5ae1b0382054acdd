"""What the audit log came to: signed, and told where an edit of the database does not reach."""

import asyncio
import logging
from dataclasses import dataclass

from forgefed_gate.domain.errors import Conflict, Refusal, TryLater
from forgefed_gate.domain.ids import MINUTE, SECOND, Millis, recent
from forgefed_gate.domain.places import THE_GATE, Places
from forgefed_gate.domain.tree import Span
from forgefed_gate.domain.turns import LONG_AGO
from forgefed_gate.protocol import checkpoint
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.services import local
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.store import audit, jobs, notebook
from forgefed_gate.store.database import Transaction

log = logging.getLogger(__name__)

REPORT = "witness"
"""The kind and the name of the one job that tells our witness of what is new."""
EVERY = 5 * MINUTE
LOOK = SECOND
"""How often we look whether a Grant was given or taken."""


@dataclass(slots=True, kw_only=True)
class Rhythm:
    """When we last looked whether a checkpoint is due, and when the last one was."""

    looked_at: Millis = LONG_AGO
    stepped_at: Millis = LONG_AGO


def log_of(authority: str) -> str:
    """Name the audit log of the gate at *authority*, as its checkpoints do."""
    return f"{authority}/audit"


def origin(places: Places) -> str:
    """Name our own audit log."""
    return log_of(places.authority)


def proven(note: str, me: Own) -> Checkpoint | None:
    """Read a checkpoint that we signed ourselves; None is one that we did not."""
    try:
        return checkpoint.proven(checkpoint.read(note), public=me.ed25519.private.public_key())
    except Refusal:
        return None


async def latest(gate: Gate) -> str:
    """Give the latest checkpoint of our log, as everybody may have it; "" before the first."""
    async with gate.database.snapshot() as tx:
        return (await audit.head(tx)).checkpoint


async def keep_up(gate: Gate, rhythm: Rhythm) -> None:
    """Make a checkpoint every five minutes, and soon after a Grant was given or taken."""
    now = gate.clock()
    if recent(rhythm.looked_at, LOOK, now=now):
        return
    rhythm.looked_at = now
    try:
        if recent(rhythm.stepped_at, EVERY, now=now) and not await _is_urgent(gate):
            return
        rhythm.stepped_at = now
        await step(gate)
    except TryLater:
        log.warning("storage does not answer; the checkpoint waits")
    except Refusal as refusal:
        log.error("no checkpoint of the audit log", extra={"code": refusal.code})  # noqa: TRY400 - the code says it all
    except OSError as error:
        log.error("no checkpoint of the audit log", extra={"error": type(error).__name__})  # noqa: TRY400 - a path may say where somebody lives


async def _is_urgent(gate: Gate) -> bool:
    async with gate.database.snapshot() as tx:
        return await audit.is_urgent(tx)


async def step(gate: Gate) -> Checkpoint | None:
    """
    Give what waits its place in the log, sign what it came to, and keep that outside.

    Whatever a crash lets out is made up for by the next step. Raises `Conflict` where we
    told of more, or of something else, than we hold: such a log is not signed for again.
    """
    me, path = await local.own(gate, THE_GATE), gate.settings.checkpoints
    told = await asyncio.to_thread(notebook.last, path)
    complete, note = False, ""
    while not complete:
        complete, note = await _grow(gate, me, told)
    if not note:
        return None
    await asyncio.to_thread(notebook.append, path, note)
    return checkpoint.read(note).checkpoint


async def _grow(gate: Gate, me: Own, told: str | None) -> tuple[bool, str]:
    """Take one batch into the log, and sign where nothing is left; "" where nothing ever was."""
    async with gate.at_leisure, gate.database.transaction() as tx:
        head = await audit.hold(tx)
        if told is not None:
            await _refuse_another_past(tx, checkpoint.read(told).checkpoint, size=head.size)
        frontier, complete = await audit.grow(tx, size=head.size)
        if not complete or frontier.size == 0 or _is_signed(head.checkpoint, frontier.size):
            return complete, head.checkpoint
        found = Checkpoint(origin=origin(gate.places), size=frontier.size, root=frontier.root)
        note = checkpoint.write(found, key=me.ed25519)
        await audit.sign(tx, note, now=gate.clock())
        await _let_witness_know(gate, tx)
        return True, note


async def _let_witness_know(gate: Gate, tx: Transaction) -> None:
    """Queue one report, whatever the number of checkpoints that wait for it."""
    now = gate.clock()
    if gate.settings.witness:
        if not await jobs.put(tx, REPORT, REPORT, payload=b"latest", run_at=now, now=now):
            await jobs.revive(tx, REPORT, now=now)
        gate.work.set()


def _is_signed(note: str, size: int) -> bool:
    return bool(note) and checkpoint.read(note).checkpoint.size == size


async def _refuse_another_past(tx: Transaction, told: Checkpoint, *, size: int) -> None:
    if told.size > size:
        raise Conflict(
            "audit-cut",
            f"The audit log holds {size} entries, and we told of {told.size}: “audit verify” says"
            " which are missing.",
        )
    if await audit.roots(tx, [Span(begin=0, end=told.size)]) != [told.root]:
        raise Conflict(
            "audit-changed", "The audit log is not the one that we told of: see “audit verify”."
        )
