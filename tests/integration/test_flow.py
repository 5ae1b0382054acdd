"""The main job, from a stranger's first message to a private conversation."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from demo.village import Village, Villager
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.intents import Admit
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import review, views
from forgefed_gate.store.database import Database
from gates import House, open_house

ANSWER = "I agree. I would like to fix the parser, and have read the code for two weeks."


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    async with open_house(tmp_path, database) as opened:
        yield opened


@pytest.fixture
def village(house: House) -> Village:
    built = Village("https://village.example", house.wire)
    house.wire.apps["village.example"] = built.app
    return built


@pytest.fixture
def bob(village: Village) -> Villager:
    return village.settle("bob")


async def say(house: House, village: Village, who: Villager, text: str) -> None:
    answer = await village.write(who, house.desk(), text, **{})
    assert answer.status == 202, answer.body
    await house.work()


async def test_a_stranger_becomes_a_member(house, village, bob):
    """This is what the gate is for."""
    village_now = house.clock.now

    async def write(text: str) -> None:
        activity = village.note(
            bob, house.desk(), text, in_reply_to=bob.notes()[-1]["id"] if bob.notes() else None
        )
        answer = await village.send(bob, f"{house.desk()}/inbox", activity, now=village_now)
        assert answer.status == 202, answer.body
        await house.work()

    await write("Hello, may I help?")
    assert "I agree" in bob.notes()[-1]["content"]

    await write(ANSWER)
    assert "with the people who screen" in bob.notes()[-1]["content"]

    (knock,) = await views.knock_list(house.gate, Slug("anvil"), by=OPERATOR)
    await review.act(house.gate, Admit(knock=knock.knock.id), by=OPERATOR, via="cli")
    await house.work()
    assert [each["object"] for each in bob.of_type("Grant")] == ["report"]

    await write("Here is what I found.")
    (thread,) = await views.thread_list(house.gate, Slug("anvil"), by=OPERATOR)
    assert thread.grant is not None
