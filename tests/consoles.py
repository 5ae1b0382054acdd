"""Browsers without a screen: people at the console of a gate in this process."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import databases
import httpx2
from story import ANVIL, Story, open_story

from forgefed_gate.domain.ids import HOUR
from forgefed_gate.domain.publishing import Stage
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, projects, why
from forgefed_gate.store import jobs, publications
from forgefed_gate.store.publications import PieceRow

BASE = "https://gate.example"
OFFICES = ("owner", "maintainer", "screener", "safety")
INSIDERS = ("operator", *OFFICES, "elsewhere")
TABLES = (
    *("projects", "charters", "news", "people", "maintainers", "blocks", "hushed", "threads"),
    *("messages", "revisions", "knocks", "grants", "reports", "record", "jobs", "signin_links"),
    *("seats", "copies", "links", "delegations"),
    *("publications", "excerpts", "consents"),
)


@asynccontextmanager
async def on_sqlite(folder: Path, **changed: object) -> AsyncGenerator[Story]:
    """Tell a story on the engine that is quicker to open, where the question is not about SQL."""
    async with (
        databases.fresh("sqlite", folder) as database,
        open_story(folder, database, **changed) as told,
    ):
        yield told


class Browser:
    """Somebody's browser: it keeps cookies, and sends the forms that it is given."""

    def __init__(self, story: Story) -> None:
        base = story.house.gate.places.base_url
        app = story.house.wire.apps[base.partition("://")[2]]
        self.base = base
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url=base, follow_redirects=False
        )

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path, headers={"Accept": "text/html"})

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx2.Response:
        sent = {"Origin": self.base, "Sec-Fetch-Site": "same-origin"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.post(path, data=form, headers=sent)

    async def token(self) -> str:
        page = await self.get("/console")
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        return found[1] if found else ""

    async def do(self, path: str, act: str, **fields: str) -> httpx2.Response:
        return await self.post(path, {"csrf": await self.token(), "act": act, **fields})


async def signed_in(story: Story, who: str) -> Browser:
    """Open the browser of the operator, of somebody with an office, or of nobody at all."""
    browser, gate = Browser(story), story.house.gate
    if who == "nobody":
        return browser
    if who == "operator":
        principal = OPERATOR
    elif who == "elsewhere":
        await projects.add(gate, "lathe", "Lathe", by=OPERATOR)
        them = story.village.settle("lena")
        await projects.appoint(gate, "lathe", them.id, Office.OWNER, by=OPERATOR)
        principal = await story.principal(them)
    else:
        principal = await story.principal(await story.appoint(f"{who}-1", Office(who)))
    link = await access.make_link(gate, principal)
    answer = await browser.post(link, {})
    assert answer.status_code == 303
    return browser


async def whole(story: Story) -> dict[str, object]:
    """Read everything that a refused request must leave as it was."""
    async with story.house.gate.database.snapshot() as tx:
        kept = {
            table: sorted(str(dict(row)) for row in await tx.rows(f"SELECT * FROM {table}"))
            for table in TABLES
        }
    return kept | {"out": [entry for entry in story.house.wire.log if BASE not in entry[1]]}


async def fresh_thread(story: Story) -> str:
    return f"/console/threads/{(await story.knock()).knock.thread}"


def address(path: str, thread: str, person: str = "nobody") -> str:
    if path == "/console/{rest:path}":
        return "/console/attic"
    named = {"{slug}": "anvil", "{thread}": thread, "{piece}": thread, "{person}": person}
    for each in named.items():
        path = path.replace(*each)
    return path


def about_bob(story: Story) -> str:
    """Name the page about the villager whom the story is about."""
    return why.page_name(story.house.gate, ANVIL, story.bob.id)


async def fresh_piece(story: Story, thread: str) -> None:
    """Keep a piece that is over, under the name of its conversation."""
    async with story.house.gate.database.transaction() as tx:
        now = story.house.gate.clock()
        row = PieceRow(
            id=thread, project=ANVIL, thread=thread, proposer="operator", stage=Stage.ENDED,
            heading=None, title="", asked_at=now, changed_at=now,
        )  # fmt: skip
        await publications.save(tx, row, [])


async def bury_a_job(story: Story) -> str:
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        now = gate.clock()
        await jobs.put(tx, "deliver lost", "lost", payload=b"{}", run_at=now, now=now)
        (job,) = await jobs.claim(tx, now=now, limit=1, lease="l", lease_for=HOUR)
        await jobs.bury(tx, job, error="gone")
    return "deliver lost"
