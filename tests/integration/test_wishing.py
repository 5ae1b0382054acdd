"""A contributor's words in their own client: answered by the gate, and kept in no conversation."""

import re

from story import ANSWER, HELLO

from forgefed_gate.domain.ids import MINUTE, NoteId
from forgefed_gate.domain.intents import Admit, Close
from forgefed_gate.domain.roles import Office
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.words import wishes as words
from forgefed_gate.services import access


async def test_status_says_where_somebody_stands(story):
    """While they are asked, while they wait, and as a member."""
    await story.write(HELLO)
    assert "look forward to your answer" in await wish(story, "status")

    await story.write(ANSWER)
    assert "are with the people who screen for Anvil" in await wish(story, "Status.")

    [knock] = await story.knocks()
    await story.act(Admit(knock=knock.knock.id))
    said = await wish(story, "status")
    assert "You take part in Anvil as “report” until 2027-05-21" in said
    assert "One conversation is open" in said


async def test_status_counts_what_is_open(story):
    """None, one, or many: each with what can be done."""
    await story.admit()
    [view] = await story.threads()
    await story.act(Close(thread=view.thread.id))
    assert "No conversation is open" in await wish(story, "status")

    await story.write("A new thing.", in_reply_to=None)
    await story.write("Another.", in_reply_to=None)
    assert "2 conversations are open" in await wish(story, "status")


async def test_help_lists_the_words(story):
    """And says that everything else is read by people."""
    await story.write(HELLO)

    said = await wish(story, "help")

    assert all(f"{word.form}: {meaning}" in said for word, meaning in words.MEANS.items())


async def test_close_ends_the_conversation_that_it_is_written_in(story):
    """The people of the project see that it was the contributor, and writing opens it again."""
    await story.admit()
    first = await last_note(story)
    await story.write("A new thing.", in_reply_to=None)

    await story.write("close", in_reply_to=first)

    older, newer = sorted(await story.threads(), key=lambda view: view.thread.opened_at)
    assert (older.thread.closed, newer.thread.closed) == (True, False)
    assert older.messages[-1].words == words.CLOSED_BY_THEM
    assert "reply here and it opens again" in story.bob.notes()[-1]["content"]
    await story.write("One more thing.", in_reply_to=first)
    assert [view.thread.closed for view in await story.threads()] == [False, False]


async def test_close_on_its_own_ends_the_latest_open_conversation(story):
    """And where none is open, nothing happens, and that is said."""
    await story.admit()

    await story.write("Close.", in_reply_to=None)
    [view] = await story.threads()
    assert view.thread.closed

    said = await wish(story, "close", in_reply_to=None)
    assert "nothing to close" in said


async def test_whoever_waits_for_a_decision_takes_it_back_by_closing(story):
    """Nobody has to decide on what is over."""
    await story.knock()

    await story.write("close")

    [knock] = await story.knocks()
    [view] = await story.threads()
    assert knock.knock.stage is Stage.WITHDRAWN
    assert view.thread.closed
    assert "If you change your mind" in story.bob.notes()[-1]["content"]


async def test_a_word_that_comes_twice_is_done_once(story):
    """Servers deliver again what they are not sure of."""
    await story.admit()
    activity = story.village.note(story.bob, story.desk, "close", in_reply_to=None)
    await story.deliver(activity)
    before = await story.state()

    answer = await story.deliver(activity)

    assert answer.status == 202
    assert await story.state() == before


async def test_the_answer_to_a_word_can_be_answered_in_the_same_conversation(story):
    """It is said there, though it is not kept there."""
    await story.admit()
    [view] = await story.threads()

    await story.write("status")

    note = story.bob.notes()[-1]
    assert note["conversation"] == story.house.gate.places.thread(view.thread.id)
    assert NoteId(note["id"]) not in {message.id for message in view.messages}


async def test_signin_gives_a_link_that_works_once_and_soon(story):
    """For whoever asked, and nothing of it is kept in a conversation."""
    await story.admit()

    said = await wish(story, "sign in")

    found = re.search(r'href="https://gate\.example/signin/([0-9a-f]+)"', said)
    assert found is not None, said
    assert "within the next 15 minutes" in said
    assert await principal_of(story, found[1]) == story.bob.id
    assert await principal_of(story, found[1]) is None


async def test_a_link_runs_out(story):
    """As it says."""
    await story.admit()
    said = await wish(story, "signin")
    [token] = re.findall(r"/signin/([0-9a-f]+)</a>", said)

    story.house.clock.pass_by(16 * MINUTE)

    assert await principal_of(story, token) is None


async def test_our_own_people_have_help_and_a_link_too(story):
    """Their account commands; the two words that are about no conversation are theirs as well."""
    mara = await story.appoint("mara", Office.MAINTAINER)

    await story.write("help", by=mara)
    assert "decline CODE" in mara.notes()[-1]["content"]
    await story.write("signin", by=mara)
    assert "opens the console once" in mara.notes()[-1]["content"]
    await story.write("renew", by=mara)
    assert "reached nobody" in mara.notes()[-1]["content"]

    assert await story.threads() == []


async def principal_of(story, token):
    """Use a link up, as the page behind it does, and say whose session begins."""
    gate = story.house.gate
    if await access.use_link(gate, token) is None:
        return None
    async with gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT principal FROM sessions")
    return row["principal"]


async def last_note(story):
    """Name the last note that came in the conversation, and not beside it."""
    return [note["id"] for note in story.bob.notes() if note.get("conversation")][-1]


async def wish(story, word, **more):
    """Write a word, and give the answer; no conversation has changed by either."""
    before = await story.threads()
    await story.write(word, **more)
    assert await story.threads() == before
    return story.bob.notes()[-1]["content"]
