"""A change between two gates: offered by one with its patch, read and settled by the other."""

import json
from argparse import Namespace
from collections.abc import AsyncGenerator

import contracts
import pytest
from abroad import TEXT, TITLE, TRACKER, act, offer, said, thread_of, ticket_of
from neighbours import ANVIL, FRIENDS, Neighbours, open_neighbours
from story import draw_rsa

from forgefed_gate.cli import issues
from forgefed_gate.cli.verbs import Call
from forgefed_gate.domain.errors import Conflict, Malformed, NotFound
from forgefed_gate.domain.intents import Close, Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.tracking import TicketState
from forgefed_gate.domain.words import tickets as words
from forgefed_gate.protocol import jsonld, keys
from forgefed_gate.protocol.tickets import LARGEST_PATCHES, LARGEST_WRITTEN

PATCHES = "https://gate.example/patches/anvil"
PATCH = """From 1111111 Mon Sep 17 00:00:00 2001
From: Rosa <rosa@coop.example>
Subject: [PATCH] Read files that are empty

---
-  return lines[0] < "ä" & more
+\treturn   lines[:1]
"""
LINE = "+" + "x" * 78 + "\n"


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def test_a_change_is_offered_with_its_patch(near):
    """The other side reads every line as it was written, and both go on talking."""
    await near.link_both()
    begin = len(near.wire.bodies)
    await offer(near, url=PATCHES, patch=PATCH.encode())

    here, there = await ticket_of(near.a, ANVIL), await ticket_of(near.b, FRIENDS)
    assert (here.state, here.tracker) == (TicketState.OPEN, PATCHES)
    assert (there.state, there.id) == (TicketState.OPEN, here.id)
    whole = f"{TITLE}\n\n{TEXT}\n\n{PATCH.strip()}"
    assert await said(near.a, ANVIL) == [whole]
    assert (await said(near.b, FRIENDS))[0] == whole
    bodies = [json.loads(body) for _, body in near.wire.bodies[begin:] if body]
    [sent] = [each for each in bodies if each["type"] == "Offer"]
    assert sent["to"] == [PATCHES]
    jsonld.means_the_same(sent)

    await act(near, near.a, Say(thread=here.thread, text="Well done."))
    await act(near, near.b, Say(thread=there.thread, text="Thank you."))
    assert (await said(near.a, ANVIL))[1:] == ["Well done.", "Thank you."]
    await act(near, near.a, Close(thread=here.thread))
    assert (await thread_of(near.b, FRIENDS)).closed


@pytest.mark.parametrize("lines", [LINE * (LARGEST_PATCHES // 80), "\n" * 4_000 + LINE * 2_300])
async def test_the_largest_change_that_goes_out_is_taken(near, lines):
    """What we send, a gate takes, written down as JSON too."""
    await near.link_both()
    await offer(near, url=PATCHES, patch=lines.encode())
    assert (await ticket_of(near.b, FRIENDS)).state is TicketState.OPEN
    assert (await said(near.a, ANVIL))[0].endswith(lines.strip())


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        (LINE.encode() * (LARGEST_PATCHES // 80 + 1), words.TOO_LARGE_TO_SEND),
        (b'"' * (LARGEST_WRITTEN // 2), words.TOO_LARGE_TO_SEND),
        (b"", words.NOT_TEXT),
        (b" \n", words.NOT_TEXT),
        (b"\x89PNG\r\n\xff", words.NOT_TEXT),
        (b"+a\0b\n", words.NOT_TEXT),
    ],
    ids=["large", "large-written-down", "nothing", "blank", "picture", "binary"],
)
async def test_what_cannot_be_sent_along_is_refused_here(near, patch, sentence):
    """In words, before anybody is asked anything."""
    await near.link_both()
    await nothing_goes_out(near, Malformed, sentence, url=PATCHES, patch=patch)


@pytest.mark.parametrize(("url", "patch"), [(TRACKER, PATCH.encode()), (PATCHES, None)])
async def test_a_change_and_an_issue_are_offered_where_they_are_taken(near, url, patch):
    """It is said which tracker to look for."""
    await near.link_both()
    sentence = words.WRONG_THERE[url == PATCHES]
    await nothing_goes_out(near, Conflict, sentence, url=url, patch=patch)


async def nothing_goes_out(near, kind, sentence, **what):
    """Try to offer something that is refused here: no row, no job, no activity."""
    begin = len(near.wire.bodies)
    with pytest.raises(kind) as refusal:
        await offer(near, **what)
    await near.settle()
    assert refusal.value.sentence == sentence
    for house in (near.a, near.b):
        assert [await house.rows(each) for each in ("tickets", "threads", "jobs")] == [0, 0, 0]
    assert not any(body for _, body in near.wire.bodies[begin:])


async def test_the_command_line_offers_a_change_from_a_file(near, tmp_path):
    """It says that the file tells who wrote it; a file that is not there is named."""
    await near.link_both()
    file = tmp_path / "0001.patch"
    asked = Namespace(
        slug="friends", tracker=PATCHES, title=TITLE, text=[TEXT], patch=file, config=None
    )
    call = Call(gate=near.b.gate, by=OPERATOR, asked=asked)
    with pytest.raises(NotFound):
        await issues.offer(call)
    assert await near.b.rows("tickets") == 0
    file.write_text(PATCH, "utf-8")
    answer = await issues.offer(call)
    await near.settle()

    contracts.held(answer.document, "ticket offer")
    assert any("who wrote it" in line for line in answer.lines)
    assert (await said(near.a, ANVIL))[0].endswith(PATCH.strip())
