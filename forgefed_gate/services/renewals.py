"""Grants on their way past their end: who is told in time, and who goes on by a word."""

from forgefed_gate.domain import renewal
from forgefed_gate.domain.arrivals import in_place_of_the_old
from forgefed_gate.domain.effects import Effect, EndGrant, IssueGrant, Tell
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, later
from forgefed_gate.domain.renewal import ACTIVE_WITHIN, NOTED_BEFORE, REVERSIBLE_FOR, Renewal
from forgefed_gate.domain.wishes import Wish
from forgefed_gate.domain.words import renewals as words
from forgefed_gate.domain.words import wishes as wishes_words
from forgefed_gate.protocol.times import day
from forgefed_gate.services import audit, carry, evidence, gather
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import grants, threads


async def renew(case: Case, wish: Wish) -> str:
    """Renew the latest Grant of whoever wished for it, as far as the rules go."""
    facts, name = case.facts, case.facts.project.name
    grant = facts.renewable
    judged = renewal.judge(grant, facts.charter, wish.code, now=facts.now)
    if grant is None or judged is Renewal.NOTHING:
        return wishes_words.no_role(name)
    if judged is Renewal.NOT_YET:
        return words.not_yet(name, day(grant.ends_at), day(renewal.renewable_from(grant)))
    if judged is Renewal.AGREE_FIRST:
        return await _ask(case, grant)
    new = await _go_on(case, grant, by=facts.actor)
    return words.renewed(name, new.role, day(new.ends_at))


def brought_back(facts: Facts) -> str:
    """Say until when a word brings the role back that ended on its date."""
    grant = facts.renewable
    assert grant is not None, "asked of somebody whose Grant has ended"
    until = day(later(grant.ends_at, REVERSIBLE_FOR))
    role = renewal.role_of(grant, lapsed=True)
    return words.comes_back_until(facts.project.name, role, until)


async def remind(gate: Gate) -> None:
    """
    Tell whoever's Grant ends soon, once; or renew it, where the charter says so.

    Each is a transaction of its own that also remembers that it was done, so that a crash
    repeats all of it or nothing.
    """
    now = gate.clock()
    async with gate.database.snapshot() as tx:
        ending = await grants.ending(tx, now=now, before=later(now, NOTED_BEFORE))
    for grant in ending:
        if renewal.renewable_from(grant) <= now:
            await _remind(gate, grant)


async def _remind(gate: Gate, grant: Grant) -> None:
    async with gate.at_leisure, gate.database.transaction() as tx:
        facts = await gather.facts_about(gate, tx, grant.project, grant.target)
        if facts.grant is None or facts.grant.id != grant.id:
            return
        if not await grants.note_end(tx, grant.id, now=facts.now):
            return
        attested = evidence.of_attestation(Attested(by=audit.CLOCK, via=audit.CLOCK, at=facts.now))
        case = Case(gate=gate, tx=tx, facts=facts, evidence=attested)
        if await _goes_on_by_itself(case, grant):
            await _go_on(case, grant, by=audit.CLOCK)
        elif not facts.bot:
            await carry.carry_out(case, Tell(to=grant.target, text=await _note(case, grant)))


async def _goes_on_by_itself(case: Case, grant: Grant) -> bool:
    """Say whether its holder agreed to a charter that renews the active, and is active."""
    charter, now = case.facts.charter, case.facts.now
    if case.facts.blocked or not charter.renew_active or charter.hash != grant.charter:
        return False
    heard = await threads.last_heard(case.tx, grant.project, grant.target)
    return later(heard, ACTIVE_WITHIN) > now


async def _note(case: Case, grant: Grant) -> str:
    if grant.charter != case.facts.charter.hash:
        return await _ask(case, grant)
    return words.ends_soon(case.facts.project.name, grant.role, day(grant.ends_at))


async def _ask(case: Case, grant: Grant) -> str:
    """Show the charter in force, and remember that it was shown."""
    project, charter = case.facts.project, case.facts.charter
    await grants.ask_again(case.tx, grant.id, charter=charter.hash)
    return words.agree_again(project.name, charter, project.page, day(grant.ends_at))


async def _go_on(case: Case, old: Grant, *, by: str) -> Grant:
    """Issue a new Grant under the charter in force, and then end what it takes the place of."""
    facts = case.facts
    new = Grant(
        id=facts.fresh.grant,
        project=old.project,
        target=old.target,
        role=renewal.role_of(old, lapsed=facts.grant is None),
        charter=facts.charter.hash,
        starts_at=facts.now,
        ends_at=later(facts.now, facts.charter.grant_days * DAY),
    )
    await carry.carry_out(case, IssueGrant(grant=new))
    for effect in _in_its_place(facts, old):
        await carry.carry_out(case, effect)
    await _record(case, old, by=by)
    return new


def _in_its_place(facts: Facts, old: Grant) -> list[Effect]:
    """End what stands, so that whoever revokes the new Grant has revoked all of them."""
    standing = {grant.id: grant for grant in (old, facts.grant) if grant is not None}
    ended = [EndGrant(grant=grant) for grant in standing.values() if grant.stands(facts.now)]
    return [*ended, *in_place_of_the_old(facts)]


async def _record(case: Case, grant: Grant, *, by: str) -> None:
    deed = Deed(
        project=case.slug,
        principal=by,
        role=audit.CLOCK if by == audit.CLOCK else audit.OUTSIDE,
        act="Renew",
        subject=grant.id,
        reason="renewed",
        whose=case.facts.actor,
        at=case.facts.now,
    )
    await audit.write_down(case.gate, case.tx, deed, soon=True)
