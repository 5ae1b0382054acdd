"""Grants on their way past their end, with real deliveries, on both engines."""

import asyncio
from dataclasses import replace

import pytest
from story import ANVIL, granted

from forgefed_gate.domain.charter import default_charter
from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Admit, Revoke
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import blocking, projects, renewals, worker

CHARTER = default_charter("Anvil")
NEWER = replace(CHARTER, questions=("What is new?",))


async def publish(story, charter):
    """Put another charter in force."""
    await projects.publish_charter(story.house.gate, ANVIL, charter, by=OPERATOR)


async def days_later(story, days):
    """Let time go by, and let the clock do what it does."""
    story.house.clock.pass_by(days * DAY)
    await renewals.remind(story.house.gate)
    await story.house.work()


def notes(story):
    return [note["content"] for note in story.bob.notes()]


async def standing(story):
    now = story.house.clock.now
    return [view.grant for view in await granted(story) if view.grant.stands(now)]


async def test_a_holder_is_told_once_two_weeks_before_the_end(story):
    """And not before, and not by every turn of the clock or every process that turns it."""
    await story.admit()
    await days_later(story, 165)
    assert "ends on" not in notes(story)[-1]
    told = len(notes(story))

    story.house.clock.pass_by(DAY)
    await asyncio.gather(*(renewals.remind(story.house.gate) for _ in range(3)))
    await story.house.work()
    await days_later(story, 1)

    assert len(notes(story)) == told + 1
    assert "ends on 2027-05-21" in notes(story)[-1]
    assert "“renew”" in notes(story)[-1]


async def test_one_word_renews(story):
    """A new Grant under the charter in force; the old one ends, so that one revocation is all."""
    await story.admit()
    await days_later(story, 167)
    (old,) = await standing(story)

    await story.write("renew")

    (new,) = await standing(story)
    assert new.id != old.id
    assert (new.role, new.charter) == (old.role, CHARTER.hash)
    assert new.ends_at == new.starts_at + 180 * DAY
    assert "is good until 2027-11-04" in notes(story)[-1]
    kinds = [each["type"] for each in story.bob.came]
    assert kinds.count("Grant") == 2
    assert kinds.index("Revoke") > kinds.index("Grant")


async def test_too_soon_is_said_and_changes_nothing(story):
    """Nobody has to remember; we write in time."""
    await story.admit()
    before = await granted(story)

    await story.write("renew")

    assert await granted(story) == before
    assert "nothing is to be done now" in notes(story)[-1]


async def test_a_lapse_is_reversible_for_a_year(story):
    """Whoever was away is welcomed back by a word."""
    await story.admit()
    await days_later(story, 200)
    assert await standing(story) == []

    await story.write("status")
    assert "brings it back" in notes(story)[-1]
    await story.write("Hello again!")
    assert "The quickest way back" in notes(story)[-1]
    await story.write("renew")

    assert len(await standing(story)) == 1
    assert [knock.knock.stage.open for knock in await story.knocks()] == [False, False]


async def test_after_a_year_somebody_writes_as_everyone_does(story):
    """And nothing says that they did anything amiss."""
    await story.admit()
    await days_later(story, 180 + 366)

    await story.write("renew")

    assert await standing(story) == []
    assert "write to us in a few words" in notes(story)[-1]


async def test_a_revoked_grant_never_comes_back(story):
    """Not by a word, and not by one that stood before it."""
    await story.admit()
    await days_later(story, 170)
    await story.write("renew")
    (new,) = await standing(story)
    await story.act(Revoke(grant=new.id))
    before = await granted(story)

    await story.write("renew")
    await days_later(story, 30)
    await story.write("renew")

    assert await standing(story) == []
    assert await granted(story) == before
    assert "You have no role in Anvil just now" in notes(story)[-1]


async def test_a_charter_that_changed_is_agreed_to_first(story):
    """Publishing a charter never alters what was agreed to; a new Grant is under the new one."""
    await story.admit()
    await publish(story, NEWER)
    await days_later(story, 167)
    assert "To go on, reply “I agree”" in notes(story)[-1]

    await story.write("renew")
    (old,) = await standing(story)
    assert old.charter == CHARTER.hash

    await story.write("I agree")
    (new,) = await standing(story)
    assert new.charter == NEWER.hash


async def test_the_active_go_on_by_themselves_where_the_charter_says_so(story):
    """They agreed to that, and hear nothing of it but the Grant itself."""
    await publish(story, replace(CHARTER, renew_active=True))
    await story.admit()
    await days_later(story, 120)
    await story.write("Here is a thought.")
    told = len(notes(story))

    await days_later(story, 50)
    await days_later(story, 1)

    (new,) = await standing(story)
    assert new.starts_at > story.house.clock.now - 2 * DAY
    assert len(notes(story)) == told
    assert [each["type"] for each in story.bob.came].count("Grant") == 2


async def test_the_quiet_are_asked(story):
    """Whoever has not written for long may have gone."""
    await publish(story, replace(CHARTER, renew_active=True))
    await story.admit()

    await days_later(story, 170)

    assert "“renew”" in notes(story)[-1]
    assert len(await granted(story)) == 1


async def test_a_switch_that_nobody_agreed_to_renews_nobody(story):
    """It came after they agreed."""
    await story.admit()
    await publish(story, replace(CHARTER, renew_active=True))
    await days_later(story, 120)
    await story.write("Here is a thought.")

    await days_later(story, 50)

    assert "To go on, reply" in notes(story)[-1]
    assert len(await granted(story)) == 1


async def test_somebody_blocked_is_told_nothing_and_renews_nothing(story):
    """A block is silent about everything."""
    await story.admit()
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)
    told, before = len(notes(story)), await granted(story)

    await days_later(story, 170)
    await story.write("renew")

    assert len(notes(story)) == told
    assert await granted(story) == before


async def test_a_short_grant_is_told_of_when_half_of_it_is_over(story):
    """Not together with the welcome."""
    knock = await story.knock()
    await story.act(Admit(knock=knock.knock.id, days=4))
    told = len(notes(story))

    await days_later(story, 1)
    assert len(notes(story)) == told
    story.house.clock.pass_by(HOUR)
    await days_later(story, 1)
    assert len(notes(story)) == told + 1


async def test_what_breaks_in_the_middle_is_done_again_whole(story):
    """Told and remembered are one: neither is there without the other."""
    await story.admit()
    story.house.clock.pass_by(167 * DAY)
    told, jobs = len(notes(story)), await story.house.rows("jobs")

    def breaks():
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError):
        await renewals.remind(replace(story.house.gate, token=breaks))
    assert await story.house.rows("jobs") == jobs

    await renewals.remind(story.house.gate)
    await story.house.work()
    assert len(notes(story)) == told + 1


async def test_the_worker_tells_by_itself(story):
    """Every hour, as the clock goes."""
    gate = story.house.gate
    await story.admit()
    told = len(notes(story))
    working = asyncio.create_task(worker.run(gate))
    try:
        await asyncio.sleep(0)
        story.house.clock.pass_by(170 * DAY)
        gate.work.set()
        while len(notes(story)) == told:  # noqa: ASYNC110 - the worker sets no event for it
            await asyncio.sleep(0.01)
    finally:
        working.cancel()
        await asyncio.wait([working])

    assert "“renew”" in notes(story)[-1]
