"""What a contributor wished for in a word: done, and answered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from forgefed_gate.domain import turned
from forgefed_gate.domain.effects import AnswerJoin, CloseThread, Effect, Remark, SaveKnock
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.domain.renewal import comes_back
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.wishes import Wish, Word
from forgefed_gate.domain.words import flaws, keeping
from forgefed_gate.domain.words import openings as openings_words
from forgefed_gate.domain.words import wishes as words
from forgefed_gate.protocol.times import day, minute
from forgefed_gate.services import (
    access,
    consenting,
    exporting,
    forgetting,
    openings,
    renewals,
    seats,
    showing,
)
from forgefed_gate.services.carry import carry_out
from forgefed_gate.services.case import Case
from forgefed_gate.store import parties, threads

Fulfilled = Callable[[Case, Wish], Awaitable[str]]
"""Does what was wished for in the transaction of the case, and gives the answer."""


async def fulfil(case: Case, wish: Wish) -> str:
    """Do what somebody wished for, and give the sentences that answer, or none."""
    return await WISHES[wish.word](case, wish)


async def _help(case: Case, _: Wish) -> str:
    return words.help_for(case.facts.project.name)


async def _status(case: Case, _: Wish) -> str:
    """Say where somebody stands, what is open, and who has opened their words."""
    open_ones = await threads.open_ones(case.tx, case.slug, case.facts.actor)
    added = await parties.open_to(case.tx, case.slug, case.facts.actor)
    read = await openings.of_somebody(case.tx, case.slug, case.facts.actor)
    readings = [(minute(opening.at), opening.role) for opening in read]
    stands = f"{_stands(case.facts)} {words.open_now(len(open_ones), added)}"
    return f"{stands}\n\n{openings_words.told(readings)}"


def _stands(facts: Facts) -> str:
    """Say where somebody stands with the project."""
    name, grant, knock = facts.project.name, facts.grant, facts.knock
    if grant is not None:
        return words.member_until(name, grant.role, day(grant.ends_at))
    way = facts.standing
    if facts.member and way is not None and way.role is not None:
        return words.member_until(name, way.role, day(way.ends_at))
    if knock is not None and knock.stage.open and not knock.lapsed(now=facts.now):
        held = knock.stage is Stage.HELD
        charter = facts.shown or facts.charter
        return words.still_held(name, charter) if held else words.your_turn(name)
    if comes_back(facts.renewable, now=facts.now):
        return renewals.brought_back(facts)
    return turned.in_words(facts, flaws.of_their_way) or words.no_role(name)


async def _close(case: Case, _: Wish) -> str:
    """Close the conversation that they wrote in, or the latest that is open."""
    facts, name = case.facts, case.facts.project.name
    if facts.seat is not None:
        return words.of_somebody_else(facts.seat.code)
    open_ones = await threads.open_ones(case.tx, case.slug, facts.actor)
    thread = facts.thread or next(iter(open_ones), None)
    if thread is None or thread.closed:
        return words.nothing_open(name)
    knock = facts.knock
    if knock is not None and knock.stage.open and knock.thread == thread.id:
        await _do(case, *_taken_back(knock, thread, facts))
        return words.knock_taken_back(name)
    remark = Remark(thread=thread.id, text=words.CLOSED_BY_THEM)
    await _do(case, remark, CloseThread(thread=thread.id))
    return words.closed_by_you(name)


def _taken_back(knock: Knock, thread: Thread, facts: Facts) -> list[Effect]:
    """Let nobody decide any more on what somebody took back."""
    withdrawn = replace(knock, stage=Stage.WITHDRAWN, changed_at=facts.now)
    effects: list[Effect] = [
        SaveKnock(knock=withdrawn),
        Remark(thread=thread.id, text=words.TAKEN_BACK_BY_THEM),
        CloseThread(thread=thread.id),
    ]
    if knock.join is not None:
        effects.append(AnswerJoin(join=knock.join, to=knock.actor, accepts=False))
    return effects


async def _do(case: Case, *effects: Effect) -> None:
    for effect in effects:
        await carry_out(case, effect)


async def _signin(case: Case, _: Wish) -> str:
    link = await access.link_in(case.gate, case.tx, case.facts.actor)
    return words.signin_link(link, access.LINK_LASTS // MINUTE)


async def _export(case: Case, _: Wish) -> str:
    """Give their own conversation out: never one that they were added to."""
    facts, name = case.facts, case.facts.project.name
    if facts.seat is not None:
        return words.of_somebody_else(facts.seat.code)
    thread = facts.thread or facts.latest_thread
    if thread is None:
        return keeping.nothing_to_export(name)
    link = await exporting.make_link(case.gate, case.tx, thread, party=facts.actor)
    return keeping.export_ready(name, link)


WISHES: dict[Word, Fulfilled] = {
    Word.HELP: _help,
    Word.STATUS: _status,
    Word.SIGNIN: _signin,
    Word.EXPORT: _export,
    Word.CLOSE: _close,
    Word.RENEW: renewals.renew,
    Word.SHOW: showing.on_wish,
    Word.FORGET_ME: forgetting.on_wish,
    Word.CONSENT: consenting.on_consent,
    Word.NO: consenting.on_no,
    Word.WITHDRAW: consenting.on_withdraw,
    Word.AGREE: seats.agree,
    Word.SHARE: seats.share,
    Word.DISAGREE: seats.disagree,
}
