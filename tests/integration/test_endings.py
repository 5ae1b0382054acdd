"""Endings in one step and handing over: no word is typed, and no reason asked."""

import re

import pytest
from consoles import fresh_thread, signed_in
from story import ANVIL

from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.errors import Conflict, Forbidden, NotFound
from forgefed_gate.domain.intents import Close, Decline, HandOver
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.words import endings, talk
from forgefed_gate.services import handing, projects

BUTTON = re.compile(
    r'<form class="bare" method="post">\s*<input type="hidden" name="csrf" value="[^"]+">\s*'
    r'<input type="hidden" name="(clause|ending)" value="([^"]*)">\s*'
    r'<button[^>]* name="act" value="(end|close)">'
)


def heard(who):
    """Read the latest note as plain words."""
    return re.sub("<[^>]+>", "", who.notes()[-1]["content"])


@pytest.mark.parametrize("ending", Ending)
async def test_a_conversation_ends_with_the_sentence_that_was_chosen(story, ending):
    """A member is thanked, whichever it is, and a reply opens it again."""
    await story.admit()
    [view] = await story.threads()

    await story.act(Close(thread=view.thread.id, ending=ending))

    [view] = await story.threads()
    assert view.thread.closed
    assert view.messages[-1].words == endings.CLOSING[ending]()
    assert "opens it again" in heard(story.bob) or "it opens again" in heard(story.bob)


async def test_declining_for_now_says_that_it_is_about_the_time(story):
    """Nothing has to be typed for that."""
    knock = await story.knock()

    await story.act(Decline(knock=knock.knock.id, not_now=True))

    assert endings.DECLINED_FOR_NOW in heard(story.bob)
    assert "You are welcome" in heard(story.bob) or "you are welcome" in heard(story.bob)


async def test_own_words_are_not_replaced(story):
    """Whoever writes something means it."""
    knock = await story.knock()

    await story.act(Decline(knock=knock.knock.id, not_now=True, text="Please ask in May."))

    assert "Please ask in May." in heard(story.bob)
    assert endings.DECLINED_FOR_NOW not in heard(story.bob)


async def test_every_button_of_a_knock_ends_it_in_one_step(story):
    """Not now, and one for each promise of the charter."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    page = (await browser.get(thread)).text
    buttons = BUTTON.findall(page)
    assert [value for _, value, _ in buttons] == [
        *("", "kindness", "own-words", "patience", "answer", "privacy", "credit")
    ]

    answer = await browser.do(thread, "end", clause="own-words")
    await story.house.work()

    assert answer.status_code == 303
    assert [knock.knock.stage for knock in await story.knocks()] == [Stage.DECLINED]
    assert "Write in your own words" in heard(story.bob)


async def test_every_button_of_a_conversation_is_an_ending(story):
    """And an ending that no button has is refused without a change."""
    await story.admit()
    [view] = await story.threads()
    path = f"/console/threads/{view.thread.id}"
    browser = await signed_in(story, "maintainer")
    buttons = BUTTON.findall((await browser.get(path)).text)
    assert [value for _, value, _ in buttons] == [ending.value for ending in Ending]
    before = await story.state()

    assert (await browser.do(path, "close", ending="never")).status_code == 400
    assert await story.state() == before
    assert (await browser.do(path, "close", ending="done")).status_code == 303
    [view] = await story.threads()
    assert view.messages[-1].words == endings.done()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("close {code}", talk.thread_closed()),
        ("CLOSE {code}: thanks", talk.thread_closed()),
        ("close {code} done.", endings.done()),
        ("close {code} not now", endings.not_now()),
    ],
)
async def test_an_own_account_closes_in_one_line(story, said, told):
    """Whoever is on a train can end something kindly."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    await story.admit()
    [view] = await story.threads()

    await story.write(said.format(code=view.thread.code), by=mara)

    [view] = await story.threads()
    assert view.thread.closed
    assert view.messages[-1].words == told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("decline {code} not now", endings.DECLINED_FOR_NOW),
        ("decline {code} own-words", "Write in your own words"),
        ("decline {code} We are three people.", "We are three people."),
    ],
)
async def test_an_own_account_declines_in_one_line(story, said, told):
    """By a word of the charter, by the time, or in words of their own."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()

    await story.write(said.format(code=knock.code), by=mara)

    assert [knock.knock.stage for knock in await story.knocks()] == [Stage.DECLINED]
    assert told in heard(story.bob)


async def two_maintainers(story):
    """Appoint two, and let Bob be a member with a conversation."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    nils = await story.appoint("nils", Office.MAINTAINER)
    await story.admit()
    [view] = await story.threads()
    return mara, nils, view.thread


async def test_whoever_has_taken_a_conversation_on_is_told_of_it_alone(story):
    """Until it is handed to everybody again; the contributor hears nothing of either."""
    mara, nils, thread = await two_maintainers(story)
    bobs = len(story.bob.notes())

    await story.act(HandOver(thread=thread.id, to=nils.id), by=await story.principal(mara))
    assert "was handed to you" in heard(nils)
    hers, his = len(mara.notes()), len(nils.notes())
    await story.write("A question.")
    assert (len(mara.notes()), len(nils.notes())) == (hers, his + 1)
    assert len(story.bob.notes()) == bobs

    await story.act(HandOver(thread=thread.id), by=await story.principal(nils))
    await story.act(Close(thread=thread.id))
    await story.write("One more.")
    assert (len(mara.notes()), len(nils.notes())) == (hers + 1, his + 2)


async def test_a_duty_ends_with_the_office(story):
    """Nothing waits for somebody who is not there any more."""
    mara, nils, thread = await two_maintainers(story)
    await story.act(HandOver(thread=thread.id, to=nils.id))
    await projects.dismiss(story.house.gate, ANVIL, nils.id, by=OPERATOR)
    hers = len(mara.notes())

    await story.write("A question.")

    assert len(mara.notes()) == hers + 1


@pytest.mark.parametrize(
    ("said", "to"),
    [
        ("hand {code} to @nils@village.example", "nils"),
        ("HAND {code} nils", "nils"),
        ("hand {code} to @nils.", "nils"),
        ("hand {code} to me", "mara"),
        ("hand {code}", None),
        ("hand {code} to everybody", None),
    ],
)
async def test_an_own_account_hands_over_in_one_line(story, said, to):
    """By a handle, by its first part, or to oneself."""
    mara, nils, thread = await two_maintainers(story)
    await story.act(HandOver(thread=thread.id, to=nils.id))

    await story.write(said.format(code=thread.code), by=mara)

    [view] = await story.threads()
    assert view.thread.assigned == (story.village.people[to].id if to else None)
    assert "Done: hand" in heard(mara)


async def test_nobody_is_handed_what_they_could_not_read(story):
    """A safety contact reads reports, a stranger nothing; and it is said to whoever tried."""
    mara, _, thread = await two_maintainers(story)
    sam = await story.appoint("sam", Office.SAFETY)
    before = await story.state()

    with pytest.raises(Conflict, match="could not read"):
        await story.act(HandOver(thread=thread.id, to=sam.id))
    with pytest.raises(Conflict, match="could not read"):
        await story.act(HandOver(thread=thread.id, to=story.bob.id))
    with pytest.raises(NotFound, match="is called"):
        await handing.heir_of(story.house.gate, thread.id, "@bob@village.example", by=OPERATOR)
    await story.write(f"hand {thread.code} to bob", by=mara)

    [view] = await story.threads()
    assert view.thread.assigned is None
    assert "Nothing was done" in heard(mara)
    assert (await story.state())["messages"] == before["messages"]


async def test_whoever_may_not_talk_hands_nothing_over(story):
    """What they cannot read is not theirs to give."""
    _, nils, thread = await two_maintainers(story)
    sam = await story.principal(await story.appoint("sam", Office.SCREENER))

    with pytest.raises(Forbidden):
        await story.act(HandOver(thread=thread.id, to=nils.id), by=sam)

    [view] = await story.threads()
    assert view.thread.assigned is None


async def test_the_console_hands_over_by_choosing(story):
    """Those who may read it are in the list, and everybody."""
    mara, _, thread = await two_maintainers(story)
    browser = await signed_in(story, "owner")
    path = f"/console/threads/{thread.id}"

    page = (await browser.get(path)).text
    assert "now everybody" in page
    assert f'<option value="{mara.id}">@mara@village.example</option>' in page
    assert (await browser.do(path, "hand", to=mara.id)).status_code == 303

    [view] = await story.threads()
    assert view.thread.assigned == mara.id
    assert "now one person alone" in (await browser.get(path)).text


async def test_no_reason_is_kept(story):
    """The record says who handed what over, and there is no place for a why."""
    mara, nils, thread = await two_maintainers(story)

    await story.act(HandOver(thread=thread.id, to=nils.id), by=await story.principal(mara))

    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT principal, subject, reason FROM record WHERE act = 'HandOver'"
        )
    assert [dict(row) for row in rows] == [
        {"principal": mara.id, "subject": thread.id, "reason": "handed-over"}
    ]
