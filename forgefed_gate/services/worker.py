"""The one who does the queued work, in order where order matters, and tries again kindly."""

import asyncio
import logging
from contextlib import suppress
from functools import partial

from forgefed_gate.domain.errors import Refusal, TooMany, TryLater, Unreachable
from forgefed_gate.domain.ids import HOUR, MINUTE, Millis, later, recent
from forgefed_gate.domain.patience import next_wait
from forgefed_gate.domain.turns import PLACES
from forgefed_gate.services import (
    checkpoints,
    dispatch,
    forgetting,
    hooks,
    inbound,
    observing,
    outbound,
    recovery,
    references,
    renewals,
    tidy,
    witness,
)
from forgefed_gate.services.checkpoints import Rhythm
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.recovery import LEASE
from forgefed_gate.store import jobs, leases
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Jobs of ours alone: deliveries have places of their own, so that neither waits for the other."""
FIRST_PAUSE = MINUTE
"""After the start, before we tidy: a gate that is often restarted has to come to it too."""
PAUSE = HOUR
"""Between one tidying and the next."""
FAREWELL = 3.0
"""Seconds that work under way gets when the gate closes."""
GLANCE = 0.5
"""Seconds after which we look for work that another process queued."""


async def run(gate: Gate) -> None:
    """
    Do whatever is due, until cancelled; what is under way then gets a moment to finish.

    Every step of a job is one transaction, so what does not finish is done again.
    """
    async with gate.database.at_work():
        running = dict[asyncio.Task[None], Job]()
        try:
            await _keep_going(gate, running)
        finally:
            if running:
                await asyncio.wait(running, timeout=FAREWELL)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _keep_going(gate: Gate, running: dict[asyncio.Task[None], Job]) -> None:
    tidied_at, pause, watch = gate.clock(), FIRST_PAUSE, await recovery.watch(gate)
    rhythm = Rhythm()
    while True:
        await recovery.look_round(gate, watch)
        await checkpoints.keep_up(gate, rhythm)
        if not recent(tidied_at, pause, now=gate.clock()):
            tidied_at, pause = gate.clock(), PAUSE
            await _tidy(gate)
        gate.work.clear()
        outgoing = sum(bool(job.origin) for job in running.values())
        claimed = await _claim(gate, AT_ONCE - len(running) + outgoing, places=PLACES - outgoing)
        for job in claimed:
            task = asyncio.create_task(do(gate, job))
            running[task] = job
            task.add_done_callback(running.pop)
            task.add_done_callback(lambda _: gate.work.set())
        if not claimed:
            with suppress(TimeoutError):
                async with asyncio.timeout(GLANCE):
                    await gate.work.wait()


async def _tidy(gate: Gate) -> None:
    try:
        await tidy.tidy(gate)
        await renewals.remind(gate)
    except TryLater:
        log.warning("storage does not answer; tidying waits")


async def run_until_idle(gate: Gate) -> int:
    """Do whatever is due now, and what that makes due, and say how much it was."""
    count = 0
    while claimed := await _claim(gate, AT_ONCE, places=PLACES):
        await asyncio.gather(*(do(gate, job) for job in claimed))
        count += len(claimed)
    return count


async def _claim(gate: Gate, limit: int, *, places: int) -> list[Job]:
    claimed = list[Job]()
    try:
        if limit > 0:
            claimed += await _claim_ours(gate, limit)
        claimed += await dispatch.claim(gate, places=places, lease_for=LEASE)
    except TryLater:
        log.warning("storage does not answer; the queue waits")
    return claimed


async def _claim_ours(gate: Gate, limit: int) -> list[Job]:
    now, lease = gate.clock(), leases.name(gate.database.holder, gate.token())
    claim = partial(jobs.claim, now=now, limit=limit, lease=lease, lease_for=LEASE)
    return await gate.database.write(claim)


async def do(gate: Gate, job: Job) -> None:
    """Do one job once; what fails is tried again later, or set aside for somebody to look at."""
    gate.crash.point("claimed")
    try:
        await _work_on(gate, job)
    except Refusal as refusal:
        asked = refusal.asked if isinstance(refusal, Unreachable) else None
        await _fail(gate, job, refusal.code, final=_is_final(refusal), asked=asked)
    except Exception as error:  # noqa: BLE001 - one bad row must not stop the rest
        log.error("job failed", extra={"kind": job.kind, "error": type(error).__name__})  # noqa: TRY400 - a traceback may hold words of people
        await _fail(gate, job, type(error).__name__, final=False)


def _is_final(refusal: Refusal) -> bool:
    """Say whether trying again is in vain: what passes is a peer away, a crowd, a full disk."""
    may_pass = isinstance(refusal, Unreachable | TryLater | TooMany)
    return not may_pass or refusal.code in outbound.FINAL


async def _work_on(gate: Gate, job: Job) -> None:
    match job.kind:
        case "process":
            await inbound.process(gate, job)
        case "forget":
            await forgetting.keep_promise(gate, job)
        case "deliver":
            await outbound.end(gate, await dispatch.deliver(gate, job))
            gate.crash.point("marked")
        case references.LOOK:
            await references.look(gate, job)
        case hooks.OBSERVE:
            await observing.look(gate, job)
        case "witness":
            await witness.report(gate, job)
        case _:
            raise AssertionError(job.kind)


async def _fail(gate: Gate, job: Job, code: str, *, final: bool, asked: int | None = None) -> None:
    """Put a job off, or aside; if even that cannot be written, it waits for its lease to end."""
    now = gate.clock()
    waited, chance = now - job.put_at, gate.chance()
    wait = None if final else next_wait(job.attempts, waited=waited, chance=chance, asked=asked)
    try:
        async with gate.at_leisure, gate.database.transaction() as tx:
            if wait is None:
                await _give_up(tx, job, code=code, now=now)
            else:
                await jobs.retry(tx, job, run_at=later(now, wait), error=code)
    except TryLater:
        log.warning("storage does not answer; the queue waits")


async def _give_up(tx: Transaction, job: Job, *, code: str, now: Millis) -> None:
    if await jobs.bury(tx, job, error=code) and job.origin:
        await dispatch.give_up(tx, job, code=code, now=now)
