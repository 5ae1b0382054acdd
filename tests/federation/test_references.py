"""Somebody who knocks shows a Grant from elsewhere: looked at once, live, and never a way in."""

import json
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx2
import pytest
from contracts import held
from neighbours import ANVIL, FRIENDS, TEAM, Neighbours, open_neighbours
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from story import ANSWER, HELLO, draw_rsa

from forgefed_gate.cli import conversations, standing
from forgefed_gate.domain.ids import DAY, HOUR, SECOND
from forgefed_gate.domain.intents import Ask, Revoke
from forgefed_gate.domain.references import Doubt
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import (
    access,
    blocking,
    erasure,
    projects,
    references,
    review,
    tidy,
    views,
)


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def line(near, *, by=None):
    """Ask the team's desk for the line that shows a Grant."""
    who = by or near.bob
    await near.write(near.b.desk("friends"), "show", by=who)
    said = who.notes()[-1]["content"]
    found = re.search(r"https://coop\.example/shown/\w+", said)
    return f"grant {found[0]}" if found else ""


def paragraphs(*said):
    return "</p><p>".join(said)


async def knock(near, *said, by=None):
    """Knock at the project, showing something beside the answers."""
    await near.write(near.a.desk(), HELLO, by=by)
    await near.write(near.a.desk(), paragraphs(ANSWER, *said), by=by)


async def shown(near, by=OPERATOR):
    [held] = await views.knock_list(near.a.gate, ANVIL, by=by)
    return await references.of_knock(near.a.gate, held.knock.id, by=by)


def asked(near):
    return [entry for entry in near.wire.log if "/shown/" in entry[1]]


async def untouched(near):
    """Say that nobody came in, and that nothing but what was shown was kept."""
    [held] = await views.knock_list(near.a.gate, ANVIL, by=OPERATOR)
    assert held.knock.stage is Stage.HELD
    assert await near.a.rows("grants") == await near.a.rows("delegations") == 0
    return await near.a.rows("shown_grants")


async def test_a_membership_elsewhere_is_shown_to_whoever_decides(near):
    """Where, of what, until when, and that it was seen to stand; and what it does not prove."""
    await near.join_the_team()
    await knock(near, await line(near))

    found = await shown(near)
    assert found.said.startswith("At coop.example they hold “report” from @friends-team@coop")
    assert "seen to stand on 2026-11-22" in found.said
    assert "nothing follows from it by itself" in found.proves_not
    assert (found.role, found.doubt) == (Role.REPORT, None)
    assert [method for method, _ in asked(near)] == ["GET"]
    assert await untouched(near) == 1


async def test_programs_and_pages_show_the_same(near):
    """The command line keeps its promise, and the page of the conversation says it too."""
    await near.join_the_team()
    await knock(near, await line(near))
    [waiting] = await views.knock_list(near.a.gate, ANVIL, by=OPERATOR)
    view, thread = await views.knock(near.a.gate, waiting.knock.id, by=OPERATOR)
    document = {
        "knock": conversations._knock(view),
        "thread": conversations._open_thread(thread),
        "shown": standing.shown(await shown(near)),
    }
    held(document, "knocks show")
    assert document["shown"]["role"] == "report"

    transport = httpx2.ASGITransport(app=near.a.wire.apps["gate.example"])
    async with httpx2.AsyncClient(transport=transport, base_url="https://gate.example") as client:
        here = {"Origin": "https://gate.example", "Sec-Fetch-Site": "same-origin"}
        await client.post(await access.make_link(near.a.gate, OPERATOR), data={}, headers=here)
        page = (await client.get(f"/console/threads/{thread.thread.id}")).text
    assert "At coop.example they hold “report”" in page
    assert "nothing follows from it by itself" in page


async def test_nobody_is_asked_before_the_knock_waits_and_then_once(near):
    """Whoever says hello makes us ask nobody, and whoever waits makes us ask no more."""
    await near.join_the_team()
    first, second = await line(near), await line(near)
    await near.write(near.a.desk(), paragraphs(HELLO, first))
    assert asked(near) == []
    assert (await shown(near)).looked_at is None

    await near.write(near.a.desk(), ANSWER)
    assert len(asked(near)) == 1
    await near.write(near.a.desk(), paragraphs("And this.", second))
    [held] = await views.knock_list(near.a.gate, ANVIL, by=OPERATOR)
    await review.act(near.a.gate, Ask(knock=held.knock.id, text="Why?"), by=OPERATOR, via="cli")
    await near.settle()
    await near.write(near.a.desk(), paragraphs("Because.", second))
    assert len(asked(near)) == 1
    assert await untouched(near) == 1


async def test_a_blind_screener_learns_the_role_and_its_time_and_not_from_where(near):
    """Neither from what was found, nor from the line that they wrote."""
    await near.join_the_team()
    await knock(near, await line(near), "I help at coop.example, too.")
    rosa = near.village.settle("rosa")
    await projects.appoint(near.a.gate, ANVIL, rosa.id, Office.SCREENER, by=OPERATOR)
    by = await access.maintainer(near.a.gate, rosa.id)

    found = await shown(near, by)
    [held] = await views.knock_list(near.a.gate, ANVIL, by=by)
    _, thread = await views.knock(near.a.gate, held.knock.id, by=by)
    everything = str(found) + str(thread)
    assert "“report”" in found.said
    for name in ("coop", "friends", "bob", "village"):
        assert name not in everything


async def test_the_grant_of_somebody_else_says_nothing(near):
    """Whoever passes a link on gives nothing with it."""
    await near.join_the_team()
    eve = near.village.settle("eve")
    await knock(near, await line(near), by=eve)
    found = await shown(near)
    assert (found.doubt, found.role) == (Doubt.TARGET, None)
    assert "somebody else" in found.said
    assert await untouched(near) == 1


async def test_what_was_taken_back_or_ran_out_is_not_shown(near):
    """A link is good for a day, and for as long as the Grant stands."""
    await near.join_the_team()
    shows = await line(near)
    near.clock.pass_by(DAY + SECOND)
    await knock(near, shows)
    assert (await shown(near)).doubt is Doubt.UNREACHABLE
    assert await untouched(near) == 1


async def test_a_revoked_grant_is_not_shown(near):
    """It answers as if it had never been."""
    await near.join_the_team()
    shows = await line(near)
    [held] = await views.grant_list(near.b.gate, FRIENDS, by=OPERATOR)
    await review.act(near.b.gate, Revoke(grant=held.grant.id), by=OPERATOR, via="cli")
    await near.settle()
    await knock(near, shows)
    assert (await shown(near)).doubt is Doubt.UNREACHABLE
    assert await untouched(near) == 1


async def test_a_blocked_host_is_not_asked(near):
    """Whom we do not listen to, we do not look up either."""
    await near.join_the_team()
    shows = await line(near)
    await blocking.block(near.a.gate, "coop.example", by=OPERATOR)
    await knock(near, shows)
    assert asked(near) == []
    assert (await shown(near)).doubt is Doubt.UNREACHABLE
    assert await untouched(near) == 1


async def test_only_a_holder_gets_a_line_and_it_holds_no_more_than_the_grant(near):
    """Whoever holds nothing shows nothing; whoever is in through a team is sent to it."""
    await near.write(near.b.desk("friends"), HELLO)
    assert await line(near) == ""
    assert "nothing to show" in near.bob.notes()[-1]["content"]
    assert await near.b.rows("show_links") == 0
    await near.join_the_team()
    await near.link_both()
    for said in (HELLO, "I agree.", "show"):
        await near.write(near.a.desk(), said)
    assert "@friends-team@coop.example" in near.bob.notes()[-1]["content"]
    assert await near.a.rows("show_links") == 0


async def test_a_link_is_read_by_whoever_has_it_and_by_nobody_else(near):
    """The document is the one that was sent; what never was looks like what ended."""
    await near.join_the_team()
    url = (await line(near)).removeprefix("grant ")
    answer = await near.wire.get(url, {"Accept": "application/activity+json"})
    document = json.loads(answer.body)
    assert (answer.status, document["target"], document["actor"]) == (200, near.bob.id, TEAM)
    assert answer.headers["cache-control"] == "private, no-store"
    wrong = await near.wire.get(url[:-1] + "x", {})
    near.clock.pass_by(DAY)
    ended = await near.wire.get(url, {})
    assert (wrong.status, wrong.body) == (ended.status, ended.body)
    assert wrong.status == 404
    await tidy.tidy(near.b.gate)
    assert await near.b.rows("show_links") == 0


async def test_it_is_sealed_and_goes_with_whoever_showed_it(near, caplog):
    """Neither the table nor a log holds where somebody is a member."""
    caplog.set_level(logging.DEBUG, logger="forgefed_gate")
    await near.join_the_team()
    await knock(near, await line(near))
    async with near.a.gate.database.snapshot() as tx:
        rows = [dict(row) for row in await tx.rows("SELECT * FROM shown_grants")]
        record = [dict(row) for row in await tx.rows("SELECT * FROM record")]
    assert len(rows) == 1
    assert "coop" not in str(rows) + str(record)
    logged = [each for each in caplog.records if each.name.startswith("forgefed_gate")]
    assert "/shown/" not in str([each.__dict__ for each in logged])

    await erasure.erase_now(near.a.gate, near.bob.id, by=OPERATOR)
    assert await near.a.rows("shown_grants") == 0


async def test_a_knock_that_ended_is_not_looked_into(near):
    """Whoever took it back is asked about nowhere."""
    await near.join_the_team()
    await near.write(near.a.desk(), paragraphs(HELLO, await line(near)))
    await near.write(near.a.desk(), "close")
    await near.settle()
    assert asked(near) == []


async def test_a_join_may_name_a_grant_as_its_capability(near):
    """What ForgeFed peers send instead of a line."""
    await near.join_the_team()
    url = (await line(near)).removeprefix("grant ")
    project = near.a.gate.places.project(ANVIL)
    join = {
        "id": f"{near.bob.id}/join/1",
        "type": "Join",
        "object": project,
        "instrument": "report",
        "capability": url,
        "to": [project],
    }
    near.clock.pass_by(SECOND)
    await near.village.send(near.bob, f"{project}/inbox", join, now=near.clock.now)
    await near.settle()
    assert asked(near) == []
    await near.write(near.a.desk(), ANSWER)
    assert (await shown(near)).role is Role.REPORT
    assert await untouched(near) == 1


@dataclass
class Forge:
    """Another forge, which serves what it is told to."""

    documents: dict[str, dict]
    stands: int = 204

    def app(self):
        async def give(request):
            if request.method == "HEAD":
                return JSONResponse(None, self.stands)
            found = self.documents.get(str(request.url.path))
            kind = "application/activity+json"
            return JSONResponse(found, 200 if found else 404, media_type=kind)

        return Starlette(routes=[Route("/{rest:path}", give, methods=["GET"])])


FORGE = "https://forge.example"


def grant_of(near, **changed):
    now = near.clock.now
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "id": f"{FORGE}/grants/1",
        "type": "Grant",
        "actor": f"{FORGE}/p",
        "object": "write",
        "context": f"{FORGE}/p",
        "target": near.bob.id,
        "allows": "invoke",
        "startTime": iso(now - DAY),
        "endTime": iso(now + 30 * DAY),
    } | changed


PASSED = {
    "context": "https://elsewhere.example/p",
    "delegates": "https://elsewhere.example/grants/1",
    "result": f"{FORGE}/grants/1/live",
}


def forge(near, grant, *, stands=204):
    actor = {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "id": f"{FORGE}/p",
        "type": "Project",
        "inbox": f"{FORGE}/p/inbox",
        "preferredUsername": "press",
    }
    near.wire.apps["forge.example"] = Forge(
        documents={"/grants/1": grant, "/uploads/1": grant, "/p": actor}, stands=stands
    ).app()


async def test_a_grant_that_its_forge_serves_under_its_own_id_is_taken_as_it_is(near):
    """A server answers for its own ids; a passed-on Grant is asked about as well."""
    forge(near, grant_of(near, **PASSED))
    await knock(near, f"grant {FORGE}/grants/1")
    found = await shown(near)
    assert (found.role, found.doubt) == (Role.WRITE, None)
    assert "@press@forge.example" in found.said
    assert ("HEAD", f"{FORGE}/grants/1/live") in near.wire.log
    assert await untouched(near) == 1


DOUBTS = [
    ({}, "/uploads/1", Doubt.UNPROVEN),
    ({"id": f"{TEAM}/grants/1", "actor": TEAM}, "/grants/1", Doubt.ORIGIN),
    ({"actor": TEAM}, "/grants/1", Doubt.NO_GRANT),
    ({"target": "https://village.example/users/ann"}, "/grants/1", Doubt.TARGET),
    ({"endTime": "2026-01-01T00:00:00Z"}, "/grants/1", Doubt.TIME),
    ({"startTime": "2026-12-01T00:00:00Z"}, "/grants/1", Doubt.TIME),
    ({"object": "delegate"}, "/grants/1", Doubt.SHAPE),
    ({"allows": "distribute"}, "/grants/1", Doubt.SHAPE),
    ({"context": f"{FORGE}/other"}, "/grants/1", Doubt.SHAPE),
    ({"delegates": f"{FORGE}/grants/0"}, "/grants/1", Doubt.SHAPE),
    (PASSED | {"result": "https://elsewhere.example/live"}, "/grants/1", Doubt.SHAPE),
    ({"type": "Note"}, "/grants/1", Doubt.NO_GRANT),
    ({"object": "king"}, "/grants/1", Doubt.NO_GRANT),
    ({}, "/nothing", Doubt.UNREACHABLE),
]


@pytest.mark.parametrize(("changed", "path", "doubt"), DOUBTS)
async def test_whatever_does_not_fit_says_nothing_for_them(near, changed, path, doubt):
    """Any field of it, and any place that it is served from."""
    forge(near, grant_of(near, **changed))
    await knock(near, f"grant {FORGE}{path}")
    found = await shown(near)
    assert (found.doubt, found.role, found.proves_not) == (doubt, None, "")
    assert await untouched(near) == 1


@pytest.mark.parametrize("status", [410, 404, 403, 500, 302])
async def test_a_passed_on_grant_whose_server_does_not_say_that_it_stands_says_nothing(
    near, status
):
    """Silence is no yes."""
    forge(near, grant_of(near, **PASSED), stands=status)
    await knock(near, f"grant {FORGE}/grants/1")
    assert (await shown(near)).doubt is Doubt.TAKEN_BACK
    assert await untouched(near) == 1


async def test_one_server_is_not_asked_too_much_at_once(near):
    """A crowd that shows links to one host does not make us knock it over."""
    forge(near, grant_of(near))
    near.a.gate.memory.spent["asked forge.example"] = [near.clock.now, 10**6]
    await knock(near, f"grant {FORGE}/grants/1")
    assert (await shown(near)).looked_at is None
    assert [entry for entry in near.wire.log if "forge.example" in entry[1]] == []

    near.clock.pass_by(HOUR)
    await near.settle()
    assert (await shown(near)).role is Role.WRITE
