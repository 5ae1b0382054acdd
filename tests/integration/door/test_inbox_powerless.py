"""What is taken at the door, and then has no power: it is recorded, with the reason."""

import pytest
from hostile import PAYLOADS, POWERLESS, made
from senders import held, mention, outcome, send

from forgefed_gate.domain.ids import ThreadId
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import views

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEPT = {"inbox", "record", "audit_waiting", "data_keys"}
"""That it came, and why nothing followed."""


@pytest.mark.parametrize(("change", "reason"), POWERLESS.values(), ids=POWERLESS)
async def test_what_has_no_power_changes_nothing(house, bob, change, reason):
    """Whoever asks is told nothing of what there is, and finds out nothing by asking."""
    document = made(bob, house.desk(), change)
    before, told = await held(house), len(bob.told)

    answer = await send(house, bob, document)
    await house.work()

    after = await held(house)
    assert outcome(answer) == (202, "")
    assert {table for table in after if after[table] != before[table]} <= KEPT
    assert await recorded(house, document["id"]) == [reason]
    assert len(bob.told) == told


@pytest.mark.parametrize(("content", "words"), PAYLOADS.items())
async def test_html_that_would_act_is_read_as_words(house, bob, content, words):
    """What people of a project read is text, whatever it was when it came."""
    document = mention(bob, house.desk(), content=content)

    answer = await send(house, bob, document)
    await house.work()

    assert outcome(answer) == (202, "")
    assert await latest_words(house) == words


async def latest_words(house):
    async with house.gate.database.snapshot() as tx:
        [row] = await tx.rows("SELECT thread FROM messages ORDER BY at DESC LIMIT 1")
    view = await views.thread(house.gate, ThreadId(str(row["thread"])), by=OPERATOR)
    return [each.words for each in view.messages if each.speaker.value == "contributor"][-1]


async def recorded(house, subject):
    async with house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT reason FROM record WHERE subject = :id", id=subject)
    return [row["reason"] for row in rows]
