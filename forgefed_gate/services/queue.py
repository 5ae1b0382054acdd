"""The queue as the operator sees it: what waits, what failed, and trying that again."""

import hashlib
from dataclasses import dataclass

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import jobs
from forgefed_gate.store.jobs import Listed

MOST_LISTED = 200
ALL = 1_000_000
SHORT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job, under a name short enough to be typed."""

    id: str
    job: Listed


async def listing(gate: Gate) -> list[JobView]:
    """List the jobs, those that failed for good first."""
    return await _views(gate, MOST_LISTED)


async def retry(gate: Gate, name: str) -> JobView:
    """Try a job again that failed for good."""
    found = next((view for view in await _views(gate, ALL) if view.id == name), None)
    if found is None:
        raise NotFound("job-unknown", f"There is no job “{name}”. The list shows what there is.")
    async with gate.database.transaction() as tx:
        if not await jobs.revive(tx, found.job.name, now=gate.clock()):
            raise NotFound("job-alive", f"The job “{name}” has not failed: it waits for its turn.")
    gate.work.set()
    return found


async def _views(gate: Gate, limit: int) -> list[JobView]:
    async with gate.database.snapshot() as tx:
        listed = await jobs.listing(tx, limit=limit)
    return [JobView(id=_short(job.name), job=job) for job in listed]


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:SHORT]
