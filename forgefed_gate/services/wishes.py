"""What a contributor wished for in a word: done, and answered."""

from collections.abc import Awaitable, Callable

from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.wishes import Wish, Word
from forgefed_gate.domain.words import keeping
from forgefed_gate.domain.words import wishes as words
from forgefed_gate.protocol.times import day
from forgefed_gate.services import consenting, forgetting, seats
from forgefed_gate.services import exporting
from forgefed_gate.services.carry import Case

Fulfilled = Callable[[Case, Wish], Awaitable[str]]
"""Does what was wished for in the transaction of the case, and gives the answer."""


async def fulfil(case: Case, wish: Wish) -> str:
    """Do what somebody wished for, and give the sentences that answer, or none."""
    return await WISHES[wish.word](case, wish)


async def _help(_: Case, __: Wish) -> str:
    return words.help_for([*WISHES])


async def _status(case: Case, _: Wish) -> str:
    facts = case.facts
    name, grant, knock = facts.project.name, facts.grant, facts.knock
    if grant is not None:
        return words.member_until(name, grant.role, day(grant.ends_at))
    if knock is None or not knock.stage.open or knock.lapsed(now=facts.now):
        return words.no_role(name)
    if knock.stage is Stage.HELD:
        return words.still_held(name, facts.shown or facts.charter)
    return words.your_turn(name)


WISHES: dict[Word, Fulfilled] = {
    Word.HELP: _help,
    Word.STATUS: _status,
    Word.CONSENT: consenting.on_consent,
    Word.NO: consenting.on_no,
    Word.WITHDRAW: consenting.on_withdraw,
    Word.AGREE: seats.agree,
    Word.SHARE: seats.share,
    Word.DISAGREE: seats.disagree,
    Word.FORGET_ME: forgetting.on_wish,
async def _export(case: Case, _: Wish) -> str:
    facts, name = case.facts, case.facts.project.name
    thread = facts.thread or facts.latest_thread
    if thread is None:
        return keeping.nothing_to_export(name)
    return keeping.export_ready(name, await exporting.make_link(case.gate, case.tx, thread))


WISHES: dict[Word, Fulfilled] = {
    Word.HELP: _help,
    Word.STATUS: _status,
    Word.EXPORT: _export,
}
