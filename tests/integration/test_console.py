"""The console: who may read and do what, over real requests to a real gate."""

import html
import logging
import re
from collections.abc import AsyncGenerator
from html.parser import HTMLParser
from pathlib import Path

import databases
import httpx2
import pytest
from story import ANVIL, Story, open_story

from forgefed_gate.domain.ids import DAY, HOUR, ThreadId
from forgefed_gate.domain.intents import Decline
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import access, projects, views
from forgefed_gate.store import jobs
from forgefed_gate.store.database import Database
from forgefed_gate.web.console import routes
from forgefed_gate.web.console.room import Room

BASE = "https://gate.example"
OFFICES = ("owner", "maintainer", "screener", "safety")
INSIDERS = ("operator", *OFFICES, "elsewhere")
TABLES = (
    *("projects", "charters", "news", "people", "maintainers", "blocks", "hushed", "threads"),
    *("messages", "revisions", "knocks", "grants", "reports", "record", "jobs", "signin_links"),
)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    """Tell a story on the engine that is quicker to open; what is asked here is not about SQL."""
    async with (
        databases.fresh("sqlite", tmp_path) as database,
        open_story(tmp_path, database) as told,
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


READERS = {
    "/console": {*INSIDERS},
    "/console/projects/{slug}": {"operator", *OFFICES},
    "/console/threads/{thread}": {"operator", "owner", "maintainer", "screener"},
    "/console/blocks": {"operator", "owner", "maintainer", "safety", "elsewhere"},
    "/console/jobs": {"operator"},
    "/console/{rest:path}": set(),
}
DECIDERS = {"operator", "owner", "maintainer"}
ACTORS = {
    ("/console", "sign-out"): {*INSIDERS},
    ("/console/projects/{slug}", "announce"): DECIDERS,
    ("/console/projects/{slug}", "invite"): DECIDERS,
    ("/console/projects/{slug}", "revoke"): DECIDERS,
    ("/console/threads/{thread}", "admit"): DECIDERS,
    ("/console/threads/{thread}", "ask"): {*DECIDERS, "screener"},
    ("/console/threads/{thread}", "decline"): DECIDERS,
    ("/console/threads/{thread}", "say"): DECIDERS,
    ("/console/threads/{thread}", "close"): DECIDERS,
    ("/console/threads/{thread}", "revoke"): DECIDERS,
    ("/console/blocks", "block"): READERS["/console/blocks"],
    ("/console/blocks", "unblock"): READERS["/console/blocks"],
    ("/console/jobs", "retry"): {"operator"},
}
OF_MEMBERS = {"say", "close", "revoke"}


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


def address(path: str, thread: str) -> str:
    if path == "/console/{rest:path}":
        return "/console/attic"
    return path.replace("{slug}", "anvil").replace("{thread}", thread)


@pytest.mark.parametrize("who", [*INSIDERS, "nobody"])
async def test_an_office_opens_its_pages_and_no_other(story, who):
    """What is not theirs looks like what is not there."""
    thread = (await fresh_thread(story)).rpartition("/")[2]
    browser = await signed_in(story, who)

    seen = {path: (await browser.get(address(path, thread))).status_code for path in READERS}

    closed = 401 if who == "nobody" else 404
    assert seen == {path: 200 if who in READERS[path] else closed for path in READERS}


async def bury_a_job(story: Story) -> str:
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        now = gate.clock()
        await jobs.put(tx, "deliver lost", "lost", payload=b"{}", run_at=now, now=now)
        (job,) = await jobs.claim(tx, now=now, limit=1, lease="l", lease_for=HOUR)
        await jobs.bury(tx, job, error="gone")
    return "deliver lost"


async def prepared(story: Story, act: str, path: str) -> tuple[str, dict[str, str]]:
    """Bring a gate into the state in which *act* makes sense, and fill its form in."""
    gate = story.house.gate
    fields = {"words": "Some words.", "role": "report", "days": "30", "clause": ""}
    if act in OF_MEMBERS:
        knock = await story.admit()
    else:
        knock = await story.knock()
    if act == "revoke":
        (held,) = await views.grant_list(gate, ANVIL, by=OPERATOR)
        fields["grant"] = held.grant.id
    if act == "invite":
        fields["who"] = story.village.settle("eve").id
    if act in {"block", "unblock"}:
        fields["who"] = "spam.example"
    if act == "unblock":
        await projects.block(gate, "spam.example", by=OPERATOR)
    if act == "retry":
        await bury_a_job(story)
        page = (await (await signed_in(story, "operator")).get("/console/jobs")).text
        fields["job"] = re.search(r'name="job" value="([^"]+)"', page)[1]
    return address(path, knock.knock.thread), fields


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

    allowed = browsers[min(ACTORS[path, act] - {"operator"}, default="operator")]
    assert (await allowed.do(where, act, **fields)).status_code == 303
    if act != "sign-out":
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
        assert payload not in page
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

    for link in (used, old, f"{BASE}/signin/made-up"):
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
    await projects.block(story.house.gate, "spam.example", by=OPERATOR)
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
