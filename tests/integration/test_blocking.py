"""Whom the gate, and whom one project, listens to no more."""

import pytest
from story import ANVIL

from forgefed_gate.domain.errors import Malformed, NotFound
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import blocking, projects
from forgefed_gate.store import blocks


async def blocked(story, project):
    """Say whether Bob is blocked for a project."""
    async with story.house.gate.database.snapshot() as tx:
        return await blocks.covers(tx, story.bob.id, project=Slug(project))


async def test_people_of_a_project_block_for_their_own_project_only(story):
    """What one project cannot bear is not the business of its neighbours."""
    await projects.add(story.house.gate, "lathe", "Lathe", by=OPERATOR)
    ann = await story.principal(await story.appoint("ann", Office.SAFETY))

    await blocking.block(story.house.gate, story.bob.id, by=ann)

    assert await blocked(story, ANVIL)
    assert not await blocked(story, "lathe")


async def test_people_of_a_project_cannot_lift_what_the_operator_blocked(story):
    """Whoever answers for the whole gate decides for the whole gate."""
    ann = await story.principal(await story.appoint("ann", Office.OWNER))
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)

    with pytest.raises(NotFound):
        await blocking.unblock(story.house.gate, story.bob.id, by=ann)

    assert await blocking.listing(story.house.gate, by=ann) == []
    assert await blocked(story, ANVIL)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("worse.example", "worse.example"),
        ("https://worse.example", "worse.example"),
        ("https://worse.example/", "worse.example"),
        ("https://worse.example/users/eve", "https://worse.example/users/eve"),
    ],
)
async def test_a_block_names_what_it_blocks(story, said, meant):
    """A block that matches nobody is a promise that is not kept."""
    assert await blocking.block(story.house.gate, said, by=OPERATOR) == meant
    assert await blocking.listing(story.house.gate, by=OPERATOR) == [meant]


@pytest.mark.parametrize("said", ["", "Worse.example", "worse.example.", "https://Worse.example/"])
async def test_what_can_match_nobody_is_refused(story, said):
    """Somebody who believes to be safe has to be."""
    with pytest.raises(Malformed):
        await blocking.block(story.house.gate, said, by=OPERATOR)

    assert await blocking.listing(story.house.gate, by=OPERATOR) == []
    assert await story.house.rows("blocks") == 0


async def test_lifting_a_block_opens_the_door_again(story):
    """Unblocking is one step, and takes effect at once."""
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)

    await blocking.unblock(story.house.gate, story.bob.id, by=OPERATOR)
    await story.write("Hello again")

    assert story.bob.notes()
