"""What concerns the whole gate: whom it does not listen to, and work that is stuck."""

from starlette.responses import Response

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.services import blocking, queue
from forgefed_gate.web.console.room import Visit, done, page


async def show_blocks(visit: Visit) -> Response:
    """Show whom the gate does not listen to, to those who may block."""
    subjects = await blocking.listing(visit.gate, by=visit.by)
    return page(visit, "console/blocks.html", subjects=subjects)


async def _block(visit: Visit) -> Response:
    await blocking.block(visit.gate, visit.form.get("who", "").strip(), by=visit.by)
    return done(visit, "blocked")


async def _unblock(visit: Visit) -> Response:
    await blocking.unblock(visit.gate, visit.form.get("who", ""), by=visit.by)
    return done(visit, "unblocked")


async def show_jobs(visit: Visit) -> Response:
    """Show the queue to the operator, with what was given up on first."""
    _only_for_the_operator(visit)
    return page(visit, "console/jobs.html", jobs=await queue.listing(visit.gate))


async def _retry(visit: Visit) -> Response:
    _only_for_the_operator(visit)
    await queue.retry(visit.gate, visit.form.get("job", ""))
    return done(visit, "queued")


async def _drop(visit: Visit) -> Response:
    _only_for_the_operator(visit)
    await queue.drop(visit.gate, visit.form.get("job", ""))
    return done(visit, "dropped")


def _only_for_the_operator(visit: Visit) -> None:
    if not visit.by.operator:
        raise NotFound("not-found", "There is nothing here.")


BLOCK_ACTS = {"block": _block, "unblock": _unblock}
JOB_ACTS = {"retry": _retry, "drop": _drop}
