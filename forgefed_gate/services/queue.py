"""The queue as the operator sees it: what waits, what was given up on, what to do about that."""

import hashlib
from dataclasses import dataclass

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.ids import authority_of
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import jobs
from forgefed_gate.store.jobs import Listed

MOST_LISTED = 200
ALL = 1_000_000
SHORT = 12
DEAD = "dead"
DELIVERY = "deliver"

WHY = {
    "address-refused": "Their server's name leads to an address that we do not connect to.",
    "blocked": "This gate has no contact with their server.",
    "encoded": "Their server answered in a way that we do not read.",
    "failed": "Their server was in trouble whenever we tried.",
    "gone": "Their server says that this inbox is gone for good.",
    "missing": "Their server knows no such inbox.",
    "not-connected": "Their server could not be reached whenever we tried.",
    "refused": "Their server did not accept our signature.",
    "rejected": "Their server does not take it.",
    "restored": "It waited when the backup was made, and may have gone out since.",
    "timed-out": "Their server did not answer in time whenever we tried.",
    "tls-failed": "Their server could not prove who it is.",
    "too-large": "Their server answered at a length that we do not read.",
}
"""Why a delivery was given up on, by the code of its last failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job, under a name short enough to be typed; *why* it was given up on, if it was."""

    id: str
    job: Listed

    @property
    def to(self) -> str:
        """Name the server that it is for, if it is for one."""
        return authority_of(self.job.lane) if self.job.kind == DELIVERY else ""

    @property
    def person(self) -> str:
        """Name whom it is for, if it is for somebody."""
        return self.job.name.rpartition(" ")[2] if self.to else ""

    @property
    def what(self) -> str:
        """Say what it is, and nothing of what it says."""
        match self.job.kind:
            case "deliver":
                return f"Something for somebody at {self.to}"
            case "process":
                return "Something that came in, and is not decided yet"
            case "observe":
                return "Something that was opened at a forge, to be looked at there"
            case "witness":
                return "What our audit log came to, for our witness"
            case _:
                return "Work of the gate"

    @property
    def why(self) -> str | None:
        """Say why it was given up on, if it was."""
        if self.job.state != DEAD:
            return None
        code = self.job.last_error or "unknown"
        if self.job.kind == DELIVERY and code in WHY:
            return WHY[code]
        return f"Something here did not work out ({code})."


async def listing(gate: Gate) -> list[JobView]:
    """List the jobs, those that were given up on first."""
    async with gate.database.snapshot() as tx:
        return _views(await jobs.listing(tx, limit=MOST_LISTED))


async def retry(gate: Gate, name: str) -> JobView:
    """Try a job again that was given up on."""
    found = await _dead(gate, name)
    async with gate.database.transaction() as tx:
        if not await jobs.revive(tx, found.job.name, now=gate.clock()):
            raise _unknown(name)
    gate.work.set()
    return found


async def drop(gate: Gate, name: str) -> JobView:
    """Forget a job that was given up on; nobody is told, and it cannot be had back."""
    found = await _dead(gate, name)
    async with gate.database.transaction() as tx:
        if not await jobs.drop(tx, found.job.name):
            raise _unknown(name)
    return found


async def _dead(gate: Gate, name: str) -> JobView:
    async with gate.database.snapshot() as tx:
        dead = _views(await jobs.list_dead(tx, limit=ALL))
        found = next((view for view in dead if view.id == name), None)
        if found is None and any(
            view.id == name for view in _views(await jobs.listing(tx, limit=ALL))
        ):
            raise NotFound("job-alive", f"The job “{name}” has not failed: it waits for its turn.")
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> NotFound:
    return NotFound("job-unknown", f"There is no job “{name}”. The list shows what there is.")


def _views(listed: list[Listed]) -> list[JobView]:
    return [JobView(id=_short(job.name), job=job) for job in listed]


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:SHORT]
