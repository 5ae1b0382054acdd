"""What the people of one gate offer at the trackers of another, and what both sides then read."""

from gates import House
from neighbours import FRIENDS, Neighbours

from forgefed_gate.domain.ids import SECOND, Slug
from forgefed_gate.domain.intents import ActOfOurs
from forgefed_gate.domain.offers import OfferTicket
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.tracking import Ticket
from forgefed_gate.services import offering, review, views
from forgefed_gate.store import tickets

TRACKER = "https://gate.example/tickets/anvil"
TITLE, TEXT = "Crash when the input file is empty", "Run anvil on an empty file."


async def offer(
    near: Neighbours,
    *,
    title: str = TITLE,
    text: str = TEXT,
    url: str = TRACKER,
    patch: bytes | None = None,
) -> OfferTicket:
    """Let the team offer something to the project, and let everything follow."""
    near.clock.pass_by(SECOND)
    offered = await offering.offer(
        near.b.gate, FRIENDS, url, title=title, text=text, patch=patch, by=OPERATOR, via="cli"
    )
    await near.settle()
    return offered


async def act(near: Neighbours, house: House, what: ActOfOurs) -> None:
    """Do something as the operator of a gate, and let everything follow."""
    near.clock.pass_by(SECOND)
    await review.act(house.gate, what, by=OPERATOR, via="cli")
    await near.settle()


async def thread_of(house: House, slug: Slug) -> Thread:
    """Find the one conversation of a house."""
    (found,) = await views.thread_list(house.gate, slug, by=OPERATOR)
    return found.thread


async def said(house: House, slug: Slug) -> list[str | None]:
    """Read all that was said in it."""
    thread = await thread_of(house, slug)
    seen = await views.thread(house.gate, thread.id, by=OPERATOR)
    return [message.words for message in seen.messages]


async def ticket_of(house: House, slug: Slug) -> Ticket:
    """Find what it is about."""
    thread = await thread_of(house, slug)
    async with house.gate.database.snapshot() as tx:
        (found,) = await tickets.of_thread(tx, thread.id)
    return found
