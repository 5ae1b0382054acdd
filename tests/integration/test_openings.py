"""Who opens somebody's words: written down first, and told to whoever wrote them."""

from functools import partial

import pytest
from consoles import signed_in
from guests import added, first_thread
from pieces import TITLE, code_for, propose
from readings import acts, forget_readings, knocked, opened, status
from story import ANVIL, HELLO

from forgefed_gate.domain.errors import NotFound, TryLater
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, Millis
from forgefed_gate.domain.openings import Opening
from forgefed_gate.domain.roles import OPERATOR, Office, Principal
from forgefed_gate.domain.words.openings import in_role
from forgefed_gate.protocol.times import minute
from forgefed_gate.services import mine, openings, proposals, views
from forgefed_gate.services.tidy import tidy
from forgefed_gate.store import openings as store


async def as_contributor(story):
    """Let bob knock, and say how his words are opened, and under what that is noted."""
    knock = await knocked(story)
    return story.bob, knock.thread, partial(views.knock, story.house.gate, knock.id)


async def as_guest(story):
    """Let somebody be added to a conversation of bob's, and write there."""
    await story.admit()
    ann, _ = await added(story)
    await story.write("I know that parser.", by=ann)
    thread = (await first_thread(story)).id
    await forget_readings(story)
    return ann, thread, partial(views.thread, story.house.gate, thread)


async def as_reporter(story):
    """Let somebody who wrote to us report somebody."""
    await story.write(HELLO)
    await story.deliver(REPORT)
    return story.bob, f"reports|{ANVIL}", partial(views.report_list, story.house.gate, ANVIL)


REPORT = {"type": "Flag", "object": ["https://gate.example/desks/anvil"], "content": "Rude!"}
TALKS = (Office.OWNER, Office.MAINTAINER)
READINGS = [
    *((as_contributor, office) for office in (*TALKS, Office.SCREENER)),
    *((as_guest, office) for office in TALKS),
    *((as_reporter, office) for office in (Office.OWNER, Office.SAFETY)),
]


@pytest.mark.parametrize(("whose", "office"), READINGS)
async def test_every_reading_is_told_with_its_role(story, whose, office):
    """In the conversation, in the log, and to whoever wrote the words."""
    who, subject, read = await whose(story)
    assert "Nobody has opened your words yet." in await status(story, by=who)
    reader = await story.principal(await story.appoint("rita", office))

    await read(by=reader)

    now = story.house.clock.now
    assert await opened(story, subject) == [Opening(role=office.value, at=now)]
    assert (await acts(story))[-1] == ("Open", office.value)
    told = await status(story, by=who)
    assert f"Your words were opened once: {minute(now)}, {in_role(office.value)}." in told
    assert "rita" not in told


async def test_whoever_came_in_between_is_told_of_the_next_reading(story):
    """To them it is the first, though whoever reads on is still reading; to others it is one."""
    await story.admit()
    thread = (await first_thread(story)).id
    ann, _ = await added(story)
    await story.deliver(REPORT)
    gate = story.house.gate
    await views.thread(gate, thread, by=OPERATOR)
    await views.report_list(gate, ANVIL, by=OPERATOR)
    before = len(await opened(story, thread)), len(await opened(story, f"reports|{ANVIL}"))
    assert "opened once" in await status(story, by=ann)

    cora, _ = await added(story, "cora")
    await story.deliver(REPORT)
    assert "Nobody has opened your words yet." in await status(story, by=cora)
    for _ in range(2):
        await views.thread(gate, thread, by=OPERATOR)
        await views.report_list(gate, ANVIL, by=OPERATOR)

    after = len(await opened(story, thread)), len(await opened(story, f"reports|{ANVIL}"))
    assert after == (before[0] + 1, before[1] + 1)
    assert "opened once" in await status(story, by=cora)


async def test_status_counts_the_conversations_that_somebody_was_added_to(story):
    """They are open to them, and not theirs to end."""
    await story.admit()
    ann, code = await added(story)

    told = await status(story, by=ann)
    await story.write(f"disagree {code}")

    assert "You were added to one conversation that is open" in told
    assert "No conversation is open" not in told
    [view] = await story.threads()
    assert "One conversation is open" in await status(story)
    assert not view.thread.closed


async def test_a_screener_opens_nothing_of_somebody_who_was_added(story):
    """They are not shown it, so nobody is told that they read it."""
    await story.admit()
    ann, _ = await added(story)
    thread = (await first_thread(story)).id
    await forget_readings(story)
    async with story.house.gate.database.transaction() as tx:
        noted = Opening(role=Office.SCREENER.value, at=story.house.clock.now)
        await store.add(tx, "o1", project=ANVIL, subject=thread, reader="rita", opening=noted)

    assert "Nobody has opened your words yet." in await status(story, by=ann)
    assert "by a screener" in await status(story)


async def test_whoever_gets_the_name_of_somebody_gone_is_told_of_no_report(story):
    """They did not write it, and nobody tells them that there was one."""
    await story.write(HELLO)
    await story.deliver(REPORT)
    await views.report_list(story.house.gate, ANVIL, by=OPERATOR)
    assert "opened once" in await status(story)
    await story.deliver({"type": "Delete", "object": story.bob.id})

    await story.write(HELLO, in_reply_to=None)

    assert "Nobody has opened your words yet." in await status(story)


async def test_somebody_added_sees_on_their_page_what_was_opened_since_they_came(story):
    """Not what was opened before."""
    await story.admit()
    thread = (await first_thread(story)).id
    ann, _ = await added(story)
    await forget_readings(story)
    me, gate = Principal(name=ann.id), story.house.gate
    early = Opening(role="owner", at=Millis(story.house.clock.now - HOUR))
    async with gate.database.transaction() as tx:
        await store.add(tx, "o1", project=ANVIL, subject=thread, reader="olga", opening=early)
    assert (await mine.thread(gate, thread, by=me)).openings == ()

    await views.thread(gate, thread, by=OPERATOR)

    late = Opening(role="operator", at=story.house.clock.now)
    assert (await mine.thread(gate, thread, by=me)).openings == (late,)
    theirs = await mine.thread(gate, thread, by=Principal(name=story.bob.id))
    assert theirs.openings == (late, early)


async def test_nobody_has_read_what_nobody_has_opened(story):
    """A list of knocks shows no words."""
    await knocked(story)

    assert "Nobody has opened your words yet." in await status(story)
    assert "Open" not in [act for act, _ in await acts(story)]


async def test_reading_on_is_one_reading(story):
    """Whoever opens the page again within the hour is still reading; later, they read again."""
    knock, gate = await knocked(story), story.house.gate
    owner = await story.principal(await story.appoint("olga", Office.OWNER))
    other = await story.principal(await story.appoint("otto", Office.OWNER))
    for _ in range(3):
        await views.thread(gate, knock.thread, by=owner)
        await views.knock(gate, knock.id, by=owner)
        story.house.clock.pass_by(19 * MINUTE)
    assert len(await opened(story, knock.thread)) == 1

    await views.thread(gate, knock.thread, by=other)
    story.house.clock.pass_by(HOUR)
    await views.thread(gate, knock.thread, by=owner)

    assert len(await opened(story, knock.thread)) == 3
    assert [role for act, role in await acts(story) if act == "Open"] == ["owner"] * 3


async def test_many_readings_are_told_in_short(story):
    """Nobody wants to scroll in an answer to one word."""
    knock, gate = await knocked(story), story.house.gate
    for _ in range(5):
        await views.thread(gate, knock.thread, by=OPERATOR)
        story.house.clock.pass_by(HOUR)

    told = await status(story)

    assert "Your words were opened 5 times, lately: " in told
    assert told.count("by the operator of this server") == 3


async def test_whoever_may_not_read_leaves_no_trace(story):
    """What was not opened is not told of."""
    knock = await knocked(story)
    guard = await story.principal(await story.appoint("gina", Office.SAFETY))
    before = await acts(story)

    with pytest.raises(NotFound):
        await views.thread(story.house.gate, knock.thread, by=guard)

    assert await opened(story, knock.thread) == []
    assert await acts(story) == before


async def test_what_cannot_be_noted_is_not_shown(story, monkeypatch):
    """Otherwise a full disk would be a way to read in secret."""
    knock = await knocked(story)

    async def full(*_, **__):
        raise TryLater("storage-unavailable", "Our storage does not answer now.")

    monkeypatch.setattr(openings, "write_down_in", full)
    with pytest.raises(TryLater):
        await views.thread(story.house.gate, knock.thread, by=OPERATOR)

    assert await opened(story, knock.thread) == []


async def test_the_people_of_a_project_see_it_too(story):
    """On the page of the conversation, by role."""
    knock = await knocked(story)
    browser = await signed_in(story, "owner")

    page = await browser.get(f"/console/threads/{knock.thread}")

    assert "Opened 1 time." in page.text
    assert "<li>owner, <time" in page.text


async def test_reports_are_noted_too(story):
    """Whoever reports somebody is a contributor as well."""
    flag = {"type": "Flag", "object": [story.desk], "content": "They were rude."}
    await story.deliver(flag)
    guard = await story.principal(await story.appoint("gina", Office.SAFETY))

    for _ in range(2):
        await views.report_list(story.house.gate, ANVIL, by=guard)

    assert [each for each in await acts(story) if each[0] == "Open"] == [("Open", "safety")]


async def test_readings_are_forgotten_with_the_record(story):
    """Who read what is about people too."""
    knock = await knocked(story)
    await views.thread(story.house.gate, knock.thread, by=OPERATOR)
    logged = await acts(story)
    story.house.clock.pass_by(181 * DAY)

    await tidy(story.house.gate)

    assert await opened(story, knock.thread) == []
    assert await acts(story) == logged


async def test_a_list_of_pieces_opens_nothing(story):
    """Neither a title nor words: whoever wants them opens the piece, and that is written down."""
    gate = story.house.gate
    await story.admit()
    made = await propose(story)
    olga = await story.principal(await story.appoint("olga", Office.OWNER))
    before = await opened(story, made.piece.thread)

    lists = [
        await proposals.listing(gate, ANVIL, by=olga),
        await proposals.from_thread(gate, made.piece.thread, by=olga),
    ]

    assert [[(each.id, each.title, each.public) for each in listed] for listed in lists] == [
        [(made.piece.id, "", False)]
    ] * 2
    assert await opened(story, made.piece.thread) == before
    view = await proposals.show(gate, made.piece.id, by=olga)
    assert view.listed.title == TITLE
    assert [each.role for each in await opened(story, made.piece.thread)][:1] == ["owner"]


async def test_a_list_names_what_is_public(story):
    """Everybody can read that title."""
    await story.admit()
    made = await propose(story)
    await story.write(f"consent {code_for(story.bob)}")

    [listed] = await proposals.listing(story.house.gate, ANVIL, by=OPERATOR)

    assert (listed.id, listed.title, listed.public) == (made.piece.id, TITLE, True)
