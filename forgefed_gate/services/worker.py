"""The one who does the queued work, in order where order matters, and tries again kindly."""

import asyncio
import logging
from contextlib import suppress

from forgefed_gate.domain.errors import Refusal, TooMany, TryLater, Unreachable
from forgefed_gate.domain.ids import HOUR, MINUTE, SECOND, later
from forgefed_gate.domain.patience import next_wait
from forgefed_gate.services import inbound, outbound, tidy
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import jobs, leases
from forgefed_gate.store.jobs import Job

log = logging.getLogger(__name__)

AT_ONCE = 64
LEASE = 2 * MINUTE
"""After so long whoever holds a job is taken to have crashed, even if nobody can tell."""
LOOK_ROUND = SECOND
"""How often we look whether somebody who shares the queue has crashed."""
SUSPECT = 5
"""Attempts after which a job may itself be what lets processes crash: it waits for its lease."""
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
        running = set[asyncio.Task[None]]()
        try:
            await _keep_going(gate, running)
        finally:
            if running:
                await asyncio.wait(running, timeout=FAREWELL)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def _keep_going(gate: Gate, running: set[asyncio.Task[None]]) -> None:
    tidied_at, looked_at = gate.clock(), 0
    while True:
        if not 0 <= gate.clock() - looked_at < LOOK_ROUND:
            looked_at = gate.clock()
            await _take_over(gate)
        if gate.clock() - tidied_at >= HOUR:
            tidied_at = gate.clock()
            await _tidy(gate)
        gate.work.clear()
        claimed = await _claim(gate, AT_ONCE - len(running))
        for job in claimed:
            task = asyncio.create_task(do(gate, job))
            running.add(task)
            task.add_done_callback(running.discard)
            task.add_done_callback(lambda _: gate.work.set())
        if not claimed:
            with suppress(TimeoutError):
                async with asyncio.timeout(GLANCE):
                    await gate.work.wait()


async def _take_over(gate: Gate) -> None:
    """Let what whoever crashed was at be due at once, unless it may be what they crashed of."""
    try:
        async with gate.database.snapshot() as tx:
            running = await leases.running(tx, now=gate.clock(), lease_for=LEASE)
        ended = await gate.database.ended({leases.holder(lease) for lease in running})
        left = [lease for lease in running if leases.holder(lease) in ended]
        if left:
            async with gate.database.transaction() as tx:
                await leases.free(tx, left, now=gate.clock(), most_attempts=SUSPECT)
    except TryLater:
        log.warning("storage does not answer; what was left behind waits")


async def _tidy(gate: Gate) -> None:
    try:
        await tidy.tidy(gate)
    except TryLater:
        log.warning("storage does not answer; tidying waits")


async def run_until_idle(gate: Gate) -> int:
    """Do whatever is due now, and what that makes due, and say how much it was."""
    count = 0
    while claimed := await _claim(gate, AT_ONCE):
        await asyncio.gather(*(do(gate, job) for job in claimed))
        count += len(claimed)
    return count


async def _claim(gate: Gate, limit: int) -> list[Job]:
    if limit <= 0:
        return []
    try:
        async with gate.database.transaction() as tx:
            now, lease = gate.clock(), leases.name(gate.database.holder, gate.token())
            return await jobs.claim(tx, now=now, limit=limit, lease=lease, lease_for=LEASE)
    except TryLater:
        log.warning("storage does not answer; the queue waits")
        return []


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
    return not may_pass or refusal.code in {"gone", "rejected"}


async def _work_on(gate: Gate, job: Job) -> None:
    match job.kind:
        case "process":
            await inbound.process(gate, job)
        case "deliver":
            await outbound.deliver(gate, job)
            async with gate.database.transaction() as tx:
                await jobs.done(tx, job)
            gate.crash.point("marked")
        case _:
            raise AssertionError(job.kind)


async def _fail(gate: Gate, job: Job, code: str, *, final: bool, asked: int | None = None) -> None:
    now = gate.clock()
    wait = None if final else next_wait(job.attempts, waited=now - job.put_at, asked=asked)
    async with gate.database.transaction() as tx:
        if wait is None:
            await jobs.bury(tx, job, error=code)
        else:
            await jobs.retry(tx, job, run_at=later(now, wait), error=code)
