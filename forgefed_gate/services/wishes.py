"""What a contributor wished for in a word: done, and answered."""

from collections.abc import Awaitable, Callable

from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.wishes import Wish, Word
from forgefed_gate.domain.words import openings as openings_words
from forgefed_gate.domain.words import wishes as words
from forgefed_gate.protocol.times import day, minute
from forgefed_gate.services import openings
from forgefed_gate.services.carry import Case

Fulfilled = Callable[[Case, Wish], Awaitable[str]]
"""Does what was wished for in the transaction of the case, and gives the answer."""


async def fulfil(case: Case, wish: Wish) -> str:
    """Do what somebody wished for, and give the sentences that answer."""
    return await WISHES[wish.word](case, wish)


async def _help(_: Case, __: Wish) -> str:
    return words.help_for([*WISHES])


async def _status(case: Case, _: Wish) -> str:
    read = await openings.of_contributor(case.tx, case.slug, case.facts.actor)
    readings = [(minute(opening.at), opening.role) for opening in read]
    return f"{_standing(case)}\n\n{openings_words.told(readings)}"


def _standing(case: Case) -> str:
    facts = case.facts
    name, grant, knock = facts.project.name, facts.grant, facts.knock
    if grant is not None:
        return words.member_until(name, grant.role, day(grant.ends_at))
    if knock is None or not knock.stage.open or knock.lapsed(now=facts.now):
        return words.no_role(name)
    if knock.stage is Stage.HELD:
        return words.still_held(name, facts.shown or facts.charter)
    return words.your_turn(name)


WISHES: dict[Word, Fulfilled] = {Word.HELP: _help, Word.STATUS: _status}
