"""How many new people come in by a link in a day, and what becomes of the others."""

from collections.abc import AsyncGenerator

import pytest
from neighbours import ANVIL, Neighbours, open_neighbours
from story import ANSWER, HELLO, draw_rsa

from demo.village import Villager
from forgefed_gate.domain.ids import DAY, MINUTE
from forgefed_gate.domain.intents import Ask, Decline
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import keys
from forgefed_gate.services import projects, review, views

CAP = 2


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def full_day(near: Neighbours) -> Villager:
    """Link the two, let as many come in as a day takes, and name a member who comes too late."""
    members = [near.bob, *map(near.village.settle, ("ann", "cleo"))]
    for who in members:
        await near.join_the_team(by=who)
    await near.link_both(cap=CAP)
    for who in members[:CAP]:
        await near.write(near.a.desk(), HELLO, by=who)
        await near.write(near.a.desk(), "I agree.", by=who)
    return members[CAP]


async def knock_of(near: Neighbours, who: Villager) -> dict[str, object]:
    """Give the latest knock of somebody."""
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT id, stage, via FROM knocks WHERE actor = :who ORDER BY opened_at DESC, id",
            who=who.id,
        )
    return dict(rows[0])


def heard(who: Villager) -> str:
    return str(who.notes()[-1]["content"])


async def is_member(near: Neighbours, who: Villager) -> bool:
    """Say whether somebody's message reaches the people of the project without more ado."""
    await near.write(near.a.desk(), "The parser drops the last line.", by=who)
    async with near.a.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT reason FROM record WHERE act = 'Message' ORDER BY at")
    return rows[-1]["reason"] == "member"


async def test_the_one_after_the_last_of_a_day_is_asked_like_everybody(near):
    """They lose nothing: what they write is kept, and a person may let them in."""
    late = await full_day(near)

    await near.write(near.a.desk(), HELLO, by=late)

    knock = await knock_of(near, late)
    assert (knock["stage"], knock["via"]) == ("asked", None)
    assert "stands for you" not in heard(late)
    assert "What would you like to help Anvil with?" in heard(late)
    assert (await near.may(late)).granted, "their chain is as good as that of the others"
    await near.write(near.a.desk(), ANSWER, by=late)
    assert (await knock_of(near, late))["stage"] == "held"


async def test_whoever_is_in_stays_in_however_many_came_that_day(near):
    """A full day shuts nobody out who is in, or has begun to be."""
    await full_day(near)
    for name in (near.bob, near.village.people["ann"]):
        assert (await knock_of(near, name))["stage"] == "admitted"
        assert await is_member(near, name)


async def test_whoever_was_asked_comes_in_on_the_next_day(near):
    """Their next message is enough to be offered the charter alone; no question stays open."""
    late = await full_day(near)
    await near.write(near.a.desk(), HELLO, by=late)
    first = await knock_of(near, late)
    near.clock.pass_by(DAY)

    await near.write(near.a.desk(), "Good morning.", by=late)
    assert "stands for you" in heard(late)
    await near.write(near.a.desk(), "I agree.", by=late)

    assert (await knock_of(near, late))["stage"] == "admitted"
    assert await is_member(near, late)
    async with near.a.gate.database.snapshot() as tx:
        [old] = await tx.rows("SELECT stage FROM knocks WHERE id = :id", id=first["id"])
    assert old["stage"] == "withdrawn"


async def test_whoever_agrees_on_the_next_day_is_in_at_once(near):
    """They were shown the charter on the day before, and this is their answer to it."""
    late = await full_day(near)
    await near.write(near.a.desk(), HELLO, by=late)
    near.clock.pass_by(DAY)

    await near.write(near.a.desk(), "I agree.", by=late)

    assert (await knock_of(near, late))["stage"] == "admitted"
    assert await is_member(near, late)
    assert await near.a.rows("grants") == 0


async def test_whoever_waits_for_a_person_is_in_with_their_next_message(near):
    """They agreed already; nobody has to decide what a link has decided."""
    late = await full_day(near)
    await near.write(near.a.desk(), HELLO, by=late)
    await near.write(near.a.desk(), ANSWER, by=late)
    near.clock.pass_by(DAY)

    await near.write(near.a.desk(), "Is there anything I can add?", by=late)

    assert (await knock_of(near, late))["stage"] == "admitted"
    assert await is_member(near, late)
    waiting = await views.knock_list(near.a.gate, ANVIL, by=OPERATOR)
    assert [each for each in waiting if each.knock.stage.open] == []


async def test_a_charter_that_changed_meanwhile_is_agreed_to_by_nobody_yet(near):
    """Agreeing to one text is agreeing to that text."""
    late = await full_day(near)
    await near.write(near.a.desk(), HELLO, by=late)
    charter = await projects.charter(near.a.gate, ANVIL)
    other = type(charter)(expects=charter.expects[:1], offers=(), questions=charter.questions)
    await projects.publish_charter(near.a.gate, ANVIL, other, by=OPERATOR)
    near.clock.pass_by(DAY)

    await near.write(near.a.desk(), "I agree.", by=late)

    assert (await knock_of(near, late))["stage"] == "invited"
    assert not await is_member(near, late)


@pytest.mark.parametrize("what", ["ask", "decline"])
async def test_what_our_own_people_said_counts_for_more_than_a_new_day(near, what):
    """Whom they asked something answers them; whom they declined knocks, like everybody."""
    late = await full_day(near)
    await near.write(near.a.desk(), HELLO, by=late)
    await near.write(near.a.desk(), ANSWER, by=late)
    knock = str((await knock_of(near, late))["id"])
    act = Ask(knock=knock, text="Which parser?") if what == "ask" else Decline(knock=knock)
    await review.act(near.a.gate, act, by=OPERATOR, via="cli")
    await near.settle()
    near.clock.pass_by(DAY)

    await near.write(near.a.desk(), "The larger one.", by=late)

    knock = await knock_of(near, late)
    assert (knock["stage"], knock["via"]) == ("held" if what == "ask" else "asked", None)
    assert not await is_member(near, late)


async def test_a_day_is_counted_back_from_now(near):
    """Nobody gains by coming around midnight, wherever that is."""
    late = await full_day(near)
    near.clock.pass_by(DAY - 5 * MINUTE)
    await near.write(near.a.desk(), HELLO, by=late)
    assert (await knock_of(near, late))["via"] is None
    near.clock.pass_by(10 * MINUTE)
    await near.write(near.a.desk(), HELLO, by=late)
    assert (await knock_of(near, late))["via"] == (await near.link_of(near.a, ANVIL)).code
