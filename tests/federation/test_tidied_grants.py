"""What was revoked never comes back, though the memory of it is tidied in time."""

from collections.abc import AsyncGenerator

import pytest
from forges import Foreign, open_foreign
from story import draw_rsa

from forgefed_gate.domain.ids import DAY, later
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import tidy

GROWING = ("threads", "knocks", "grants", "jobs", "delegations", "buried_grants", "links")


@pytest.fixture
async def foreign(tmp_path, database, monkeypatch) -> AsyncGenerator[Foreign]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_foreign(tmp_path, database) as opened:
        yield opened


async def counted(foreign: Foreign) -> dict[str, int]:
    """Count what a refusal must not add to."""
    rows = {table: await foreign.house.rows(table) for table in GROWING}
    return rows | {"came": sum(len(who.came) for who in foreign.forge.people.values())}


@pytest.mark.parametrize(
    "moments",
    [{"endTime": 186, "startTime": -1}, {"endTime": 188}, {"startTime": 180, "endTime": 190}],
    ids=["given for longer", "ending too late", "beginning late"],
)
async def test_a_grant_that_would_outlast_the_memory_of_its_revoke_is_not_taken(foreign, moments):
    """From nobody, and not as a word of what follows from ours either."""
    team = foreign.forge.settle("team", kind="Team")
    start = await foreign.trusted(team, role=Role.REPORT)
    now = foreign.house.clock.now
    said = {name: iso(later(now, days * DAY)) for name, days in moments.items()}
    said = {"context": foreign.me, "delegates": start["id"], **said}
    before = await counted(foreign)

    await foreign.say(team, foreign.grant(team, foreign.story.bob.id, **said))

    assert await foreign.reason() == "grant-long"
    assert await counted(foreign) == before


@pytest.mark.parametrize("day", [31, 100, 187, 189, 217])
async def test_a_revoked_grant_never_comes_back_however_much_was_tidied(foreign, day):
    """When we have forgotten that it was revoked, it has ended by itself."""
    team = foreign.forge.settle("team", kind="Team")
    start = await foreign.trusted(team, role=Role.REPORT)
    until = iso(later(foreign.house.clock.now, 186 * DAY))
    leaf = foreign.grant(
        team, foreign.story.bob.id, context=foreign.me, delegates=start["id"], endTime=until
    )
    await foreign.say(team, leaf)
    await foreign.say(team, {"type": "Revoke", "object": leaf["id"]})
    foreign.house.clock.pass_by(day * DAY)
    await tidy.tidy(foreign.house.gate)
    await foreign.house.work()
    before = await counted(foreign)

    await foreign.say(team, leaf)

    heard = "grants-buried" if day < 90 else "grant-revoked" if day < 188 else "grant-not-for-us"
    assert await foreign.reason() == heard, "the first one knows the delivery itself"
    assert await counted(foreign) == before
