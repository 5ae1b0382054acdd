"""Keeping what came in: many deliveries in one commit, and nobody is told before it is durable."""

import asyncio
import hashlib

from forgefed_gate.domain.errors import Conflict, TooMany
from forgefed_gate.domain.ids import Millis
from forgefed_gate.services import quota
from forgefed_gate.services.gate import Arrived, Gate
from forgefed_gate.store import grants, inbox, jobs, maintainers
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.inbox import Delivered
from forgefed_gate.store.jobs import NewJob
from forgefed_gate.store.seal import seal

MOST_AT_ONCE = 256
GATHERING = 0.004
"""Seconds for which a crowd is let in before it is committed together."""
PLACE = "inbox|{}|request"


async def keep(gate: Gate, arrived: Arrived) -> None:
    """
    Keep *arrived* and the work it makes, durably, before returning.

    One that we hold already changes nothing. Raises `Conflict` where the same id came
    with other words, and `TooMany` where somebody who is no member writes too often.
    """
    gate.memory.arrived.append(arrived)
    if gate.memory.committing is None:
        gate.memory.committing = asyncio.create_task(_commit_all(gate))
    if not await arrived.kept:
        await _refuse_other_words(gate, arrived)


async def _commit_all(gate: Gate) -> None:
    """
    Commit whatever waits, batch after batch, until nothing does.

    A message that comes alone is committed at once. Where several came together, the
    next ones are let in for a moment first: a commit costs the same for one as for all.
    """
    memory, crowded = gate.memory, False
    try:
        while memory.arrived:
            if crowded:
                await asyncio.sleep(GATHERING)
            batch, memory.arrived[:MOST_AT_ONCE] = memory.arrived[:MOST_AT_ONCE], []
            await _commit(gate, batch)
            crowded = len(batch) > 1
    finally:
        memory.committing = None


async def _commit(gate: Gate, batch: list[Arrived]) -> None:
    try:
        async with gate.database.transaction() as tx:
            new = await _keep_batch(gate, tx, await _within_quota(gate, tx, batch))
    except Exception as error:  # noqa: BLE001 - whoever waits is told, and decides
        for arrived in batch:
            _refuse(arrived, error)
        return
    gate.crash.point("committed")
    for arrived in batch:
        if not arrived.kept.done():
            arrived.kept.set_result(arrived.name in new)
        new.discard(arrived.name)
    gate.work.set()


async def _within_quota(gate: Gate, tx: Transaction, batch: list[Arrived]) -> list[Arrived]:
    """Count what people from outside ask of us, and turn away what is too much."""
    senders = {(each.project, each.signed.by) for each in batch if each.counts_as_knock}
    members = await grants.members(tx, senders, now=gate.clock())
    if strangers := senders - members:
        members |= await maintainers.among(tx, strangers)
    return [
        each
        for each in batch
        if not each.counts_as_knock
        or (each.project, each.signed.by) in members
        or _may_knock(gate, each)
    ]


def _may_knock(gate: Gate, arrived: Arrived) -> bool:
    try:
        quota.spend_knock(gate, arrived.signed.by)
    except TooMany as refusal:
        _refuse(arrived, refusal)
        return False
    return True


def _refuse(arrived: Arrived, reason: Exception) -> None:
    if not arrived.kept.done():
        arrived.kept.set_exception(reason)


async def _keep_batch(gate: Gate, tx: Transaction, batch: list[Arrived]) -> set[str]:
    now = gate.clock()
    owners = {(arrived.signed.by, "") for arrived in batch}
    keys = await gate.vault.keys_for(tx, owners, now=now)
    deliveries = [
        Delivered(
            id=arrived.name,
            actor=arrived.signed.by,
            recipient=arrived.recipient,
            body_hash=_hash(arrived),
            request=seal(
                keys[arrived.signed.by, ""], arrived.evidence, place=PLACE.format(arrived.name)
            ),
            received_at=now,
        )
        for arrived in batch
    ]
    new = await inbox.add(tx, deliveries, batch=gate.token())
    work = {arrived.name: _job(arrived, now) for arrived in batch if arrived.name in new}
    await jobs.put_many(tx, work.values(), now=now)
    return new


def _job(arrived: Arrived, now: Millis) -> NewJob:
    return NewJob(
        name=f"process {arrived.name}",
        kind="process",
        payload=arrived.name.encode(),
        run_at=now,
        lane=f"{arrived.signed.by} {arrived.project}",
    )


def _hash(arrived: Arrived) -> str:
    return hashlib.sha256(arrived.signed.body).hexdigest()


async def _refuse_other_words(gate: Gate, arrived: Arrived) -> None:
    async with gate.database.snapshot() as tx:
        known = await inbox.body_hash(tx, arrived.name)
    if known is not None and known != _hash(arrived):
        raise Conflict("id-reused", "This id came before, with other words.")
