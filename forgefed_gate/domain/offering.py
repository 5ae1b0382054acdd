"""The rules for what our own people offer to trackers elsewhere."""

from forgefed_gate.domain.beginnings import new_thread
from forgefed_gate.domain.effects import Decision, OpenThread, admit, refuse
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import NoteId
from forgefed_gate.domain.offers import OfferTicket
from forgefed_gate.domain.reviews import not_heard
from forgefed_gate.domain.roles import Act
from forgefed_gate.domain.tracking import SaveTicket, SendOffer, Ticket, TicketState
from forgefed_gate.domain.words import tickets as words

LONGEST_TITLE = 300


def on_offer(act: OfferTicket, facts: Facts) -> Decision:
    """Offer something elsewhere, by a Grant that the house has there at this moment."""
    facts.by.must(Act.TALK, facts.project.slug)
    assert facts.tickets is not None, "an offer is judged with the Grant that it needs"
    if hindrance := not_heard(f"{act.title}{act.text}", facts):
        return hindrance
    if not act.text.strip() or not 0 < len(act.title.strip()) <= LONGEST_TITLE:
        return refuse("title-missing", words.TITLE_FIRST)
    if act.takes_patches is not bool(act.patch):
        return refuse("wrong-tracker", words.WRONG_THERE[act.takes_patches])
    if facts.tickets.capability is None:
        return refuse("no-capability", words.LINK_FIRST)
    thread = new_thread(facts)
    ticket = Ticket(
        offer=NoteId(act.offer),
        id=None,
        thread=thread.id,
        tracker=act.tracker,
        ours=False,
        state=TicketState.HELD,
        capability=facts.tickets.capability,
        opened_at=facts.now,
    )
    title = " ".join(act.title.split())
    return admit(
        "offered",
        OpenThread(thread=thread),
        SaveTicket(ticket=ticket),
        SendOffer(ticket=ticket, title=title, text=act.text, patch=act.patch),
    )
