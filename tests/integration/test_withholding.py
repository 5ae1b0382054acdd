"""Servers that are known to show private posts around get a notice, and never the words."""

import re

import pytest
from consoles import Browser, on_sqlite
from guests import added
from leaky import runs
from pieces import SECRET as QUOTED
from pieces import propose
from story import HELLO, Story

from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import blocking, withholding

SECRET = "The bellows leak at the seam."
WITHHELD = "known to show private posts"
VILLAGE = "village.example"
SERVER = f"https://{VILLAGE}"
OLD = ("pixelfed", "0.12.4")
MENDED = ("pixelfed", "0.12.5")
LINK = re.compile(r"https://gate\.example/signin/[0-9a-f]+")


def brought(story: Story) -> str:
    """Give every byte that ever went to the village."""
    bodies = [body for url, body in story.house.wire.bodies if url.startswith(SERVER)]
    return b"\n".join(bodies).decode()


async def say(story: Story, text: str = SECRET) -> str:
    """Let the project say something to bob, and name the conversation."""
    thread = (await story.threads())[0].thread.id
    await story.act(Say(thread=thread, text=text))
    return thread


async def edited(story: Story, note: str, text: str) -> None:
    """Let bob change a message of his."""
    changed = story.village.note(story.bob, story.desk, text)["object"] | {"id": note}
    await story.deliver({"type": "Update", "to": [story.desk], "object": changed})


async def test_a_server_that_leaks_never_gets_the_words(story):
    """Not at first, not after an edit, and not as the server of somebody who was added."""
    runs(story.house, VILLAGE, *OLD)

    await story.admit()
    await added(story)
    note = await story.write(f"{SECRET} It is the left one.")
    await edited(story, note, f"{SECRET} It is the right one.")
    await say(story, f"{SECRET} We will look.")

    bytes_brought, ann = brought(story), story.village.people["ann"]
    for words in (SECRET, "left one", "right one", "We will look", HELLO):
        assert words not in bytes_brought
    assert WITHHELD in story.bob.notes()[-1]["content"]
    assert [each["type"] for each in ann.came[-3:]] == ["Create", "Update", "Create"]
    assert "has changed" in ann.of_type("Update")[0]["object"]["content"]
    assert not [each for each in (*story.bob.came, *ann.came) if "proof" in str(each["object"])]


async def test_software_without_the_fault_gets_the_words(story):
    """A notice costs people a step, so it is for where it is needed."""
    runs(story.house, VILLAGE, *MENDED)
    await story.admit()

    await say(story)

    assert SECRET in story.bob.notes()[-1]["content"]
    assert WITHHELD not in brought(story)


async def test_what_a_server_does_not_say_is_not_held_against_it(story):
    """Most software has no such fault, and some has no NodeInfo."""
    await story.admit()

    await say(story)

    assert SECRET in story.bob.notes()[-1]["content"]


async def test_the_reader_has_the_words_by_a_signed_request(story):
    """Under the very id that the notice has."""
    runs(story.house, VILLAGE, *OLD)
    await story.admit()
    await say(story)
    note, now = story.bob.notes()[-1]["id"], story.house.clock.now

    headers = httpsig.sign(
        "GET", note, body=None, key=story.bob.key, now=now, dialect=Dialect.CAVAGE
    )
    answer = await story.get(note.removeprefix("https://gate.example"), **headers)

    assert answer.status_code == 200
    assert SECRET in answer.json()["content"]


async def test_the_reader_has_the_words_on_a_page_by_a_link_that_they_ask_for(story):
    """The answer to a word is a sentence of ours, and reaches them as it is."""
    runs(story.house, VILLAGE, *OLD)
    await story.admit()
    thread = await say(story)

    await story.write("signin")
    browser = Browser(story)
    link, *_ = LINK.findall(story.bob.notes()[-1]["content"])
    await browser.post(link, {})
    page = await browser.get(f"/mine/{thread}")

    assert SECRET in page.text
    assert SECRET not in brought(story)


async def test_what_is_asked_for_consent_is_read_on_its_page(story):
    """It quotes people, whoever of its authors is asked."""
    runs(story.house, VILLAGE, *OLD)
    await story.admit()

    made = await propose(story)

    assert QUOTED not in brought(story)
    assert f"/mine/publications/{made.piece.id}" in story.bob.notes()[-1]["content"]


async def test_what_is_tried_again_is_judged_by_what_is_known_then(story):
    """A server may be changed for an older one while its mail waits."""
    speaking = runs(story.house, VILLAGE, *MENDED)
    await story.admit()
    story.village.accepts = 500
    await say(story)
    speaking.software = {"name": "pixelfed", "version": "0.12.1"}
    before = len(story.house.wire.bodies)

    story.house.clock.pass_by(2 * DAY)
    story.village.accepts = 202
    await story.house.work()

    later = b"".join(body for _, body in story.house.wire.bodies[before:]).decode()
    assert WITHHELD in later
    assert SECRET not in later


async def test_a_server_is_asked_once_a_day(story):
    """And once an hour where it does not say."""
    silent = withholding.software_of(story.house.gate, SERVER)
    assert (await silent).name == ""
    speaking = runs(story.house, VILLAGE, *OLD)

    for waited, asked in ((0, 0), (HOUR, 2), (HOUR, 2), (DAY, 4)):
        story.house.clock.pass_by(waited)
        for _ in range(2):
            await withholding.software_of(story.house.gate, SERVER)
        story.house.gate.memory.software.clear()
        await withholding.software_of(story.house.gate, SERVER)
        assert speaking.asked == asked, waited


async def test_a_server_that_falls_silent_is_what_it_said_it_was(story):
    """Nobody comes off the list by not answering."""
    gate, app = story.house.gate, story.house.wire.apps[VILLAGE]
    runs(story.house, VILLAGE, *OLD)
    assert await withholding.leaks(gate, f"{SERVER}/inbox")

    story.house.wire.apps[VILLAGE] = app
    story.house.clock.pass_by(3 * DAY)

    assert await withholding.leaks(gate, f"{SERVER}/inbox")


async def test_a_blocked_server_is_not_asked(story):
    """We have no contact with it, and what waits for it is dropped."""
    speaking = runs(story.house, VILLAGE, *OLD)
    await blocking.block(story.house.gate, VILLAGE, by=OPERATOR)
    log = len(story.house.wire.log)

    await withholding.software_of(story.house.gate, SERVER)

    assert (speaking.asked, len(story.house.wire.log)) == (0, log)


async def test_nobody_is_asked_while_somebody_waits_for_our_answer(story):
    """What others run is asked by whoever delivers, after the 202."""
    speaking = runs(story.house, VILLAGE, *OLD)
    now, note = story.house.clock.now, story.village.note(story.bob, story.desk, HELLO)

    answer = await story.village.send(story.bob, f"{story.desk}/inbox", note, now=now)

    assert (answer.status, speaking.asked) == (202, 0)


@pytest.mark.parametrize(
    ("chosen", "software", "withheld"),
    [
        ({"notice_only": (VILLAGE,)}, MENDED, True),
        ({"words_anyway": (VILLAGE,)}, OLD, False),
        ({"notice_only": (VILLAGE,), "words_anyway": (VILLAGE,)}, MENDED, True),
    ],
)
async def test_the_operator_knows_better(tmp_path, chosen, software, withheld):
    """They may add a server, or exempt one; who is named twice gets no words."""
    async with on_sqlite(tmp_path, **chosen) as story:
        speaking = runs(story.house, VILLAGE, *software)
        await story.admit()

        await say(story)

        assert (SECRET not in brought(story)) is withheld
        assert speaking.asked == 0
