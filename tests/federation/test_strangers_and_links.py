"""What nobody gets by a link, or by pretending to one: past a no, into our tables, at others."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, PROJECT, TEAM, Neighbours, open_neighbours
from starlette.responses import Response
from story import HELLO, draw_rsa

from forgefed_gate.domain.ids import DAY, SECOND, later
from forgefed_gate.domain.intents import Decline
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import erasure, projects, review, teams, views
from forgefed_gate.store import people as people_store

MANY = 15


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def rows(house, sql, **values):
    async with house.gate.database.snapshot() as tx:
        return await tx.rows(sql, **values)


async def say(near, who, activity, *, to=PROJECT):
    near.clock.pass_by(SECOND)
    answer = await near.village.send(who, f"{to}/inbox", activity, now=near.clock.now)
    await near.settle()
    return answer.status


async def comment(near, who, grant):
    """Write to the desk, naming a Grant, and give what was decided."""
    last = [note for note in who.notes() if note["attributedTo"] == near.a.desk()][-1]
    activity = near.village.note(who, near.a.desk(), "And another thing.", in_reply_to=last["id"])
    named = {"id": f"{activity['object']['id']}/activity", "capability": grant}
    await say(near, who, activity | named, to=near.a.desk())
    found = await rows(near.a, "SELECT reason FROM record WHERE act = 'Message' ORDER BY at")
    return found[-1]["reason"]


async def test_naming_a_grant_goes_round_neither_the_day_s_number_nor_a_no(near):
    """A chain lets nobody past what our own people decided, or past how many may come."""
    late = near.village.settle("late")
    await near.join_the_team()
    await near.join_the_team(by=late)
    await near.link_both(cap=1)
    await near.write(near.a.desk(), HELLO)
    await near.write(near.a.desk(), HELLO, by=late)
    sql = "SELECT id FROM delegations WHERE target = :who AND ours = 0"
    [leaf] = await rows(near.a, sql, who=late.id)

    assert await comment(near, late, leaf["id"]) == "agreement-missing"

    held = await views.knock_list(near.a.gate, ANVIL, by=OPERATOR)
    [theirs] = [each.knock for each in held if each.knock.actor == late.id]
    await review.act(near.a.gate, Decline(knock=theirs.id), by=OPERATOR, via="cli")
    await near.settle()
    assert await comment(near, late, leaf["id"]) == "asked"
    assert not [
        each for each in await rows(near.a, "SELECT stage, actor FROM knocks")
        if each["actor"] == late.id and each["stage"] == "admitted"
    ]  # fmt: skip


async def test_a_person_is_no_team_and_owners_are_told_of_nothing(near):
    """Whoever asks for a link is something that one can be linked with."""
    eve, boss = near.village.settle("eve"), near.village.settle("boss")
    await projects.appoint(near.a.gate, ANVIL, boss.id, Office.OWNER, by=OPERATOR)
    asks = {"type": "Add", "object": PROJECT, "target": f"{eve.id}/teamResources"}

    for number in range(3):
        assert await say(near, eve, {"id": f"{eve.id}/adds/{number}", **asks}) == 202

    assert boss.notes() == []
    assert await near.a.rows("links") == 0


async def test_owners_are_told_once_of_what_they_have_not_answered(near):
    """However often a team asks."""
    boss, team = near.village.settle("boss"), near.village.settle("smiths", kind="Team")
    await projects.appoint(near.a.gate, ANVIL, boss.id, Office.OWNER, by=OPERATOR)
    asks = {"type": "Add", "object": PROJECT, "target": f"{team.id}/teamResources"}

    for number in range(5):
        await say(near, team, {"id": f"{team.id}/adds/{number}", **asks})

    assert len(boss.notes()) == 1
    states = [row["state"] for row in await rows(near.a, "SELECT state FROM links")]
    assert states.count("asked") == 1


async def test_a_stranger_buries_nothing(near):
    """What was never here, of somebody with whom nothing links us, fills no table."""
    eve = near.village.settle("eve")
    names = [f"{eve.id}/grants/{number}" for number in range(64)]

    assert await say(near, eve, {"id": f"{eve.id}/r", "type": "Revoke", "object": names}) == 202

    assert await near.a.rows("buried_grants") == 0


async def test_a_stranger_s_grants_lead_us_nowhere(near):
    """No server is asked for their sake, and nothing of them is kept."""
    eve, asked = near.village.settle("eve"), []

    async def victim(scope, receive, send):
        asked.append(scope["path"])
        await Response(status_code=404)(scope, receive, send)

    near.wire.apps["victim.example"] = victim
    until = iso(later(near.clock.now, DAY))
    for number in range(MANY):
        grant = {"type": "Grant", "object": "report", "startTime": iso(near.clock.now)}
        about = {"context": f"https://victim.example/{number}", "target": PROJECT}
        follows = {"context": PROJECT, "target": eve.id, "delegates": f"{TEAM}/grants/{number}"}
        gift = {"id": f"{eve.id}/g/{number}", "allows": "distribute", "endTime": until}
        leaf = {"id": f"{eve.id}/l/{number}", "allows": "invoke", "endTime": until}
        await say(near, eve, grant | about | gift)
        await say(near, eve, grant | follows | leaf | {"result": f"{eve.id}/live/{number}"})

    assert asked == []
    assert await near.a.rows("delegations") == await near.a.rows("jobs") == 0


async def test_whom_we_are_linked_with_is_not_forgotten_by_time(near):
    """A team that says nothing itself for a year is still the one that we trust."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    async with near.a.gate.database.transaction() as tx:
        await people_store.forget_strangers(tx, before=later(near.clock.now, DAY))

    assert (await near.may(near.bob)).granted
    assert len(await teams.listing(near.a.gate, ANVIL, by=OPERATOR)) == 1


async def test_whoever_is_forgotten_is_named_by_no_grant_and_no_link(near):
    """Not as a member, not by what they let a team do, not as who asked for a link."""
    await near.join_the_team()
    await near.link_both()
    await near.write(near.a.desk(), HELLO)
    bob, until = near.bob.id, iso(later(near.clock.now, DAY))
    leave = {"type": "Grant", "object": "delegate", "context": bob, "target": TEAM}
    times = {"allows": "invoke", "startTime": iso(near.clock.now), "endTime": until}
    for number in range(2):
        await say(near, near.bob, {"id": f"{bob}/leave/{number}", **leave, **times}, to=TEAM)
    await say(
        near, near.bob, {"id": f"{bob}/r", "type": "Revoke", "object": f"{bob}/leave/0"}, to=TEAM
    )

    for house in (near.a, near.b):
        await erasure.erase_now(house.gate, bob, by=OPERATOR)
        await near.settle()
        for table in ("delegations", "links", "buried_grants"):
            for row in await rows(house, f"SELECT * FROM {table}"):
                assert not [name for name, value in row.items() if bob in str(value)], table
