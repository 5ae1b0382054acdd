"""The word `forget me`: asked back once, and then done as soon as the word itself is settled."""

import json

from forgefed_gate.domain.forgetting import CODE_LASTS
from forgefed_gate.domain.ids import ActorId, Slug, later
from forgefed_gate.domain.roles import person
from forgefed_gate.domain.wishes import Wish
from forgefed_gate.domain.words import forgetting as words
from forgefed_gate.services import erasure
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forgotten, jobs, maintainers
from forgefed_gate.store.jobs import Job


async def on_wish(case: Case, wish: Wish) -> str:
    """Ask back once; whoever repeats the code is forgotten, and the farewell is the answer."""
    tx, actor, now = case.tx, case.facts.actor, case.facts.now
    if held := await maintainers.offices(tx, actor):
        return words.you_hold_office(", ".join(sorted(held)))
    if not wish.code:
        code = case.facts.fresh.code
        await forgotten.ask(tx, actor, code, expires_at=later(now, CODE_LASTS))
        return words.ask_back(code)
    if not await forgotten.answered(tx, actor, wish.code, now=now):
        return words.code_unknown()
    payload = json.dumps([actor, case.slug]).encode()
    await jobs.put(tx, f"forget {actor}", "forget", payload=payload, run_at=now, now=now)
    case.gate.work.set()
    return ""


async def keep_promise(gate: Gate, job: Job) -> None:
    """Forget whoever asked for it; the job ends in the same transaction."""
    actor, project = json.loads(job.payload)
    who = ActorId(actor)
    await erasure.prepare(gate)
    async with gate.at_leisure, gate.database.transaction() as tx:
        if not await jobs.done(tx, job):
            return
        await erasure.erase(gate, tx, who, by=person(who, {}), asked_at=Slug(project))
    await erasure.sweep(gate, who)
