"""Why somebody may do what they may, what would end with it, and our own no to one of many."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from contracts import held
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_neighbours
from story import HELLO, draw_rsa

from forgefed_gate.cli import standing
from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.errors import Conflict, Forbidden, NotFound
from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Revoke
from forgefed_gate.domain.reasons import Stands
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import access, projects, review, views, ways, why


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def come_in(near, *, by=None):
    desk = near.a.desk()
    await near.write(desk, HELLO, by=by)
    await near.write(desk, "I agree.", by=by)
    await near.write(desk, "The parser drops the last line.", by=by)


async def crowd(near, *came, waiting=()):
    """Let people be in the team beside bob, of whom some come in to the project."""
    people = {name: near.village.settle(name) for name in (*came, *waiting)}
    for who in (near.bob, *people.values()):
        await near.join_the_team(by=who)
    await near.link_both()
    for who in (near.bob, *(people[name] for name in came)):
        await come_in(near, by=who)
    return people


async def explained(near, who=None):
    return await why.explain(near.a.gate, ANVIL, (who or near.bob).id, by=OPERATOR)


async def kept(near):
    """Read all that a refusal must leave as it was, on the project's side."""
    found = {}
    async with near.a.gate.database.snapshot() as tx:
        for table in ("delegations", "buried_grants", "knocks", "grants", "messages", "jobs"):
            rows = await tx.rows(f"SELECT * FROM {table}")
            found[table] = sorted(str(dict(row)) for row in rows)
    return found


async def test_each_link_says_who_gave_it_and_when_it_was_last_seen(near):
    """By which chain, until when, and who would say so."""
    await crowd(near)
    near.clock.pass_by(HOUR)
    found = await explained(near)

    assert found.stands is Stands.MEMBER
    assert "takes part in Anvil as “report”" in found.said
    [way] = found.ways
    ours, theirs = way.steps
    link = await near.link_of(near.a, ANVIL)
    assert (ours.giver.actor, ours.holder.actor, ours.seen_at) == (PROJECT, TEAM, None)
    assert (theirs.giver.actor, theirs.holder.actor) == (TEAM, near.bob.id)
    assert theirs.seen_at == near.clock.now
    assert (ours.link, ours.revoke) == (link.code, None)
    assert theirs.revoke == theirs.grant.id
    assert found.way.ends_at == min(step.grant.ends_at for step in way.steps)
    held(standing._document(found), "grants why")


async def test_ending_a_link_says_how_many_others_lose_their_way_in(near):
    """A number is what has to be known before; nobody is named, and nobody who never came."""
    await crowd(near, "ann", waiting=("eve", "kim"))
    [way] = (await explained(near)).ways
    ours, theirs = way.steps

    assert "one other person loses their way in" in ours.if_ended
    assert "3 more who have not come yet" in ours.if_ended
    assert "alone loses their way in" in theirs.if_ended
    assert "others" not in theirs.if_ended


async def test_what_is_said_to_end_is_what_ends(near):
    """One of many is turned away; the rest, and what was said, stay as they were."""
    people = await crowd(near, "ann")
    [way] = (await explained(near)).ways
    said = await near.a.rows("messages")
    bystanders = await explained(near, people["ann"])

    await review.act(near.a.gate, Revoke(grant=way.steps[1].revoke), by=OPERATOR, via="cli")
    await near.settle()

    assert not (await near.may(near.bob)).granted
    assert (await near.may(people["ann"])).granted
    assert (await explained(near, people["ann"])).stands is bystanders.stands is Stands.MEMBER
    assert await near.a.rows("messages") == said + 1
    assert "has ended today" in near.bob.notes()[-1]["content"]
    assert (await explained(near)).stands is Stands.OUTSIDE


async def test_our_own_no_outranks_whatever_a_team_says_next(near):
    """A new Grant of the same team, or a knock taken back, brings nobody back in."""
    await crowd(near)
    [each] = await ways.listing(near.a.gate, ANVIL, by=OPERATOR)
    await review.act(
        near.a.gate, Revoke(grant=each.way.chain[-1].grant.id), by=OPERATOR, via="cli"
    )
    leave = {"id": f"{near.bob.id}/leave/1", "type": "Leave", "object": TEAM}
    await near.village.send(near.bob, f"{TEAM}/inbox", leave, now=near.clock.now)
    await near.settle()
    await near.join_the_team()
    assert (await explained(near)).stands is Stands.TURNED_AWAY
    assert (await near.may(near.bob)).granted

    for word in (HELLO, "close", HELLO, "I agree."):
        await near.write(near.a.desk(), word)
        assert (await explained(near)).stands is not Stands.MEMBER
        assert await ways.listing(near.a.gate, ANVIL, by=OPERATOR) == []
    async with near.a.gate.database.snapshot() as tx:
        assert [dict(row) for row in await tx.rows("SELECT id FROM knocks WHERE via IS NULL")]


async def test_whoever_is_in_through_a_team_is_in_the_list_and_whoever_never_came_is_not(near):
    """A team's members are nobody's business until they come."""
    await crowd(near, "ann", waiting=("eve",))
    found = await ways.listing(near.a.gate, ANVIL, by=OPERATOR)

    assert {each.who.handle for each in found} == {
        "@bob@village.example",
        "@ann@village.example",
    }
    assert {each.team.actor for each in found} == {TEAM}
    assert {each.state for each in found} == {"stands"}
    assert await views.grant_list(near.a.gate, ANVIL, by=OPERATOR) == []
    for each in found:
        held({"grants": [standing.through(ANVIL, each)]}, "grants list")
    await near.pause(paused=True)
    assert {each.state for each in await ways.listing(near.a.gate, ANVIL, by=OPERATOR)} == {
        "paused"
    }


async def test_nobody_is_turned_away_who_has_not_come(near):
    """What has not begun cannot be ended; whoever should stay away can be blocked."""
    people = await crowd(near, waiting=("kim",))
    [way] = (await explained(near, people["kim"])).ways
    before = await kept(near)

    with pytest.raises(Conflict) as refused:
        await review.act(near.a.gate, Revoke(grant=way.steps[1].grant.id), by=OPERATOR, via="cli")

    assert refused.value.code == "not-in"
    assert await kept(near) == before


async def test_why_is_asked_by_those_who_may_grant_and_by_nobody_else(near):
    """A screener, a safety contact and a stranger learn nothing, whoever is asked about."""
    await crowd(near)
    before = await kept(near)
    for office in (Office.SCREENER, Office.SAFETY):
        them = near.village.settle(f"{office.value}-1")
        await projects.appoint(near.a.gate, ANVIL, them.id, office, by=OPERATOR)
        by = await access.maintainer(near.a.gate, them.id)
        for who in (near.bob.id, "https://village.example/users/nobody"):
            with pytest.raises(Forbidden):
                await why.explain(near.a.gate, ANVIL, who, by=by)
        with pytest.raises(Forbidden):
            await ways.listing(near.a.gate, ANVIL, by=by)
    assert await kept(near) == before


async def test_a_role_that_is_too_high_is_not_taken_by_a_maintainer(near):
    """Whoever may give no more than triage ends no more than that."""
    await near.join_the_team()
    await near.link_both(role=Role.WRITE)
    await come_in(near)
    them = near.village.settle("mara")
    await projects.appoint(near.a.gate, ANVIL, them.id, Office.MAINTAINER, by=OPERATOR)
    by = await access.maintainer(near.a.gate, them.id)
    [each] = await ways.listing(near.a.gate, ANVIL, by=OPERATOR)
    grant = each.way.chain[-1].grant
    before = await kept(near)

    if grant.role > Role.TRIAGE:
        with pytest.raises(Conflict) as refused:
            await review.act(near.a.gate, Revoke(grant=grant.id), by=by, via="cli")
        assert refused.value.code == "role-too-high"
        assert await kept(near) == before
    else:
        await review.act(near.a.gate, Revoke(grant=grant.id), by=by, via="cli")
        assert (await explained(near)).stands is Stands.OUTSIDE


async def test_the_link_that_does_not_hold_is_named(near):
    """A paused link, one that ended on its day, and one that was taken back, in words."""
    await crowd(near)
    await near.pause(paused=True)
    assert "first Grant of the chain, which @anvil" in (await explained(near)).why_not
    assert "at rest" in (await explained(near)).why_not
    await near.pause(paused=False)
    near.wire.apps.pop("coop.example")
    near.clock.pass_by(HOUR)
    found = await explained(near)
    assert found.way.flaw is Flaw.NOT_SEEN
    assert "second Grant of the chain, which @friends" in found.why_not
    near.clock.pass_by(91 * DAY)
    assert "has ended, on its date" in (await explained(near)).why_not


async def test_somebody_unknown_is_answered_for_too(near):
    """“Why not” has an answer for everybody."""
    eve = near.village.settle("eve")
    found = await explained(near, eve)
    assert (found.stands, found.ways, found.way) == (Stands.OUTSIDE, (), None)
    assert found.why_not.startswith("Nobody gave them a Grant")
    held(standing._document(found), "grants why")


async def test_a_name_of_a_page_is_good_for_its_project_and_no_other(near):
    """What stands in an address tells nothing to whoever reads a log, and opens nothing else."""
    name = why.page_name(near.a.gate, ANVIL, near.bob.id)
    assert "bob" not in name
    assert why.whose_page(near.a.gate, ANVIL, name) == near.bob.id
    for slug, wrong in ((FRIENDS, name), (ANVIL, name[:-2]), (ANVIL, "x" * 40), (ANVIL, "")):
        with pytest.raises(NotFound):
            why.whose_page(near.a.gate, slug, wrong)


async def test_the_console_shows_it_and_ends_it(near):
    """The list marks who is in through a team; the page about one of them ends that."""
    await crowd(near, "ann")
    transport = httpx2.ASGITransport(app=near.a.wire.apps["gate.example"])
    async with httpx2.AsyncClient(transport=transport, base_url="https://gate.example") as client:
        link = await access.make_link(near.a.gate, OPERATOR)
        here = {"Origin": "https://gate.example", "Sec-Fetch-Site": "same-origin"}
        await client.post(link, data={}, headers=here)
        shown = (await client.get("/console/projects/anvil")).text
        assert "Through a team" in shown
        assert "@friends-team@coop.example" in shown
        name = why.page_name(near.a.gate, ANVIL, near.bob.id)
        page = f"/console/projects/anvil/people/{name}"
        person = (await client.get(page)).text
        assert "By the word of a team" in person
        assert "one other person loses their way in" in person
        [way] = (await explained(near)).ways
        csrf = person.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": csrf, "act": "revoke", "grant": way.steps[0].grant.id}
        before = await kept(near)
        assert (await client.post(page, data=form, headers=here)).status_code == 422
        assert await kept(near) == before
        form["grant"] = way.steps[1].grant.id
        assert (await client.post(page, data=form, headers=here)).status_code == 303
        assert "for good" in (await client.get(page)).text
    assert (await explained(near)).stands is Stands.OUTSIDE


async def test_whose_way_does_not_hold_is_told_why_and_asked_what_everybody_is(near):
    """Kindly, and of their own chain alone."""
    await crowd(near)
    await near.pause(paused=True)
    await near.write(near.a.desk(), "status")
    assert "is at rest just now" in near.bob.notes()[-1]["content"]
    await near.write(near.a.desk(), "And the first line, too.")

    told = near.bob.notes()[-1]["content"]
    assert PROJECT in told
    assert "is at rest just now" in told
    assert "welcome" in told
    assert "I agree" in told
    link = await near.link_of(near.a, ANVIL)
    assert link.code not in told
    assert "coop.example" not in told


async def test_whom_their_team_let_go_is_told_so(near):
    """The Grant that they came in by is gone; who took it back is on their own chain."""
    await crowd(near)
    leave = {"id": f"{near.bob.id}/leave/1", "type": "Leave", "object": TEAM}
    await near.village.send(near.bob, f"{TEAM}/inbox", leave, now=near.clock.now)
    await near.settle()
    await near.write(near.a.desk(), "status")
    assert "was taken back" in near.bob.notes()[-1]["content"]


async def test_whoever_is_in_through_a_team_hears_so_when_they_ask(near):
    """Their role and its end, as whoever has a Grant of ours."""
    await crowd(near)
    await near.write(near.a.desk(), "status")
    assert "You take part in Anvil as “report” until" in near.bob.notes()[-1]["content"]
    [view] = await views.thread_list(near.a.gate, ANVIL, by=OPERATOR)
    assert view.through.role is Role.REPORT
