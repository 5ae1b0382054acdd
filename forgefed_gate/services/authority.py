"""The one answer to who may do what here, with the chain of Grants that justifies it."""

import asyncio

from forgefed_gate.domain.capabilities import (
    LONGEST_BELIEF,
    Allows,
    Ask,
    Capability,
    Flaw,
    Judgement,
    Known,
    judge,
)
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug, later
from forgefed_gate.domain.roles import Role
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, grants, record
from forgefed_gate.store.database import Transaction

STANDS = {200, 204}
GONE = 410


async def authorise(
    tx: Transaction,
    house: Project,
    who: ActorId,
    *,
    needs: Role = Role.REPORT,
    named: GrantId | None = None,
    now: Millis,
) -> Judgement:
    """
    Say whether *who* may do in *house* what needs a role, and by which chain.

    They show a Grant by naming it; whoever names none is judged by the best that we know
    of. Nothing is asked of anybody: see `confirm`.
    """
    ask = Ask(who=who, resource=house.actor, needs=needs)
    found = Judgement(chain=(), flaw=Flaw.NONE_NAMED)
    since = await _since(tx, now=now)
    for chain in await _chains(tx, house, who, named=named, now=now):
        judged = judge(chain, ask, now=now, since=since)
        if judged.granted:
            return judged
        found = judged
    return found


async def _since(tx: Transaction, *, now: Millis) -> Millis:
    """Say how late it was already, whatever the clock says now."""
    latest = await record.latest(tx)
    return latest if latest is not None and latest <= record.believable(now) else now


async def _chains(
    tx: Transaction, house: Project, who: ActorId, *, named: GrantId | None, now: Millis
) -> list[list[Known]]:
    if named is not None:
        direct = await grants.find(tx, named)
        chain = await delegations.chain(tx, house.slug, named)
        return [[_direct(direct)]] if direct else [chain] if chain else []
    direct = await grants.standing(tx, house.slug, who, now=now)
    shown = await delegations.leaves(tx, house.slug, holder=who, now=now)
    chains = [await delegations.chain(tx, house.slug, leaf.grant.id) for leaf in shown]
    return [[_direct(direct)], *chains] if direct else chains


def _direct(grant: Grant) -> Known:
    """See a Grant that we gave to somebody as a chain of one."""
    said = Capability(
        id=grant.id,
        actor=grant.issuer,
        context=grant.issuer,
        target=grant.target,
        role=grant.role,
        allows=Allows.INVOKE,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        fulfills=grant.fulfills,
    )
    return Known(grant=said, ours=True, revoked_at=grant.revoked_at)


async def confirm(gate: Gate, house: Slug, who: ActorId, *, named: GrantId | None = None) -> None:
    """
    Ask those who issued the Grants of *who* whether they stand, where we have to.

    Those of the chain that they *named* are among them. Before anything is decided, and
    outside of any transaction. Who does not answer has not said that it stands. What does
    not begin with a Grant of ours is asked about by nobody.
    """
    now = gate.clock()
    async with gate.database.snapshot() as tx:
        shown = await delegations.leaves(tx, house, holder=who, now=now)
        leaves = dict.fromkeys([leaf.grant.id for leaf in shown] + ([named] if named else []))
        chains = [await delegations.chain(tx, house, leaf) for leaf in leaves]
    ours = [chain for chain in chains if chain and chain[0].ours]
    known = {each.grant.id: each for chain in ours for each in chain}
    doubtful = [each.grant for each in known.values() if _doubtful(each, now)]
    await asyncio.gather(*(_confirm(gate, grant) for grant in doubtful))


def _doubtful(known: Known, now: Millis) -> bool:
    until = known.alive_until
    return not known.ours and (until is None or not now < until <= later(now, LONGEST_BELIEF))


async def _confirm(gate: Gate, grant: Capability) -> None:
    """Ask once, and remember the answer; one that was revoked is never asked about again."""
    assert grant.result is not None, "only Grants that can be asked about are kept"
    try:
        await refuse_blocked_host(gate, grant.result)
        status = await gate.outbound.head(grant.result)
    except Refusal:
        return
    now = gate.clock()
    async with gate.database.transaction() as tx:
        if status == GONE:
            await delegations.bury(tx, grant.id, issuer=grant.actor, now=now)
        elif status in STANDS:
            until = later(now, max(1, min(grant.believed_for, LONGEST_BELIEF)))
            await delegations.seen(tx, grant.id, alive_until=until)
