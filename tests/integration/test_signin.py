"""Signing in by a link, and how a session ends."""

from collections.abc import AsyncGenerator
from pathlib import Path

import databases
import pytest
from consoles import Browser, on_sqlite, signed_in
from story import ANVIL, Story, open_story

from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access, projects


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


async def test_a_link_is_not_used_up_by_looking_at_it(story):
    """Chat programs fetch every link to show a preview."""
    browser = Browser(story)
    link = await access.make_link(story.house.gate, OPERATOR)

    looked = [await browser.get(link), await browser.client.head(link)]
    assert [each.status_code for each in looked] == [200, 200]
    assert "set-cookie" not in looked[0].headers
    used = await browser.post(link, {})

    assert (used.status_code, used.headers["location"]) == (303, "/console")
    cookie = used.headers["set-cookie"]
    for part in ("__Host-gate=", "HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert part in cookie
    assert "Domain" not in cookie
    assert (await browser.get("/console")).status_code == 200


async def test_a_link_works_once_and_for_a_quarter_of_an_hour(story):
    """A link in somebody's history opens nothing, and says how to get another."""
    used, old = [await access.make_link(story.house.gate, OPERATOR) for _ in range(2)]
    await Browser(story).post(used, {})
    story.house.clock.pass_by(HOUR)
    browser = Browser(story)

    for link in (used, old, "/signin/made-up"):
        answer = await browser.post(link, {})
        assert answer.status_code == 410
        assert "forgefed-gate signin-link" in answer.text
    assert (await browser.get("/console")).status_code == 401


async def test_another_website_cannot_use_a_link(story):
    """Nobody is signed in as somebody else without noticing."""
    browser = Browser(story)
    link = await access.make_link(story.house.gate, OPERATOR)

    answer = await browser.post(link, {}, Sec_Fetch_Site="cross-site")

    assert answer.status_code == 403
    assert (await browser.post(link, {})).status_code == 303


async def test_signing_in_again_ends_the_session_before(story):
    """A browser has one session; the one that it forgets should not live on."""
    browser = await signed_in(story, "operator")
    old = browser.client.cookies["__Host-gate"]
    await browser.post(await access.make_link(story.house.gate, OPERATOR), {})

    assert await access.session(story.house.gate, old) is None
    assert (await browser.get("/console")).status_code == 200


async def test_signing_out_ends_the_session_and_not_only_the_cookie(story):
    """A copied cookie must not outlive the click."""
    browser = await signed_in(story, "owner")
    cookie = browser.client.cookies["__Host-gate"]

    answer = await browser.do("/console", "sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert await access.session(story.house.gate, cookie) is None
    assert (await browser.get("/console")).status_code == 401


@pytest.mark.parametrize("how", ["dismissed", "idle", "too long ago"])
async def test_a_session_ends_with_the_office_and_with_time(story, how):
    """Whoever left yesterday reads nothing today."""
    browser = await signed_in(story, "maintainer")
    assert (await browser.get("/console")).status_code == 200
    if how == "dismissed":
        them = story.village.people["maintainer-1"]
        await projects.dismiss(story.house.gate, ANVIL, them.id, by=OPERATOR)
    elif how == "idle":
        story.house.clock.pass_by(13 * HOUR)
    else:
        for _ in range(61):
            story.house.clock.pass_by(DAY // 2 - 1)
            await browser.get("/console")

    assert (await browser.get("/console")).status_code == 401


async def test_a_gate_without_tls_keeps_its_cookie_plain(tmp_path):
    """A closed test on this machine has no https, and `Secure` would lose the session."""
    async with (
        databases.fresh("sqlite", tmp_path) as database,
        open_story(tmp_path, database, base_url="http://127.0.0.1:8420", allow_http=True) as told,
    ):
        answer = await Browser(told).post(await access.make_link(told.house.gate, OPERATOR), {})

    assert answer.headers["set-cookie"].startswith("gate=")
    assert "secure" not in answer.headers["set-cookie"].casefold()
