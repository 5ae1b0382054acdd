"""What follows for issues and merge requests, carried out: rows, and answers of the trackers."""

from dataclasses import replace

from forgefed_gate.domain.ids import ActivityId
from forgefed_gate.domain.places import Local
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.domain.tracking import (
    AnswerAct,
    Reply,
    SaveTicket,
    Ticket,
    TicketState,
    Tracking,
)
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol import tickets as written
from forgefed_gate.services import local, outbound
from forgefed_gate.services.case import Case
from forgefed_gate.store import people, tickets

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


def _decided(ticket: Ticket, knock: Knock, tracker: Local, reply: Reply) -> AnswerAct:
    return AnswerAct(
        what=ActivityId(ticket.offer),
        to=knock.actor,
        tracker=tracker,
        reply=reply,
        result=ticket.id if reply is Reply.ACCEPT else None,
        thread=ticket.thread,
    )
