"""The one who does the queued work, in order where order matters, and tries again kindly."""

import asyncio
import logging
from contextlib import suppress

from forgefed_gate.domain.errors import Refusal, TooMany, TryLater, Unreachable
from forgefed_gate.domain.ids import HOUR, MINUTE, Millis, later, recent
from forgefed_gate.domain.patience import next_wait
from forgefed_gate.services import inbound, outbound, tidy
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import jobs, record
from forgefed_gate.store.jobs import Job

log = logging.getLogger(__name__)

AT_ONCE = 64
LEASE = 2 * MINUTE
FAREWELL = 3.0
"""Seconds that work under way gets when the gate closes."""
GLANCE = 0.5
"""Seconds after which we look for work that another process queued."""


async def run(gate: Gate) -> None:
    """
    Do whatever is due, until cancelled; what is under way then gets a moment to finish.

    Every step of a job is one transaction, so what does not finish is done again.
    """
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
    tidied_at, seen = gate.clock(), await _latest(gate)
    while True:
        seen = await _follow_the_clock(gate, seen)
        if not recent(tidied_at, HOUR, now=gate.clock()):
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


async def _latest(gate: Gate) -> Millis:
    """Say how late it was when we last did something, which the clock may not know any more."""
    with suppress(TryLater):
        async with gate.database.snapshot() as tx:
            return await record.latest(tx) or gate.clock()
    return gate.clock()


async def _follow_the_clock(gate: Gate, seen: Millis) -> Millis:
    """Let nothing wait for longer because the clock, which said *seen* before, was set back."""
    now = gate.clock()
    if later(now, MINUTE) < seen:
        try:
            async with gate.database.transaction() as tx:
                await jobs.bring_forward(tx, by=seen - now, now=now)
        except TryLater:
            return seen
        log.warning("the clock was set back; what waits is done by the new time")
    return now


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
            now, lease = gate.clock(), gate.token()
            return await jobs.claim(tx, now=now, limit=limit, lease=lease, lease_for=LEASE)
    except TryLater:
        log.warning("storage does not answer; the queue waits")
        return []


async def do(gate: Gate, job: Job) -> None:
    """Do one job once; what fails is tried again later, or set aside for somebody to look at."""
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
            async with gate.at_leisure, gate.database.transaction() as tx:
                await jobs.done(tx, job)
        case _:
            raise AssertionError(job.kind)


async def _fail(gate: Gate, job: Job, code: str, *, final: bool, asked: int | None = None) -> None:
    """Put a job off, or aside; if even that cannot be written, it waits for its lease to end."""
    now = gate.clock()
    wait = None if final else next_wait(job.attempts, waited=now - job.put_at, asked=asked)
    try:
        await _put_off(gate, job, code, until=None if wait is None else later(now, wait))
    except TryLater:
        log.warning("storage does not answer; the queue waits")


async def _put_off(gate: Gate, job: Job, code: str, *, until: Millis | None) -> None:
    async with gate.at_leisure, gate.database.transaction() as tx:
        if until is None:
            await jobs.bury(tx, job, error=code)
        else:
            await jobs.retry(tx, job, run_at=until, error=code)
