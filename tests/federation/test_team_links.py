"""A team at one gate is trusted by a project at another: its members come in without a knock."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_neighbours
from story import HELLO, draw_rsa

from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.ids import DAY, SECOND
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import blocking


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def test_both_sides_agree_before_anything_passes_along_a_link(near):
    """An offer alone gives nobody anything."""
    await near.join_the_team()
    await near.link(near.a, ANVIL, TEAM)

    assert (await near.link_of(near.a, ANVIL)).state is State.OFFERED
    assert (await near.link_of(near.b, FRIENDS)).state is State.ASKED
    assert await near.a.rows("delegations") == await near.b.rows("delegations") == 0
    assert not (await near.may(near.bob)).granted

    await near.link(near.b, FRIENDS, PROJECT)
    assert (await near.link_of(near.a, ANVIL)).state is State.ACTIVE
    assert (await near.link_of(near.b, FRIENDS)).state is State.ACTIVE


async def test_a_member_of_a_linked_team_comes_in_without_a_knock(near):
    """They agree to the charter; nobody has to decide, and no question is asked."""
    await near.join_the_team()
    await near.link_both()
    desk = near.a.desk()

    await near.write(desk, HELLO)
    first = near.bob.notes()[-1]["content"]
    assert "stands for you" in first
    await near.write(desk, "I agree.")
    await near.write(desk, "The parser drops the last line.")

    judged = await near.may(near.bob)
    assert judged.granted
    assert judged.role is Role.REPORT
    assert [known.grant.actor for known in judged.chain] == [PROJECT, TEAM]
    assert await near.a.rows("grants") == 0
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT stage, via FROM knocks")
    [knock] = rows
    assert knock["stage"] == "admitted"
    assert knock["via"] == (await near.link_of(near.a, ANVIL)).code
    assert await near.a.rows("messages") >= 4


async def test_whoever_joins_a_team_later_is_told_of_too(near):
    """Grants are passed on to new members as they come."""
    await near.link_both()
    assert not (await near.may(near.bob)).granted
    await near.join_the_team()
    await near.write(near.a.desk(), HELLO)
    assert (await near.may(near.bob)).granted


async def test_unlinking_ends_all_that_hangs_on_a_link(near):
    """At once where it is said, and by message on the other side."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    assert (await near.may(near.bob)).granted

    await near.unlink(near.a, ANVIL)

    judged = await near.may(near.bob)
    assert not judged.granted
    assert (await near.link_of(near.b, FRIENDS)).state is State.ENDED
    async with near.b.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT id FROM delegations WHERE revoked_at IS NULL")
    assert rows == []


async def test_a_link_at_rest_lets_nobody_in_until_it_goes_on(near):
    """Pausing works at once, and takes nothing away for good."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    await near.pause(paused=True)
    judged = await near.may(near.bob)
    assert judged.flaw is Flaw.PAUSED
    assert judged.failed == 0

    await near.pause(paused=False)
    assert (await near.may(near.bob)).granted


async def test_whoever_leaves_the_team_loses_what_came_by_it(near):
    """The team takes back what it passed on; the project hears of it."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    leave = {"id": f"{near.bob.id}/leave/1", "type": "Leave", "object": TEAM}
    near.clock.pass_by(SECOND)
    await near.village.send(near.bob, f"{TEAM}/inbox", leave, now=near.clock.now)
    await near.settle()

    assert not (await near.may(near.bob)).granted
    assert (await near.link_of(near.a, ANVIL)).state is State.ACTIVE


@pytest.mark.parametrize("whom", [TEAM, "coop.example"])
async def test_a_block_cuts_every_chain_through_whom_it_names(near, whom):
    """At once, and until it is lifted: what their server says of its Grants does not count."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    assert (await near.may(near.bob)).granted

    await blocking.block(near.a.gate, whom, by=OPERATOR)
    judged = await near.may(near.bob)
    assert judged.flaw is Flaw.BLOCKED
    assert judged.failed == 1

    await blocking.unblock(near.a.gate, whom, by=OPERATOR)
    assert (await near.may(near.bob)).granted


async def test_a_link_ends_on_its_day(near):
    """Nobody has to say so."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    near.clock.pass_by(91 * DAY)
    assert not (await near.may(near.bob)).granted


async def test_whoever_was_asked_as_a_stranger_meanwhile_comes_in_when_the_team_answers(near):
    """Its gate was away when they wrote: then nothing of it counts, and nothing is lost by it."""
    await near.join_the_team()
    await near.link_both()
    away = near.wire.apps.pop("coop.example")
    await near.write(near.a.desk(), HELLO)
    assert "tell us" in near.bob.notes()[-1]["content"]

    near.wire.apps["coop.example"] = away
    await near.write(near.a.desk(), "Are you there?")
    assert "stands for you" in near.bob.notes()[-1]["content"]
    await near.write(near.a.desk(), "I agree.")
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT stage, via FROM knocks ORDER BY stage")
    assert [row["stage"] for row in rows] == ["admitted", "withdrawn"]
