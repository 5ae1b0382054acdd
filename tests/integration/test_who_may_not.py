"""Ways around the screen that somebody found by reading: each is shut, and changes nothing."""

import pytest
from consoles import whole
from guests import added
from pieces import code_for, propose, stage, stands, theirs, thread_of
from story import ANSWER

from forgefed_gate.domain.errors import Conflict, NotFound
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Decline, RemoveParty, Say
from forgefed_gate.domain.roles import Office, Principal
from forgefed_gate.services import consenting, publishing, views

OLD = "Between us: the release key lies in the drawer."


async def with_a_guest(story):
    """Admit bob, let him say something, add ann, and let her say something."""
    await story.admit()
    ann, _ = await added(story)
    thread = await thread_of(story, story.bob)
    await story.act(Say(thread=thread, text="Ann, what do you think?"))
    await story.write("I think so too.", by=ann, in_reply_to=ann.notes()[-1]["id"])
    assert "I think so too." in str(await story.threads())
    return ann, thread


async def test_a_question_shows_nobody_what_they_may_not_read(story):
    """Ann came later: whoever asks her yes cannot make her read what bob said before."""
    ann, thread = await with_a_guest(story)
    chosen = [*await theirs(story, thread), *await theirs(story, thread, "party")]
    before = await whole(story)
    came = len(ann.came)

    with pytest.raises(Conflict, match="may not read all"):
        await propose(story, *((note, None) for note in chosen))

    assert await whole(story) == before
    assert len(ann.came) == came


async def test_whoever_was_taken_out_reads_no_question(story):
    """Their own words are all that was asked about, and still there is nothing for them."""
    ann, thread = await with_a_guest(story)
    made = await propose(story, *((note, None) for note in await theirs(story, thread, "party")))
    await story.act(RemoveParty(thread=thread, who=ann.id))

    with pytest.raises(NotFound):
        await consenting.asked(story.house.gate, made.piece.id, by=Principal(name=ann.id))

    assert await stage(story, made.piece.id) == "pending"


async def test_whoever_was_taken_out_speaks_no_more_by_editing(story):
    """The others would get each edit; a deletion is theirs for ever."""
    ann, thread = await with_a_guest(story)
    note = (await theirs(story, thread, "party"))[-1]
    await story.act(RemoveParty(thread=thread, who=ann.id))
    came = len(story.bob.came)

    edited = {"id": note, "type": "Note", "attributedTo": ann.id, "content": "Something else."}
    await story.deliver({"type": "Update", "object": edited}, by=ann)

    assert "Something else." not in str(await story.threads())
    assert len(story.bob.came) == came
    await story.deliver({"type": "Delete", "object": note}, by=ann)
    assert "I think so too." not in str(await story.threads())


async def test_whoever_is_added_is_no_voice_of_the_project(story):
    """What a guest said stands under “a contributor”, whatever name they leave out."""
    _, thread = await with_a_guest(story)
    made = await propose(story, *((note, None) for note in await theirs(story, thread, "party")))

    shown = await stands(story, made.piece.id)

    assert [label for label, _ in publishing.words.as_published(shown, "Anvil")] == [
        "A contributor"
    ]


async def test_a_no_is_not_overruled_by_a_word(story):
    """A role that ended is not renewed once the people of the project have declined since."""
    await story.admit()
    story.house.clock.pass_by(200 * DAY)
    await story.knock()
    [knock, *_] = await story.knocks()
    await story.act(Decline(knock=knock.knock.id))
    before = await story.house.rows("grants")

    await story.write("renew")

    assert await story.house.rows("grants") == before
    assert "You have no role in Anvil just now" in story.bob.notes()[-1]["content"]


async def test_who_only_screens_does_not_read_what_was_said_before_the_knock(story):
    """A former member knocks anew: what they talked of as a member was for other readers."""
    await story.admit()
    thread = await thread_of(story, story.bob)
    await story.act(Say(thread=thread, text=OLD))
    story.house.clock.pass_by(200 * DAY)
    await story.knock()
    screener = await story.principal(await story.appoint("sam", Office.SCREENER))

    shown = await views.thread(story.house.gate, thread, by=screener)

    said = [message.words or "" for message in shown.messages]
    assert any(ANSWER in words for words in said)
    assert OLD not in str(said)


async def test_whoever_gets_a_departed_name_consents_to_nothing(story):
    """They were not the one who was asked."""
    await story.admit()
    made = await propose(story)
    code = code_for(story.bob)
    await story.deliver({"type": "Delete", "object": story.bob.id})

    await story.write(f"consent {code}")
    await story.write("consent")

    assert await stage(story, made.piece.id) != "published"
    assert code not in story.bob.notes()[-1]["content"]
