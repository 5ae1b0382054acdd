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


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
async def test_every_page_about_a_piece_fits_every_screen(
    story, chromium, tmp_path, width, scheme
):
    """Choosing, asking, answering, reading: nothing is cut off on a telephone."""
    context = await chromium.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page, gate = await context.new_page(), story.house.gate
    base = gate.places.base_url
    mara = await story.appoint("rosa", Office.MAINTAINER)
    await story.admit()
    thread = await thread_of(story, story.bob)
    await story.act(
        Say(thread=thread, text="Try the lexer. " * 20), by=await story.principal(mara)
    )
    asked = await propose(story)
    public = await propose(story, title="An-uncommonly-long-title" * 4)
    gone = await propose(story, title="Gone")
    for each in (public, gone):
        await story.write(f"consent {each.consents[0].code} as Robin the Careful")
    await publishing.take_back(gate, gone.piece.id, by=OPERATOR, via="test")

    seen = ["@anvil", f"@anvil/pieces/{public.piece.id}", f"@anvil/pieces/{gone.piece.id}"]
    console = [f"console/threads/{thread}"]
    console += [f"console/pieces/{each.piece.id}" for each in (asked, public, gone)]
    mine = [f"mine/publications/{each.piece.id}" for each in (asked, public)]
    number = 0
    for who, names in ((None, seen), (mara, console), (story.bob, mine)):
        if who is not None:
            await enter(story, page, Principal(name=who.id))
        for name in names:
            number += 1
            await page.goto(f"{base}/{name}")
            await page.screenshot(path=tmp_path / f"{number}-{width}-{scheme}.png", full_page=True)
            assert await _cut_off(page) == [], name
    await enter(story, page, Principal(name=mara.id))
    await page.goto(f"{base}/{console[0]}")
    for box in await page.get_by_label("Choose, to ask whether it may be public").all():
        await box.check()
    await page.get_by_role("button", name="Go on with the chosen ones").click()
    await page.screenshot(path=tmp_path / f"0-{width}-{scheme}.png", full_page=True)
    assert await _cut_off(page) == []
    await context.close()


async def _cut_off(page):
    return await page.locator("*").evaluate_all(
        "all => all.filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )
