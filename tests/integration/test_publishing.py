"""Consent to publish: asked in people's own clients, answered in a word, and believed exactly."""

import pytest
from pieces import SECRET, TITLE, code_for, last, propose, stage, stands, theirs, thread_of
from story import ANSWER, HELLO

from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import Office


async def test_an_author_reads_the_exact_text_before_anything_else(story):
    """With who would read it, that a no costs nothing, and until when."""
    await story.admit()

    made = await propose(story)

    note = last(story.bob)
    for told in (TITLE, HELLO, ANSWER, "for everybody and for good", "costs you nothing"):
        assert told in note.replace("&#39;", "'")
    assert f"consent {code_for(story.bob)}" in note
    assert "2026-12-" in note
    assert made.piece.stage.value == "pending"


async def test_what_everybody_said_yes_to_is_public(story):
    """And only that: followers get it, the remark in the conversation says so."""
    carol = story.village.settle("carol")
    await story.deliver({"type": "Follow", "object": story.desk}, by=carol)
    await story.admit()
    made = await propose(story)
    assert not [each for each in carol.of_type("Create") if SECRET in str(each)]

    await story.write(f"consent {code_for(story.bob)}")

    assert await stage(story, made.piece.id) == "published"
    [create] = [each for each in carol.of_type("Create") if each["object"]["type"] == "Article"]
    assert create["object"]["name"] == TITLE
    assert SECRET in create["object"]["content"]
    assert "bob" not in str(create)


async def test_a_no_takes_the_words_out(story):
    """With nobody left to ask, it has ended."""
    await story.admit()
    made = await propose(story)

    await story.write("No.")

    assert "Your words are left out" in last(story.bob)
    assert await stage(story, made.piece.id) == "ended"
    assert (await stands(story, made.piece.id)).piece.excerpts == ()


@pytest.mark.parametrize("words", ["no", "No!", "consent"])
async def test_a_bare_answer_that_nobody_asked_for_is_simply_a_message(story, words):
    """“No” is an answer to many questions."""
    await story.admit()

    await story.write(words)

    assert words in await story.said()


async def test_others_of_the_project_are_asked_too(story):
    """Who speaks as the desk is a person, and their words are theirs."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    await story.admit()
    thread = await thread_of(story, story.bob)
    await story.act(Say(thread=thread, text="Try the lexer."), by=await story.principal(mara))
    chosen = [*await theirs(story, thread), (await theirs(story, thread, "project"))[-1]]

    made = await propose(story, *((note, None) for note in chosen))
    await story.write(f"consent {code_for(story.bob)}")
    assert await stage(story, made.piece.id) == "pending"

    await story.write(f"consent {code_for(mara)}", by=mara)
    assert await stage(story, made.piece.id) == "published"
