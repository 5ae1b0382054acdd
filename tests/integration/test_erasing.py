"""Erasing somebody by a decision: who may, whom not, and what the decision about them leaves."""

import asyncio

import pytest
from everything import places_of
from story import ANVIL, HELLO

from forgefed_gate.domain.errors import Conflict, Forbidden, Malformed
from forgefed_gate.domain.forgetting import BLOCK_LASTS, PREFIX
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Decline
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, blocking, erasure, projects
from forgefed_gate.services.tidy import tidy
from forgefed_gate.store import forgotten

NAMES = ("users/bob", "@bob@")


async def erase(story):
    await erasure.erase_now(story.house.gate, story.bob.id, by=OPERATOR)
    await story.house.work()


async def test_a_block_outlives_being_forgotten_until_it_ends(story):
    """Or a wish to be forgotten would be the way around it."""
    gate = story.house.gate
    await story.knock()
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    await erase(story)
    before = await story.state()
    assert await places_of(gate.database, *NAMES) == set()

    await story.write(HELLO, in_reply_to=None)
    assert await story.state() == before

    story.house.clock.pass_by(BLOCK_LASTS + DAY)
    await tidy(gate)
    assert await story.house.rows("forgotten") == 0
    await story.write(HELLO, in_reply_to=None)
    assert await story.house.rows("threads") == before["threads"] + 1


async def test_a_block_of_somebody_forgotten_can_be_lifted(story):
    """A second chance needs no year."""
    gate = story.house.gate
    await story.knock()
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    await erase(story)

    await blocking.unblock(gate, story.bob.id, by=OPERATOR)

    await story.write(HELLO, in_reply_to=None)
    assert "thank you for writing" in story.bob.notes()[-1]["content"]


async def test_what_was_decided_stays_under_a_hash_until_its_day(story):
    """Why, who and what was said do not."""
    knock = await story.knock()
    await story.act(Decline(knock=knock.knock.id))
    await erase(story)
    async with story.house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT * FROM forgotten")
        kept = await forgotten.kept(tx, row["who"], now=story.house.clock.now)
    assert row["who"].startswith(PREFIX)
    assert [(each.project, each.decided.value) for each in kept] == [(ANVIL, "declined")]

    story.house.clock.pass_by(180 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("forgotten") == 0


async def test_whoever_runs_a_project_is_not_forgotten_while_they_do(story):
    """Their role has to be taken first: by a person, and on purpose."""
    ada = await story.appoint("ada", Office.OWNER)
    before = await story.state()

    with pytest.raises(Conflict, match="maintainer remove"):
        await erasure.erase_now(story.house.gate, ada.id, by=OPERATOR)

    assert await story.state() == before
    assert ada.id in await story_owners(story)


async def story_owners(story):
    async with story.house.gate.database.snapshot() as tx:
        return [row["actor"] for row in await tx.rows("SELECT actor FROM maintainers")]


async def test_an_owner_forgets_whom_only_their_own_project_knows(story):
    """What is about other projects is for the operator; a maintainer may not at all."""
    gate = story.house.gate
    ada = await story.principal(await story.appoint("ada", Office.OWNER))
    max_ = await story.principal(await story.appoint("max", Office.MAINTAINER))
    await story.knock()
    before = await story.state()

    with pytest.raises(Forbidden):
        await erasure.erase_now(gate, story.bob.id, by=max_)
    await projects.add(gate, "bellows", "Bellows", by=OPERATOR)
    await story.write(HELLO, to=gate.places.desk("bellows"), in_reply_to=None)
    with pytest.raises(Forbidden):
        await erasure.erase_now(gate, story.bob.id, by=ada)
    assert (await story.state())["revisions"] > before["revisions"]

    await erasure.erase_now(gate, story.bob.id, by=OPERATOR)
    assert await story.house.rows("revisions") == 0


async def test_an_actor_of_ours_is_nobody_to_forget(story):
    """A slip of the hand must not take the desk's words from everybody."""
    await story.admit()
    before = await story.state()

    with pytest.raises(Malformed):
        await erasure.erase_now(story.house.gate, story.desk, by=OPERATOR)

    assert await story.state() == before


async def test_a_sign_in_of_theirs_ends(story):
    """Somebody who ran a project once may have a link or a session left."""
    ada = await story.appoint("ada", Office.MAINTAINER)
    principal = await story.principal(ada)
    await access.make_link(story.house.gate, principal)
    await projects.dismiss(story.house.gate, ANVIL, ada.id, by=OPERATOR)

    await erasure.erase_now(story.house.gate, ada.id, by=OPERATOR)

    assert await story.house.rows("signin_links") == 0
    assert await places_of(story.house.gate.database, "users/ada", "@ada@") == set()


async def test_somebody_is_forgotten_while_their_words_are_being_decided_on(story):
    """Neither waits for the other for ever, and no word of theirs is left behind."""
    gate, inbox = story.house.gate, f"{story.desk}/inbox"
    await story.knock()
    for number in range(6):
        note = story.village.note(story.bob, story.desk, f"Word {number}.")
        sent = {"id": story.fresh(story.bob, "create"), **note}
        await story.village.send(story.bob, inbox, sent, now=story.house.clock.now)

    await asyncio.gather(
        story.house.work(), erasure.erase_now(gate, story.bob.id, by=OPERATOR), story.house.work()
    )
    await story.house.work()

    assert await story.house.rows("revisions") == await story.house.rows("jobs") == 0
    left = await places_of(gate.database, *NAMES)
    assert {place.partition(".")[0] for place in left} <= {"people", "peer_keys"}
