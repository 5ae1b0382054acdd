"""What was given up on: shown with its reason and without its words, tried again or dropped."""

import re

import pytest
from consoles import signed_in, whole
from story import HELLO

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.services import outbound, queue
from forgefed_gate.store import jobs


async def given_up(story):
    """Let an answer be given up on, and name its job."""
    story.village.accepts = 410
    await story.write(HELLO)
    (view,) = await queue.listing(story.house.gate)
    return view


async def test_a_dead_letter_says_what_it_was_for_and_why_and_since_when(story):
    """Whoever decides about it needs that, and nobody needs the words."""
    await given_up(story)
    story.house.clock.pass_by(3 * 86_400_000)

    page = (await (await signed_in(story, "operator")).get("/console/jobs")).text

    said = " ".join(re.sub("<[^>]*>", " ", page).split())
    assert f"Something for somebody at village.example: {story.bob.id}" in said
    assert "Their server says that this inbox is gone for good. 1 try since 3 days ago" in said
    assert "What we ask of you" not in page
    assert "&#34;type&#34;" not in page


async def test_a_dead_letter_that_is_tried_again_arrives(story):
    """The reason may be gone by now."""
    view = await given_up(story)
    story.village.accepts = 202
    browser = await signed_in(story, "operator")
    assert story.bob.notes() == []

    answer = await browser.do("/console/jobs", "retry", job=view.id)
    await story.house.work()

    assert answer.status_code == 303
    assert len(story.bob.notes()) == 1
    assert await story.house.rows("jobs") == 0


async def test_a_dead_letter_that_is_dropped_is_forgotten(story):
    """It goes nowhere, and the page says so."""
    view = await given_up(story)
    story.village.accepts = 202
    browser = await signed_in(story, "operator")

    await browser.do("/console/jobs", "drop", job=view.id)
    page = (await browser.get("/console/jobs")).text
    await story.house.work()

    assert "It is forgotten. Nobody is told." in page
    assert "The queue is empty." in page
    assert story.bob.notes() == []
    assert await story.house.rows("jobs") == 0


@pytest.mark.parametrize("act", [queue.retry, queue.drop])
async def test_what_still_waits_is_neither_revived_nor_dropped(story, act):
    """It ends by itself; and what is unknown is no reason for an error page."""
    story.village.accepts = 503
    await story.write(HELLO)
    (view,) = await queue.listing(story.house.gate)
    before = await whole(story)

    for name, code in ((view.id, "job-alive"), ("nothing", "job-unknown")):
        with pytest.raises(NotFound) as refusal:
            await act(story.house.gate, name)
        assert refusal.value.code == code

    assert view.why is None
    assert await whole(story) == before


NEVER_ANSWERED = {"address-refused", "blocked", "not-connected", "timed-out", "tls-failed"}
ODD_ANSWERS = {"encoded", "too-large", "failed"}


def test_every_end_of_a_delivery_has_a_sentence():
    """A code alone is no help to somebody who did not write it."""
    assert queue.WHY.keys() == {*NEVER_ANSWERED, *ODD_ANSWERS, *outbound.ANSWERED, "restored"}


async def test_an_end_that_nobody_foresaw_has_one_too(story):
    """It names the code, which somebody who mends it wants."""
    async with story.house.gate.database.transaction() as tx:
        now = story.house.clock.now
        inbox = "https://far.example/inbox"
        await jobs.put(tx, "deliver a b", "deliver", payload=b"", run_at=now, now=now, lane=inbox)
        await jobs.bury_all(tx, "deliver", error="KeyError")

    (view,) = await queue.listing(story.house.gate)

    assert view.why == "Something here did not work out (KeyError)."


async def test_what_came_in_is_for_nobody_elsewhere(story):
    """Its lane names whoever wrote, and its name is a hash: neither is somebody to write to."""
    async with story.house.gate.database.transaction() as tx:
        now = story.house.clock.now
        lane = f"{story.bob.id} anvil"
        await jobs.put(tx, "process 0123", "process", payload=b"", run_at=now, now=now, lane=lane)

    (view,) = await queue.listing(story.house.gate)

    assert (view.to, view.person) == ("", "")
    assert view.what == "Something that came in, and is not decided yet"
