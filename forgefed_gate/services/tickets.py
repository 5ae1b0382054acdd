"""What a decision about an issue or a merge request may know, and who may read one."""

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, GrantId
from forgefed_gate.domain.intents import OpenTicket
from forgefed_gate.domain.tracking import TicketFacts
from forgefed_gate.services import authority
from forgefed_gate.services.gate import Gate
from forgefed_gate.store.database import Transaction


async def facts_for(gate: Gate, tx: Transaction, intent: OpenTicket, facts: Facts) -> TicketFacts:
    """Gather what a decision about an offer may know."""
    tracker = gate.places.read_actor(intent.target)
    if tracker is None or not tracker.kind.tracker or tracker.slug != facts.project.slug:
        return TicketFacts()
    named = intent.capability
    return TicketFacts(
        tracker=tracker,
        address=gate.places.ticket(ActorId(intent.target), gate.token()),
        judged=await judged(tx, facts, named) if named else None,
    )


async def judged(tx: Transaction, facts: Facts, named: GrantId) -> Judgement:
    """Judge the Grant that somebody names for what they do."""
    return await authority.authorise(tx, facts.project, facts.actor, named=named, now=facts.now)
