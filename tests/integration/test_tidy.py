"""What is forgotten, and when: by the clock, and never too early."""

import pytest
from story import HELLO

from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Close, Decline
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access
from forgefed_gate.services.tidy import tidy


async def close(story):
    await story.admit()
    [view] = await story.threads()
    await story.act(Close(thread=view.thread.id))


async def decline(story):
    await story.act(Decline(knock=(await story.knock()).knock.id))


@pytest.mark.parametrize("ends", [close, decline])
async def test_a_conversation_that_ended_is_forgotten_in_time(story, ends):
    """The words go; that there was a conversation, and a decision, stays."""
    await ends(story)
    story.house.clock.pass_by(179 * DAY)
    await tidy(story.house.gate)
    assert HELLO in await story.said()

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)

    assert set(await story.said()) == {None}
    assert await story.house.rows("revisions") == 0
    assert await story.house.rows("threads") == 1


async def test_a_conversation_that_goes_on_is_kept(story):
    """However old it is."""
    await story.knock()
    story.house.clock.pass_by(1_000 * DAY)

    await tidy(story.house.gate)

    assert HELLO in await story.said()


async def test_a_delivery_is_remembered_as_long_as_anybody_repeats_it(story):
    """Then its name is forgotten too."""
    await story.write(HELLO)
    story.house.clock.pass_by(89 * DAY)
    await tidy(story.house.gate)
    assert await story.house.rows("inbox") == 1

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)
    assert await story.house.rows("inbox") == 0


async def test_sessions_and_links_end(story):
    """Nobody stays signed in by being forgotten."""
    gate = story.house.gate
    await access.make_link(gate, OPERATOR)
    link = await access.make_link(gate, OPERATOR)
    assert await access.use_link(gate, link.rpartition("/")[2])
    story.house.clock.pass_by(31 * DAY + HOUR)

    await tidy(gate)

    assert await story.house.rows("sessions") == await story.house.rows("signin_links") == 0


async def test_who_decided_what_is_forgotten_in_time(story):
    """What is kept for ever about people is a list of people."""
    await decline(story)
    story.house.clock.pass_by(179 * DAY)
    await tidy(story.house.gate)
    kept = await story.house.rows("record")
    assert kept

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("record") == 0


async def test_a_delivery_that_was_given_up_is_forgotten_in_time(story):
    """It names whom it was for, and nobody asked for it again."""
    story.village.accepts = 410
    await story.write(HELLO)
    assert await story.house.rows("jobs") == 1

    story.house.clock.pass_by(91 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("jobs") == 0
