"""Linking with a team in a real browser, with scripts switched off, on every screen."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from linked import given, open_team
from playwright.async_api import Page
from test_console_browser import LOOKS, chromium, overflowing, story

from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access

__all__ = ["chromium", "story"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed here"),
]


async def enter(story, page):
    """Sign in as the operator, who may do all of it."""
    await page.goto(await access.make_link(story.house.gate, OPERATOR))
    await page.get_by_role("button", name="Sign in").click()


@dataclass
class Look:
    """A page as somebody sees it on one screen."""

    page: Page
    at: Path
    base: str

    async def keep(self, name):
        """Take a picture, and find that nothing is cut off."""
        await self.page.screenshot(path=self.at / f"{name}.png", full_page=True)
        assert await overflowing(self.page) == [], name

    async def press(self, button):
        """Press a button, and read what the next page says was done."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=button).click()
        done = self.page.get_by_role("status")
        return await done.inner_text() if await done.count() else ""

    async def main(self):
        """Read the page."""
        return await self.page.get_by_role("main").inner_text()


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
async def look(request, story, chromium, tmp_path):
    """Sign the operator in, on every screen, with scripts switched off."""
    width, scheme = request.param
    context = await chromium.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = await context.new_page()
    await open_team(story)
    await enter(story, page)
    yield Look(page=page, at=tmp_path, base=story.house.gate.places.base_url)
    await context.close()


async def test_an_owner_sees_what_follows_before_they_trust_a_team(story, look):
    """Two steps to trust somebody, one to let it rest, one to end it."""
    await look.page.goto(f"{look.base}/console/projects/anvil")
    form = look.page.get_by_role("form", name="Trust a team elsewhere")
    await form.get_by_label("The team's handle").fill(f"{look.base}/teams/friends")
    await look.press("Show what follows")
    await look.keep("foreseen")
    assert "Nothing has been done yet" in await look.main()
    assert "It counts 0 now" in await look.main()

    assert "They are asked" in await look.press("Yes, ask them")
    assert "It rests" in await look.press("Pause")
    await look.keep("paused")
    await look.page.get_by_text("End …").click()
    assert "It has ended" in await look.press("End it today, with all that came by it")


async def test_an_owner_answers_who_asks_for_a_link(story, look):
    """Seen first, then agreed to, or declined with one button."""
    await given(story, State.ASKED, name="smiths-of-a-valley-with-a-long-name")
    await given(story, State.ASKED, code="BBBBB", name="tinkers")
    await given(story, State.ENDED, code="CCCCC", name="turners")
    await look.page.goto(f"{look.base}/console/projects/anvil")
    await look.keep("asked")

    await look.press("Look at it … the link with @smiths-of")
    assert "Both sides want" in await look.press("Yes, agree")
    assert "It has ended" in await look.press("No, thanks")
    assert "Links that ended (2)" in await look.main()


async def test_the_pages_of_a_team_fit_every_screen(look):
    """What everybody sees of it, and what its owner does."""
    for name, path in (
        ("team", "/@friends"),
        ("gate", "/"),
        ("console", "/console/projects/friends"),
    ):
        await look.page.goto(look.base + path)
        await look.keep(name)
        assert "Friends of the forge" in await look.main()
