"""Forms of the console: whose they are, what is read of them, and how a refusal looks."""

import html
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from consoles import (
    fresh_thread,
    on_sqlite,
    signed_in,
    whole,
)
from story import ANVIL, Story

from forgefed_gate.domain.intents import Decline
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import views


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


FORGED = {
    "no token": ({}, {}),
    "another token": ({"csrf": "A" * 22}, {}),
    "a token that is not ASCII": ({"csrf": "é"}, {}),
    "another site": (None, {"Sec_Fetch_Site": "cross-site"}),
    "a neighbour": (None, {"Sec_Fetch_Site": "same-site"}),
    "another origin": (None, {"Origin": "https://evil.example"}),
    "no origin to speak of": (None, {"Origin": "null"}),
}


@pytest.mark.parametrize("case", FORGED)
async def test_only_a_form_of_ours_in_this_session_acts(story, case):
    """Another website can make a browser send things, but not read our pages."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    token, headers = FORGED[case]
    form = {"act": "ask", "words": "What is new?"}
    form |= {"csrf": await browser.token()} if token is None else token
    before = await whole(story)

    answer = await browser.post(thread, form, **headers)

    assert answer.status_code == 403
    assert "did not come from a page" in answer.text
    assert await whole(story) == before


async def test_the_token_of_another_session_acts_for_nobody(story):
    """A token is worth something together with its cookie only."""
    thread = await fresh_thread(story)
    mine, yours = await signed_in(story, "maintainer"), await signed_in(story, "owner")
    form = {"act": "ask", "words": "Hm?", "csrf": await yours.token()}
    before = await whole(story)

    assert (await mine.post(thread, form)).status_code == 403
    assert await whole(story) == before


MALFORMED = {
    "too many fields": (b"&".join(b"f%d=1" % number for number in range(101)), 400),
    "one field twice": (b"act=ask&act=admit", 400),
    "not UTF-8": (b"act=ask&words=%ff", 400),
    "a control character": (b"act=ask&words=%00", 400),
    "too long": (b"words=" + b"a" * 64 * 1024, 413),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_what_no_page_of_ours_sends_is_not_read(story, case):
    """A form is small and plain, whoever sends it."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    body, status = MALFORMED[case]
    form = b"csrf=" + (await browser.token()).encode() + b"&" + body
    before = await whole(story)

    answer = await browser.client.post(
        thread, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code == status
    assert await whole(story) == before


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
async def test_only_plain_forms_are_read(story, kind):
    """Other kinds can be sent across sites as well, and need a larger reader."""
    browser = await signed_in(story, "maintainer")
    body = f"csrf={await browser.token()}&act=sign-out".encode()

    answer = await browser.client.post("/console", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert (await browser.get("/console")).status_code == 200


HOSTILE = (
    "<script>window.__x=1</script>",
    '"><img src=x onerror=window.__x=1>',
    "</textarea><svg onload=window.__x=1>",
    "<math><mtext></mtext><mglyph><style></math><img src onerror=x>",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;script&gt; &amp;lt;b&amp;gt;",
)


@pytest.mark.parametrize("payload", HOSTILE)
async def test_words_stay_words(story, payload):
    """What somebody types is shown, and never becomes part of the page."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "owner")

    await browser.do(thread, "ask", words=payload)
    shown = (await browser.get(thread)).text
    refused = (await browser.do(thread, "ask", words=payload)).text

    for page in (shown, refused):
        assert html.escape(payload) == payload or payload not in page
        assert payload in html.unescape(page)


async def test_a_refused_form_keeps_what_was_typed(story):
    """Words that took an hour to find are not lost to a wrong number."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    before = await whole(story)

    answer = await browser.do(thread, "admit", words="Welcome,\r\nBob!", role="report", days="999")

    assert answer.status_code == 409
    assert "A grant lasts from 1 to 180 days." in answer.text
    assert "\nWelcome,\nBob!</textarea>" in answer.text.replace("\r\n", "\n")
    assert 'value="999"' in answer.text
    assert await whole(story) == before


WRONG = [
    ("admit", {"role": "king", "days": "3"}, 400, "There is no role"),
    ("admit", {"role": "admin", "days": "3"}, 409, "more than you can give"),
    ("admit", {"role": "report", "days": "many"}, 400, "plain number"),
    ("admit", {"role": "report", "days": "0"}, 409, "1 to 180"),
    ("ask", {"words": " \r\n "}, 409, "what you would like to ask"),
    ("ask", {"words": "a" * 20_481}, 413, "20 KiB"),
    ("decline", {"clause": "no-such"}, 400, "no clause"),
    ("say", {"words": "Hello"}, 409, "not been admitted"),
    ("close", {}, 409, "A knock is open"),
    ("revoke", {}, 409, "no Grant now"),
]


@pytest.mark.parametrize(("act", "fields", "status", "sentence"), WRONG)
async def test_a_refusal_is_a_sentence_on_the_same_page(story, act, fields, status, sentence):
    """Whoever is refused reads why, and what to do, where they are."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    before = await whole(story)

    answer = await browser.do(thread, act, **fields)

    assert answer.status_code == status
    assert sentence in html.unescape(answer.text)
    assert "What was said" in answer.text
    assert await whole(story) == before


async def test_words_for_a_form_that_is_gone_come_back_as_well(story):
    """Somebody else was quicker; that is no reason to lose a welcome."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")
    await story.act(Decline(knock=(await story.knocks())[0].knock.id))

    answer = await browser.do(thread, "admit", words="Be welcome.", role="report", days="30")

    assert answer.status_code == 409
    assert "does not wait for you" in answer.text
    assert "Be welcome." in answer.text


async def test_an_invitation_to_nobody_keeps_the_handle(story):
    """A typing mistake is mended, not typed again."""
    browser = await signed_in(story, "maintainer")
    fields = {"who": "@nobody@village.example", "role": "report", "days": "30"}

    answer = await browser.do("/console/projects/anvil", "invite", **fields)

    assert answer.status_code == 422
    assert 'value="@nobody@village.example"' in answer.text


async def test_a_grant_of_another_project_is_not_revoked_from_here(story):
    """The address and the form have to mean the same project."""
    await story.admit()
    browser = await signed_in(story, "elsewhere")
    (held,) = await views.grant_list(story.house.gate, ANVIL, by=OPERATOR)
    before = await whole(story)

    answer = await browser.do("/console/projects/lathe", "revoke", grant=held.grant.id)

    assert answer.status_code == 422
    assert await whole(story) == before


async def test_what_was_done_is_confirmed_once(story):
    """A confirmation that stays would soon be about something else."""
    thread = await fresh_thread(story)
    browser = await signed_in(story, "maintainer")

    answer = await browser.do(thread, "ask", words="What is new?")
    assert (answer.status_code, answer.headers["location"]) == (303, thread)
    first, second = await browser.get(thread), await browser.get(thread)

    assert "Your question is on its way." in first.text
    assert "Your question is on its way." not in second.text
