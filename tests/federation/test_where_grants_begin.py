"""What somebody gives us to pass on goes back to what it is about, or goes no further."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from forges import FORGE, Foreign, open_foreign
from story import draw_rsa

from demo.village import Villager
from forgefed_gate.domain import linking
from forgefed_gate.domain.ids import HOUR
from forgefed_gate.domain.links import Peer
from forgefed_gate.domain.places import Kind
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.times import iso


@pytest.fixture
async def foreign(tmp_path, database, monkeypatch) -> AsyncGenerator[Foreign]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_foreign(tmp_path, database, kind=Kind.TEAM) as opened:
        yield opened


async def under_a_team(foreign: Foreign) -> tuple[Villager, Villager]:
    """Link our team, of which bob is a member, with a team above it that gave nothing yet."""
    bob, over = await foreign.member(), foreign.forge.settle("over", kind="Team")
    await foreign.offer(over, Peer.OVER)
    await foreign.say(over, {"type": "Accept", "object": over.of_type("Add")[-1]["id"]})
    return bob, over


def gift(foreign: Foreign, by: Villager, above: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Write what somebody passes on to our team."""
    said = {"context": above["context"], "delegates": above["id"], "allows": "distribute"}
    return foreign.grant(by, foreign.me, **{**said, **changed})


def of_another(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """It was given by a project, and is said to be about another one."""
    return gift(foreign, over, foreign.start(over, by="other"), context=victim(foreign).id)


def of_itself(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """Whoever passes it on wrote the first one as well."""
    first = foreign.grant(
        over, over.id, context=victim(foreign).id, allows="distribute", result=None
    )
    return gift(foreign, over, first)


def for_another(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """It was given to another team."""
    other = foreign.forge.settle("other", kind="Team")
    return gift(foreign, over, foreign.start(other, by="victim"))


def of_nothing(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """There is nothing where its name points."""
    name = f"{FORGE}/grants/none"
    return gift(foreign, over, {"id": name, "context": victim(foreign).id})


def of_nobody_s(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """A gate of ours is said to have given it, and never did."""
    name = f"{foreign.me}/grants/{'0' * 32}"
    return gift(foreign, over, {"id": name, "context": victim(foreign).id})


def in_a_circle(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """Each passes the other one on."""
    said = {"context": victim(foreign).id, "allows": "distribute"}
    first = foreign.grant(over, over.id, delegates=f"{FORGE}/grants/round", **said)
    second = foreign.grant(
        over, over.id, delegates=first["id"], id=f"{FORGE}/grants/round", **said
    )
    return gift(foreign, over, second)


def over_a_use(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """It was given to be used, and not to be passed on."""
    return gift(foreign, over, foreign.start(over, by="victim", allows="invoke"))


def over_less(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """It passes on a higher role than was given."""
    start = foreign.start(over, by="victim", object="visit")
    return gift(foreign, over, start, object="triage")


def over_what_has_ended(foreign: Foreign, over: Villager) -> dict[str, Any]:
    """It is still to be read where it was issued, and over."""
    now = foreign.house.clock.now
    return gift(foreign, over, foreign.start(over, by="victim", endTime=iso(now)))


def victim(foreign: Foreign) -> Villager:
    """Name a project that gave nothing to anybody who passes it on to us."""
    return foreign.forge.people.get("victim") or foreign.forge.settle("victim", kind="Project")


@pytest.mark.parametrize(
    "lie",
    [
        *(of_another, of_itself, for_another, of_nothing, of_nobody_s, in_a_circle),
        *(over_a_use, over_less, over_what_has_ended),
    ],
)
async def test_nobody_makes_us_tell_a_project_of_our_members(foreign, lie):
    """What did not begin with them is kept nowhere, passed to no member, and not sent to them."""
    bob, over = await under_a_team(foreign)
    target = victim(foreign)
    known = len(bob.came)
    kept = await foreign.house.rows("delegations")

    await foreign.say(over, lie(foreign, over))

    assert await foreign.reason() == "foreign-root"
    assert await foreign.house.rows("delegations") == kept
    assert await foreign.house.rows("jobs") == 0
    assert (len(bob.came), target.came) == (known, [])


async def test_nobody_gives_us_more_than_we_can_pass_on(foreign, monkeypatch):
    """Each goes to each of our members, about whatever it is."""
    monkeypatch.setattr(linking, "MOST_HELD", 1)
    bob, over = await under_a_team(foreign)
    await foreign.say(over, gift(foreign, over, foreign.start(over)))
    known, kept = len(bob.came), await foreign.house.rows("delegations")

    await foreign.say(over, gift(foreign, over, foreign.start(over)))
    assert await foreign.reason() == "link-full"
    assert (len(bob.came), await foreign.house.rows("delegations")) == (known, kept)
    assert await foreign.house.rows("jobs") == 0


async def test_what_a_team_further_up_gave_is_read_at_each_of_them(foreign):
    """From the team that gives to us, over the one above it, to the project."""
    bob, over = await under_a_team(foreign)
    top = foreign.forge.settle("top", kind="Team")
    start = foreign.start(top)
    middle = foreign.grant(
        top, over.id, context=start["actor"], delegates=start["id"], allows="distribute"
    )

    await foreign.say(over, gift(foreign, over, middle))

    assert await foreign.reason() == "grant-held"
    passed = bob.of_type("Grant")[-1]
    assert passed["context"] == start["actor"]
    assert passed in foreign.forge.people["far"].of_type("Grant")


async def test_a_project_that_is_away_is_asked_again(foreign):
    """Nothing is passed on meanwhile, and nothing lost."""
    bob, over = await under_a_team(foreign)
    given = gift(foreign, over, foreign.start(over))
    apps, known = foreign.house.wire.apps, len(bob.came)
    forge = apps.pop("forge.example")

    await foreign.say(over, given)
    assert await foreign.house.rows("jobs") == 1
    assert len(bob.came) == known

    apps["forge.example"] = forge
    foreign.house.clock.pass_by(HOUR)
    await foreign.house.work()
    assert await foreign.reason() == "grant-held"
    assert bob.of_type("Grant")[-1]["context"] == given["context"]
