"""What people elsewhere may do here by a Grant that they named, done as our own people do it."""

from contextlib import suppress

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.effects import Do
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Arrival
from forgefed_gate.domain.mandates import NEEDS
from forgefed_gate.services import authority, gather, mandates, people, review
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate

VIA = "capability"


async def meet(gate: Gate, house: Slug, intent: Arrival) -> None:
    """
    Know whom somebody asks us to deal with, if the Grant that they name lets them ask.

    Nobody makes us look at a stranger's server who may not; at their own we look anyway.
    """
    with suppress(Refusal):
        if (other := mandates.spoken_for(intent)) is not None:
            await people.look_up(gate, other)
        whom = mandates.stranger(intent)
        if whom is None or intent.capability is None or gate.places.read(whom) is not None:
            return
        if (await _judged(gate, house, intent)).granted:
            await people.look_up(gate, whom)


async def _judged(gate: Gate, house: Slug, intent: Arrival) -> Judgement:
    async with gate.database.snapshot() as tx:
        ours = await gather.project_in(gate, tx, house)
        return await authority.authorise(
            tx, ours, intent.actor, needs=NEEDS, named=intent.capability, now=gate.clock()
        )


async def do(case: Case, effect: Do) -> str:
    """
    Do all of it, or nothing; give the code of what the rules refused, or nothing.

    The rules are those for our own people, and it is written down as done by whoever asked.
    """
    try:
        judged = [
            await review.judge_as(case.gate, case.tx, act, by=effect.by, via=VIA)
            for act in effect.acts
        ]
    except Refusal as refusal:
        return refusal.code
    for each in judged:
        await review.carry_out(each)
    return ""
