"""Whoever got a Grant that was passed on can ask at any time whether it still stands."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, FRIENDS, TEAM, Neighbours, open_linked
from story import HELLO, draw_rsa

from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.ids import DAY, SECOND
from forgefed_gate.domain.intents import PauseLink
from forgefed_gate.protocol import keys


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_linked(tmp_path, engine) as neighbours:
        yield neighbours


async def result(near: Neighbours) -> str:
    """Find where bob's Grant of the team can be asked about."""
    async with near.b.gate.database.snapshot() as tx:
        [row] = await tx.rows(
            "SELECT result FROM delegations WHERE ours = 1 AND target = :bob", bob=near.bob.id
        )
    return str(row["result"])


async def answers(near: Neighbours, address: str) -> int:
    """Ask in both ways, which answer alike, and with nothing to keep."""
    got = await near.wire.get(address, {})
    assert got.status == await near.wire.head(address)
    if got.status in {204, 410, 503}:
        assert got.body == b""
        assert got.headers["cache-control"] == "no-store"
    return got.status


async def test_a_grant_stands_until_its_link_ends(near):
    """And never again, whatever is agreed afterwards: that is another Grant."""
    address = await result(near)
    assert await answers(near, address) == 204

    await near.unlink(near.b, FRIENDS)
    assert await answers(near, address) == 410
    await near.link_both()
    assert await answers(near, address) == 410


async def test_a_grant_rests_with_its_link_and_goes_on_with_it(near):
    """The team's people did it, and the project hears of it when it asks again; 503 is no end."""
    await near.write(near.a.desk(), HELLO)
    address, link = await result(near), await near.link_of(near.b, FRIENDS)

    await near.act(near.b, PauseLink(link=link.code, paused=True))
    assert await answers(near, address) == 503
    near.clock.pass_by(301 * SECOND)
    await near.write(near.a.desk(), "Are you there?")
    assert (await near.may(near.bob)).flaw is Flaw.NOT_SEEN

    await near.act(near.b, PauseLink(link=link.code, paused=False))
    assert await answers(near, address) == 204
    await near.write(near.a.desk(), "I am back.")
    assert (await near.may(near.bob)).granted


async def test_a_grant_ends_on_its_day(near):
    """Nobody has to say so."""
    address = await result(near)
    near.clock.pass_by(91 * DAY)
    assert await answers(near, address) == 410


@pytest.mark.parametrize("name", ["none", "none/live", "0"])
async def test_what_was_never_given_is_not_there(near, name):
    """As anything else that is not there; the Grants of others are not for us to say."""
    assert await answers(near, f"{TEAM}/grants/{name}/live") == 404
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT id FROM delegations WHERE ours = 0 AND target = :bob",
                             bob=near.bob.id)  # fmt: skip
    [leaf] = rows
    other = str(leaf["id"]).replace(TEAM, f"https://gate.example/projects/{ANVIL}")
    assert await answers(near, f"{other}/live") == 404


async def test_asking_writes_nothing_and_waits_for_nobody(near):
    """It is asked for often: once in five minutes for each who comes by a link."""
    address = await result(near)
    before = {table: await near.b.rows(table) for table in ("record", "delegations", "jobs")}
    async with near.b.gate.database.transaction() as tx:
        await tx.run("UPDATE links SET changed_at = changed_at")
        assert await answers(near, address) == 204
    assert before == {table: await near.b.rows(table) for table in before}
