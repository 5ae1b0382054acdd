"""Consent to publish in a real browser, with scripts switched off."""

import shutil

import pytest
from pieces import propose, thread_of
from test_console_browser import LOOKS, chromium, sign_in, story

from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR, Office, Principal
from forgefed_gate.services import access, publishing

__all__ = ["chromium", "story"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed here"),
]


async def enter(story, page, principal):
    """Open a link and press its button."""
    await page.goto(await access.make_link(story.house.gate, principal))
    await page.get_by_role("button", name="Sign in").click()


async def test_a_maintainer_proposes_and_the_author_says_yes_and_takes_it_back(story, chromium):
    """From ticked messages to a public page, and to a blank one, without a script."""
    ours = await chromium.new_context(java_script_enabled=False)
    theirs = await chromium.new_context(java_script_enabled=False)
    page, mine = await ours.new_page(), await theirs.new_page()
    await story.admit()
    await sign_in(story, page)
    await page.goto(story.house.gate.places.console_thread(await thread_of(story, story.bob)))

    await page.get_by_label("Choose, to ask whether it may be public").nth(1).check()
    await page.get_by_role("button", name="Go on with the chosen ones").click()
    await page.get_by_label("Title").fill("How the parser was fixed")
    await page.get_by_label("They wrote").fill("I would like to fix the parser.")
    await page.get_by_role("button", name="Ask everybody who wrote it").click()
    assert (
        "Everybody whose words are in it is asked" in await page.get_by_role("status").inner_text()
    )
    name = page.url.rpartition("/")[2]

    await enter(story, mine, Principal(name=story.bob.id))
    await mine.goto(story.house.gate.places.consent_page(name))
    await mine.get_by_label("The name below").check()
    await mine.get_by_label("A name, any you like").fill("Robin")
    await mine.get_by_role("button", name="Yes, publish this").click()
    assert "it is public now" in await mine.get_by_role("status").inner_text()

    await page.goto(f"{story.house.gate.places.base_url}/@anvil/pieces/{name}")
    assert "Robin" in await page.get_by_role("main").inner_text()
    await mine.goto(story.house.gate.places.consent_page(name))
    await mine.get_by_role("button", name="Withdraw it").click()
    await page.reload()
    said = await page.get_by_role("main").inner_text()
    assert "This was withdrawn" in said
    assert "parser" not in said
    await ours.close()
    await theirs.close()


async def three(story, mara):
    """Propose three pieces: one that is asked for, one that is public, one that was withdrawn."""
    await story.admit()
    thread = await thread_of(story, story.bob)
    by = await story.principal(mara)
    await story.act(Say(thread=thread, text="Try the lexer. " * 20), by=by)
    titles = ("How it went", "An-uncommonly-long-title" * 4, "Gone")
    asked, public, gone = [await propose(story, title=title) for title in titles]
    for each in (public, gone):
        await story.write(f"consent {each.consents[0].code} as Robin the Careful")
    await publishing.take_back(story.house.gate, gone.piece.id, by=OPERATOR, via="test")
    return thread, [each.piece.id for each in (asked, public, gone)]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_every_page_about_a_piece_fits_every_screen(
    story, chromium, tmp_path, width, scheme
):
    """Choosing, asking, answering, reading: nothing is cut off on a telephone."""
    context = await chromium.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, base = await context.new_page(), story.house.gate.places.base_url
    mara = await story.appoint("rosa", Office.MAINTAINER)
    thread, (asked, public, gone) = await three(story, mara)
    console = [f"console/threads/{thread}"]
    console += [f"console/pieces/{name}" for name in (asked, public, gone)]
    mine = [f"mine/publications/{name}" for name in (asked, public)]
    everybody = ["@anvil", f"@anvil/pieces/{public}", f"@anvil/pieces/{gone}"]

    for who, paths in ((None, everybody), (story.bob, mine), (mara, console)):
        if who is not None:
            await enter(story, page, Principal(name=who.id))
        for path in paths:
            await page.goto(f"{base}/{path}")
            await look(page, tmp_path / f"{path.replace('/', '-')}-{width}-{scheme}.png")
    await page.goto(f"{base}/{console[0]}")
    for box in await page.get_by_label("Choose, to ask whether it may be public").all():
        await box.check()
    await page.get_by_role("button", name="Go on with the chosen ones").click()
    await look(page, tmp_path / f"choose-{width}-{scheme}.png")
    await context.close()


async def look(page, picture):
    """Take a picture, and see that nothing is cut off."""
    await page.screenshot(path=picture, full_page=True)
    overflowing = await page.locator("*").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )
    assert overflowing == [], picture.name
