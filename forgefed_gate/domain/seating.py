"""The rules for who is added to a conversation, and what they say there."""

from forgefed_gate.domain.effects import (
    Decision,
    Effect,
    EndSeat,
    Keep,
    Notify,
    ProposeSeat,
    Tell,
    admit,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.intents import AddParty, Message
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.roles import Act
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.words import parties as words
from forgefed_gate.domain.words import talk


def on_add_party(act: AddParty, facts: Facts) -> Decision:
    """Ask the contributor whether somebody may be added; nothing happens before their yes."""
    facts.by.must(Act.TALK, facts.project.slug)
    if hindrance := _hindrance(act, facts):
        return hindrance
    thread, candidate = facts.thread, facts.candidate
    assert thread is not None, "an act about a conversation is judged with it"
    assert candidate is not None, "and with whom it is about"
    seat = Seat(
        code=facts.fresh.code,
        thread=thread.id,
        actor=act.who,
        history=act.history,
        proposed_at=facts.now,
    )
    lapsed = [EndSeat(seat=facts.seat)] if facts.seat else []
    name, code = facts.project.name, seat.code
    ask = _tell(words.may_we_add(name, candidate.handle, candidate.server, code), thread)
    return admit("asked-to-add", *lapsed, ProposeSeat(seat=seat), ask)


def on_remove_party(facts: Facts) -> Decision:
    """Take somebody out at once; the contributor is told, whoever is gone gets nothing more."""
    facts.by.must(Act.TALK, facts.project.slug)
    seat, thread, candidate = facts.seat, facts.thread, facts.candidate
    if seat is None or thread is None or candidate is None:
        return refuse("no-party", words.NO_PARTY)
    told: list[Effect] = []
    if not facts.blocked and not facts.hushed:
        told.append(_tell(words.removed(facts.project.name, candidate.handle), thread))
    return admit("removed", EndSeat(seat=seat), *told)


def on_word_of_party(message: Message, thread: Thread) -> Decision:
    """Keep what somebody says who was added: it is for the others, as the contributor's is."""
    keep = Keep(thread=thread.id, note=message.note, text=message.text, speaker=Speaker.PARTY)
    return admit("party", keep, Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code))


def _hindrance(act: AddParty, facts: Facts) -> Decision | None:
    """Find what stands in the way of asking, in the order in which it is best told."""
    if facts.knock is not None and facts.knock.stage.open:
        return refuse("not-admitted", words.NOT_ADMITTED)
    if facts.blocked or facts.hushed:
        return refuse("not-reached", words.NOT_REACHED)
    if act.who == facts.actor:
        return refuse("party-already", words.THEIRS_ALREADY)
    if facts.seat is not None and not facts.seat.lapsed(now=facts.now):
        taken = facts.seat.taken
        return refuse("party-already", words.IN_ALREADY if taken else words.ASKED_ALREADY)
    if facts.candidate is None or not facts.candidate.welcome:
        return refuse("not-welcome", words.NOT_WELCOME)
    return None


def _tell(text: str, thread: Thread) -> Tell:
    latest = thread.latest_theirs
    return Tell(to=thread.contributor, text=text, thread=thread.id, in_reply_to=latest)
