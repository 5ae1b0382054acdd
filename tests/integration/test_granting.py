"""How a Grant comes to be and how it ends: invited, revoked, given back, or by the clock."""

import pytest
from story import ANSWER, granted

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Admit, Revoke
from forgefed_gate.domain.roles import Office, Role
from forgefed_gate.domain.screening import Stage


async def test_whoever_leaves_gets_a_revoke_that_says_so(story):
    """And a kind word; from then on they are a stranger again."""
    await story.admit()
    leave = f"{story.bob.id}/leave"
    await story.deliver({"id": leave, "type": "Leave", "object": story.project}, to=story.project)

    [grant], [revoke] = story.bob.of_type("Grant"), story.bob.of_type("Revoke")
    assert (revoke["object"], revoke["fulfills"]) == (grant["id"], leave)
    assert revoke["proof"]["proofPurpose"] == "assertionMethod"
    assert "You have left Anvil" in story.bob.notes()[-1]["content"]

    await story.write("One more thing.")
    assert "Welcome back" in story.bob.notes()[-1]["content"]


async def test_a_maintainer_revokes_and_it_never_comes_back(story):
    """Who is admitted again gets another Grant; the old one stays what it is."""
    await story.admit()
    by = await story.principal(await story.appoint("mara", Office.MAINTAINER))
    [old] = story.bob.of_type("Grant")

    await story.act(Revoke(grant=old["id"]), by=by)
    with pytest.raises(Conflict):
        await story.act(Revoke(grant=old["id"]), by=by)
    [revoke] = story.bob.of_type("Revoke")
    assert revoke["object"] == old["id"]
    assert "fulfills" not in revoke
    assert "has ended today" in story.bob.notes()[-1]["content"]

    await story.write("May I come back?")
    await story.write(ANSWER)
    await story.act(Admit(knock=(await story.knocks())[0].knock.id))

    new = story.bob.of_type("Grant")[-1]
    listed = {view.grant.id: view.grant for view in await granted(story)}
    assert new["id"] != old["id"]
    assert listed[old["id"]].revoked_at is not None
    assert listed[new["id"]].revoked_at is None


async def test_an_invitation_is_accepted_by_a_reply(story):
    """Somebody whom a maintainer knows needs the words that agree, and no answers."""
    await story.invite(story.bob, Role.TRIAGE, days=30)
    [invite] = story.bob.of_type("Invite")
    assert (invite["instrument"], invite["object"]) == ("triage", story.bob.id)

    await story.write("What is this?")
    assert "there is nothing you have to do" in story.bob.notes()[-1]["content"]
    await story.write("I agree!")

    [grant] = story.bob.of_type("Grant")
    assert (grant["object"], grant["fulfills"]) == ("triage", invite["id"])
    assert "Welcome to Anvil" in story.bob.notes()[-1]["content"]


async def test_an_invitation_is_accepted_as_forgefed_peers_do(story):
    """An Accept of the Invite, and the Grant follows."""
    await story.invite(story.bob)
    [invite] = story.bob.of_type("Invite")

    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)
    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)

    [grant] = story.bob.of_type("Grant")
    assert grant["fulfills"] == invite["id"]


async def test_an_invitation_may_be_rejected(story):
    """Nobody has to give a reason, and an Accept that comes later is too late."""
    await story.invite(story.bob)
    [invite] = story.bob.of_type("Invite")
    count = len(story.bob.came)

    await story.deliver({"type": "Reject", "object": invite["id"]}, to=story.project)
    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project)

    assert (await story.knocks())[0].knock.stage is Stage.WITHDRAWN
    assert len(story.bob.came) == count
    assert await granted(story) == []


async def test_an_invitation_is_for_whom_it_names(story):
    """Whoever learns of it cannot use it."""
    await story.invite(story.bob)
    eve = story.village.settle("eve")
    [invite] = story.bob.of_type("Invite")
    before = await story.state()

    await story.deliver({"type": "Accept", "object": invite["id"]}, to=story.project, by=eve)

    assert await story.state() == before


async def test_a_grant_ends_on_its_day(story):
    """The door closes by the clock, with no message from anybody."""
    await story.admit()
    story.house.clock.pass_by(180 * DAY)

    await story.write("Am I still in?")

    assert (await story.knocks())[0].knock.stage is Stage.ASKED


@pytest.mark.parametrize("days", [-1, 0, 181, 10_000])
async def test_a_grant_lasts_from_one_day_to_half_a_year(story, days):
    """Neither forever nor not at all."""
    knock = await story.knock()
    before = await story.state()

    with pytest.raises(Conflict) as refusal:
        await story.act(Admit(knock=knock.knock.id, days=days))

    assert refusal.value.code == "too-long"
    assert await story.state() == before
