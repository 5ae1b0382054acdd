"""Links and memberships that go on beyond their end: nobody loses anything in between."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_linked
from story import HELLO, draw_rsa

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY, SECOND, later
from forgefed_gate.domain.intents import Invite
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import review, teams


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_linked(tmp_path, engine) as neighbours:
        await neighbours.write(neighbours.a.desk(), HELLO)
        yield neighbours


async def again(near: Neighbours, *, days: float, role: Role = Role.REPORT, settle: bool = True):
    """Link once more from the side of the project."""
    until = later(near.clock.now, round(days * DAY))
    gate = near.a.gate
    wanted = await teams.wanted(gate, ANVIL, TEAM, role=role, ends_at=until, cap=10, by=OPERATOR)
    near.clock.pass_by(SECOND)
    decision = await teams.link(gate, wanted, by=OPERATOR, via="cli")
    if settle:
        await near.settle()
    return decision


async def starts(near: Neighbours) -> list[tuple[str, bool]]:
    """List what the link rests on at the project's side, and whether it stands."""
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT role, revoked_at FROM delegations WHERE house = 'anvil' AND ours = 1"
            " AND delegates IS NULL ORDER BY kept_at, id"
        )
    return [(str(row["role"]), row["revoked_at"] is None) for row in rows]


async def test_a_link_is_renewed_before_its_end_without_a_gap(near):
    """The old Grant stands until the team has passed the new one on."""
    near.clock.pass_by(60 * DAY)
    await near.write(near.a.desk(), "still here")
    decision = await again(near, days=90, settle=False)
    assert decision.reason == "link-renewed"
    assert (await near.may(near.bob)).granted

    await near.settle()
    await near.write(near.a.desk(), "and still")
    assert (await near.may(near.bob)).granted
    assert await starts(near) == [("report", False), ("report", True)]
    ends = {(await near.link_of(*side)).ends_at for side in ((near.a, ANVIL), (near.b, FRIENDS))}
    assert len(ends) == 1

    near.clock.pass_by(40 * DAY)
    await near.write(near.a.desk(), "past the old end")
    assert (await near.may(near.bob)).granted
    near.clock.pass_by(51 * DAY)
    await near.write(near.a.desk(), "past the new end")
    assert not (await near.may(near.bob)).granted


async def test_what_was_too_much_ends_at_once(near):
    """A lower role, or a nearer end, waits for nobody."""
    await again(near, days=90, role=Role.TRIAGE)
    assert await starts(near) == [("report", False), ("triage", True)]

    await again(near, days=90, role=Role.VISIT, settle=False)
    assert await starts(near) == [("report", False), ("triage", False), ("visit", True)]
    assert not (await near.may(near.bob)).granted
    await near.settle()
    await near.write(near.a.desk(), "may I read?")
    assert (await near.may(near.bob, Role.VISIT)).granted
    assert not (await near.may(near.bob)).granted


async def test_linking_again_in_the_same_words_changes_nothing(near):
    """Nothing is sent, and our people are told."""
    link = await near.link_of(near.a, ANVIL)
    log = len(near.wire.log)
    days = (link.ends_at - near.clock.now) / DAY
    with pytest.raises(Conflict) as refused:
        await again(near, days=days)
    assert refused.value.code == "already-linked"
    assert [url for method, url in near.wire.log[log:] if method == "POST"] == []


async def test_a_team_that_renews_its_leave_is_given_nothing_more(near):
    """Whoever gives decides for how long."""
    before = await near.link_of(near.a, ANVIL)
    near.clock.pass_by(DAY)
    await near.link(near.b, FRIENDS, PROJECT)
    after = await near.link_of(near.a, ANVIL)
    assert (after.ends_at, after.state) == (before.ends_at, State.ACTIVE)
    assert await starts(near) == [("report", True)]
    assert (await near.link_of(near.b, FRIENDS)).state is State.ACTIVE


async def test_a_members_new_grant_is_passed_on_anew(near):
    """With its later end, and the old one ends."""
    async with near.b.gate.database.snapshot() as tx:
        [old] = await tx.rows(
            "SELECT id, ends_at FROM delegations WHERE target = :bob", bob=near.bob.id
        )
        grants = await tx.rows("SELECT id, ends_at FROM grants")
    assert len(grants) == 1
    leave = {"id": f"{near.bob.id}/leave/1", "type": "Leave", "object": TEAM}
    near.clock.pass_by(SECOND)
    await near.village.send(near.bob, f"{TEAM}/inbox", leave, now=near.clock.now)
    await near.settle()
    assert not (await near.may(near.bob)).granted

    act = Invite(project=FRIENDS, who=near.bob.id, role=Role.REPORT, days=30)
    await review.act(near.b.gate, act, by=OPERATOR, via="cli")
    await near.settle()
    await near.write(near.b.desk("friends"), "I agree.")
    async with near.b.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT id, ends_at, revoked_at FROM delegations WHERE target = :bob", bob=near.bob.id
        )
    [new] = [row for row in rows if row["revoked_at"] is None]
    assert new["id"] != old["id"]
    assert int(str(new["ends_at"])) < int(str(old["ends_at"]))
    await near.write(near.a.desk(), "back again")
    assert (await near.may(near.bob)).granted
