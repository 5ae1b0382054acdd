"""Chains of Grants that somebody shows: what is fetched for them, kept, believed and refused."""

from collections.abc import AsyncGenerator

import pytest
from forges import Foreign, open_foreign
from story import draw_rsa

from forgefed_gate.protocol import keys


@pytest.fixture
async def foreign(tmp_path, database, monkeypatch) -> AsyncGenerator[Foreign]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_foreign(tmp_path, database) as opened:
        yield opened


async def test_a_chain_that_is_shown_is_fetched_and_lets_its_holder_in(foreign):
    """The Grant that they name was never sent to us: its issuer is asked for it."""
    team, bob = foreign.forge.settle("team", kind="Team"), foreign.story.bob
    start = await foreign.trusted(team)
    leaf = foreign.grant(team, bob.id, context=foreign.me, delegates=start["id"])

    status = await foreign.say(
        bob,
        {"type": "Join", "object": foreign.me, "instrument": "report", "capability": leaf["id"]},
        server=foreign.story.village,
    )
    assert status == 202
    assert await foreign.reason() == "vouched-for"
    assert ("GET", leaf["id"]) in foreign.house.wire.log
    assert "stands for you" in bob.notes()[-1]["content"]
