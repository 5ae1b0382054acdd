"""Every rule for Grants that travel, broken one at a time: nothing happens, and it is said why."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from forges import FORGE, Foreign, open_foreign
from story import draw_rsa

from demo.village import Villager
from forgefed_gate.domain.ids import DAY, SECOND, Slug, later
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import projects

GROWING = ("threads", "knocks", "grants", "jobs", "delegations", "buried_grants", "links")


@pytest.fixture
async def foreign(tmp_path, database, monkeypatch) -> AsyncGenerator[Foreign]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_foreign(tmp_path, database) as opened:
        yield opened


async def trusted_team(foreign: Foreign) -> tuple[Villager, dict[str, Any]]:
    """Link with a team, meet bob and the team, and give the Grant that the team passes on."""
    team = foreign.forge.settle("team", kind="Team")
    start = await foreign.trusted(team, role=Role.REPORT)
    await foreign.say(foreign.story.bob, {"type": "Ping"}, server=foreign.story.village)
    return team, start


async def join(foreign: Foreign, capability: Any, *, by: Villager | None = None) -> None:
    """Let somebody ask for a role, and name a Grant."""
    wanted = {"type": "Join", "object": foreign.me, "instrument": "report"}
    status = await foreign.say(
        by or foreign.story.bob,
        {**wanted, "capability": capability},
        server=foreign.story.village,
    )
    assert status == 202


async def counted(foreign: Foreign) -> dict[str, int]:
    """Count what a refusal must not add to."""
    rows = {table: await foreign.house.rows(table) for table in GROWING}
    people = [*foreign.story.village.people.values(), *foreign.forge.people.values()]
    return rows | {"came": sum(len(who.came) for who in people)}


def asked_since(foreign: Foreign, before: int) -> list[tuple[str, str]]:
    """List what we asked of others since then, without what a test brought to us."""
    return [
        (method, url)
        for method, url in foreign.house.wire.log[before:]
        if not url.startswith("https://gate.example")
    ]


def moved(field: str, days: int):
    """Change a moment of a Grant."""
    return lambda foreign: {field: iso(later(foreign.house.clock.now, days * DAY))}


WRONG = [
    ("its type", lambda _: {"type": "Note"}, "grant-unread"),
    ("its context", lambda _: {"context": "https://gate.example/projects/other"}, "grant-context"),
    ("its target", lambda _: {"target": f"{FORGE}/users/eve"}, "grant-target"),
    ("its issuer", lambda _: {"actor": f"{FORGE}/users/eve"}, "grant-target"),
    ("its origin", lambda _: {"actor": "https://village.example/users/bob"}, "grant-origin"),
    ("ours as issuer", lambda f: {"actor": f.me}, "grant-origin"),
    ("what it allows", lambda _: {"allows": "distribute"}, "grant-allows"),
    ("allowing two things", lambda _: {"allows": ["invoke", "distribute"]}, "grant-allows"),
    ("allowing nothing", lambda _: {"allows": None}, "grant-allows"),
    ("no parent", lambda _: {"delegates": None}, "foreign-root"),
    (
        "a parent that we never gave",
        lambda f: {"delegates": f"{f.me}/grants/{'0' * 32}"},
        "grant-unknown",
    ),
    ("too early", moved("startTime", 1), "grant-early"),
    ("ended", moved("endTime", -1), "grant-ended"),
    ("no end", lambda _: {"endTime": None}, "moment"),
    ("ten years", moved("endTime", 3650), "grant-long"),
    ("no result", lambda _: {"result": None}, "grant-no-result"),
    (
        "two results",
        lambda _: {"result": [{"id": f"{FORGE}/a"}, {"id": f"{FORGE}/b"}]},
        "grant-result",
    ),
    (
        "a result elsewhere",
        lambda _: {"result": {"id": "https://village.example/live"}},
        "grant-no-result",
    ),
    (
        "a duration that is none",
        lambda _: {"result": {"id": f"{FORGE}/a", "duration": "P1D"}},
        "grant-duration",
    ),
    ("a higher role", lambda _: {"object": "maintain"}, "role-escalation"),
    ("no such role", lambda _: {"object": "wizard"}, "role-unknown"),
    ("the right to pass on", lambda _: {"object": "delegate"}, "grant-delegate"),
]


@pytest.mark.parametrize(
    ("changed", "code"), [case[1:] for case in WRONG], ids=[c[0] for c in WRONG]
)
async def test_a_grant_with_one_field_wrong_opens_nothing(foreign, changed, code):
    """G02, G03, G04, G07, G12: no row, no job, and no request but the one for the Grant."""
    team, start = await trusted_team(foreign)
    said = {"context": foreign.me, "delegates": start["id"], **changed(foreign)}
    leaf = foreign.grant(team, foreign.story.bob.id, **said)
    foreign.forge.settle("eve")
    before, log = await counted(foreign), len(foreign.house.wire.log)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == code
    assert await counted(foreign) == before
    about_people = {("GET", f"{FORGE}/users/eve"), ("GET", f"{FORGE}/users/team")}
    assert set(asked_since(foreign, log)) - about_people == {("GET", leaf["id"])}


async def test_the_same_grant_with_nothing_wrong_lets_them_in(foreign):
    """Without this, the table above could be refused for another reason."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])

    await join(foreign, leaf["id"])

    assert await foreign.reason() == "vouched-for"


async def test_a_failure_is_remembered_for_a_minute_and_not_longer(foreign):
    """Whoever repeats themselves makes us ask nobody; who comes later is looked at anew."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    served = foreign.forge.grants.pop(leaf["id"])
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "missing"

    foreign.forge.grants[leaf["id"]] = served
    log = len(foreign.house.wire.log)
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "missing"
    assert asked_since(foreign, log) == []

    foreign.house.clock.pass_by(61 * SECOND)
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "vouched-for"


async def test_what_somebody_else_names_in_vain_costs_its_holder_nothing(foreign):
    """A failure is remembered of whoever failed."""
    team, start = await trusted_team(foreign)
    eve = foreign.story.village.settle("eve")
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await join(foreign, leaf["id"], by=eve)
    assert await foreign.reason() == "grant-target"

    await join(foreign, leaf["id"])
    assert await foreign.reason() == "vouched-for"


@pytest.mark.parametrize(
    ("status", "code"),
    [(410, "grant-revoked"), (404, "grant-unconfirmed"), (500, "grant-unconfirmed"),
     (302, "grant-unconfirmed"), (301, "grant-unconfirmed")],
)  # fmt: skip
async def test_a_result_that_does_not_say_yes_says_no(foreign, status, code):
    """G05: gone is final, and what cannot be asked, or leads elsewhere, has not said yes."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    token = leaf["id"].rpartition("/")[2]
    foreign.forge.live[token] = status
    before, log = await counted(foreign), len(foreign.house.wire.log)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == code
    kept = {"delegations": before["delegations"] + 1}
    buried = {"buried_grants": before["buried_grants"] + (status == 410)}
    assert await counted(foreign) == before | kept | buried
    allowed = {("GET", leaf["id"]), ("HEAD", f"{leaf['id']}/live"), ("GET", f"{FORGE}/users/team")}
    assert set(asked_since(foreign, log)) <= allowed


async def test_a_long_duration_is_cut_to_three_hundred_seconds(foreign):
    """G06: whoever passes something on does not say for how long we go without asking."""
    team, start = await trusted_team(foreign)
    result = {"id": f"{FORGE}/grants/huge/live", "duration": "PT9223372036854775807S"}
    leaf = foreign.grant(
        team, foreign.story.bob.id, context=foreign.me, delegates=start["id"], result=result
    )
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "vouched-for"
    foreign.forge.live["huge"] = 410

    foreign.house.clock.pass_by(301 * SECOND)
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "grant-revoked"


async def test_a_chain_that_goes_round_in_a_circle_is_left(foreign):
    """G04: two Grants that name each other are asked for once each."""
    team, start = await trusted_team(foreign)
    other = foreign.forge.settle("other", kind="Team")
    upper = foreign.grant(team, other.id, context=foreign.me, allows="distribute")
    leaf = foreign.grant(other, foreign.story.bob.id, context=foreign.me, delegates=upper["id"])
    foreign.forge.grants[upper["id"]]["delegates"] = leaf["id"]
    before, log = await counted(foreign), len(foreign.house.wire.log)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == "grant-repeated"
    assert await counted(foreign) == before
    assert len(asked_since(foreign, log)) == 2
    assert start["id"]


@pytest.mark.parametrize(("links", "code"), [(8, "vouched-for"), (9, "grant-chain-long")])
async def test_a_chain_has_eight_links_at_most(foreign, links, code):
    """G04: nine are refused after eight requests at most."""
    team, start = await trusted_team(foreign)
    above, giver = start["id"], team
    for number in range(links - 2):
        nearer = foreign.forge.settle(f"team{number}", kind="Team")
        said = {"context": foreign.me, "delegates": above, "allows": "distribute"}
        above, giver = foreign.grant(giver, nearer.id, **said)["id"], nearer
    leaf = foreign.grant(giver, foreign.story.bob.id, context=foreign.me, delegates=above)
    before, log = await counted(foreign), len(foreign.house.wire.log)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == code
    if links > 8:
        assert await counted(foreign) == before
        assert len(asked_since(foreign, log)) <= 8


async def test_an_embedded_copy_is_fetched_unless_its_issuer_proves_it(foreign):
    """G09: a proof saves the way; a copy without one is what its issuer says it is."""
    team, start = await trusted_team(foreign)
    said = {"context": foreign.me, "delegates": start["id"]}
    leaf = foreign.grant(team, foreign.story.bob.id, **said)
    proven = foreign.forge.prove(team, leaf, now=foreign.house.clock.now)
    foreign.house.clock.pass_by(2 * DAY)
    log = len(foreign.house.wire.log)

    await join(foreign, proven)

    assert await foreign.reason() == "vouched-for"
    assert ("GET", leaf["id"]) not in asked_since(foreign, log)


@pytest.mark.parametrize("proof", [None, "another's", "of something else"])
async def test_an_embedded_copy_that_differs_is_refused(foreign, proof):
    """G09: whoever shows a Grant does not get to write it."""
    team, start = await trusted_team(foreign)
    eve = foreign.forge.settle("eve")
    said = {"context": foreign.me, "delegates": start["id"]}
    leaf = foreign.grant(team, foreign.story.bob.id, **said, object="visit")
    forged = {**leaf, "object": "report"}
    if proof == "another's":
        forged = foreign.forge.prove(eve, forged, now=foreign.house.clock.now)
    if proof == "of something else":
        true = foreign.forge.prove(team, leaf, now=foreign.house.clock.now)
        forged = {**true, "object": "report"}
    before = await counted(foreign)

    await join(foreign, forged)

    assert await foreign.reason() == "grant-copy"
    assert await counted(foreign) == before


async def test_a_third_party_cannot_revoke(foreign):
    """G10: neither from another server nor from the same one."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await join(foreign, leaf["id"])
    eve, far = foreign.forge.settle("eve"), foreign.story.village.settle("eve")

    revoke = {"type": "Revoke", "object": leaf["id"]}
    assert await foreign.say(far, revoke, server=foreign.story.village) == 403
    assert await foreign.say(eve, revoke) == 202
    assert await foreign.reason() == "not-issuer"
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "already-knocking"
    async with foreign.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT id FROM delegations WHERE revoked_at IS NOT NULL")
    assert rows == []


async def test_a_revoked_grant_never_comes_back(foreign):
    """G10: not by the same Grant again, nor by naming it, nor at its issuer's word."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await foreign.say(team, leaf)
    assert await foreign.reason() == "grant-seen"
    assert await foreign.say(team, {"type": "Revoke", "object": leaf["id"]}) == 202

    again = {**leaf, "published": iso(foreign.house.clock.now)}
    assert await foreign.say(team, again) in {202, 409}
    await join(foreign, leaf["id"])
    assert await foreign.reason() == "grant-revoked"


async def test_a_revoke_that_came_first_wins(foreign):
    """G10: what was revoked before it was shown is not taken in."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await foreign.say(team, {"type": "Revoke", "object": leaf["id"]})
    before = await counted(foreign)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == "grant-revoked"
    assert await counted(foreign) == before


async def test_a_revoke_counts_from_when_we_take_it(foreign):
    """R-12: whoever is told 202 may rely on it, whatever our queue looks like."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await foreign.say(team, leaf)
    foreign.house.clock.pass_by(SECOND)
    revoke = {"id": f"{FORGE}/said/last", "type": "Revoke", "object": leaf["id"]}

    answer = await foreign.forge.send(
        team, f"{foreign.me}/inbox", revoke, now=foreign.house.clock.now
    )

    assert answer.status == 202
    async with foreign.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT revoked_at FROM delegations WHERE id = :id", id=leaf["id"])
    assert rows[0]["revoked_at"] is not None
    assert await foreign.house.rows("jobs") == 1


@pytest.mark.parametrize("proven", [True, False])
async def test_a_revoke_of_whole_grants_needs_their_issuers_proof(foreign, proven):
    """G10: an id needs none, since it is on the server of whoever signed."""
    team, start = await trusted_team(foreign)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=start["id"])
    await foreign.say(team, leaf)
    before = await counted(foreign)
    proof = foreign.forge.prove(team, leaf, now=foreign.house.clock.now)
    foreign.house.clock.pass_by(2 * DAY)

    status = await foreign.say(team, {"type": "Revoke", "object": proof if proven else leaf})

    assert status == (202 if proven else 403)
    after = before["buried_grants"] + proven
    assert (await counted(foreign))["buried_grants"] == after


async def test_a_grant_for_one_project_is_good_for_no_other(foreign):
    """G11: whatever it lets somebody do, it does so where it was given."""
    await trusted_team(foreign)
    await projects.add(foreign.house.gate, "hammer", "Hammer", by=OPERATOR)
    mine = foreign.story.village.settle("mine")
    await foreign.story.admit(by=mine)
    grant = mine.of_type("Grant")[-1]["id"]
    before = await counted(foreign)

    hammer = foreign.house.gate.places.project(Slug("hammer"))
    foreign.house.clock.pass_by(SECOND)
    wanted = {"id": f"{mine.id}/joins/9", "type": "Join", "object": hammer, "capability": grant}
    now = foreign.house.clock.now
    await foreign.story.village.send(mine, f"{hammer}/inbox", wanted, now=now)
    await foreign.house.work()

    assert await foreign.reason() == "grant-context"
    assert await counted(foreign) == before


async def test_nobody_is_asked_for_a_grant_where_none_of_ours_could_be_behind_it(foreign):
    """Before any link there is nothing to follow from, and no server to be asked."""
    team = foreign.forge.settle("team", kind="Team")
    await foreign.say(foreign.story.bob, {"type": "Ping"}, server=foreign.story.village)
    leaf = foreign.grant(team, foreign.story.bob.id, context=foreign.me, delegates=FORGE)
    before, log = await counted(foreign), len(foreign.house.wire.log)

    await join(foreign, leaf["id"])

    assert await foreign.reason() == "no-grant"
    assert await counted(foreign) == before
    assert [url for _, url in asked_since(foreign, log) if "/grants/" in url] == []
