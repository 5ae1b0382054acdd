"""What time has ended along links: found, put away for good, and made up for by what is left."""

from collections.abc import Sequence

from forgefed_gate.domain.capabilities import Known
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.domain.linking import on_time
from forgefed_gate.domain.links import Link
from forgefed_gate.services import audit, carry, evidence, gather, links
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations
from forgefed_gate.store import links as links_store
from forgefed_gate.store.database import Transaction


async def end_what_ran_out(gate: Gate) -> None:
    """End links past their last day, and let others take the place of Grants past theirs."""
    now = gate.clock()
    async with gate.database.snapshot() as tx:
        over = await links_store.ran_out(tx, now=now)
        grants = await delegations.ran_out(tx, now=now)
    for link in over:
        await _end_link(gate, link)
    for house, known in grants.items():
        await _end_grants(gate, house, known)


async def _end_link(gate: Gate, link: Link) -> None:
    async with gate.at_leisure, gate.database.transaction() as tx:
        case = await _case(gate, tx, link.house, link.peer)
        found = await links_store.find(tx, link.code)
        if found is None or not found.state.open:
            return
        about = links.blank(gate, case.facts.project, found.peer, found.peer, link=found)
        await _carry_out(case, on_time(about), subject=found.code)


async def _end_grants(gate: Gate, house: Slug, known: Sequence[Known]) -> None:
    async with gate.at_leisure, gate.database.transaction() as tx:
        issuer = known[0].grant.actor
        case = await _case(gate, tx, house, issuer)
        about = links.blank(gate, case.facts.project, issuer, issuer, known=known)
        await _carry_out(case, on_time(about), subject=house)


async def _case(gate: Gate, tx: Transaction, house: Slug, peer: ActorId) -> Case:
    facts = await gather.facts_about(gate, tx, house, peer)
    attested = evidence.of_attestation(Attested(by=audit.CLOCK, via=audit.CLOCK, at=facts.now))
    return Case(gate=gate, tx=tx, facts=facts, evidence=attested)


async def _carry_out(case: Case, decision: Decision, *, subject: str) -> None:
    for effect in decision.effects:
        await carry.carry_out(case, effect)
    deed = Deed(
        project=case.slug,
        principal=audit.CLOCK,
        role=audit.CLOCK,
        act="Expire",
        subject=subject,
        verdict=decision.verdict.value,
        reason=decision.reason,
        at=case.facts.now,
    )
    await audit.write_down(case.gate, case.tx, deed)
