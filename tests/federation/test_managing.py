"""People elsewhere manage a project of ours by a Grant that they name, and by nothing else."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from forges import Foreign, open_foreign
from story import ANSWER, draw_rsa, granted

from demo.village import Villager
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Revoke
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import projects

GROWING = ("threads", "knocks", "grants", "jobs", "delegations", "links")


@pytest.fixture
async def foreign(tmp_path, database, monkeypatch) -> AsyncGenerator[Foreign]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_foreign(tmp_path, database) as opened:
        yield opened


async def member(foreign: Foreign, name: str, role: Role) -> tuple[Villager, str]:
    """Let somebody be a member by invitation, and name their Grant."""
    who = foreign.story.village.settle(name)
    await foreign.story.invite(who, role)
    invite = who.of_type("Invite")[-1]["id"]
    await by(foreign, who, {"type": "Accept", "object": invite})
    return who, who.of_type("Grant")[-1]["id"]


async def by(foreign: Foreign, who: Villager, activity: dict[str, Any]) -> str:
    """Let somebody of the village say something to our project, and give the code it ends by."""
    assert await foreign.say(who, activity, server=foreign.story.village) == 202
    return await foreign.reason()


async def counted(foreign: Foreign) -> dict[str, int]:
    """Count what a refusal must not add to."""
    rows = {table: await foreign.house.rows(table) for table in GROWING}
    people = [*foreign.story.village.people.values(), *foreign.forge.people.values()]
    return rows | {"came": sum(len(who.came) for who in people)}


async def standing(foreign: Foreign) -> set[tuple[str, Role]]:
    """List who has which role here."""
    now = foreign.house.clock.now
    views = await granted(foreign.story)
    return {
        (view.grant.target.rpartition("/")[2], view.grant.role)
        for view in views
        if view.grant.stands(now)
    }


@pytest.mark.parametrize("where", ["", "/collaborators", "/members"])
async def test_an_admin_elsewhere_invites_somebody(foreign, where):
    """They are in when they agree, by accepting the very Invite that was sent to them."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol = foreign.story.village.settle("carol")
    invite = f"{robin.id}/invites/1"

    await by(foreign, robin, {
        "id": invite, "type": "Invite", "object": carol.id, "target": f"{foreign.me}{where}",
        "instrument": "triage", "capability": admin,
    })  # fmt: skip
    assert robin.of_type("Accept")[-1]["object"] == invite
    assert carol.of_type("Invite") == []
    assert "carol" not in {name for name, _ in await standing(foreign)}

    await by(foreign, carol, {"type": "Accept", "object": invite})
    assert ("carol", Role.TRIAGE) in await standing(foreign)
    assert carol.of_type("Grant")[-1]["fulfills"] == invite


@pytest.mark.parametrize("office", [None, Office.MAINTAINER])
async def test_what_somebody_invited_to_ends_with_their_grant_unless_an_office_is_left(
    foreign, office
):
    """Nobody comes in by the word of somebody who may give it no more."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol = foreign.story.village.settle("carol")
    invite = f"{robin.id}/invites/1"
    await by(foreign, robin, {
        "id": invite, "type": "Invite", "object": carol.id, "target": foreign.me,
        "instrument": "report", "capability": admin,
    })  # fmt: skip
    if office is not None:
        gate = foreign.house.gate
        await projects.appoint(gate, Slug("anvil"), robin.id, office, by=OPERATOR)
    await foreign.story.act(Revoke(grant=admin))

    await by(foreign, carol, {"type": "Accept", "object": invite})
    assert ("carol" in {name for name, _ in await standing(foreign)}) == (office is not None)


async def test_what_they_do_is_written_down_as_done_by_them(foreign):
    """In the role that the Grant gave them, and not in an office that they do not hold."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol = foreign.story.village.settle("carol")
    await by(foreign, robin, {
        "type": "Invite", "object": carol.id, "target": foreign.me, "capability": admin,
    })  # fmt: skip

    async with foreign.house.gate.database.snapshot() as tx:
        done = await tx.rows("SELECT act, reason FROM record WHERE principal = :by", by=robin.id)
        waiting = await tx.rows(
            "SELECT entry FROM audit_waiting UNION SELECT entry FROM audit_log"
        )
    assert {"act": "Invite", "reason": "invited"} in done
    assert {"act": "AskToInvite", "reason": "by-capability"} in done
    entries = [json.loads(bytes(row["entry"])) for row in waiting]
    roles = [each["role"] for each in entries if each["act"] == "Invite"]
    assert sorted(roles) == ["admin", "operator"]


async def test_a_knock_is_admitted_over_the_wire(foreign):
    """By an Accept of the Join that it began with."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    dave = foreign.story.village.settle("dave")
    join = f"{dave.id}/joins/1"
    await by(foreign, dave, {"id": join, "type": "Join", "object": foreign.me})
    early = {"type": "Accept", "object": join, "capability": admin}
    assert await by(foreign, robin, early) == "not-waiting"

    await foreign.story.write(ANSWER, by=dave)
    await by(foreign, robin, {"type": "Accept", "object": join, "capability": admin})

    assert ("dave", Role.REPORT) in await standing(foreign)
    assert dave.of_type("Accept")[-1]["object"] == join
    assert dave.of_type("Grant")[-1]["fulfills"] == join


async def test_a_knock_that_was_declined_over_the_wire_is_declined_for_good(foreign):
    """A later Accept of the same Join gives nothing; they may ask again."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    dave = foreign.story.village.settle("dave")
    join = f"{dave.id}/joins/1"
    await by(foreign, dave, {"id": join, "type": "Join", "object": foreign.me})
    await foreign.story.write(ANSWER, by=dave)

    await by(foreign, robin, {"type": "Reject", "object": join, "capability": admin})
    assert dave.of_type("Reject")[-1]["object"] == join

    late = {"type": "Accept", "object": join, "capability": admin}
    assert await by(foreign, robin, late) == "not-waiting"
    assert "dave" not in {name for name, _ in await standing(foreign)}


@pytest.mark.parametrize("where", ["", "/collaborators"])
async def test_an_admin_elsewhere_removes_somebody(foreign, where):
    """All of their Grants end, and they are told which act it fulfils."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol, grant = await member(foreign, "carol", Role.REPORT)
    remove = f"{robin.id}/removes/1"

    await by(foreign, robin, {
        "id": remove, "type": "Remove", "object": carol.id, "origin": f"{foreign.me}{where}",
        "capability": admin,
    })  # fmt: skip

    assert "carol" not in {name for name, _ in await standing(foreign)}
    revoke = carol.of_type("Revoke")[-1]
    assert (revoke["object"], revoke["fulfills"]) == (grant, remove)


async def test_an_admin_elsewhere_takes_grants_back(foreign):
    """By naming them; all have to be of one person."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol, hers = await member(foreign, "carol", Role.REPORT)
    dave, his = await member(foreign, "dave", Role.REPORT)

    two = {"type": "Undo", "object": [hers, his], "capability": admin}
    assert await by(foreign, robin, two) == "nothing-there"
    assert {"carol", "dave"} <= {name for name, _ in await standing(foreign)}

    await by(foreign, robin, {"type": "Undo", "object": hers, "capability": admin})
    names = {name for name, _ in await standing(foreign)}
    assert "carol" not in names
    assert "dave" in names
    assert carol.of_type("Revoke")[-1]["object"] == hers
    assert dave.of_type("Revoke") == []


def managing(me: str, grant: str) -> dict[str, dict[str, Any]]:
    """Write each act that manages a project, without a capability."""
    other = "https://forge.example/users/team"
    return {
        "Invite": {"type": "Invite", "object": other, "target": me},
        "Remove": {"type": "Remove", "object": other, "origin": f"{me}/collaborators"},
        "Undo": {"type": "Undo", "object": [grant, f"{grant}0"]},
        "Add": {"type": "Add", "object": other, "target": f"{me}/teams", "instrument": "report"},
        "Unlink": {"type": "Remove", "object": other, "origin": f"{me}/teams"},
    }


@pytest.mark.parametrize("what", managing("", ""))
async def test_there_is_no_authority_without_a_capability(foreign, what):
    """G01: not even for an owner who writes from their own account and holds an admin's Grant."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    await projects.appoint(foreign.house.gate, "anvil", robin.id, Office.OWNER, by=OPERATOR)
    foreign.forge.settle("team", kind="Team")
    before, log = await counted(foreign), len(foreign.house.wire.log)

    assert await by(foreign, robin, managing(foreign.me, admin)[what]) == "no-capability"

    assert await counted(foreign) == before
    assert all(url.startswith("https://gate.example") for _, url in foreign.house.wire.log[log:])


@pytest.mark.parametrize("what", [name for name in managing("", "") if name != "Undo"])
async def test_a_capability_that_does_not_suffice_changes_nothing(foreign, what):
    """Another's, a lower one, or one that was revoked."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol, low = await member(foreign, "carol", Role.TRIAGE)
    foreign.forge.settle("team", kind="Team")
    act = managing(foreign.me, admin)[what]
    before, log = await counted(foreign), len(foreign.house.wire.log)

    assert await by(foreign, carol, {**act, "capability": admin}) == "grant-target"
    assert await by(foreign, carol, {**act, "capability": low}) == "role-too-low"
    assert await counted(foreign) == before
    await foreign.story.act(Revoke(grant=admin))
    before = await counted(foreign)
    assert await by(foreign, robin, {**act, "capability": admin}) == "grant-revoked"
    assert await counted(foreign) == before
    forge = [url for _, url in foreign.house.wire.log[log:] if "forge.example" in url]
    assert forge == []


async def test_nobody_gives_more_than_a_maintainer_may(foreign):
    """The ceiling is that of the office which such a Grant is like."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    carol = foreign.story.village.settle("carol")
    await by(foreign, carol, {"type": "Ping"})
    before = await counted(foreign)
    invite = {"type": "Invite", "object": carol.id, "target": foreign.me, "capability": admin}

    assert await by(foreign, robin, {**invite, "instrument": "write"}) == "role-too-high"
    assert await counted(foreign) == before


async def test_whoever_comes_by_a_team_does_not_decide_who_else_may(foreign):
    """What they gave would outlive the link, so their chain lets them work and no more."""
    team, bob = foreign.forge.settle("team", kind="Team"), foreign.story.bob
    start = await foreign.trusted(team, role=Role.ADMIN)
    said = {"context": foreign.me, "delegates": start["id"], "object": "admin"}
    leaf = foreign.grant(team, bob.id, **said)
    await foreign.say(team, leaf)
    carol = foreign.story.village.settle("carol")
    invite = {"type": "Invite", "object": carol.id, "target": foreign.me, "capability": leaf["id"]}

    assert await by(foreign, bob, invite) == "grant-not-direct"
    assert await foreign.house.rows("knocks") == 0


async def test_an_owner_links_from_their_own_account(foreign):
    """With office and Grant together; the team hears that we stand behind what they sent."""
    robin, admin = await member(foreign, "robin", Role.ADMIN)
    team = foreign.forge.settle("team", kind="Team")
    add = {
        "id": f"{robin.id}/adds/1", "type": "Add", "object": team.id,
        "target": f"{foreign.me}/teams", "instrument": "report", "capability": admin,
    }  # fmt: skip
    assert await by(foreign, robin, add) == "not-your-office"
    assert await foreign.house.rows("links") == 0
    await projects.appoint(foreign.house.gate, "anvil", robin.id, Office.OWNER, by=OPERATOR)

    await by(foreign, robin, {**add, "id": f"{robin.id}/adds/2"})
    assert team.of_type("Accept")[-1]["object"] == f"{robin.id}/adds/2"
    assert team.of_type("Add") == []
    assert (await foreign.link()).state is State.OFFERED

    await foreign.welcome(team, fulfills=f"{robin.id}/adds/2")
    assert (await foreign.link()).state is State.ACTIVE
    assert team.of_type("Grant")[-1]["allows"] == "distribute"

    gone = {"type": "Remove", "object": team.id, "origin": f"{foreign.me}/teams"}
    await by(foreign, robin, {**gone, "capability": admin})
    assert (await foreign.link()).state is State.ENDED
    assert team.of_type("Revoke")
