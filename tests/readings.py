"""Who opened words, as a test asks: of the gate, of its log, and of whoever wrote them."""

import json

from logbooks import log
from story import ANSWER, HELLO

from forgefed_gate.services import checkpoints, openings


async def opened(story, thread):
    return await openings.of_thread(story.house.gate, thread)


async def acts(story):
    """List the acts in the audit log, with their roles."""
    await checkpoints.step(story.house.gate)
    return [
        (entry["act"], entry["role"]) for entry in map(json.loads, await log(story.house.gate))
    ]


async def status(story, *, by=None):
    who = by or story.bob
    await story.write("status", by=who)
    return who.notes()[-1]["content"]


async def knocked(story):
    """Let bob knock while nobody looks, and name the knock."""
    await story.write(HELLO)
    await story.write(ANSWER)
    [view] = await story.knocks()
    return view.knock


async def forget_readings(story):
    """Undo what looking into a story notes."""
    async with story.house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM openings")
