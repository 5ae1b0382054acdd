"""The rules for issues and merge requests that people elsewhere offer to our trackers."""

from dataclasses import replace

from forgefed_gate.domain import arrivals
from forgefed_gate.domain.beginnings import new_thread
from forgefed_gate.domain.effects import (
    Decision,
    Effect,
    Hush,
    Keep,
    Notify,
    OpenThread,
    Tell,
    Verdict,
    admit,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ThreadId
from forgefed_gate.domain.intents import Message, OpenTicket
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.tracking import (
    AnswerAct,
    Reply,
    SaveTicket,
    Ticket,
    TicketFacts,
    TicketState,
)
from forgefed_gate.domain.words import talk
from forgefed_gate.domain.words import tickets as words

WRONG_TRACKER = {Kind.TICKETS: words.PATCHES_ELSEWHERE, Kind.PATCHES: words.NO_PATCHES}


def on_offer(offer: OpenTicket, facts: Facts) -> Decision:
    """
    Judge an offer: by the Grant that it names, or else like a first message.

    Authority is named or it does not count, so that nobody acts by a Grant unawares.
    """
    about = _about(facts)
    if facts.kept_for is not None:
        return refuse("kept-already")
    if about.tracker is None:
        return refuse("not-a-tracker")
    if offer.patches is not (about.tracker.kind is Kind.PATCHES):
        return _refused(offer, "wrong-tracker", WRONG_TRACKER[about.tracker.kind], about.tracker)
    decision = _judged(offer, facts, about, about.tracker)
    if not facts.hushed or decision.verdict is Verdict.REFUSE:
        return decision
    return replace(decision, effects=(Hush(quiet=False), *decision.effects))


def _judged(offer: OpenTicket, facts: Facts, about: TicketFacts, tracker: Local) -> Decision:
    judged = about.judged
    if judged is None:
        return _without_a_grant(offer, facts, tracker)
    if judged.flaw is not None:
        code = judged.flaw.value
        return _refused(offer, code, words.not_by_this(code), tracker)
    own = len(judged.chain) == 1
    if not own and about.via is None and not facts.member:
        return _refused(offer, "not-today", words.NOT_TODAY, tracker)
    return _opened(offer, facts, about, tracker)


def _opened(offer: OpenTicket, facts: Facts, about: TicketFacts, tracker: Local) -> Decision:
    """What a member offers waits for nobody's turn."""
    thread = new_thread(facts)
    ticket = _new(offer, facts, thread.id, TicketState.OPEN)
    effects: list[Effect] = [
        OpenThread(thread=thread),
        Keep(thread=thread.id, note=offer.note, text=offer.text),
        SaveTicket(ticket=replace(ticket, via=None if facts.member else about.via)),
        Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code),
        _answer(offer, tracker, Reply.ACCEPT, thread=thread.id, result=ticket.id),
    ]
    if not facts.bot:
        text = talk.thread_opened(facts.project.name, facts.charter)
        effects.append(Tell(to=facts.actor, text=text, thread=thread.id, in_reply_to=offer.note))
    return admit("ticket-opened", *effects)


def _without_a_grant(offer: OpenTicket, facts: Facts, tracker: Local) -> Decision:
    """Whoever names no Grant is asked what everybody is asked; who has one is asked to name it."""
    if facts.member or facts.ours:
        return _refused(offer, "no-capability", words.NAME_A_GRANT, tracker)
    if facts.bot:
        return _refused(offer, "no-capability", words.NO_MACHINES, tracker)
    said = Message(
        activity=offer.activity, actor=offer.actor, note=offer.note, text=offer.text, private=True
    )
    decision = arrivals.from_outside(said, facts)
    place = next(n for n, each in enumerate(decision.effects) if isinstance(each, Keep))
    kept = decision.effects[place]
    assert isinstance(kept, Keep), "what is found is what was looked for"
    held = SaveTicket(ticket=_new(offer, facts, kept.thread, TicketState.HELD))
    waits = _answer(offer, tracker, Reply.TENTATIVE, thread=kept.thread)
    before, after = decision.effects[: place + 1], decision.effects[place + 1 :]
    return replace(decision, effects=(*before, held, waits, *after))


def _new(offer: OpenTicket, facts: Facts, thread: ThreadId, state: TicketState) -> Ticket:
    about = _about(facts)
    return Ticket(
        offer=offer.note,
        id=about.address,
        thread=thread,
        tracker=offer.target,
        ours=True,
        state=state,
        capability=offer.capability,
        opened_at=facts.now,
    )


def _refused(offer: OpenTicket, code: str, sentence: str, tracker: Local) -> Decision:
    """Refuse it, change nothing, and let them know why."""
    said = replace(_answer(offer, tracker, Reply.REJECT), words=sentence)
    return replace(refuse(code, sentence), effects=(said,))


def _answer(
    offer: OpenTicket,
    tracker: Local,
    reply: Reply,
    *,
    thread: ThreadId | None = None,
    result: str | None = None,
) -> AnswerAct:
    return AnswerAct(
        what=offer.activity,
        to=offer.actor,
        tracker=tracker,
        reply=reply,
        result=result,
        thread=thread,
    )


def _about(facts: Facts) -> TicketFacts:
    assert facts.tickets is not None, "what is about an issue is judged with it"
    return facts.tickets
