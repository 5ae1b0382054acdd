"""A Grant that travels can be read where it was issued: by whoever may know of it."""

from collections.abc import AsyncGenerator, Mapping

import pytest
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_linked
from story import draw_rsa

from demo.village import ACTIVITY_JSON, Villager
from forgefed_gate.domain.ids import DAY, ActorId
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import capabilities, httpsig, keys
from forgefed_gate.protocol.frontdoor import read_json
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.store import blocks


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_linked(tmp_path, engine) as neighbours:
        yield neighbours


async def given_to(near: Neighbours, house, who: ActorId) -> Mapping[str, object]:
    """Find the Grant to pass on, or that was passed on, which somebody has of a house."""
    async with house.gate.database.snapshot() as tx:
        [row] = await tx.rows(
            "SELECT id, actor, context, target FROM delegations WHERE ours = 1 AND target = :who"
            " AND role <> 'delegate'",
            who=who,
        )
    return row


async def ask(near: Neighbours, url: object, who: Villager | None = None) -> Answer:
    headers = {"Accept": ACTIVITY_JSON}
    if who is not None:
        headers |= httpsig.sign(
            "GET", str(url), body=None, key=who.key, now=near.clock.now, dialect=Dialect.CAVAGE
        )
    return await near.wire.get(str(url), headers)


async def test_what_a_project_gave_to_a_team_is_read_by_whoever_knows_its_name(near):
    """Teams further down find out by it where what they are given begins; it names houses only."""
    row = await given_to(near, near.a, TEAM)

    answer = await ask(near, row["id"])

    assert answer.status == 200
    assert answer.headers["cache-control"] == "private, no-store"
    grant = capabilities.read_grant(read_json(answer.body))
    assert (grant.actor, grant.context, grant.target) == (PROJECT, PROJECT, TEAM)
    async with near.b.gate.database.snapshot() as tx:
        [held] = await tx.rows("SELECT id FROM delegations WHERE ours = 0 AND role <> 'delegate'")
    assert held["id"] == grant.id


async def test_what_was_taken_back_is_not_there_any_more(near):
    """As anything that never was."""
    row = await given_to(near, near.a, TEAM)
    nowhere = await ask(near, f"{PROJECT}/grants/{'0' * 32}")
    await near.unlink(near.a, ANVIL)

    answer = await ask(near, row["id"])
    assert (answer.status, answer.body) == (nowhere.status, nowhere.body)
    assert answer.status == 404


async def test_what_has_ended_is_not_there_any_more(near):
    row = await given_to(near, near.a, TEAM)
    near.clock.pass_by(91 * DAY)
    assert (await ask(near, row["id"])).status == 404


async def test_what_a_member_was_passed_is_theirs_to_read(near):
    """Who is in a team is nobody else's business, whether they know the name or not."""
    row, eve = await given_to(near, near.b, near.bob.id), near.village.settle("eve")
    await near.write(near.b.desk("friends"), "Hello, may I help?", by=eve)
    nowhere = await ask(near, f"{TEAM}/grants/{'0' * 32}")

    for who in (None, eve):
        answer = await ask(near, row["id"], who)
        assert (answer.status, answer.headers, answer.body) == (
            404,
            nowhere.headers,
            nowhere.body,
        )
    answer = await ask(near, row["id"], near.bob)
    assert answer.status == 200
    assert capabilities.read_grant(read_json(answer.body)).target == near.bob.id

    async with near.b.gate.database.transaction() as tx:
        await blocks.add(tx, near.bob.id, project=FRIENDS, now=near.clock.now)
    assert (await ask(near, row["id"], near.bob)).status == 404
