"""Being forgotten: at one's own wish or by a decision, and what is left afterwards."""

import re

import pytest
from everything import places_of
from story import ANSWER, HELLO

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.forgetting import PREFIX
from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import erasure

SECRET = "the bellows of the old forge"
NAMES = ("users/bob", "@bob@")


def last(story):
    return story.bob.notes()[-1]["content"]


async def ask(story):
    """Ask to be forgotten, and give the code that we are asked to repeat."""
    await story.write("forget me")
    (code,) = re.findall(r"“forget me (\w+)”", last(story))
    return code


async def forget_me(story):
    await story.write(f"Forget me {(await ask(story)).lower()}.")


async def erase(story):
    await erasure.erase_now(story.house.gate, story.bob.id, by=OPERATOR)
    await story.house.work()


async def met(story):
    """Let bob be a member with words of both sides, who follows us and reported something."""
    await story.admit()
    await story.write(SECRET)
    [view] = await story.threads()
    await story.act(Say(thread=view.thread.id, text="Our answer about that."))
    await story.deliver({"type": "Follow", "object": story.desk})
    await story.deliver({"type": "Flag", "object": [story.desk], "content": SECRET})


@pytest.mark.parametrize("way", [forget_me, erase])
async def test_nothing_that_names_somebody_is_left_when_they_are_forgotten(story, way):
    """Not in any table, in any column, once the farewell has gone."""
    await met(story)
    assert await places_of(story.house.gate.database, *NAMES)

    await way(story)

    assert await places_of(story.house.gate.database, *NAMES) == set()
    assert await story.said() == [None] * 3
    assert await story.house.rows("revisions") == 0


@pytest.mark.parametrize("way", [forget_me, erase])
async def test_every_key_of_their_conversations_is_destroyed(story, way):
    """Theirs and ours: what a copy of the database still holds of them opens nowhere."""
    await met(story)

    await way(story)

    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT owner, thread, wrapped FROM data_keys")
    alive = [(row["owner"], row["thread"]) for row in rows if row["wrapped"] is not None]
    assert {thread for _, thread in alive} == {"farewell", ""}
    assert not [owner for owner, _ in alive if "bob" in owner]
    ours = {owner for owner, thread in alive if not thread}
    assert {owner for owner in ours if not owner.startswith(PREFIX)} <= {OPERATOR.name}


async def test_a_words_copy_opens_no_more(story):
    """A backup of a row is noise, though the row is put back."""
    await met(story)
    gate, database = story.house.gate, story.house.gate.database
    async with database.snapshot() as tx:
        rows = await tx.rows("SELECT * FROM revisions")
        before = await gate.vault.open_many(tx, places(rows))

    await erase(story)

    async with database.snapshot() as tx:
        after = await gate.vault.open_many(tx, places(rows))
    assert None not in before
    assert after == [None] * len(rows)


def places(rows):
    return [(row["words"], f"revisions|{row['message']}|{row['number']}|words") for row in rows]


async def test_their_role_ends_and_they_are_told_what_is_true(story):
    """A Revoke, a Delete of every note of ours without content, and one honest farewell."""
    await met(story)
    notes = [note["id"] for note in story.bob.notes() if "thread" in note.get("context", "")]

    await erase(story)

    [grant] = story.bob.of_type("Grant")
    [revoke] = story.bob.of_type("Revoke")
    assert revoke["object"] == grant["id"]
    deletes = story.bob.of_type("Delete")
    assert {each["object"]["id"] for each in deletes} == set(notes)
    assert all(
        each["object"] == {"id": each["object"]["id"], "type": "Tombstone"} for each in deletes
    )
    assert all(each["actor"] == story.desk and each["to"] == [story.bob.id] for each in deletes)
    for told in (
        "You are forgotten",
        "2027-11-22",
        "We cannot make another server obey",
        "90 days",
    ):
        assert told in last(story)
    assert "content" not in str(deletes)


async def test_forgetting_is_asked_back_once(story):
    """Nobody loses everything by a typo: a wrong, missing or late code changes nothing."""
    await met(story)
    code = await ask(story)
    before = await story.state()

    for words in ("forget me AAAAA", "forget me"):
        await story.write(words)
    late = re.findall(r"“forget me (\w+)”", last(story))[0]
    story.house.clock.pass_by(DAY + HOUR)
    await story.write(f"forget me {code}")
    await story.write(f"forget me {late}")

    assert "Nothing was erased" in last(story)
    after = await story.state()
    assert after.pop("came") == before.pop("came") + 4
    assert after == before
    assert SECRET in await story.said()


async def test_somebody_who_never_talked_with_us_may_be_forgotten_too(story):
    """They may follow, or want to know that we hold nothing."""
    await story.deliver({"type": "Follow", "object": story.desk})

    await forget_me(story)

    assert await story.house.rows("followers") == await story.house.rows("threads") == 0
    assert "You are forgotten" in last(story)
    assert await places_of(story.house.gate.database, *NAMES) == set()


async def test_an_old_message_that_comes_again_does_nothing(story):
    """Under its own id or another one, edited or deleted: what was forgotten stays so."""
    activity = story.village.note(story.bob, story.desk, HELLO)
    sent = {"id": story.fresh(story.bob, "create"), **activity}
    await story.deliver(sent)
    await story.write(ANSWER)
    await erase(story)
    before = await story.state()

    note = sent["object"]
    for again in (
        sent,
        sent | {"id": story.fresh(story.bob, "create")},
        {"type": "Update", "id": story.fresh(story.bob, "update"), "object": note},
        {"type": "Delete", "id": story.fresh(story.bob, "delete"), "object": note["id"]},
    ):
        answer = await story.deliver(again)
        assert answer.status == 202

    assert await story.state() == before


async def test_whoever_comes_back_begins_anew(story):
    """With a key, a conversation and a knock of their own; nothing leads back."""
    await met(story)
    await erase(story)

    await story.write(HELLO, in_reply_to=None)

    assert "Hello, and thank you for writing" in last(story)
    new, old = await story.threads()
    assert new.thread.contributor == story.bob.id
    assert old.thread.contributor.startswith(PREFIX)
    assert [message.words for message in old.messages] == [None] * len(old.messages)


async def test_who_is_forgotten_is_written_down_without_a_name(story):
    """That it was done, when and by whom, is part of what we answer for."""
    await met(story)
    await forget_me(story)

    async with story.house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT * FROM record WHERE act = 'Forget'")
    assert row["principal"] == row["subject"]
    assert row["subject"].startswith(PREFIX)


async def test_nobody_answers_somebody_who_was_forgotten(story):
    """Words would reach nobody, and be kept for nobody."""
    await met(story)
    [view] = await story.threads()
    await erase(story)
    before = await story.state()

    with pytest.raises(Conflict, match="was forgotten"):
        await story.act(Say(thread=view.thread.id, text="Are you there?"))

    assert await story.state() == before


async def test_whoever_blocked_us_hears_nothing_even_now(story):
    """Being forgotten is no reason to write to somebody who wants silence."""
    await story.knock()
    await story.deliver({"type": "Block", "object": story.desk})
    came = len(story.bob.came)

    await erase(story)

    assert len(story.bob.came) == came
    assert await places_of(story.house.gate.database, *NAMES) == set()


async def test_what_waits_for_them_waits_no_more(story):
    """A server that is away now is told to forget, and nothing that was said before."""
    story.village.accepts = 503
    await story.write(HELLO)
    assert await story.house.rows("jobs") == 1
    await erase(story)

    story.village.accepts = 202
    story.house.clock.pass_by(DAY)
    await story.house.work()

    assert [each["type"] for each in story.bob.came] == ["Delete", "Create"]
    assert "You are forgotten" in last(story)


async def test_what_waits_to_be_decided_on_is_let_go_of(story):
    """It was said before they were forgotten, and nobody has read it yet."""
    await story.knock()
    note = story.village.note(story.bob, story.desk, SECRET)
    sent = {"id": story.fresh(story.bob, "create"), **note}
    inbox = f"{story.desk}/inbox"
    await story.village.send(story.bob, inbox, sent, now=story.house.clock.now)
    assert await story.house.rows("jobs") == 1

    await erase(story)

    assert await story.house.rows("jobs") == 0
    assert set(await story.said()) == {None}
    assert await places_of(story.house.gate.database, *NAMES) == set()


async def test_a_job_about_a_delivery_that_is_gone_ends(story):
    """Or it would be tried again for ever."""
    note = story.village.note(story.bob, story.desk, HELLO)
    sent = {"id": story.fresh(story.bob, "create"), **note}
    await story.village.send(story.bob, f"{story.desk}/inbox", sent, now=story.house.clock.now)
    async with story.house.gate.database.transaction() as tx:
        await tx.run("UPDATE inbox SET settled_at = 1, request = NULL")

    await story.house.work()

    assert await story.house.rows("jobs") == await story.house.rows("threads") == 0


async def test_people_of_the_project_see_that_somebody_was_forgotten(story):
    """And not a number."""
    await met(story)
    await erase(story)

    [view] = await story.threads()

    assert view.who.handle == "somebody who was forgotten"


async def test_words_of_others_are_left_alone(story):
    """One person is forgotten, and only one."""
    eve = story.village.settle("eve")
    await met(story)
    await story.write("The words of eve.", by=eve)

    await erase(story)

    assert "The words of eve." in await story.said()
    assert await places_of(story.house.gate.database, "users/eve")
