"""A maintainer's morning in a real browser, with scripts switched off."""

import asyncio
import shutil
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import databases
import pytest
import uvicorn
from guests import added
from playwright.async_api import Browser, Page, async_playwright
from story import Story, open_story

from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, blocking

CHROMIUM = shutil.which("chromium")
LOOKS = [(width, scheme) for width in (1280, 320) for scheme in ("light", "dark")]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed here"),
]


@asynccontextmanager
async def served(story: Story, door: socket.socket) -> AsyncGenerator[None]:
    """Serve the gate of a story at its own door, where visitors may wait already."""
    app = story.house.wire.apps[story.house.gate.places.authority]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[door]))
    yield
    server.should_exit = True
    await running


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        base_url = f"http://127.0.0.1:{door.getsockname()[1]}"
        async with (
            databases.fresh("sqlite", tmp_path) as database,
            open_story(tmp_path, database, base_url=base_url, allow_http=True) as told,
            served(told, door),
        ):
            yield told


@pytest.fixture
async def chromium() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def sign_in(story: Story, page: Page) -> None:
    """Open a link and press its button."""
    them = await story.appoint("mara", Office.MAINTAINER)
    await page.goto(await access.make_link(story.house.gate, await story.principal(them)))
    await page.get_by_role("button", name="Sign in").click()


async def test_a_maintainer_admits_answers_and_declines(story, chromium):
    """The whole work of a morning needs a browser, and nothing that runs in it."""
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    ann = story.village.settle("ann")
    await story.knock()
    await story.knock(by=ann)
    await sign_in(story, page)

    await page.get_by_role("link", name="Anvil").click()
    await page.get_by_role("listitem").filter(has_text="@bob@").get_by_role("link").click()
    assert "I would like to fix the parser" in await page.get_by_role("main").inner_text()
    await page.get_by_label("A few words of welcome").fill("Good to have you.")
    await page.get_by_role("button", name="Admit").click()
    assert "They are admitted" in await page.get_by_role("status").inner_text()

    await page.get_by_label("Your words").fill("Where would you begin?")
    await page.get_by_role("button", name="Send").click()
    await story.house.work()
    assert "Where would you begin?" in story.bob.notes()[-1]["content"]
    assert len(story.bob.of_type("Grant")) == 1

    await page.get_by_role("link", name="← Anvil").click()
    await page.get_by_role("listitem").filter(has_text="@ann@").get_by_role("link").click()
    await page.get_by_label("Which part of the charter").select_option(index=1)
    await page.get_by_role("button", name="Decline").click()
    await story.house.work()
    assert "Be kind" in ann.notes()[-1]["content"]
    await page.get_by_role("button", name="Sign out").click()
    assert "You are not signed in" in await page.get_by_role("heading").first.inner_text()
    await context.close()


async def test_a_refused_form_still_holds_the_words(story, chromium, tmp_path):
    """The browser shows the same page again, and the sentence that says why."""
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    knock = await story.knock()
    await sign_in(story, page)
    await page.goto(story.house.gate.places.console_thread(knock.knock.thread))

    await page.get_by_label("Days").fill("999")
    await page.get_by_label("A few words of welcome").fill("Good to have you.")
    await page.get_by_role("button", name="Admit").click()
    await page.screenshot(path=tmp_path / "refused.png", full_page=True)

    assert "Nothing was changed." in await page.get_by_role("alert").inner_text()
    field = page.get_by_label("A few words of welcome")
    assert await field.input_value() == "Good to have you."
    await context.close()


async def overflowing(page: Page) -> list[str]:
    """List what is cut off at the right."""
    return await page.locator("*").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_a_contributor_reads_their_own_pages_on_every_screen(
    story, chromium, tmp_path, width, scheme
):
    """Signed in by a link of their own, with nothing that runs in the browser."""
    context = await chromium.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, gate = await context.new_page(), story.house.gate
    await story.admit()
    await added(story, "ann-with-a-rather-long-name-that-somebody-chose")
    async with gate.database.transaction() as tx:
        link = await access.link_in(gate, tx, story.bob.id)
    await page.goto(link)
    await page.get_by_role("button", name="Sign in").click()
    assert await overflowing(page) == []
    await page.get_by_role("link", name="Anvil,").click()
    await page.screenshot(path=tmp_path / f"mine-{width}-{scheme}.png", full_page=True)

    text = await page.get_by_role("main").inner_text()
    assert await overflowing(page) == []
    assert "I would like to fix the parser" in text
    assert "@ann-with-a-rather-long-name-that-somebody-chose@village.example" in text
    await page.get_by_role("button", name="Sign out").click()
    assert "You are not signed in" in await page.get_by_role("heading").first.inner_text()
    await context.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_every_page_fits_every_screen(story, chromium, tmp_path, width, scheme):
    """Nothing is cut off on a telephone, in the light or in the dark."""
    context = await chromium.new_context(
        java_script_enabled=False,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    page = await context.new_page()
    refused = list[str]()
    page.on("console", lambda message: refused.append(message.text))
    ann = story.village.settle("ann-with-a-rather-long-name-that-somebody-chose")
    await story.admit()
    held = await story.knock(by=ann)
    await sign_in(story, page)

    await blocking.block(story.house.gate, "spam.example", by=OPERATOR)
    names = ["", "@anvil", "console", "console/projects/anvil", "console/blocks", "signin/x"]
    names += [f"console/threads/{view.thread.id}" for view in await story.threads()]
    for number, name in enumerate(names):
        await page.goto(f"{story.house.gate.places.base_url}/{name}")
        await page.screenshot(path=tmp_path / f"{number}-{width}-{scheme}.png", full_page=True)
        assert await overflowing(page) == [], name

    assert held.knock.stage.open
    assert refused == []
    await context.close()
