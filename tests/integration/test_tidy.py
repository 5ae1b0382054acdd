"""What is forgotten, and when: by the clock, and never too early."""

import pytest
from everything import places_of
from guests import added, first_thread, met, propose
from story import ANVIL, HELLO

from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Close, Decline, Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access, blocking, safety
from forgefed_gate.services.tidy import tidy
from forgefed_gate.store import followers, openings, witnessed
from forgefed_gate.store.witnessed import Held


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


@pytest.mark.parametrize("ends", [close, decline])
async def test_the_keys_of_a_conversation_go_with_its_words(story, ends):
    """Or a copy of the database would still hold what we say that we have forgotten."""
    await ends(story)
    story.house.clock.pass_by(179 * DAY)
    await tidy(story.house.gate)
    assert await threads_with_keys(story)

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)
    assert await threads_with_keys(story) == set()

    story.house.clock.pass_by(181 * DAY)
    await tidy(story.house.gate)
    assert await destroyed(story) == 0


async def threads_with_keys(story):
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT thread FROM data_keys WHERE wrapped IS NOT NULL")
    return {row["thread"] for row in rows} - {""}


async def destroyed(story):
    async with story.house.gate.database.snapshot() as tx:
        return len(await tx.rows("SELECT id FROM data_keys WHERE destroyed_at IS NOT NULL"))


async def test_a_conversation_that_opens_again_has_a_key_of_its_own(story):
    """What was forgotten stays so, and the new words can be read."""
    await close(story)
    story.house.clock.pass_by(181 * DAY)
    await tidy(story.house.gate)

    await story.write("I am back.")

    assert set(await story.said()) == {None, "I am back."}


async def test_a_report_is_forgotten_in_time(story):
    """It names somebody, and its time to be acted on is over."""
    await story.deliver({"type": "Flag", "object": [story.desk], "content": "Rude."})
    story.house.clock.pass_by(179 * DAY)
    await tidy(story.house.gate)
    assert await story.house.rows("reports") == 1

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("reports") == 0


async def test_a_courtesy_is_forgotten_when_we_would_say_it_again(story):
    """Until then it spares somebody the same sentence twice."""
    gate, bob = story.house.gate, story.bob.id
    async with gate.database.transaction() as tx:
        await followers.remember_courtesy(tx, ANVIL, bob, now=gate.clock())
    story.house.clock.pass_by(29 * DAY)
    await tidy(gate)
    assert await story.house.rows("courtesies") == 1

    story.house.clock.pass_by(DAY)
    await tidy(gate)

    assert await story.house.rows("courtesies") == 0


async def test_somebody_who_only_passed_by_is_forgotten_in_time(story):
    """Whom nothing here is about, we need not know; their key for waiting requests goes too."""
    eve = story.village.settle("eve")
    await story.deliver({"type": "Like", "object": story.desk}, by=eve)
    await story.deliver({"type": "Follow", "object": story.desk}, by=eve)
    await story.admit()
    unfollow = {
        "type": "Undo",
        "object": {"type": "Follow", "actor": eve.id, "object": story.desk},
    }
    story.house.clock.pass_by(91 * DAY)
    await tidy(story.house.gate)
    assert await places_of(story.house.gate.database, "users/eve") >= {"people.actor"}

    await story.deliver(unfollow, by=eve)
    for _ in range(2):
        story.house.clock.pass_by(181 * DAY)
        await tidy(story.house.gate)

    assert await places_of(story.house.gate.database, "users/eve") == set()
    assert await places_of(story.house.gate.database, "users/bob") >= {"people.actor"}


async def test_who_wrote_how_much_is_forgotten_within_the_hour(story):
    """Limits look back no further; the memory of a server is no register of people either."""
    await story.write(HELLO)
    assert any(story.bob.id in who for who in story.house.gate.memory.spent)

    story.house.clock.pass_by(HOUR)
    await tidy(story.house.gate)

    assert story.house.gate.memory.spent == {}


async def test_who_was_added_is_forgotten_in_time(story):
    """With the conversation that they were part of; until then they keep what they got."""
    await story.admit()
    await added(story)
    await story.write("For both of you.")
    await story.act(Close(thread=(await first_thread(story)).id))
    story.house.clock.pass_by(179 * DAY)
    await tidy(story.house.gate)
    assert await story.house.rows("seats") == 1
    assert await story.house.rows("copies") > 0

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("seats") == await story.house.rows("copies") == 0


@pytest.mark.parametrize("ended", [True, False])
async def test_a_seat_that_nobody_has_is_forgotten_while_the_conversation_goes_on(story, ended):
    """Somebody who left, and somebody who was asked about and never came."""
    await story.admit()
    code = await propose(story, await met(story))
    if ended:
        await story.write(f"disagree {code}")
    await story.write("I am still here.")
    assert await story.house.rows("seats") == 1

    story.house.clock.pass_by(181 * DAY)
    await tidy(story.house.gate)

    assert await story.house.rows("seats") == 0
    assert "I am still here." in await story.said()


async def test_somebody_with_a_seat_is_no_stranger(story):
    """Or they would be there and get nothing, because nobody knew how to reach them."""
    await story.admit()
    ann, _ = await added(story)
    story.house.clock.pass_by(1_000 * DAY)
    await tidy(story.house.gate)

    thread = (await first_thread(story)).id
    await story.act(Say(thread=thread, text="After a long time."))

    assert "After a long time." in ann.notes()[-1]["content"]


async def test_what_led_to_a_block_can_be_read_until_its_day(story):
    """Its key is nobody's whom we know, and stays as long as what it seals."""
    gate = story.house.gate
    await story.admit()
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    [kept] = await safety.listing(gate, ANVIL, by=OPERATOR)

    story.house.clock.pass_by(364 * DAY)
    await tidy(gate)

    found = await safety.show(gate, kept.id, by=OPERATOR)
    assert HELLO in {said["words"] for said in found.said}
    story.house.clock.pass_by(2 * DAY)
    await tidy(gate)
    assert await story.house.rows("kept_evidence") == 0


async def test_who_opened_what_is_forgotten_in_time(story):
    """And which words were damaged: both names belong to conversations of that time."""
    gate = story.house.gate
    await story.admit()
    await story.threads()
    async with gate.database.transaction() as tx:
        await openings.add_unreadable(tx, f"revisions|{story.bob.id}|1|words", now=gate.clock())
    opened = await story.house.rows("openings")
    assert opened
    story.house.clock.pass_by(179 * DAY)
    await tidy(gate)
    assert await story.house.rows("openings") == opened
    assert await story.house.rows("unreadable") == 1

    story.house.clock.pass_by(2 * DAY)
    await tidy(gate)

    assert await story.house.rows("openings") == await story.house.rows("unreadable") == 0


async def test_what_other_gates_told_of_their_logs_stays(story):
    """Forgotten, it could be untold; it is one row for each gate, and names no person."""
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        await witnessed.hold(tx, "other.example/audit")
        held = Held(size=1, note="a note")
        await witnessed.keep(tx, "other.example/audit", held, now=gate.clock())

    story.house.clock.pass_by(1_000 * DAY)
    await tidy(gate)

    async with gate.database.snapshot() as tx:
        assert await witnessed.find(tx, "other.example/audit") == held
