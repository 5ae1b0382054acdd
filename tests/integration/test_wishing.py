"""A contributor's words in their own client: answered by the gate, and kept in no conversation."""

from story import ANSWER, HELLO

from forgefed_gate.domain.intents import Admit


async def test_status_says_where_somebody_stands(story):
    """While they are asked, while they wait, and as a member."""
    await story.write(HELLO)
    assert "look forward to your answer" in await wish(story, "status")

    await story.write(ANSWER)
    assert "are with the people who screen for Anvil" in await wish(story, "Status.")

    [knock] = await story.knocks()
    await story.act(Admit(knock=knock.knock.id))
    assert "You take part in Anvil as “report” until 2027-05-21" in await wish(story, "status")


async def test_help_lists_the_words(story):
    """And says that everything else is read by people."""
    await story.write(HELLO)

    assert "status: where you stand" in await wish(story, "help")


async def wish(story, word):
    """Write a word, and give the answer; no conversation has changed by either."""
    before = await story.threads()
    await story.write(word)
    assert await story.threads() == before
    return story.bob.notes()[-1]["content"]
