"""What a decision about an issue or a merge request may know."""

from dataclasses import replace

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, NoteId, Slug, ThreadId
from forgefed_gate.domain.intents import Added, Arrival, Ignored, InviteAnswer, Message
from forgefed_gate.domain.offers import EditTicket, OfferAnswer, OpenTicket, ResolveTicket
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.threads import MOST_REVISIONS, Thread
from forgefed_gate.domain.tracking import Reply, Ticket, TicketFacts
from forgefed_gate.protocol import containers
from forgefed_gate.protocol import tickets as written
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import authority
from forgefed_gate.services.containers import CREATES
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, parties, threads, tickets
from forgefed_gate.store.database import Transaction

HISTORY = containers.history_of("")
"""How the id of what brings a note of ours ends."""


async def meant(tx: Transaction, intent: Arrival, project: Slug) -> Arrival:
    """
    Read an intent as it is meant where it is about an issue, which may have names of its own.

    The answer to an offer is written like the answer to anything else.
    """
    match intent:
        case Added(target=target) if target.endswith(HISTORY):
            ticket = await tickets.find(tx, project, target.removesuffix(HISTORY))
            if ticket is None or ticket.ours:
                return intent
            return Ignored(activity=intent.activity, actor=intent.actor, why="history")
        case InviteAnswer(invite=name):
            if await _asked_about(tx, project, name) is None:
                return intent
            return OfferAnswer(
                activity=intent.activity,
                actor=intent.actor,
                what=name,
                reply=Reply.ACCEPT if intent.accepts else Reply.REJECT,
                result=intent.result,
                context=intent.context,
                words=intent.words,
            )
        case _:
            return intent


async def _asked_about(tx: Transaction, project: Slug, name: str) -> Ticket | None:
    """Find what we offered elsewhere by the offer, or by something that we said about it."""
    found = await tickets.find(tx, project, name)
    if found is None and name.endswith(CREATES):
        note = await threads.message(tx, NoteId(name.removesuffix(CREATES)))
        found = await abroad(tx, note.thread) if note else None
    return found if found is not None and not found.ours else None


async def _held(tx: Transaction, ticket: Ticket | None) -> Thread | None:
    """Find the conversation of an issue, and let nobody else add to it or close it meanwhile."""
    if ticket is None:
        return None
    await parties.hold(tx, ticket.thread)
    return await threads.find(tx, ticket.thread)


async def abroad(tx: Transaction, thread: ThreadId) -> Ticket | None:
    """Find what our people offered elsewhere and talk about in a conversation."""
    held = await tickets.of_thread(tx, thread)
    return next((each for each in held if not each.ours), None)


async def about_offer(
    gate: Gate, tx: Transaction, intent: OpenTicket, facts: Facts
) -> TicketFacts:
    """Gather what a decision about an offer may know."""
    tracker = gate.places.read_actor(intent.target)
    if tracker is None or not tracker.kind.tracker or tracker.slug != facts.project.slug:
        return TicketFacts()
    return TicketFacts(
        tracker=tracker,
        address=gate.places.ticket(ActorId(intent.target), gate.token()),
        judged=await _judged(tx, facts, intent.capability),
    )


async def about_comment(gate: Gate, tx: Transaction, message: Message, facts: Facts) -> Facts:
    """Add what a decision about a comment may know; nothing where it is any message."""
    thread = facts.thread
    there = await abroad(tx, thread.id) if thread else None
    if there is None and message.capability is None:
        return facts
    held = await tickets.of_thread(tx, thread.id) if thread else []
    ticket = there or next(iter(held), None)
    about = TicketFacts(
        tracker=_tracker(gate, facts, ticket),
        judged=await _judged(tx, facts, message.capability),
        ticket=ticket,
    )
    return replace(facts, tickets=about, thread=await _held(tx, ticket) or thread)


async def about_act(
    gate: Gate, tx: Transaction, intent: ResolveTicket | EditTicket, facts: Facts
) -> Facts:
    """Add what a decision about how an issue stands, or what it says, may know."""
    project = facts.project.slug
    ticket = await tickets.find(tx, project, intent.ticket)
    thread = await _held(tx, ticket)
    party = thread is not None and await parties.admits(tx, thread.id, facts.actor)
    author = party and thread is not None and thread.contributor == facts.actor
    sorts = isinstance(intent, ResolveTicket) and not author
    needs = Role.TRIAGE if sorts else Role.REPORT
    about = TicketFacts(
        tracker=_tracker(gate, facts, ticket if party else None),
        judged=await _judged(tx, facts, intent.capability, needs=needs),
        ticket=ticket,
        author=author,
        fixed=await _fixed(tx, ticket),
    )
    return replace(facts, tickets=about, thread=thread)


async def _fixed(tx: Transaction, ticket: Ticket | None) -> bool:
    """Say whether the words of an issue cannot change any more."""
    words = await threads.message(tx, ticket.offer) if ticket else None
    return words is None or words.deleted or words.revision >= MOST_REVISIONS


async def about_answer(tx: Transaction, answer: OfferAnswer, facts: Facts) -> Facts:
    """Add what a decision about a tracker's answer may know."""
    ticket = await _asked_about(tx, facts.project.slug, answer.what)
    thread = await _held(tx, ticket)
    return replace(facts, tickets=TicketFacts(ticket=ticket), thread=thread)


async def about_take_back(tx: Transaction, what: str, facts: Facts) -> Facts:
    """Add what somebody takes back, if it is an issue that they offered here."""
    ticket = await tickets.find(tx, facts.project.slug, what)
    thread = await threads.find(tx, ticket.thread) if ticket else None
    if ticket is None or thread is None or not ticket.ours or ticket.offer != what:
        return facts
    if thread.contributor != facts.actor:
        return facts
    return replace(facts, tickets=TicketFacts(ticket=ticket, author=True), thread=thread)


async def about_words_of_ours(tx: Transaction, thread: ThreadId, facts: Facts) -> Facts:
    """Add by which Grant our people write in a conversation, where they need one elsewhere."""
    ticket = await abroad(tx, thread)
    if ticket is None:
        return facts
    capability = await capability_now(tx, facts, ticket)
    return replace(facts, tickets=TicketFacts(ticket=ticket, capability=capability))


async def capability_now(tx: Transaction, facts: Facts, ticket: Ticket) -> GrantId | None:
    """Name the Grant by which the desk acts where something was offered, if it has one still."""
    named = [ticket.capability] if ticket.capability else []
    known = await delegations.find(tx, facts.project.slug, named)
    if not known:
        return None
    holder = known[0].grant.target
    return await best_grant(
        tx, facts.project.slug, about=known[0].grant.context, holder=holder, now=facts.now
    )


async def best_grant(
    tx: Transaction, house: Slug, *, about: ActorId, holder: ActorId, now: Millis
) -> GrantId | None:
    """Name the Grant that a house passed on to *holder* about something, if one stands."""
    passed = await delegations.given(tx, house, about=about, to=holder)
    standing = [grant for grant in passed if grant.covers(now)]
    best = max(standing, key=lambda grant: (grant.role or 0, grant.ends_at), default=None)
    return best.id if best else None


async def as_comment(
    tx: Transaction, create: JsonObject, thread: ThreadId | None, facts: Facts
) -> JsonObject:
    """Let what a desk writes be a comment, where it is about something offered elsewhere."""
    ticket = await abroad(tx, thread) if thread else None
    if ticket is None:
        return create
    capability = await capability_now(tx, facts, ticket)
    on = written.On(id=ticket.id or ticket.offer, conversation=ticket.context)
    return written.comment(create, on=on, capability=capability)


async def _judged(
    tx: Transaction, facts: Facts, named: GrantId | None, *, needs: Role = Role.REPORT
) -> Judgement | None:
    """Judge the Grant that somebody names for what they do; None where they name none."""
    if named is None:
        return None
    return await authority.authorise(
        tx, facts.project, facts.actor, needs=needs, named=named, now=facts.now
    )


def _tracker(gate: Gate, facts: Facts, ticket: Ticket | None) -> Local | None:
    """Name who answers: the tracker of an issue, or of a project; a team has none."""
    if ticket is not None:
        return gate.places.read_actor(ticket.tracker)
    if facts.project.kind is not Kind.PROJECT:
        return None
    return Local(kind=Kind.TICKETS, slug=facts.project.slug)
