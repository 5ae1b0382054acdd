"""What follows for issues and merge requests, carried out: rows, and answers of the trackers."""

from dataclasses import replace

from forgefed_gate.domain.ids import ActivityId, ActorId, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.tracking import (
    AnswerAct,
    Contain,
    Reply,
    SaveTicket,
    SendOffer,
    Settle,
    TellSettled,
    Ticket,
    TicketState,
    Tracking,
)
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol import tickets as written
from forgefed_gate.protocol.testimony import Setting
from forgefed_gate.services import containers, local, outbound, telling
from forgefed_gate.services import tickets as facts_of
from forgefed_gate.services.case import Case
from forgefed_gate.store import people, threads, tickets

ANSWERS = {
    Stage.ADMITTED: (Reply.ACCEPT, TicketState.OPEN),
    Stage.DECLINED: (Reply.REJECT, TicketState.REFUSED),
}
"""What becomes of what was offered with a knock, once that has ended."""


async def carry_out(case: Case, effect: Tracking) -> None:
    """Carry one effect out."""
    match effect:
        case SaveTicket(ticket=ticket):
            await tickets.save(case.tx, ticket)
        case AnswerAct():
            await answer(case, effect)
        case Settle(thread=thread, closed=closed):
            move = threads.close if closed else threads.reopen
            await move(case.tx, thread, now=case.facts.now)
        case TellSettled(thread=thread, resolved=resolved):
            await tell_settled(case, thread, resolved=resolved)
        case Contain(thread=thread):
            await containers.add(case, thread)
        case SendOffer():
            await _send_offer(case, effect)


async def answer(case: Case, said: AnswerAct) -> None:
    """Let a tracker answer, with a proof, and to nobody but who asked."""
    gate, tx, places = case.gate, case.tx, case.gate.places
    me = await local.own_in(gate, tx, said.tracker)
    conversation = places.thread(said.thread) if said.thread else None
    document = written.answer(
        written.Answer(
            activity=places.activity(me.id, gate.token()),
            tracker=me.id,
            to=said.to,
            what=said.what,
            reply=said.reply,
            result=conversation if said.reply is Reply.TENTATIVE else said.result,
            context=conversation,
            words=said.words,
        )
    )
    person = await people.find(tx, said.to)
    if person is not None:
        proven = proofs.seal(document, key=me.ed25519, now=case.facts.now)
        await outbound.enqueue(gate, tx, sender=said.tracker, to=person, document=proven)


async def on_knock(case: Case, knock: Knock) -> None:
    """Let what was offered with a knock be taken with it, or not."""
    if knock.stage not in ANSWERS:
        return
    reply, state = ANSWERS[knock.stage]
    for ticket in await tickets.of_thread(case.tx, knock.thread):
        tracker = case.gate.places.read_actor(ticket.tracker)
        if ticket.ours and ticket.state is TicketState.HELD and tracker is not None:
            await tickets.save(case.tx, replace(ticket, state=state))
            await answer(case, _decided(ticket, knock, tracker, reply))


async def tell_settled(case: Case, name: ThreadId, *, resolved: bool) -> None:
    """Tell the other side of each issue in a conversation that it is done, or open again."""
    thread = await threads.find(case.tx, name)
    for ticket in await tickets.of_thread(case.tx, name) if thread else []:
        if thread and ticket.id is not None and ticket.state is TicketState.OPEN:
            await _tell_settled(case, thread, ticket, resolved=resolved)


async def _tell_settled(case: Case, thread: Thread, ticket: Ticket, *, resolved: bool) -> None:
    gate, tx = case.gate, case.tx
    tracker = gate.places.read_actor(ticket.tracker) if ticket.ours else None
    sender = tracker or Local(kind=Kind.DESK, slug=case.slug)
    me = await local.own_in(gate, tx, sender)
    to = await people.find(tx, thread.contributor if ticket.ours else ActorId(ticket.tracker))
    if to is None or ticket.id is None:
        return
    document = written.settled(
        written.Settled(
            activity=gate.places.activity(me.id, gate.token()),
            actor=me.id,
            to=to.actor,
            ticket=ticket.id,
            resolved=resolved,
            capability=None
            if ticket.ours
            else await facts_of.capability_now(tx, case.facts, ticket),
        )
    )
    proven = proofs.seal(document, key=me.ed25519, now=case.facts.now)
    await outbound.enqueue(gate, tx, sender=sender, to=to, document=proven)


async def _send_offer(case: Case, offered: SendOffer) -> None:
    """Keep what our people offer, and let it go to the tracker in the desk's name."""
    gate, tx, now, ticket = case.gate, case.tx, case.facts.now, offered.ticket
    desk = Local(kind=Kind.DESK, slug=case.slug)
    me = await local.own_in(gate, tx, desk)
    setting = Setting(thread=gate.places.thread(ticket.thread), speaker=Speaker.PROJECT)
    parts = offered.title, offered.text, offered.patch.strip()
    whole = "\n\n".join(part for part in parts if part)
    await telling.keep_ours(case, ticket.offer, whole, thread=ticket.thread, setting=setting)
    tracker = await people.find(tx, ActorId(ticket.tracker))
    if tracker is None or ticket.capability is None:
        return
    document = written.offer(
        written.Offered(
            activity=ActivityId(ticket.offer),
            desk=me.id,
            tracker=ticket.tracker,
            capability=ticket.capability,
            title=offered.title,
            text=offered.text,
            patch=offered.patch,
            at=now,
        )
    )
    proven = proofs.seal(document, key=me.ed25519, now=now)
    await outbound.enqueue(gate, tx, sender=desk, to=tracker, document=proven)


def _decided(ticket: Ticket, knock: Knock, tracker: Local, reply: Reply) -> AnswerAct:
    return AnswerAct(
        what=ActivityId(ticket.offer),
        to=knock.actor,
        tracker=tracker,
        reply=reply,
        result=ticket.id if reply is Reply.ACCEPT else None,
        thread=ticket.thread,
    )
