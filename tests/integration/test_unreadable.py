"""Words that cannot be opened: shown as such, and noted once."""

import pytest
from consoles import signed_in
from readings import acts, knocked
from story import ANVIL

from forgefed_gate.domain.ids import HOUR
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import views
from forgefed_gate.services.views import UNREADABLE


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
