"""What a maintainer typed into their own account, obeyed or refused, and echoed."""

from forgefed_gate.domain.commands import Command, Verb, read_command
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import KnockId
from forgefed_gate.domain.intents import ActOfOurs, Admit, Ask, Decline, Say
from forgefed_gate.domain.roles import person
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.words import talk
from forgefed_gate.services import review
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import knocks, maintainers, threads
from forgefed_gate.store.database import Transaction

UNKNOWN_CODE = "There is no conversation with the code {code} in this project."
NO_KNOCK = "Nobody knocks in the conversation {code}."


async def obey(gate: Gate, tx: Transaction, text: str, *, facts: Facts) -> str:
    """Carry a command out, and give the sentence that echoes it."""
    command = read_command(text)
    if command is None:
        return talk.COMMANDS
    thread = await threads.by_code(tx, command.code)
    if thread is None or thread.project != facts.project.slug:
        return talk.command_refused(UNKNOWN_CODE.format(code=command.code))
    act = await _act(tx, command, thread)
    if act is None:
        return talk.command_refused(NO_KNOCK.format(code=command.code))
    who = person(facts.actor, await maintainers.offices(tx, facts.actor))
    try:
        judged = await review.judge(gate, tx, act, by=who, via="own account")
    except Refusal as refusal:
        return talk.command_refused(refusal.sentence)
    await review.carry_out(judged)
    return talk.command_done(f"{command.verb.value} {command.code}")


async def _act(tx: Transaction, command: Command, thread: Thread) -> ActOfOurs | None:
    if command.verb is Verb.SAY:
        return Say(thread=thread.id, text=command.words)
    knock = await knocks.of_thread(tx, thread.id)
    return _on_knock(command, knock.id) if knock else None


def _on_knock(command: Command, knock: KnockId) -> ActOfOurs:
    match command.verb:
        case Verb.ASK:
            return Ask(knock=knock, text=command.words)
        case Verb.ADMIT:
            return Admit(knock=knock, text=command.words)
        case _:
            return Decline(knock=knock, text=command.words)
