"""The rules for issues and merge requests that people elsewhere offer to our trackers."""

from dataclasses import replace

from forgefed_gate.domain import arrivals
from forgefed_gate.domain.beginnings import new_thread
from forgefed_gate.domain.effects import (
    Blank,
    Decision,
    Effect,
    Hush,
    Keep,
    Notify,
    OpenThread,
    Remark,
    Revise,
    Tell,
    Verdict,
    admit,
    refuse,
)
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActivityId, ThreadId, origin
from forgefed_gate.domain.intents import Message
from forgefed_gate.domain.offers import EditTicket, OfferAnswer, OpenTicket, ResolveTicket
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.seating import on_word_of_party
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.tracking import (
    AnswerAct,
    Contain,
    Reply,
    SaveTicket,
    Settle,
    TellSettled,
    Ticket,
    TicketFacts,
    TicketState,
)
from forgefed_gate.domain.words import talk
from forgefed_gate.domain.words import tickets as words

WRONG_TRACKER = {Kind.TICKETS: words.PATCHES_ELSEWHERE, Kind.PATCHES: words.NO_PATCHES}

ANSWERED = {
    Reply.TENTATIVE: "offer-held",
    Reply.ACCEPT: "offer-taken",
    Reply.REJECT: "offer-declined",
}


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
        sentence = WRONG_TRACKER[about.tracker.kind]
        return _refused(offer.activity, "wrong-tracker", sentence, facts)
    decision = _judged(offer, facts, about)
    if not facts.hushed or decision.verdict is Verdict.REFUSE:
        return decision
    return replace(decision, effects=(Hush(quiet=False), *decision.effects))


def _judged(offer: OpenTicket, facts: Facts, about: TicketFacts) -> Decision:
    judged = about.judged
    if judged is None:
        return _without_a_grant(offer, facts)
    if flaw := _flaw(offer.activity, about, facts):
        return flaw
    own = len(judged.chain) == 1
    if not own and about.via is None and not facts.member:
        return _refused(offer.activity, "not-today", words.NOT_TODAY, facts)
    return _opened(offer, facts, about)


def _opened(offer: OpenTicket, facts: Facts, about: TicketFacts) -> Decision:
    """What a member offers waits for nobody's turn."""
    thread = new_thread(facts)
    ticket = _new(offer, facts, thread.id, TicketState.OPEN)
    effects: list[Effect] = [
        OpenThread(thread=thread),
        Keep(thread=thread.id, note=offer.note, text=offer.text),
        SaveTicket(ticket=replace(ticket, via=None if facts.member else about.via)),
        Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code),
        *_answer(offer.activity, facts, Reply.ACCEPT, thread=thread.id, result=ticket.id),
    ]
    if not facts.bot:
        text = talk.thread_opened(facts.project.name, facts.charter)
        effects.append(Tell(to=facts.actor, text=text, thread=thread.id, in_reply_to=offer.note))
    return admit("ticket-opened", *effects)


def _without_a_grant(offer: OpenTicket, facts: Facts) -> Decision:
    """Whoever names no Grant is asked what everybody is asked; who has one is asked to name it."""
    if facts.member or facts.ours:
        return _refused(offer.activity, "no-capability", words.NAME_A_GRANT, facts)
    if facts.bot:
        return _refused(offer.activity, "no-capability", words.NO_MACHINES, facts)
    said = Message(
        activity=offer.activity, actor=offer.actor, note=offer.note, text=offer.text, private=True
    )
    decision = arrivals.from_outside(said, facts)
    place = next(n for n, each in enumerate(decision.effects) if isinstance(each, Keep))
    kept = decision.effects[place]
    assert isinstance(kept, Keep), "what is found is what was looked for"
    held = SaveTicket(ticket=_new(offer, facts, kept.thread, TicketState.HELD))
    waits = _answer(offer.activity, facts, Reply.TENTATIVE, thread=kept.thread)
    before, after = decision.effects[: place + 1], decision.effects[place + 1 :]
    return replace(decision, effects=(*before, held, *waits, *after))


def on_comment(message: Message, facts: Facts) -> Decision:
    """
    Judge a comment that names a Grant, or comes from where our people offered something.

    What others can read too is judged like any message.
    """
    about = _about(facts)
    if not message.private:
        return arrivals.on_message(message, facts)
    if facts.kept_for is not None:
        return refuse("kept-already")
    if about.ticket is not None and not about.ticket.ours:
        return _said_there(message, facts)
    if flaw := _flaw(message.activity, about, facts):
        return flaw
    if _through_a_team(about, facts):
        if about.ticket is None:
            return arrivals.on_message(message, facts)
        if facts.via is None:
            return _refused(message.activity, "not-today", words.NOT_TODAY, facts)
    if facts.thread is None:
        return _refused(message.activity, "no-such-issue", words.NO_SUCH, facts)
    if facts.seat is not None:
        return on_word_of_party(message, facts.thread)
    return admit(
        "comment", *_kept(message, facts.thread), *_contained(message, facts.thread, about)
    )


def _through_a_team(about: TicketFacts, facts: Facts) -> bool:
    """
    Say whether they come by a chain alone, and are no member here.

    A chain lets nobody past what our people decided, or past how many a day may come.
    """
    judged = about.judged
    return judged is not None and len(judged.chain) > 1 and not facts.member


def _contained(message: Message, thread: Thread, about: TicketFacts) -> list[Effect]:
    """Keep track with those who do: each activity is added to the conversation."""
    ticket = about.ticket
    if ticket is None:
        return []
    learned = message.contained and not ticket.contained
    saved = [SaveTicket(ticket=replace(ticket, contained=True))] if learned else []
    return [*saved, Contain(thread=thread.id)]


def _said_there(message: Message, facts: Facts) -> Decision:
    """Keep what they say about what we offered; words alone open no issue again."""
    thread = facts.thread
    assert thread is not None, "what we offered has a conversation"
    still = [Settle(thread=thread.id, closed=True)] if thread.closed else []
    return admit("comment", *_kept(message, thread), *still)


def _kept(message: Message, thread: Thread) -> list[Effect]:
    keep = Keep(thread=thread.id, note=message.note, text=message.text)
    return [keep, Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code)]


def on_edit(edit: EditTicket, facts: Facts) -> Decision:
    """Let whoever offered an issue change what it says; a Grant that they name has to hold."""
    about = _about(facts)
    ticket, thread = about.ticket, facts.thread
    if flaw := None if about.judged is None else _flaw(edit.activity, about, facts):
        return flaw
    if _through_a_team(about, facts) and facts.via is None:
        return _refused(edit.activity, "not-today", words.NOT_TODAY, facts)
    if ticket is None or thread is None or not _theirs_to_edit(edit, ticket, about):
        return _refused(edit.activity, "no-such-issue", words.NO_SUCH, facts)
    if about.fixed:
        return _refused(edit.activity, "words-fixed", words.FIXED, facts)
    done = _answer(edit.activity, facts, Reply.ACCEPT, thread=thread.id)
    return admit("revised", Revise(note=ticket.offer, text=edit.text), *done)


def _theirs_to_edit(edit: EditTicket, ticket: Ticket, about: TicketFacts) -> bool:
    hosted = ticket.ours and ticket.state is TicketState.OPEN and ticket.id == edit.ticket
    return hosted and about.author


def on_resolve(resolve: ResolveTicket, facts: Facts) -> Decision:
    """Close an issue, or open it again: whoever offered it may, and whoever may sort issues."""
    about = _about(facts)
    ticket, thread = about.ticket, facts.thread
    if ticket is not None and thread is not None and not ticket.ours:
        if resolve.actor == ticket.tracker:
            return _settled_there(resolve, thread)
        ticket = None  # whether we offered it there is between its tracker and us
    if flaw := None if _by_its_author(about) else _flaw(resolve.activity, about, facts):
        return flaw
    if _through_a_team(about, facts) and facts.via is None:
        return _refused(resolve.activity, "not-today", words.NOT_TODAY, facts)
    if ticket is None or thread is None or ticket.state is not TicketState.OPEN:
        return _refused(resolve.activity, "no-such-issue", words.NO_SUCH, facts)
    done = _answer(resolve.activity, facts, Reply.ACCEPT, thread=thread.id)
    if thread.closed is resolve.resolved:
        return admit("so-already", *done)
    return admit("settled", *_settled(resolve, facts, thread), *done)


def _by_its_author(about: TicketFacts) -> bool:
    """Say whether an issue is theirs to settle without naming any Grant."""
    return about.judged is None and about.author


def _settled(resolve: ResolveTicket, facts: Facts, thread: Thread) -> list[Effect]:
    remark = words.SETTLED[resolve.resolved, _about(facts).author]
    told: list[Effect] = []
    if not _about(facts).author:
        said = words.settled(facts.project.name, resolved=resolve.resolved)
        told = [
            TellSettled(thread=thread.id, resolved=resolve.resolved),
            Tell(
                to=thread.contributor,
                text=said,
                thread=thread.id,
                in_reply_to=thread.latest_theirs,
            ),
        ]
    return [
        Remark(thread=thread.id, text=remark),
        Settle(thread=thread.id, closed=resolve.resolved),
        *told,
    ]


def _settled_there(resolve: ResolveTicket, thread: Thread) -> Decision:
    """Its own tracker says how an issue stands."""
    if thread.closed is resolve.resolved:
        return admit("so-already")
    remark = words.SETTLED_THERE[resolve.resolved]
    return admit(
        "settled",
        Remark(thread=thread.id, text=remark),
        Settle(thread=thread.id, closed=resolve.resolved),
    )


def on_take_back(facts: Facts) -> Decision:
    """Let somebody take an issue back: its words go, and what it asked for ends."""
    ticket, thread = _about(facts).ticket, facts.thread
    assert ticket is not None, "what is taken back is known"
    assert thread is not None, "and has a conversation"
    if ticket.state is TicketState.REFUSED:
        return refuse("so-already")
    closes = [Settle(thread=thread.id, closed=True)] if ticket.state is TicketState.OPEN else []
    return admit(
        "taken-back",
        SaveTicket(ticket=replace(ticket, state=TicketState.REFUSED)),
        Blank(note=ticket.offer),
        Remark(thread=thread.id, text=words.TAKEN_BACK),
        *closes,
    )


def on_answer(answer: OfferAnswer, facts: Facts) -> Decision:
    """Judge what a tracker elsewhere answers; only the one that we asked is listened to."""
    ticket, thread = _about(facts).ticket, facts.thread
    if ticket is None or thread is None or ticket.ours or answer.actor != ticket.tracker:
        return refuse("no-such-offer")
    if answer.what != ticket.offer:
        return _on_answer_to_words(answer, thread)
    if ticket.state is not TicketState.HELD:
        return refuse("so-already")
    named = [name for name in (answer.result, answer.context) if name]
    if any(origin(name) != origin(answer.actor) for name in named):
        return refuse("result-origin")
    remark = Remark(thread=thread.id, text=words.answered(answer.reply, answer.words))
    waits = Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code)
    return admit(
        ANSWERED[answer.reply], SaveTicket(ticket=_as_said(ticket, answer)), remark, waits
    )


def _as_said(ticket: Ticket, answer: OfferAnswer) -> Ticket:
    match answer.reply:
        case Reply.TENTATIVE:
            return replace(ticket, context=answer.context or answer.result)
        case Reply.ACCEPT:
            context = answer.context or ticket.context
            return replace(ticket, state=TicketState.OPEN, id=answer.result, context=context)
        case Reply.REJECT:
            return replace(ticket, state=TicketState.REFUSED)


def _on_answer_to_words(answer: OfferAnswer, thread: Thread) -> Decision:
    """A comment of ours was not taken: whoever wrote it should know."""
    if answer.reply is not Reply.REJECT:
        return admit("so-already")
    remark = Remark(thread=thread.id, text=words.not_taken(answer.words))
    waits = Notify(what=talk.THREAD_WAITS, thread=thread.id, code=thread.code)
    return admit("not-taken-there", remark, waits)


def _flaw(what: ActivityId, about: TicketFacts, facts: Facts) -> Decision | None:
    """Refuse whoever names no Grant for what they do, or one that does not hold."""
    if about.judged is None:
        return _refused(what, "no-capability", words.NAME_A_GRANT, facts)
    if about.judged.flaw is None:
        return None
    code = about.judged.flaw.value
    return _refused(what, code, words.not_by_this(code), facts)


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


def _refused(what: ActivityId, code: str, sentence: str, facts: Facts) -> Decision:
    """Refuse it, change nothing, and let them know why."""
    said = _answer(what, facts, Reply.REJECT, sentence=sentence)
    return replace(refuse(code, sentence), effects=tuple(said))


def _answer(
    what: ActivityId,
    facts: Facts,
    reply: Reply,
    *,
    thread: ThreadId | None = None,
    result: str | None = None,
    sentence: str = "",
) -> list[AnswerAct]:
    """Let the tracker answer; a house without trackers says nothing."""
    tracker = _about(facts).tracker
    if tracker is None:
        return []
    return [
        AnswerAct(
            what=what,
            to=facts.actor,
            tracker=tracker,
            reply=reply,
            result=result,
            thread=thread,
            words=sentence,
        )
    ]


def _about(facts: Facts) -> TicketFacts:
    assert facts.tickets is not None, "what is about an issue is judged with it"
    return facts.tickets
