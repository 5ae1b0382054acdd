"""The queue, and the way into the console: what only the operator sees."""

from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import Answer, Call, Verb, command, find_actor, name, on_gate, who
from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import access, queue
from forgefed_gate.services.queue import JobView


async def list_jobs(call: Call) -> Answer:
    """List the work that waits, and the work that failed for good."""
    call.operator_only()
    found = await queue.listing(call.gate)
    rows: list[Json] = [_job(view) for view in found]
    lines = table(
        ("id", "kind", "state", "tries", "to", "since", "why"),
        [
            (
                view.id,
                view.job.kind,
                view.job.state,
                str(view.job.attempts),
                view.to,
                iso(view.job.put_at),
                view.why or view.job.last_error or "",
            )
            for view in found
        ],
    )
    if any(view.why for view in found):
        lines.append(f"Try a dead one again: {command(call.asked)} jobs retry ID")
        lines.append(f"Or forget it, for good: {command(call.asked)} jobs drop ID")
    return Answer(document={"jobs": rows}, lines=tuple(lines if found else ["Nothing waits."]))


async def retry_job(call: Call) -> Answer:
    """Try a job again that failed for good."""
    call.operator_only()
    view = await queue.retry(call.gate, call.asked.id)
    return Answer(
        document={"id": view.id, "state": "ready"},
        lines=("It waits for its turn again; a running server takes it within a second.",),
    )


async def drop_job(call: Call) -> Answer:
    """Forget a job that failed for good."""
    call.operator_only()
    view = await queue.drop(call.gate, call.asked.id)
    return Answer(
        document={"id": view.id, "state": "dropped"},
        lines=("It is forgotten, and nobody is told. What else waits goes on as before.",),
    )


async def signin_link(call: Call) -> Answer:
    """Make a link that signs somebody in to the console, once and soon."""
    call.operator_only()
    principal = OPERATOR
    if call.asked.who != OPERATOR.name:
        actor = await find_actor(call.gate, call.asked.who)
        principal = await access.maintainer(call.gate, actor)
    link = await access.make_link(call.gate, principal)
    minutes = access.LINK_LASTS // MINUTE
    return Answer(
        document={"who": principal.name, "link": link, "minutes": minutes},
        lines=(link, f"It signs {principal.name} in once, within {minutes} minutes."),
    )


def _job(view: JobView) -> JsonObject:
    job = view.job
    return {
        "id": view.id,
        "kind": job.kind,
        "state": job.state,
        "attempts": job.attempts,
        "to": view.to or None,
        "put_at": iso(job.put_at),
        "run_at": iso(job.run_at),
        "last_error": job.last_error,
        "why": view.why,
    }


VERBS = (
    Verb(
        words="jobs list",
        does="List what waits to be done, what failed for good first.",
        example="jobs list",
        run=on_gate(list_jobs),
    ),
    Verb(
        words="jobs retry",
        does="Try something again that failed for good.",
        example="jobs retry 3f9c2b71a0de",
        run=on_gate(retry_job),
        takes=(name("job"),),
    ),
    Verb(
        words="jobs drop",
        does="Forget something that failed for good; nobody is told.",
        example="jobs drop 3f9c2b71a0de",
        run=on_gate(drop_job),
        takes=(name("job"),),
    ),
    Verb(
        words="signin-link",
        does="Make a link that signs “operator” or a maintainer in to the console, once.",
        example="signin-link operator",
        run=on_gate(signin_link),
        takes=(who,),
    ),
)
