"""Keeping what came in: many deliveries in one commit, and nobody is told before it is durable."""

from collections.abc import Sequence
from functools import partial

from forgefed_gate.domain.errors import Conflict, TooMany
from forgefed_gate.domain.ids import Millis
from forgefed_gate.services import quota
from forgefed_gate.services.gate import Arrived, Gate
from forgefed_gate.store import grants, inbox, jobs, maintainers
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.inbox import Delivered
from forgefed_gate.store.jobs import NewJob
from forgefed_gate.store.seal import seal

PLACE = "inbox|{}|request"


async def keep(gate: Gate, arrived: Arrived) -> None:
    """
    Keep *arrived* and the work it makes, durably, before returning.

    One that we hold already changes nothing. Raises `Conflict` where the same id came
    with other words, and `TooMany` where somebody who is no member writes too often.
    """
    if not await gate.memory.arriving.ask(arrived, partial(_keep_all, gate)):
        await _refuse_other_words(gate, arrived)


async def _keep_all(gate: Gate, batch: Sequence[Arrived]) -> list[bool | TooMany]:
    """Keep all that came together, and say of each whether it was new, or too much."""
    async with gate.database.transaction() as tx:
        refusals = await _refusals(gate, tx, batch)
        welcome = [each for each, refusal in zip(batch, refusals, strict=True) if not refusal]
        new = await _keep_batch(gate, tx, welcome)
    gate.crash.point("committed")
    gate.work.set()
    return [
        refusal or _was_new(arrived, new) for arrived, refusal in zip(batch, refusals, strict=True)
    ]


def _was_new(arrived: Arrived, new: set[str]) -> bool:
    """Say whether *arrived* is the first of its name, and the next of that name is not."""
    first = arrived.name in new
    new.discard(arrived.name)
    return first


async def _refusals(gate: Gate, tx: Transaction, batch: Sequence[Arrived]) -> list[TooMany | None]:
    """Count what people from outside ask of us, and refuse what is too much."""
    senders = {(each.project, each.signed.by) for each in batch if each.counts_as_knock}
    members = await grants.members(tx, senders, now=gate.clock())
    if strangers := senders - members:
        members |= await maintainers.among(tx, strangers)
    return [
        _one_knock_more(gate, each)
        if each.counts_as_knock and (each.project, each.signed.by) not in members
        else None
        for each in batch
    ]


def _one_knock_more(gate: Gate, arrived: Arrived) -> TooMany | None:
    try:
        quota.spend_knock(gate, arrived.signed.by)
    except TooMany as refusal:
        return refusal
    return None


async def _keep_batch(gate: Gate, tx: Transaction, batch: list[Arrived]) -> set[str]:
    now = gate.clock()
    owners = {(arrived.signed.by, "") for arrived in batch}
    keys = await gate.vault.keys_for(tx, owners, now=now)
    deliveries = [
        Delivered(
            id=arrived.name,
            actor=arrived.signed.by,
            recipient=arrived.recipient,
            body_hash=arrived.signed.claim.digest.hex(),
            request=seal(
                keys[arrived.signed.by, ""], arrived.evidence, place=PLACE.format(arrived.name)
            ),
            received_at=now,
        )
        for arrived in batch
    ]
    new = await inbox.add(tx, deliveries, batch=gate.token())
    work = {arrived.name: _job(arrived, now) for arrived in batch if arrived.name in new}
    await jobs.put_many(tx, [*work.values()], now=now)
    return new


def _job(arrived: Arrived, now: Millis) -> NewJob:
    return NewJob(
        name=f"process {arrived.name}",
        kind="process",
        payload=arrived.name.encode(),
        run_at=now,
        lane=f"{arrived.signed.by} {arrived.project}",
    )


async def _refuse_other_words(gate: Gate, arrived: Arrived) -> None:
    async with gate.database.snapshot() as tx:
        known = await inbox.body_hash(tx, arrived.name)
    if known is not None and known != arrived.signed.claim.digest.hex():
        raise Conflict("id-reused", "This id came before, with other words.")
