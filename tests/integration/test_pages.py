"""What everybody may read, and what holds for every page."""

import html
import re
from collections.abc import AsyncGenerator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from consoles import (
    BASE,
    Browser,
    address,
    bury_a_job,
    fresh_thread,
    on_sqlite,
    signed_in,
)
from gates import NOON
from story import ANVIL, Story

from forgefed_gate.domain.ids import DAY, HOUR, ThreadId
from forgefed_gate.domain.intents import Announce
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import blocking, projects
from forgefed_gate.web import templates
from forgefed_gate.web.templates import age, unusual


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


READERS = ("/console", "/console/projects/{slug}", "/console/blocks", "/console/jobs")


class Outline(HTMLParser):
    """What a page consists of, for questions about all pages."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in tags]


async def all_pages(story: Story) -> dict[str, str]:
    held, member = (await story.knock()), story.village.settle("mia")
    await story.admit(by=member)
    browser = await signed_in(story, "operator")
    await bury_a_job(story)
    await blocking.block(story.house.gate, "spam.example", by=OPERATOR)
    threads = [held.knock.thread, *(view.thread.id for view in await story.threads())]
    paths = ["/", "/@anvil", "/signin/x", "/console/none"]
    paths += [address(path, ThreadId("none")) for path in READERS if "{thread}" not in path]
    paths += [f"/console/threads/{thread}" for thread in threads]
    pages = {path: (await browser.get(path)).text for path in paths}
    refused = await browser.do(paths[-1], "admit", words="", role="x", days="x")
    return pages | {
        "stranger": (await Browser(story).get("/console")).text,
        "refused": refused.text,
        "used": (await browser.post("/signin/x", {})).text,
    }


async def test_every_page_is_whole_and_can_be_read_by_everybody(story):
    """One heading, landmarks, a way past the header, and a label for every field."""
    for path, page in (await all_pages(story)).items():
        outline = Outline(page)
        ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
        labelled = {attrs.get("for") for attrs in outline.all("label")}
        fields = [
            attrs
            for attrs in outline.all("input", "select", "textarea")
            if attrs.get("type") != "hidden"
        ]

        assert len(outline.all("h1")) == 1, path
        assert all(len(outline.all(tag)) == 1 for tag in ("main", "header", "footer")), path
        assert outline.all("html")[0]["lang"] == "en", path
        assert outline.all("a")[0]["href"] == "#content", path
        assert [attrs for attrs in fields if attrs.get("id") not in labelled] == [], path
        assert len(ids) == len(set(ids)), path


async def test_no_page_runs_a_script_or_asks_anybody_else(story):
    """The policy forbids it; pages that try would look broken."""
    for path, page in (await all_pages(story)).items():
        outline = Outline(page)
        named = {name for _, attrs in outline.tags for name in attrs}
        loaded = [
            attrs.get("src") or attrs.get("href")
            for attrs in outline.all("img", "link", "script", "iframe", "a")
            if attrs.get("rel") != "alternate"
        ]

        assert outline.all("script", "style", "iframe") == [], path
        assert [name for name in named if name.startswith("on") or name == "style"] == [], path
        assert [url for url in loaded if not re.match(r"/|#", url)] == [], path


async def test_pages_of_the_console_are_kept_by_nobody(story):
    """A shared computer must not show yesterday's conversation."""
    browser = await signed_in(story, "owner")
    page = await browser.get(await fresh_thread(story))

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def look(story: Story, path: str, accept: str = "text/html") -> httpx2.Response:
    return await Browser(story).client.get(path, headers={"Accept": accept})


async def test_the_page_of_the_gate_lists_its_projects(story):
    """Somebody who only knows the address finds what is here."""
    page = (await look(story, "/")).text

    assert 'href="/@anvil"' in page
    assert "@anvil@gate.example" in page


async def test_the_page_of_a_project_says_how_to_take_part(story):
    """Everything that a newcomer needs is on one page, without an account here."""
    said = html.unescape((await look(story, "/@anvil")).text)

    charter = await projects.charter(story.house.gate, ANVIL)
    for sentence in (
        '<code class="copy">@anvil@gate.example</code>',
        "private mention",
        "The code is open",
        "“I agree”",
        "up to 7 days",
        "not end to end",
        charter.hash,
        *charter.questions,
        *(clause.text for clause in charter.expects + charter.offers),
    ):
        assert sentence in said


async def test_a_charter_without_a_promise_promises_nothing(story):
    """An honest page is better than a friendly number."""
    gate = story.house.gate
    charter = replace(await projects.charter(gate, ANVIL), wait_days=None)
    story.house.clock.pass_by(HOUR)
    await projects.publish_charter(gate, ANVIL, charter, by=OPERATOR)

    assert "There is no promise about when." in (await look(story, "/@anvil")).text


async def test_news_stand_on_the_page_and_stay_words(story):
    """What is announced is public, and still nobody's markup."""
    await story.act(Announce(project=ANVIL, text="We <b>rest</b> in December."))

    page = (await look(story, "/@anvil")).text
    assert "We &lt;b&gt;rest&lt;/b&gt; in December." in page


@pytest.mark.parametrize(("path", "document"), [("/", "/actor"), ("/@anvil", "/desks/anvil")])
@pytest.mark.parametrize("accept", ["application/activity+json", "application/json"])
async def test_a_program_is_sent_to_the_document(story, path, document, accept):
    """One address serves people and servers; each gets what it asks for."""
    answer = await look(story, path, accept)

    assert answer.status_code == 303
    assert answer.headers["location"] == BASE + document
    assert answer.headers["vary"] == "Accept"
    assert (await look(story, path)).headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["text/html", "application/activity+json", ""])
async def test_a_project_that_is_not_here_is_like_any_address_that_is_not(story, accept):
    """There is one answer for what does not exist."""
    project = await look(story, "/@lathe", accept)
    nothing = await look(story, "/no/such/page", accept)

    assert project.status_code == 404
    assert (project.content, project.headers) == (nothing.content, nothing.headers)


@pytest.mark.parametrize(
    ("handle", "marked"),
    [
        ("@bob@village.example", False),
        ("@bob@xn--vllage-cza.example", True),
        ("@b\N{CYRILLIC SMALL LETTER O}b@village.example", True),
        ("@bob\N{ZERO WIDTH JOINER}@village.example", True),
    ],
)
def test_a_handle_that_can_pass_for_another_is_marked(handle, marked):
    """A person decides, once they know where to look twice."""
    assert unusual(handle) is marked


@pytest.mark.parametrize(
    ("passed", "said"),
    [(0, "less than a minute"), (HOUR, "1 hour"), (DAY - 1, "23 hours"), (9 * DAY, "9 days")],
)
def test_age_is_told_as_people_tell_it(passed, said):
    """Nobody reads a queue in seconds."""
    assert age(NOON, NOON + passed) == said


def test_the_style_sheet_is_small():
    """A page arrives over a bad connection as well."""
    sheet = Path(templates.__file__).parent.parent / "static" / "gate.css"

    assert sheet.stat().st_size <= 10_000
