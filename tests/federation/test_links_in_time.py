"""Links that rest or run out, and clocks that go back: time does to real gates what it should."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, FRIENDS, Neighbours, open_linked
from story import HELLO, draw_rsa

from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.ids import DAY, MINUTE
from forgefed_gate.domain.intents import PauseLink
from forgefed_gate.domain.links import State
from forgefed_gate.protocol import keys
from forgefed_gate.services import recovery, tidy


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_linked(tmp_path, engine) as neighbours:
        await neighbours.write(neighbours.a.desk(), HELLO)
        assert (await neighbours.may(neighbours.bob)).granted
        yield neighbours


async def _statuses(near):
    """Ask the team how all that it passed on stands."""
    async with near.b.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT result FROM delegations WHERE ours = 1 AND result <> ''"
            " AND target NOT LIKE '%/desks/%'"
        )
    return [await near.wire.head(str(row["result"])) for row in rows]


async def test_a_link_that_rests_at_the_team_is_back_when_it_goes_on(near):
    """A project that asked meanwhile heard that it rests, and did not bury what it holds."""
    link = await near.link_of(near.b, FRIENDS)
    await near.act(near.b, PauseLink(link=link.code, paused=True))
    assert await _statuses(near) == [503]
    near.clock.pass_by(6 * MINUTE)
    await near.write(near.a.desk(), "Are you there?")
    assert (await near.may(near.bob)).flaw is Flaw.NOT_SEEN

    await near.act(near.b, PauseLink(link=link.code, paused=False))
    assert await _statuses(near) == [204]
    await near.write(near.a.desk(), "And now?")
    assert (await near.may(near.bob)).granted


async def test_what_was_taken_back_says_that_it_is_gone(near):
    """Whoever asks once never has to ask again."""
    await near.unlink(near.b, FRIENDS)

    assert await _statuses(near) == [410]
    assert not (await near.may(near.bob)).granted


async def test_a_link_that_ran_out_is_put_away_and_can_be_made_again(near):
    """Both sides are told, and nothing is in the way of the next one."""
    near.clock.pass_by(91 * DAY)
    for house in (near.a, near.b):
        await tidy.tidy(house.gate)
    await near.settle()

    assert (await near.link_of(near.a, ANVIL)).state is State.ENDED
    assert (await near.link_of(near.b, FRIENDS)).state is State.ENDED
    await near.link_both()
    assert (await near.link_of(near.a, ANVIL)).state is State.ACTIVE


async def test_after_a_restart_and_a_clock_set_back_everybody_is_asked_again(near):
    """How long ago somebody said that a Grant stands, nobody can tell any more."""
    watch = await recovery.watch(near.a.gate)
    assert (await near.may(near.bob)).flaw is Flaw.NOT_SEEN
    await near.write(near.a.desk(), "Are you there?")
    assert (await near.may(near.bob)).granted

    await recovery.look_round(near.a.gate, watch)
    near.clock.pass_by(-1)
    await recovery.look_round(near.a.gate, watch)
    assert (await near.may(near.bob)).flaw is Flaw.NOT_SEEN
