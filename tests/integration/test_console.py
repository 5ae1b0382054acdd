"""Who may read and do what at the console, over real requests to a real gate."""

import html
import logging
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from consoles import (
    INSIDERS,
    OFFICES,
    Browser,
    about_bob,
    address,
    bury_a_job,
    fresh_piece,
    fresh_thread,
    on_sqlite,
    signed_in,
    whole,
)
from linked import given, open_team
from pieces import propose
from story import ANVIL, Story, open_story

from forgefed_gate.domain.intents import AddParty, Decline
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, blocking, people, safety, views
from forgefed_gate.store import blocks
from forgefed_gate.store.database import Database
from forgefed_gate.web.console.room import Room
from forgefed_gate.web.console.routes import routes


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


READERS = {
    "/console": {*INSIDERS},
    "/console/projects/{slug}": {"operator", *OFFICES},
    "/console/projects/{slug}/people/{person}": {"operator", "owner", "maintainer"},
    "/console/threads/{thread}": {"operator", "owner", "maintainer", "screener"},
    "/console/pieces/{piece}": {"operator", "owner", "maintainer"},
    "/console/blocks": {"operator", "owner", "maintainer", "safety", "elsewhere"},
    "/console/jobs": {"operator"},
    "/console/{rest:path}": set(),
}
DECIDERS = {"operator", "owner", "maintainer"}
OWNERS = {"operator", "owner"}
ACTORS = {
    ("/console", "sign-out"): {*INSIDERS},
    ("/console/projects/{slug}", "announce"): DECIDERS,
    ("/console/projects/{slug}", "invite"): DECIDERS,
    ("/console/projects/{slug}", "open-evidence"): {"operator", "owner", "safety"},
    ("/console/projects/{slug}", "revoke"): DECIDERS,
    ("/console/projects/{slug}/people/{person}", "revoke"): DECIDERS,
    ("/console/projects/{slug}", "foresee-link"): OWNERS,
    ("/console/projects/{slug}", "link"): OWNERS,
    ("/console/projects/{slug}", "unlink"): OWNERS,
    ("/console/projects/{slug}", "pause-link"): DECIDERS,
    ("/console/projects/{slug}", "resume-link"): DECIDERS,
    ("/console/threads/{thread}", "admit"): DECIDERS,
    ("/console/threads/{thread}", "ask"): {*DECIDERS, "screener"},
    ("/console/threads/{thread}", "decline"): DECIDERS,
    ("/console/threads/{thread}", "say"): DECIDERS,
    ("/console/threads/{thread}", "close"): DECIDERS,
    ("/console/threads/{thread}", "end"): DECIDERS,
    ("/console/threads/{thread}", "hand"): {*DECIDERS, "screener"},
    ("/console/threads/{thread}", "revoke"): DECIDERS,
    ("/console/threads/{thread}", "add-party"): DECIDERS,
    ("/console/threads/{thread}", "remove-party"): DECIDERS,
    ("/console/threads/{thread}", "choose"): DECIDERS,
    ("/console/threads/{thread}", "propose"): DECIDERS,
    ("/console/pieces/{piece}", "redact"): DECIDERS,
    ("/console/pieces/{piece}", "take-back"): DECIDERS,
    ("/console/blocks", "block"): READERS["/console/blocks"],
    ("/console/blocks", "unblock"): READERS["/console/blocks"],
    ("/console/jobs", "retry"): {"operator"},
    ("/console/jobs", "drop"): {"operator"},
}
ABOUT_PARTIES = {"add-party", "remove-party"}
ABOUT_PIECES = {"choose", "propose", "redact", "take-back"}
OF_MEMBERS = {"say", "close", "revoke", *ABOUT_PARTIES, *ABOUT_PIECES}
ABOUT_LINKS = {"pause-link", "resume-link", "unlink"}
CHANGES_NOTHING = {"sign-out", "choose", "foresee-link"}
SHOWS = {"open-evidence": 200, "choose": 200, "foresee-link": 200}
"""What an act answers with, where that is a page of its own and not the way back."""


def rooms(story: Story) -> dict[str, Room]:
    return {
        route.path: route.app
        for route in routes(story.house.gate)
        if route.path.startswith("/console")
    }


async def test_every_page_and_every_act_says_who_may(story):
    """A new address without a row in these tables would be one that nobody tried to enter."""
    found = rooms(story)

    assert found.keys() == READERS.keys()
    assert {(path, act) for path, room in found.items() for act in room.acts} == ACTORS.keys()


@pytest.mark.parametrize("who", [*INSIDERS, "nobody"])
async def test_an_office_opens_its_pages_and_no_other(story, who):
    """What is not theirs looks like what is not there."""
    thread = (await fresh_thread(story)).rpartition("/")[2]
    await fresh_piece(story, thread)
    browser = await signed_in(story, who)

    bob = about_bob(story)
    seen = {path: (await browser.get(address(path, thread, bob))).status_code for path in READERS}

    closed = 401 if who == "nobody" else 404
    assert seen == {path: 200 if who in READERS[path] else closed for path in READERS}


async def _about_links(story: Story, act: str) -> dict[str, str]:
    if act in {"foresee-link", "link"}:
        return {"who": await open_team(story)}
    if act not in ABOUT_LINKS:
        return {}
    return {"link": (await given(story, State.ACTIVE, paused=act == "resume-link")).code}


async def prepared(story: Story, act: str, path: str) -> tuple[str, dict[str, str]]:
    """Bring a gate into the state in which *act* makes sense, and fill its form in."""
    gate = story.house.gate
    fields = {"words": "Some words.", "role": "report", "days": "30", "clause": ""}
    if act in OF_MEMBERS:
        knock = await story.admit()
    else:
        knock = await story.knock()
    if act in {"choose", "propose", "redact", "take-back"}:
        fields |= {"title": "How it went", "message-1": "help"}
    if act in {"redact", "take-back"}:
        return address(path, (await propose(story)).piece.id), fields
    if act == "revoke":
        (held,) = await views.grant_list(gate, ANVIL, by=OPERATOR)
        fields["grant"] = held.grant.id
    if act in ABOUT_PARTIES:
        fields["who"] = story.village.settle("ann").id
    if act == "remove-party":
        await people.resolve(gate, fields["who"])
        await story.act(AddParty(thread=knock.knock.thread, who=fields["who"]))
    fields |= await _about_links(story, act)
    if act == "invite":
        fields["who"] = story.village.settle("eve").id
    if act == "open-evidence":
        await blocking.block(gate, story.bob.id, by=OPERATOR)
        (kept,) = await safety.listing(gate, ANVIL, by=OPERATOR)
        fields["evidence"] = kept.id
    if act in {"block", "unblock"}:
        fields["who"] = "spam.example"
    if act == "unblock":
        async with gate.database.transaction() as tx:
            await blocks.add(tx, "spam.example", project=ANVIL, now=gate.clock())
    if act in {"retry", "drop"}:
        await bury_a_job(story)
        page = (await (await signed_in(story, "operator")).get("/console/jobs")).text
        fields["job"] = re.search(r'name="job" value="([^"]+)"', page)[1]
    return address(path, knock.knock.thread, about_bob(story)), fields


@pytest.mark.parametrize(("path", "act"), ACTORS, ids=lambda each: each.rpartition("/")[2])
async def test_an_office_permits_its_acts_and_no_other(story, path, act):
    """Knowing an address and a form is not enough; nothing changes for those who may not."""
    where, fields = await prepared(story, act, path)
    browsers = {who: await signed_in(story, who) for who in [*INSIDERS, "nobody"]}
    before = await whole(story)

    for who in browsers.keys() - ACTORS[path, act]:
        looked = (await browsers[who].get(where)).status_code
        answer = await browsers[who].do(where, act, **fields)
        assert answer.status_code == (403 if looked == 200 else looked), who
        assert await whole(story) == before, who

    allowed = browsers[min(ACTORS[path, act] - {"operator", "elsewhere"}, default="operator")]
    assert (await allowed.do(where, act, **fields)).status_code == SHOWS.get(act, 303)
    if act not in CHANGES_NOTHING:
        assert await whole(story) != before


async def test_to_somebody_unknown_every_address_answers_with_the_same_bytes(story):
    """Nobody learns from the outside which conversations there are."""
    thread = await fresh_thread(story)
    before = await whole(story)
    paths = ["/console", thread, "/console/threads/none", "/console/projects/anvil", "/console/x/"]

    answers = []
    for path in paths:
        for cookie in ({}, {"Cookie": "__Host-gate=forged"}):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                answer = await Browser(story).client.request(method, path, headers=cookie)
                answers.append((answer.status_code, sorted(answer.headers.items()), answer.text))
        head = await Browser(story).client.head(path)
        answers.append((head.status_code, sorted(head.headers.items()), answers[0][2]))

    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 401
    assert "signin-link" in answers[0][2]
    assert await whole(story) == before


@pytest.mark.parametrize("who", ["safety", "elsewhere"])
async def test_what_is_not_theirs_and_what_is_not_there_look_the_same(story, who):
    """An office in one place is no window into another."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, who)

    theirs, missing = await browser.get(thread), await browser.get("/console/threads/none")

    assert theirs.status_code == 404
    assert theirs.content == missing.content
    assert theirs.headers == missing.headers


async def test_a_screener_reads_no_more_once_it_is_decided(story):
    """Screening ends with the decision, and so does the right to read."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "screener")
    assert (await browser.get(thread)).status_code == 200
    knock = (await story.knocks())[0]

    await story.act(Decline(knock=knock.knock.id))

    assert (await browser.get(thread)).status_code == 404


NAMED = (
    "I am bob from village.example.",
    "Write to @bob@village.example or BOB@VILLAGE.EXAMPLE.",
    "See https://village.example/users/bob, thank you, Bob",
    "bobobob&#98;ob <b>bob</b>",
)
IDENTITY = ("bob", "village.example")


@pytest.mark.parametrize("words", NAMED)
async def test_a_screener_is_sent_no_byte_of_who_knocks(story, words):
    """Words are judged without the name, wherever the name hides."""
    await story.write("Hello, " + words)
    await story.write("I agree. The parser is where I can help. " + words)
    knock = (await story.knocks())[0]
    screener = await story.appoint("rosa", Office.SCREENER)
    browser = Browser(story)
    link = await access.make_link(story.house.gate, await story.principal(screener))
    await browser.post(link, {})
    thread = f"/console/threads/{knock.knock.thread}"

    answers = [await browser.get(path) for path in ("/console", "/console/projects/anvil", thread)]
    answers.append(await browser.do(thread, "ask", words="  "))
    answers.append(await browser.do(thread, "admit", words="", role="report", days="3"))

    assert [answer.status_code for answer in answers] == [200, 200, 200, 409, 403]
    ours = screener.id
    for answer in answers:
        sent = (answer.text.replace(ours, "") + str(answer.headers)).casefold()
        assert [name for name in IDENTITY if name in html.unescape(sent)] == []
    assert "The parser is where I can help." in answers[2].text


async def test_private_words_reach_the_thread_and_nothing_else(story, caplog):
    """A canary sings in the conversation only: not in public, not in a log."""
    caplog.set_level(logging.DEBUG)
    await story.write("Hello, the canary sings.")
    await story.write("I agree. My canary sings of parsers all day long.")
    thread = f"/console/threads/{(await story.knocks())[0].knock.thread}"
    browser = await signed_in(story, "owner")

    assert "canary" in (await browser.get(thread)).text
    await browser.do(thread, "ask", words="Does the canary bite?")
    await browser.do(thread, "admit", words="A canary!", role="king", days="1")

    public = ["/", "/@anvil", "/actor", "/desks/anvil", "/desks/anvil/outbox", "/console"]
    for path in [*public, thread, "/console/projects/anvil"]:
        assert "canary" not in (await Browser(story).get(path)).text
    assert "canary" not in caplog.text
    assert "canary" not in (await browser.get("/console/projects/anvil")).text


@pytest.mark.parametrize("path", ["/console/threads/%00", "/console/projects/a%00b", "/@%00"])
async def test_an_address_that_cannot_be_is_one_that_is_not(
    tmp_path: Path, database: Database, path: str
):
    """PostgreSQL cannot even ask for such a name; nobody sees the difference."""
    async with open_story(tmp_path, database) as told:
        browser = await signed_in(told, "operator")

        assert (await browser.get(path)).status_code == 404


async def test_a_day_at_the_console(tmp_path: Path, database: Database):
    """From a knock to a member and back, by forms alone, on both engines."""
    async with open_story(tmp_path, database) as told:
        thread = await fresh_thread(told)
        browser = await signed_in(told, "maintainer")
        queue = (await browser.get("/console/projects/anvil")).text
        assert "waits for us" in queue
        assert "@bob@village.example" in queue

        await browser.do(thread, "ask", words="Which parser?")
        await told.house.work()
        assert "Which parser?" in told.bob.notes()[-1]["content"]
        await told.write("The one for patches.")
        await browser.do(thread, "admit", words="Welcome!", role="report", days="30")
        await told.house.work()
        assert [each["object"] for each in told.bob.of_type("Grant")] == ["report"]
        await browser.do(thread, "say", words="Where do you begin?")
        await told.house.work()
        assert "Where do you begin?" in told.bob.notes()[-1]["content"]
        page = (await browser.get(thread)).text
        assert "until 2026-12-22" in page
        assert "village.example" in page
        await browser.do(thread, "revoke")
        await browser.do(thread, "close")
        await told.house.work()

        assert len(told.bob.of_type("Revoke")) == 1
        assert "closed" in (await browser.get(thread)).text
