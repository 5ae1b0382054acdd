"""Who opens somebody's words: written down first, and told to whoever wrote them."""

import json

import pytest
from consoles import signed_in
from logbooks import log
from pieces import TITLE, code_for, propose
from story import ANSWER, ANVIL, HELLO

from forgefed_gate.domain.errors import NotFound, TryLater
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE
from forgefed_gate.domain.openings import Opening
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import checkpoints, openings, proposals, views
from forgefed_gate.services.tidy import tidy
from forgefed_gate.services.views import UNREADABLE


async def opened(story, thread):
    return await openings.of_thread(story.house.gate, thread)


async def acts(story):
    """List the acts in the audit log, with their roles."""
    await checkpoints.step(story.house.gate)
    return [
        (entry["act"], entry["role"]) for entry in map(json.loads, await log(story.house.gate))
    ]


async def status(story):
    await story.write("status")
    return story.bob.notes()[-1]["content"]


async def knocked(story):
    """Let bob knock while nobody looks, and name the knock."""
    await story.write(HELLO)
    await story.write(ANSWER)
    [view] = await story.knocks()
    return view.knock


@pytest.mark.parametrize("office", [Office.OWNER, Office.MAINTAINER, Office.SCREENER])
async def test_every_reading_is_told_with_its_role(story, office):
    """In the conversation, in the log, and to whoever wrote the words."""
    knock = await knocked(story)
    reader = await story.principal(await story.appoint("rita", office))

    await views.knock(story.house.gate, knock.id, by=reader)

    now = story.house.clock.now
    assert await opened(story, knock.thread) == [Opening(role=office.value, at=now)]
    assert (await acts(story))[-1] == ("Open", office.value)
    told = await status(story)
    assert "Your words were opened once: 2026-11-22, 12:00 UTC, by a" in told
    assert office.value in told
    assert "rita" not in told


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


# Words that cannot be opened


async def tamper(story, sql, **values):
    async with story.house.gate.database.transaction() as tx:
        assert await tx.run(sql, **values) > 0


async def sealed(story):
    """Give the sealed words of the messages of bob, in order."""
    async with story.house.gate.database.snapshot() as tx:
        return await tx.rows(
            "SELECT message, words FROM revisions JOIN messages ON messages.id = message"
            " WHERE speaker = 'contributor' ORDER BY position"
        )


CHANGE = "UPDATE revisions SET words = :words WHERE message = :message"


async def swap(story):
    one, other = await sealed(story)
    await tamper(story, CHANGE, message=one["message"], words=other["words"])
    await tamper(story, CHANGE, message=other["message"], words=one["words"])
    return 2


async def flip(story):
    one, _ = await sealed(story)
    words = one["words"]
    await tamper(story, CHANGE, message=one["message"], words=words[:-1] + bytes([words[-1] ^ 1]))
    return 1


async def another_key(story):
    one, _ = await sealed(story)
    words = one["words"]
    await tamper(story, CHANGE, message=one["message"], words=words[:1] + bytes(16) + words[17:])
    return 1


async def cut(story):
    one, _ = await sealed(story)
    await tamper(story, CHANGE, message=one["message"], words=one["words"][:9])
    return 1


@pytest.mark.parametrize("harm", [swap, flip, another_key, cut])
async def test_words_that_somebody_changed_are_shown_as_such(story, harm):
    """Never as a broken page; and once for each, the log says so."""
    knock = await knocked(story)
    shut = await harm(story)
    browser = await signed_in(story, "owner")

    for _ in range(2):
        page = await browser.get(f"/console/threads/{knock.thread}")
        assert (page.status_code, page.text.count(UNREADABLE)) == (200, shut)
        story.house.clock.pass_by(2 * HOUR)

    assert [act for act, _ in await acts(story)].count("Unreadable") == shut


async def test_words_that_were_erased_are_no_alarm(story):
    """Their key was destroyed on purpose: that is what erasing is."""
    knock, gate = await knocked(story), story.house.gate
    async with gate.database.transaction() as tx:
        await gate.vault.destroy(tx, owner=story.bob.id, now=gate.clock())

    view = await views.thread(gate, knock.thread, by=OPERATOR)

    assert [message.words for message in view.messages].count(UNREADABLE) == 2
    assert "Unreadable" not in [act for act, _ in await acts(story)]


async def test_somebody_who_says_so_themselves_is_no_alarm(story):
    """What matters is whether it opens, not what it says."""
    await story.write(UNREADABLE)
    [view] = await story.threads()

    assert UNREADABLE in [message.words for message in view.messages]
    assert "Unreadable" not in [act for act, _ in await acts(story)]


async def test_a_report_that_somebody_changed_is_shown_as_such(story):
    """As with every other word."""
    await story.deliver({"type": "Flag", "object": [story.desk], "content": "They were rude."})
    await tamper(story, "UPDATE reports SET words = :words", words=b"\x01" + bytes(60))

    for _ in range(2):
        [report] = await views.report_list(story.house.gate, ANVIL, by=OPERATOR)

    assert report.text == UNREADABLE
    assert [act for act, _ in await acts(story)].count("Unreadable") == 1


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
