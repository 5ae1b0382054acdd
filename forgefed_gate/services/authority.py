"""The one answer to who may do what here, with the chain of Grants that justifies it."""

import asyncio
from functools import partial

from forgefed_gate.domain.capabilities import (
    LONGEST_BELIEF,
    Ask,
    Capability,
    Flaw,
    Judgement,
    Known,
    judge,
)
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug, later
from forgefed_gate.domain.roles import Role
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import chains, delegations, people
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
    first: Judgement | None = None
    for chain in await _chains(tx, house, who, named=named, now=now):
        judged = judge(chain, ask, now=now)
        if judged.granted:
            return judged
        first = first or judged
    return first or Judgement(chain=(), flaw=Flaw.NONE_NAMED)


async def _chains(
    tx: Transaction, house: Project, who: ActorId, *, named: GrantId | None, now: Millis
) -> list[list[Known]]:
    if named is not None:
        return await chains.of_name(tx, house.slug, named=named, now=now)
    return await chains.of_holder(tx, house.slug, who=who, now=now)


async def confirm(gate: Gate, house: Slug, who: ActorId, *, named: GrantId | None = None) -> None:
    """
    Ask those who issued the Grants of *who* whether they stand, where we have to.

    Those of the chain that they *named* are among them. Before anything is decided, and
    outside of any transaction. Who does not answer has not said that it stands.
    """
    now = gate.clock()
    doubtful = await gate.database.read(
        partial(doubts, house=house, who=who, named=named, now=now)
    )
    await asyncio.gather(*(_confirm(gate, grant) for grant in doubtful))


async def doubts(
    tx: Transaction, house: Slug, who: ActorId, *, named: GrantId | None = None, now: Millis
) -> list[Capability]:
    """
    List the Grants behind what *who* may do here of which we do not know that they stand.

    What does not begin with a Grant of ours is asked about by nobody.
    """
    found = await chains.of_holder(tx, house, who=who, now=now)
    if named is not None:
        found += await chains.of_name(tx, house, named=named, now=now)
    ours = [chain for chain in found if chain[0].ours]
    known = {each.grant.id: each for chain in ours for each in chain}
    return [each.grant for each in known.values() if _doubtful(each, now)]


def _doubtful(known: Known, now: Millis) -> bool:
    until = known.alive_until
    return not known.ours and (until is None or not now < until <= later(now, LONGEST_BELIEF))


async def _confirm(gate: Gate, grant: Capability) -> None:
    """Ask once, and remember the answer; one that was revoked is never asked about again."""
    if grant.result is None:
        return
    try:
        await refuse_blocked_host(gate, grant.result)
        status = await gate.outbound.head(grant.result)
    except Refusal:
        return
    now = gate.clock()
    async with gate.database.transaction() as tx:
        if status == GONE:
            await people.hold(tx, grant.actor)
            await delegations.bury(tx, [grant.id], issuer=grant.actor, now=now)
        elif status in STANDS:
            until = later(now, max(1, min(grant.believed_for, LONGEST_BELIEF)))
            await delegations.seen(tx, grant.id, alive_until=until)
