"""People who are added to a conversation, as a story tells it."""

import json

from forgefed_gate.domain.intents import AddParty
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import people, views


async def met(story, name="ann"):
    """Let somebody live in the village whom the gate knows."""
    who = story.village.settle(name)
    await people.resolve(story.house.gate, who.id)
    return who


async def first_thread(story):
    return (await story.threads())[0].thread


async def propose(story, who, *, history=False):
    thread = (await first_thread(story)).id
    await story.act(AddParty(thread=thread, who=who.id, history=history))
    parties = await views.party_list(story.house.gate, thread, by=OPERATOR)
    return next(each.seat.code for each in parties if each.seat.actor == who.id)


async def added(story, name="ann", *, word="agree", history=False):
    """Admit bob, let him say something, and let him agree to somebody."""
    who = await met(story, name)
    code = await propose(story, who, history=history)
    await story.write(f"{word} {code}")
    return who, code


def read(who):
    """Give all that was ever brought to somebody, as text."""
    return json.dumps(who.came)
