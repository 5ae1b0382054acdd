"""What a maintainer typed into their own account, obeyed or refused, and echoed."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.commands import (
    ABOUT_LINKS,
    Command,
    Verb,
    asks_for_links,
    read_command,
)
from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.errors import NotFound, Refusal
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import MINUTE, KnockId
from forgefed_gate.domain.intents import ActOfOurs, Admit, Ask, Close, Decline, HandOver, Say
from forgefed_gate.domain.roles import person
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.wishes import Word, read_wish
from forgefed_gate.domain.words import commands as words
from forgefed_gate.domain.words import talk
from forgefed_gate.services import access, handing, link_commands, review
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import knocks, maintainers, threads
from forgefed_gate.store.database import Transaction

NOT_NOW = "not now"
ENDINGS = {
    "": Ending.THANKS,
    "thanks": Ending.THANKS,
    "done": Ending.DONE,
    NOT_NOW: Ending.NOT_NOW,
}
"""What may stand behind `close CODE`."""


async def obey(gate: Gate, tx: Transaction, text: str, *, facts: Facts) -> str:
    """Carry a command out, and give the sentence that echoes it."""
    command = read_command(text)
    if command is None:
        return await _without_code(gate, tx, text, facts=facts)
    who = person(facts.actor, await maintainers.offices(tx, facts.actor))
    try:
        act = await _meant(tx, command, facts)
        judged = await review.judge(gate, tx, act, by=who, via="own account")
    except Refusal as refusal:
        return talk.command_refused(refusal.sentence)
    await review.carry_out(judged)
    return talk.command_done(f"{command.verb.value} {command.code}")


async def _meant(tx: Transaction, command: Command, facts: Facts) -> ActOfOurs:
    """Find what a command is about: a link, or a conversation of the project."""
    if command.verb in ABOUT_LINKS:
        return await link_commands.act(tx, command, facts)
    thread = await threads.by_code(tx, command.code)
    if thread is None or thread.project != facts.project.slug:
        raise NotFound("code-unknown", words.unknown_code(command.code))
    return await _act(tx, command, thread, facts)


async def _without_code(gate: Gate, tx: Transaction, text: str, *, facts: Facts) -> str:
    """Answer the few words that name no code; the others are for contributors."""
    if asks_for_links(text):
        return await link_commands.listing(tx, facts)
    wish = read_wish(text)
    match wish.word if wish else None:
        case Word.HELP:
            return words.HELP
        case Word.SIGNIN:
            link = await access.link_in(gate, tx, facts.actor)
            return words.console_link(link, access.LINK_LASTS // MINUTE)
        case _:
            return talk.COMMANDS


async def _act(tx: Transaction, command: Command, thread: Thread, facts: Facts) -> ActOfOurs:
    match command.verb:
        case Verb.SAY:
            return Say(thread=thread.id, text=command.words)
        case Verb.HAND:
            to = await handing.heir(tx, thread.project, command.words, by=facts.actor)
            return HandOver(thread=thread.id, to=to)
        case Verb.CLOSE:
            return Close(thread=thread.id, ending=_ending(command.words))
        case _:
            knock = await knocks.of_thread(tx, thread.id)
            if knock is None:
                raise NotFound("no-knock", words.nobody_knocks(command.code))
            return _on_knock(command, knock.id, facts.charter)


def _ending(said: str) -> Ending:
    return ENDINGS.get(_folded(said), Ending.THANKS)


def _on_knock(command: Command, knock: KnockId, charter: Charter) -> ActOfOurs:
    match command.verb:
        case Verb.ASK:
            return Ask(knock=knock, text=command.words)
        case Verb.ADMIT:
            return Admit(knock=knock, text=command.words)
        case _:
            return _decline(command.words, knock, charter)


def _decline(said: str, knock: KnockId, charter: Charter) -> Decline:
    """Decline for now, or by a clause, where nothing but that was written."""
    clauses = {clause.id for clause in charter.expects + charter.offers}
    match _folded(said):
        case word if word == NOT_NOW:
            return Decline(knock=knock, not_now=True)
        case word if word in clauses:
            return Decline(knock=knock, clause=word)
        case _:
            return Decline(knock=knock, text=said)


def _folded(said: str) -> str:
    return " ".join(said.casefold().split()).strip(".!")
