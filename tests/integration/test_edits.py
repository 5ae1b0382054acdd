"""Edits keep their history, deletions leave the fact, and attachments stay where they are."""

import re

import pytest
from consoles import on_sqlite, signed_in

from forgefed_gate.cli.conversations import _messages as on_paper
from forgefed_gate.domain.roles import Office
from forgefed_gate.services import views

FIRST, SECOND, THIRD = "I am bob and I break things.", "I mend things.", "I mend anvils."


async def edit(story, note, text):
    inner = {"id": note, "type": "Note", "attributedTo": story.bob.id, "content": f"<p>{text}</p>"}
    await story.deliver({"type": "Update", "object": inner})


async def edited_twice(story):
    """Let Bob knock, and edit his first message twice."""
    note = await story.write(FIRST)
    await story.write("I agree. My answers are in what I wrote before.")
    for text in (SECOND, THIRD):
        await edit(story, note, text)
    [view] = await story.threads()
    return note, view


async def test_what_a_message_said_before_can_be_read(story):
    """By whoever may read the message, in the order in which it was said."""
    _, view = await edited_twice(story)

    message = view.messages[0]
    assert (message.words, message.edited) == (THIRD, True)
    assert [each.words for each in message.earlier] == [FIRST, SECOND]
    assert [each.at for each in message.earlier] == sorted(each.at for each in message.earlier)
    assert view.messages[1].earlier == ()


async def test_the_console_shows_that_it_was_edited_and_what_it_said(story):
    """Folded away, since the latest words are what was meant."""
    _, view = await edited_twice(story)
    browser = await signed_in(story, "maintainer")

    page = (await browser.get(f"/console/threads/{view.thread.id}")).text

    assert "· edited" in page
    assert "<summary>Earlier words (2)</summary>" in page
    assert page.index(FIRST) < page.index(SECOND)


async def test_the_command_line_shows_it_when_asked(story):
    """And says otherwise only that it was edited."""
    _, view = await edited_twice(story)

    assert not any(FIRST in line for line in on_paper(view))
    assert any(line.endswith(", edited") for line in on_paper(view))
    told = on_paper(view, earlier=True)
    assert [line.strip() for line in told if line.strip() in {FIRST, SECOND, THIRD}] == [
        *(FIRST, SECOND, THIRD)
    ]


async def test_a_blind_screener_reads_no_name_in_earlier_words(story):
    """An edit that takes a name out must not be the way to find it."""
    _, view = await edited_twice(story)
    sam = await story.principal(await story.appoint("sam", Office.SCREENER))

    seen = await views.thread(story.house.gate, view.thread.id, by=sam)

    words = [each.words for message in seen.messages for each in message.earlier]
    assert len(words) == 2
    assert "bob" not in " ".join(words).casefold()
    assert "break things" in words[0]


async def test_a_deletion_takes_every_version(story):
    """From the page and from the database; that there was a message, and whose, stays."""
    note, view = await edited_twice(story)
    await story.deliver({"type": "Delete", "object": {"id": note, "type": "Tombstone"}})

    [view] = await story.threads()
    message = view.messages[0]
    assert (message.words, message.deleted, message.earlier) == (None, True, ())
    browser = await signed_in(story, "maintainer")
    page = (await browser.get(f"/console/threads/{view.thread.id}")).text
    assert "They deleted this message." in page
    assert not re.search(f"{FIRST}|{SECOND}|{THIRD}", page)
    gate = story.house.gate
    async with gate.database.snapshot() as tx:
        assert await tx.rows("SELECT * FROM revisions WHERE message = :note", note=note) == []
        [row] = await tx.rows("SELECT * FROM messages WHERE id = :note", note=note)
    assert (row["author"], row["deleted"]) == (story.bob.id, 1)


async def test_a_backup_holds_no_version_of_what_was_deleted(tmp_path):
    """Not even sealed: whoever has the key file and the backup reads what is left, and no more."""
    async with on_sqlite(tmp_path) as story:
        note, _ = await edited_twice(story)
        database = story.house.gate.database
        async with database.snapshot() as tx:
            rows = await tx.rows("SELECT words FROM revisions WHERE message = :note", note=note)
        before, after = tmp_path / "before", tmp_path / "after"
        await database.backup(before)
        await story.deliver({"type": "Delete", "object": {"id": note, "type": "Tombstone"}})
        await database.backup(after)

        assert len(rows) == 3
        assert all(bytes(row["words"]) in before.read_bytes() for row in rows)
        assert not any(bytes(row["words"]) in after.read_bytes() for row in rows)


HOSTILE = (
    "javascript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "https://gate.example@evil.example/",
    "https://evil.example/\u202egpj.exe",
    'https://evil.example/"><script>alert(1)</script>',
    "vbscript:x",
    "//evil.example/x",
    "https://evil.example/a b",
    "HTTPS://EVIL.EXAMPLE/x",
)


@pytest.mark.parametrize("url", HOSTILE)
async def test_an_attachment_is_never_fetched_linked_or_shown(story, url):
    """It is text that a person may copy, whatever it says that it is."""
    await story.admit()
    kinds = ("Document", "Image", "Video", "Link")
    attached = [
        {"type": kind, "url": url, "href": url, "mediaType": "image/png"} for kind in kinds
    ]
    activity = story.village.note(story.bob, story.desk, "Look at this.")
    activity["object"]["attachment"] = attached
    activity["object"]["icon"] = activity["object"]["image"] = {"type": "Image", "url": url}

    await story.deliver(activity)

    view = next(view for view in await story.threads() if "Look at" in str(view.messages))
    browser = await signed_in(story, "maintainer")
    page = await browser.get(f"/console/threads/{view.thread.id}")
    assert "Look at this." in page.text
    inside = page.text.partition('<ol class="talk">')[2].partition("</ol>")[0]
    assert not re.search(r"<(a|img|iframe|video|audio|object|embed|link|script)\b", inside)
    assert "\u202e" not in inside
    assert "<script" not in inside
    assert not [entry for entry in story.house.wire.log if "evil.example" in str(entry)]


async def test_pages_let_nothing_in_from_elsewhere(story):
    """Even a mistake in a template could not show a picture that tells somebody who looks."""
    await story.admit()
    [view] = await story.threads()
    browser = await signed_in(story, "maintainer")

    for path in ("/", "/@anvil", "/console", f"/console/threads/{view.thread.id}"):
        policy = (await browser.get(path)).headers["content-security-policy"]
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules.get("img-src", "'none'") in {"'self'", "'none'"}
        assert not {"frame-src", "media-src", "connect-src", "script-src"} & rules.keys()
