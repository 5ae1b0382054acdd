"""What people of a project do, from the console, the command line or their own account."""

from dataclasses import dataclass, replace

from forgefed_gate.domain import signing
from forgefed_gate.domain.effects import Decision, Verdict
from forgefed_gate.domain.errors import Conflict, unknown
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, Slug, ThreadId
from forgefed_gate.domain.intents import (
    ActOfOurs,
    AddParty,
    Admit,
    Announce,
    Ask,
    Close,
    Decline,
    HandOver,
    Invite,
    LinkUp,
    PauseLink,
    RemoveParty,
    Revoke,
    Say,
    Unlink,
)
from forgefed_gate.domain.offers import OfferTicket
from forgefed_gate.domain.roles import Principal, person
from forgefed_gate.domain.tracking import TicketFacts
from forgefed_gate.domain.verdict import decide_act
from forgefed_gate.services import audit, carry, evidence, gather, links, tickets, ways
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import grants, knocks, maintainers, parties, threads
from forgefed_gate.store import links as links_store
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An act that the rules allow, and the case in which it is carried out."""

    what: ActOfOurs
    decision: Decision
    case: Case


async def act(gate: Gate, what: ActOfOurs, *, by: Principal, via: str) -> Decision:
    """
    Judge what *by* does and carry it out.

    Raises `Conflict` with the reason in words where the rules refuse it, `Forbidden`
    where the office does, and `NotFound` where there is nothing of that name.
    """
    async with gate.database.transaction() as tx:
        judged = await judge(gate, tx, what, by=by, via=via)
        await carry_out(judged)
    return judged.decision


async def judge(
    gate: Gate, tx: Transaction, what: ActOfOurs, *, by: Principal, via: str
) -> Judged:
    """
    Judge what *by* does, and change nothing: whoever is refused may be told so in words.

    The offices that count are those of this moment, not those of when they signed in.
    """
    return await judge_as(gate, tx, what, by=await gather.as_of_now(tx, by), via=via)


async def judge_as(
    gate: Gate, tx: Transaction, what: ActOfOurs, *, by: Principal, via: str
) -> Judged:
    """Judge what somebody does whose rights are known as of this moment, and change nothing."""
    facts = await _facts(gate, tx, what, by)
    decision = decide_act(what, facts)
    if decision.verdict is Verdict.REFUSE:
        raise Conflict(decision.reason, decision.sentence)
    attested = evidence.of_attestation(Attested(by=by.name, via=via, at=facts.now))
    decided = signing.named(decision)
    case = Case(gate=gate, tx=tx, facts=facts, evidence=attested, decision=decided)
    return Judged(what=what, decision=decision, case=case)


async def carry_out(judged: Judged) -> None:
    """Carry out what was judged, and write down who decided it."""
    case, decision = judged.case, judged.decision
    for effect in decision.effects:
        await carry.carry_out(case, effect)
    deed = Deed(
        project=case.slug,
        principal=case.facts.by.name,
        role=case.facts.by.role_in(case.slug),
        act=type(judged.what).__name__,
        subject=_subject(judged.what),
        verdict=decision.verdict.value,
        reason=decision.reason,
        whose=case.facts.actor,
        at=case.facts.now,
    )
    await audit.write_down(case.gate, case.tx, deed, soon=audit.moves_a_grant(decision))


async def _facts(gate: Gate, tx: Transaction, what: ActOfOurs, by: Principal) -> Facts:
    match what:
        case Admit(knock=name) | Ask(knock=name) | Decline(knock=name):
            knock = await knocks.find(tx, name)
            if knock is None:
                raise unknown("knock", name)
            facts = await _about(gate, tx, knock.project, knock.actor, by=by, thread=knock.thread)
            return replace(facts, knock=await knocks.find(tx, name))
        case Say(thread=name) | Close(thread=name) | HandOver(thread=name):
            thread = await threads.find(tx, name)
            if thread is None:
                raise unknown("thread", name)
            contributor = thread.contributor
            facts = await _about(gate, tx, thread.project, contributor, by=by, thread=name)
            facts = await tickets.about_words_of_ours(tx, name, facts)
            return replace(facts, heir=await _heir(tx, what))
        case AddParty(thread=name, who=who) | RemoveParty(thread=name, who=who):
            return await _with_candidate(gate, tx, name, who, by=by)
        case Revoke(grant=name):
            grant = await grants.find(tx, name)
            if grant is None:
                facts = await ways.facts_of(gate, tx, name, by=by)
                return replace(facts, grant=None)
            facts = await _about(gate, tx, grant.project, grant.target, by=by, thread=None)
            return replace(facts, grant=await grants.find(tx, name))
        case Invite(project=project, who=who):
            return await _about(gate, tx, project, who, by=by, thread=None)
        case OfferTicket(project=project, desk=desk):
            facts = await _about(gate, tx, project, desk, by=by, thread=None)
            return replace(facts, tickets=await _by_grant(gate, tx, what, facts))
        case LinkUp() | Unlink() | PauseLink():
            return await _about_link(gate, tx, what, by)
        case Announce(project=project):
            desk = gate.places.desk(project)
            return await _about(gate, tx, project, desk, by=by, thread=None)


async def _about(
    gate: Gate,
    tx: Transaction,
    project: Slug,
    actor: ActorId,
    *,
    by: Principal,
    thread: ThreadId | None,
) -> Facts:
    """Gather the facts first, and with them read the conversation: until then it may change."""
    facts = await gather.facts_about(gate, tx, project, actor, by=by)
    return replace(facts, thread=await threads.find(tx, thread)) if thread else facts


async def _with_candidate(
    gate: Gate, tx: Transaction, name: ThreadId, who: ActorId, *, by: Principal
) -> Facts:
    thread = await threads.find(tx, name)
    if thread is None:
        raise unknown("thread", name)
    facts = await _about(gate, tx, thread.project, thread.contributor, by=by, thread=name)
    return replace(
        facts,
        seat=await parties.seat(tx, name, who),
        candidate=await gather.candidate(tx, thread.project, who),
    )


async def _about_link(
    gate: Gate, tx: Transaction, what: LinkUp | Unlink | PauseLink, by: Principal
) -> Facts:
    project, peer = await _ends_of(tx, what)
    facts = await _about(gate, tx, project, peer, by=by, thread=None)
    code = facts.fresh.code
    about = await links.facts_of_act(gate, tx, what, facts.project, code=code)
    return replace(facts, links=about)


async def _ends_of(tx: Transaction, what: LinkUp | Unlink | PauseLink) -> tuple[Slug, ActorId]:
    if isinstance(what, LinkUp):
        return what.project, what.peer
    link = await links_store.find(tx, what.link)
    if link is None:
        raise unknown("link", what.link)
    return link.house, link.peer


async def _by_grant(gate: Gate, tx: Transaction, what: OfferTicket, facts: Facts) -> TicketFacts:
    """Name the Grant by which the desk of a house may offer something elsewhere."""
    holder = gate.places.desk(what.project)
    grant = await tickets.best_grant(
        tx, what.project, about=what.owner, holder=holder, now=facts.now
    )
    return TicketFacts(capability=grant)


async def _heir(tx: Transaction, what: ActOfOurs) -> Principal | None:
    """Name whom a conversation is handed to, with the offices that they hold."""
    if not isinstance(what, HandOver) or what.to is None:
        return None
    return person(what.to, await maintainers.offices(tx, what.to))


def _subject(what: ActOfOurs) -> str:
    match what:
        case Admit(knock=name) | Ask(knock=name) | Decline(knock=name):
            return name
        case Say(thread=name) | Close(thread=name) | HandOver(thread=name):
            return name
        case AddParty(thread=name) | RemoveParty(thread=name):
            return name
        case Revoke(grant=name):
            return name
        case Invite(who=who):
            return who
        case LinkUp(peer=peer):
            return peer
        case OfferTicket(offer=offer):
            return offer
        case Unlink(link=code) | PauseLink(link=code):
            return code
        case Announce(project=project):
            return project
