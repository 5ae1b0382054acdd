"""The pages of those who talk with a project: theirs, and nobody else's."""

import re

import pytest
from consoles import Browser, signed_in, whole
from guests import added, met, propose
from story import ANSWER, ANVIL, HELLO, VILLAGE

from forgefed_gate.domain.intents import RemoveParty, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, projects
from forgefed_gate.store import blocks


async def party(story, who) -> Browser:
    """Open the browser of somebody who wrote to a project, signed in by a link."""
    browser, gate = Browser(story), story.house.gate
    async with gate.database.transaction() as tx:
        link = await access.link_in(gate, tx, who.id)
    answer = await browser.post(link, {})
    assert answer.status_code == 303
    return browser


async def first_thread(story) -> str:
    return (await story.threads())[0].thread.id


async def test_a_contributor_reads_their_own_conversation(story):
    """The whole of it, with the servers whose admins can read it too."""
    await story.admit()
    thread = await first_thread(story)
    await story.act(Say(thread=thread, text="Welcome to the forge."))
    browser = await party(story, story.bob)

    home, page = await browser.get("/mine"), await browser.get(f"/mine/{thread}")

    assert f"/mine/{thread}" in home.text
    for words in (HELLO, ANSWER, "Welcome to the forge.", "gate.example", "village.example"):
        assert words in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_link_of_a_contributor_leads_to_their_own_pages(story):
    """The console is not for them: it looks like it does to everybody unknown."""
    await story.knock()
    browser = await party(story, story.bob)
    thread = await first_thread(story)

    for path in ("/console", "/console/projects/anvil", f"/console/threads/{thread}"):
        answer = await browser.get(path)
        stranger = await Browser(story).get(path)
        assert (answer.status_code, answer.content) == (401, stranger.content)


async def test_what_the_people_of_the_project_keep_is_not_shown(story):
    """A remark in the margin is for those who decide."""
    await story.admit()
    await story.deliver({"type": "Move", "object": story.bob.id, "target": f"{VILLAGE}/users/rob"})
    staff = [each.words for view in await story.threads() for each in view.messages]
    assert any("this account moved" in words for words in staff)
    browser = await party(story, story.bob)

    page = await browser.get(f"/mine/{await first_thread(story)}")

    assert page.status_code == 200
    assert "this account moved" not in page.text


async def test_somebody_elses_conversation_is_like_one_that_never_was(story):
    """Neither another contributor nor the people of the project come in by this door."""
    await story.admit()
    thread = await first_thread(story)
    eve = story.village.settle("eve")
    await story.write(HELLO, by=eve)
    browsers = [await party(story, eve), await signed_in(story, "owner")]
    before = await whole(story)

    for browser in browsers:
        theirs, missing = await browser.get(f"/mine/{thread}"), await browser.get("/mine/nothing")
        assert (theirs.status_code, theirs.content) == (404, missing.content)
        assert sorted(theirs.headers.items()) == sorted(missing.headers.items())
    assert await whole(story) == before


@pytest.mark.parametrize("path", ["/mine", "/mine/none", "/mine/a/b"])
async def test_nobody_unknown_comes_in(story, path):
    """Whether there is something behind an address is not said at the door."""
    thread = (await story.knock()).knock.thread

    unknown = await Browser(story).get(path)
    real = await Browser(story).get(f"/mine/{thread}")

    assert (unknown.status_code, unknown.content) == (401, real.content)
    assert "signin" in unknown.text


async def test_a_block_ends_what_a_session_shows(story):
    """At the next request, without a word about it; a lifted block shows it again."""
    await story.admit()
    thread = await first_thread(story)
    browser = await party(story, story.bob)
    gate = story.house.gate
    assert (await browser.get(f"/mine/{thread}")).status_code == 200

    async with gate.database.transaction() as tx:
        await blocks.add(tx, story.bob.id, project=ANVIL, now=gate.clock())

    assert (await browser.get(f"/mine/{thread}")).status_code == 401
    async with gate.database.transaction() as tx:
        await blocks.remove(tx, story.bob.id, project=ANVIL)
    assert (await browser.get(f"/mine/{thread}")).status_code == 200


async def test_losing_an_office_leaves_what_is_ones_own(story):
    """The console closes at the next request; their own words stay theirs to read."""
    await story.admit()
    thread = await first_thread(story)
    gate = story.house.gate
    await projects.appoint(gate, ANVIL, story.bob.id, Office.MAINTAINER, by=OPERATOR)
    browser = await party(story, story.bob)
    assert (await browser.get("/console")).status_code == 200

    await projects.dismiss(gate, ANVIL, story.bob.id, by=OPERATOR)
    again = await party(story, story.bob)

    assert (await browser.get("/console")).status_code == 401
    assert (await again.get("/console")).status_code == 401
    assert (await again.get(f"/mine/{thread}")).status_code == 200


async def test_somebody_added_sees_what_came_after_and_nothing_once_removed(story):
    """The page shows what they were sent; a removal counts at the next request."""
    await story.admit()
    await story.write("A secret from before.")
    ann, _ = await added(story)
    await story.write("Here is the patch.")
    thread = await first_thread(story)
    browser = await party(story, ann)

    page = await browser.get(f"/mine/{thread}")
    await story.act(RemoveParty(thread=thread, who=ann.id))
    after = await browser.get(f"/mine/{thread}")

    assert "Here is the patch." in page.text
    assert "A secret from before." not in page.text
    assert "@bob" not in page.text
    assert (after.status_code, after.content) == (
        401,
        (await Browser(story).get("/mine/x")).content,
    )


async def test_a_contributor_sees_who_is_in_and_what_they_say(story):
    """Whom they let in is named to them, and whom they are asked about."""
    await story.admit()
    ann, _ = await added(story)
    await story.write("I know that code.", by=ann)
    code = await propose(story, await met(story, "eve"))
    browser = await party(story, story.bob)

    page = await browser.get(f"/mine/{await first_thread(story)}")

    for words in ("@ann@village.example", "I know that code.", "@eve@", f"agree {code}"):
        assert words in page.text


async def test_nobody_without_a_conversation_has_a_session(story):
    """A link alone makes nobody a party."""
    eve = story.village.settle("eve")
    browser = await party(story, eve)

    assert (await browser.get("/mine")).status_code == 401


async def test_signing_out_works_on_these_pages_too(story):
    """And nobody is signed out by a form from elsewhere."""
    await story.knock()
    browser = await party(story, story.bob)
    assert (await browser.post("/mine", {"act": "sign-out", "csrf": "x"})).status_code == 403
    page = await browser.get("/mine")
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]

    answer = await browser.post("/mine", {"act": "sign-out", "csrf": csrf})

    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
    assert (await browser.get("/mine")).status_code == 401


async def take_along(browser, thread):
    """Press the button under a conversation, whoever has it on their page."""
    found = re.search('name="csrf" value="([^"]+)"', (await browser.get(f"/mine/{thread}")).text)
    return await browser.post(f"/mine/{thread}", {"csrf": found[1], "act": "export"})


async def test_a_contributor_sees_who_opened_their_words_and_takes_them_along(story):
    """By role and time, and by nobody's name; a guest has neither of the two."""
    await story.admit()
    thread = await first_thread(story)
    browser = await party(story, story.bob)

    page = await browser.get(f"/mine/{thread}")
    file = await take_along(browser, thread)

    assert "Opened 1 time" in page.text
    assert "operator" in page.text
    assert "attachment" in file.headers["content-disposition"]
    assert ANSWER in file.text


async def test_nobody_else_takes_a_conversation_along(story):
    """To whoever was added it is what is not there, and nothing is written down."""
    await story.admit()
    who, _ = await added(story)
    thread = await first_thread(story)
    ann = await party(story, who)
    before = await whole(story)

    answer = await take_along(ann, thread)

    assert answer.status_code == 422
    assert ANSWER not in answer.text
    assert await whole(story) == before
