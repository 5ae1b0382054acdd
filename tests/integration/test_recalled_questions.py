"""Questions that wait in the queue, and are not asked any more: nobody gets them."""

import pytest
from guests import added
from pieces import propose, redact

from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import RemoveParty


@pytest.mark.parametrize("how", ["removed", "disagree", "asked anew"])
async def test_a_question_that_waits_is_recalled_at_once(story, how):
    """It quotes the conversation, to somebody who is in it no more; or other words than now."""
    await story.admit()
    ann, code = await added(story)
    hers = await story.write("The words of ann.", by=ann)
    story.village.accepts = 503
    made = await propose(story, (hers, None))
    assert await questions_to(story, ann) == 1
    came = len(ann.came)

    if how == "asked anew":
        await redact(story, made.piece.id, (hers, "The words."))
    elif how == "removed":
        await story.act(RemoveParty(thread=made.piece.thread, who=ann.id))
    else:
        await story.write(f"disagree {code}")

    waiting = await questions_to(story, ann)
    assert waiting == (1 if how == "asked anew" else 0)
    story.village.accepts = 202
    story.house.clock.pass_by(2 * DAY)
    await story.house.work()
    later = str(ann.came[came:])
    assert "The words of ann." not in later
    assert ("The words." in later) is (how == "asked anew")


async def questions_to(story, who) -> int:
    """Count the deliveries that wait for somebody."""
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT name FROM jobs WHERE kind = 'deliver'")
    return sum(str(row["name"]).endswith(f" {who.id}") for row in rows)
