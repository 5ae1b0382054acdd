"""News: public, to followers, and with nothing private in it."""

import pytest
from story import ANVIL

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import PUBLIC
from forgefed_gate.domain.intents import Announce
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import blocking, projects

NEWS = "Anvil 1.0 is out.\n\nIt parses everything."


async def follow(story, who, target=""):
    await story.deliver({"type": "Follow", "object": target or story.desk}, by=who, to=target)


async def test_news_goes_to_followers_and_to_nobody_else(story):
    """Each at their own inbox, addressed to the public and the followers, never to a list."""
    carol = story.village.settle("carol")
    await story.admit()
    await follow(story, carol)
    count = len(story.bob.came)

    await story.act(Announce(project=ANVIL, text=NEWS))

    [create] = carol.of_type("Create")
    assert len(story.bob.came) == count
    assert create["to"] == create["object"]["to"] == [PUBLIC]
    assert create["cc"] == create["object"]["cc"] == [f"{story.desk}/followers"]
    assert "tag" not in create["object"]
    assert "It parses everything." in create["object"]["content"]


async def test_who_follows_two_actors_of_a_project_hears_it_once(story):
    """One person, one inbox, one note."""
    await follow(story, story.bob)
    await follow(story, story.bob, story.project)

    await story.act(Announce(project=ANVIL, text=NEWS))

    assert len(story.bob.of_type("Create")) == 1


@pytest.mark.parametrize("how", ["Undo", "Block", "blocked"])
async def test_who_turned_away_hears_nothing(story, how):
    """They unfollowed, or blocked us, or were blocked."""
    await follow(story, story.bob)
    if how == "blocked":
        await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)
    elif how == "Block":
        await story.deliver({"type": "Block", "object": story.desk})
    else:
        inner = {"type": "Follow", "actor": story.bob.id, "object": story.desk}
        await story.deliver({"type": "Undo", "object": inner})

    await story.act(Announce(project=ANVIL, text=NEWS))

    assert story.bob.of_type("Create") == []


async def test_news_of_one_project_is_not_news_of_another(story):
    """Two projects on a gate share a house and nothing else."""
    gate = story.house.gate
    await projects.add(gate, "hammer", "Hammer", by=OPERATOR)
    await follow(story, story.bob)

    await story.act(Announce(project="hammer", text=NEWS))

    assert story.bob.of_type("Create") == []
    assert (await story.get("/desks/anvil/outbox")).json()["totalItems"] == 0
    assert (await story.get("/desks/hammer/outbox")).json()["totalItems"] == 1


async def test_no_words_are_no_news(story):
    """An empty announcement is a slip of the keyboard."""
    await follow(story, story.bob)
    before = await story.state()

    with pytest.raises(Conflict) as refusal:
        await story.act(Announce(project=ANVIL, text=" \n"))

    assert refusal.value.code == "no-words"
    assert await story.state() == before
