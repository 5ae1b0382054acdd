"""Two processes that decide at the same moment: each sees what the other one did."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import pytest
from neighbours import ANVIL, PROJECT, TEAM, Neighbours, open_neighbours
from story import HELLO, draw_rsa

from demo.village import Villager
from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import DAY, ActivityId, GrantId, NoteId, later
from forgefed_gate.domain.intents import Granted, GrantsEnded, Message
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import authority, gather, revoking, shown
from forgefed_gate.store import delegations, people
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept

A_WHILE = 0.5
"""Seconds in which whoever does not wait for another one is done."""


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def meanwhile(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Begin something that cannot go on before the transaction that we are in ends."""
    begun = asyncio.create_task(work)
    await asyncio.wait([begun], timeout=A_WHILE)
    assert not begun.done(), "it waits for us"
    return begun


async def facts_of(near: Neighbours, tx: Transaction, who: Villager) -> Facts:
    """Gather what the first words of somebody are decided by."""
    said = Message(
        activity=ActivityId(f"{who.id}/said"),
        actor=who.id,
        note=NoteId(f"{who.id}/note"),
        text=HELLO,
        private=True,
    )
    return await gather.facts_for(near.a.gate, tx, said, ANVIL)


async def facts_later(near: Neighbours, who: Villager) -> Facts:
    async with near.a.gate.database.transaction() as tx:
        return await facts_of(near, tx, who)


async def test_two_who_come_at_once_are_counted_one_after_the_other(near):
    """A link that lets in one a day lets in one, however many processes there are."""
    ann = near.village.settle("ann")
    for who in (near.bob, ann):
        await near.join_the_team(by=who)
    await near.link_both(cap=1)
    code = (await near.link_of(near.a, ANVIL)).code
    await near.write(near.a.desk(), HELLO, by=near.bob)
    for who in (near.bob, ann):
        await authority.confirm(near.a.gate, ANVIL, who.id)
    async with near.a.gate.database.transaction() as tx:
        await tx.run("UPDATE knocks SET via = NULL")
    async with near.a.gate.database.transaction() as tx:
        assert (await facts_of(near, tx, near.bob)).via == code
        late = await meanwhile(facts_later(near, ann))
        await tx.run(
            "UPDATE knocks SET via = :code WHERE actor = :who", code=code, who=near.bob.id
        )

    assert (await late).via is None


async def gift(near: Neighbours) -> Capability:
    """Write what the team says that follows from the Grant of the project."""
    [root] = [grant for grant in await given_by(near) if grant.target == TEAM]
    return Capability(
        id=GrantId(f"{TEAM}/grants/at-once"),
        actor=TEAM,
        context=PROJECT,
        target=near.bob.id,
        role=Role.REPORT,
        allows=Allows.INVOKE,
        starts_at=near.clock.now,
        ends_at=later(near.clock.now, DAY),
        delegates=root.id,
        result=f"{TEAM}/grants/at-once/live",
    )


async def given_by(near: Neighbours) -> list[Capability]:
    link = await near.link_of(near.a, ANVIL)
    async with near.a.gate.database.snapshot() as tx:
        return await delegations.given_along(tx, link.code)


async def test_a_revoke_that_comes_while_its_grant_is_decided_on_counts(near):
    """Whoever was told that we took it relies on it, from that moment on."""
    await near.link_both()
    grant, gate = await gift(near), near.a.gate
    granted = Granted(activity=ActivityId(grant.id), actor=TEAM, grant=grant)
    revoke = GrantsEnded(activity=ActivityId(f"{TEAM}/revoke"), actor=TEAM, grants=(grant.id,))
    async with gate.database.transaction() as tx:
        facts = await gather.facts_for(gate, tx, granted, ANVIL)
        assert facts.links is not None
        assert not facts.links.buried
        stopped = await meanwhile(revoking.stop(gate, revoke))
        kept = Kept(house=ANVIL, grant=grant, ours=False, link=None)
        await delegations.add(tx, [kept], now=near.clock.now)
    await stopped

    async with gate.database.snapshot() as tx:
        [known] = await delegations.find(tx, ANVIL, [grant.id])
    assert known.revoked_at is not None


async def unkeep(near: Neighbours, grant: GrantId) -> None:
    """Let the project know everybody's keys, and not the Grant."""
    async with near.a.gate.database.transaction() as tx:
        assert await tx.run("DELETE FROM delegations WHERE id = :id", id=grant) == 1


async def test_a_grant_that_is_shown_while_it_is_revoked_is_not_kept(near):
    """It was read from its issuer a moment before, and that moment is over."""
    await near.join_the_team()
    await near.link_both()
    gate = near.a.gate
    [copy] = [each for each in near.bob.of_type("Grant") if each["context"] == PROJECT]
    leaf = copy["id"]
    await unkeep(near, leaf)
    await shown.complete(gate, ANVIL, leaf, by=near.bob.id, copies={leaf: copy})
    await unkeep(near, leaf)
    async with gate.database.transaction() as tx:
        await people.hold(tx, TEAM)
        looking = await meanwhile(
            shown.complete(gate, ANVIL, leaf, by=near.bob.id, copies={leaf: copy})
        )
        await delegations.bury(tx, [leaf], issuer=TEAM, now=near.clock.now)
    await looking

    assert shown.why_not(gate, ANVIL, leaf, by=near.bob.id) == "grant-revoked"
    async with gate.database.snapshot() as tx:
        assert await delegations.find(tx, ANVIL, [leaf]) == []
