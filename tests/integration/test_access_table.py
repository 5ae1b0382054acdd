"""The access table: every address, tried by everybody, against the rule that it declares."""

import json
import re
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from consoles import Browser, about_bob, on_sqlite, signed_in, whole
from pieces import propose, say_yes
from starlette.routing import Route
from story import Story, granted

from demo.village import Villager
from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, Millis, Slug
from forgefed_gate.domain.intents import Announce, Say
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import access, checkpoints, projects
from forgefed_gate.store import delegations, grants, witnessed
from forgefed_gate.store.delegations import Kept
from forgefed_gate.web import asgi
from forgefed_gate.web.rules import ADMITS, Asker, Row, Rule, declared, table

ROOT = Path(__file__).parent.parent.parent
BASE = "https://gate.example"
JSON = {"Accept": "application/activity+json"}
LET_IN = {200, 202, 204, 303}
REFUSED = {401, 404, 405}


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


@dataclass
class Caller:
    """Somebody at every door: with the cookie that they have, and the key that they sign with."""

    browser: Browser
    key: Villager | None

    async def ask(self, story: Story, path: str) -> httpx2.Response:
        headers = dict(JSON)
        if self.key is not None:
            now = story.house.clock.now
            headers |= httpsig.sign(
                "GET", BASE + path, body=None, key=self.key.key, now=now, dialect=Dialect.CAVAGE
            )
        return await self.browser.client.get(path, headers=headers)

    async def bring(self, story: Story, path: str) -> httpx2.Response:
        like = {"id": f"https://village.example/{secrets.token_hex(8)}", "type": "Like"}
        body, headers = json.dumps(like).encode(), {"Content-Type": "application/activity+json"}
        if self.key is not None:
            like = {**like, "id": f"{self.key.id}/{secrets.token_hex(8)}", "actor": self.key.id}
            body, now = json.dumps(like | {"object": BASE}).encode(), story.house.clock.now
            headers |= httpsig.sign(
                "POST", BASE + path, body=body, key=self.key.key, now=now, dialect=Dialect.CAVAGE
            )
        return await self.browser.client.post(path, content=body, headers=headers)


async def party(story: Story, who: Villager) -> Browser:
    browser, gate = Browser(story), story.house.gate
    async with gate.database.transaction() as tx:
        link = await access.link_in(gate, tx, who.id)
    assert (await browser.post(link, {})).status_code == 303
    return browser


async def everybody(story: Story) -> dict[Asker, Caller]:
    """Let one of each kind of people be there, each of whose keys the gate has met."""
    eve, nina = story.village.settle("eve"), story.village.settle("nina")
    for who in (eve, nina):
        await story.write("Hello, may I help?", by=who)
    callers = {
        Asker.OPERATOR: Caller(await signed_in(story, "operator"), None),
        Asker.CONTRIBUTOR: Caller(await party(story, story.bob), story.bob),
        Asker.OTHER: Caller(await party(story, eve), eve),
        Asker.SIGNED: Caller(Browser(story), nina),
        Asker.UNSIGNED: Caller(Browser(story), None),
    }
    offices = {Asker.SAFETY: "safety"} | {
        asker: asker.value for asker in (Asker.OWNER, Asker.MAINTAINER, Asker.SCREENER)
    }
    for asker, office in offices.items():
        browser = await signed_in(story, office)
        callers[asker] = Caller(browser, story.village.people[f"{office}-1"])
        await story.write("say", by=callers[asker].key)
    return callers


async def pieces_and_logs(story: Story) -> dict[str, str]:
    """Let there be something published, a checkpoint of ours, and one of another gate."""
    piece = (await propose(story)).piece.id
    await say_yes(story, story.bob, piece)
    gate = story.house.gate
    await checkpoints.step(gate)
    async with gate.database.transaction() as tx:
        theirs = checkpoints.log_of("peer.example")
        await witnessed.hold(tx, theirs)
        held = witnessed.Held(size=1, note="told")
        await witnessed.keep(tx, theirs, held, now=story.house.clock())
    return {
        "/desks/{slug}/pieces/{piece}": f"/desks/anvil/pieces/{piece}",
        "/@{slug}/pieces/{piece}": f"/@anvil/pieces/{piece}",
        "/mine/publications/{piece}": f"/mine/publications/{piece}",
        "/console/pieces/{piece}": f"/console/pieces/{piece}",
        "/audit/witnessed/{authority}": "/audit/witnessed/peer.example",
        "/export/{token}": "/export/made-up",
    }


async def teams_and_links(story: Story) -> dict[str, str]:
    """Let there be a team with a member, and Grants that were passed on."""
    gate, now, bob = story.house.gate, story.house.clock(), story.bob.id
    await projects.add(gate, "friends", "Friends", kind=Kind.TEAM, by=OPERATOR)
    team, project = f"{BASE}/teams/friends", f"{BASE}/projects/anvil"
    named = {house: gate.places.grant(house, "t1") for house in (team, project)}
    async with gate.database.transaction() as tx:
        document = json.dumps({"id": gate.places.grant(team, "t2")})
        await grants.add(tx, direct(gate.places.grant(team, "t2"), bob, now), document=document)
        for slug, house in (("friends", team), ("anvil", project)):
            passed = passed_on(named[house], by=house, to=bob, now=now)
            kept = Kept(house=Slug(slug), grant=passed, ours=True, link=None)
            await delegations.add(tx, [kept], now=now)
    return {
        "/teams/{slug}/grants/{token}": "/teams/friends/grants/t2",
        "/teams/{slug}": "/teams/friends",
        "/teams/{slug}/inbox": "/teams/friends/inbox",
        "/teams/{slug}/{collection}": "/teams/friends/teamResources",
        **{
            f"/{kind}/{{slug}}/grants/{{token}}/live": f"/{kind}/{slug}/grants/t1/live"
            for kind, slug in (("teams", "friends"), ("projects", "anvil"))
        },
    }


def direct(name: str, to: str, now: Millis) -> Grant:
    return Grant(
        id=name,
        project=Slug("friends"),
        target=to,
        role=Role.REPORT,
        charter="",
        starts_at=now,
        ends_at=now + DAY,
    )


def passed_on(name: str, *, by: str, to: str, now: Millis) -> Capability:
    return Capability(
        id=name,
        actor=by,
        context="https://elsewhere.example/p",
        target=to,
        role=Role.REPORT,
        allows=Allows.INVOKE,
        starts_at=now,
        ends_at=now + DAY,
        delegates="https://elsewhere.example/p/grants/1",
        result=f"{name}/live",
    )


async def issues(story: Story, grant: str) -> dict[str, str]:
    """Let bob offer an issue and a merge request, each of which is taken."""
    changes = {"type": "Offer", "origin": "https://village.example/anvil"}
    found = dict[str, str]()
    for kind, attached in (("tickets", []), ("patches", [changes])):
        tracker = f"{BASE}/{kind}/anvil"
        ticket = {"type": "Ticket", "attributedTo": story.bob.id, "summary": "Crash"}
        offer = {
            "id": f"{story.bob.id}/offers/{kind}",
            "type": "Offer",
            "actor": story.bob.id,
            "target": tracker,
            "capability": grant,
            "object": ticket | {"content": "It crashes.", "attachment": attached},
        }
        now = story.house.clock.now
        await story.village.send(story.bob, f"{tracker}/inbox", offer, now=now)
        await story.house.work()
        accepted = story.bob.of_type("Accept")[-1]
        found[f"/{kind}/{{slug}}/items/{{token}}"] = accepted["result"].removeprefix(BASE)
    return found


async def addresses(story: Story) -> dict[str, str]:
    """Name something that exists at every address that has a name in it."""
    await story.admit()
    thread = (await story.threads())[0].thread.id
    await story.act(Say(thread=thread, text="Well done."))
    note = story.bob.notes()[-1]["id"].removeprefix(BASE)
    [held] = await granted(story)
    person = f"/console/projects/anvil/people/{about_bob(story)}"
    return {
        **await teams_and_links(story),
        **await pieces_and_logs(story),
        **await issues(story, held.grant.id),
        "/desks/{slug}/notes/{token}": note,
        "/desks/{slug}/notes/{token}/create": f"{note}/create",
        "/projects/{slug}/grants/{token}": held.grant.id.removeprefix(BASE),
        "/threads/{thread}": f"/threads/{thread}",
        "/threads/{thread}/history": f"/threads/{thread}/history",
        "/mine/{thread}": f"/mine/{thread}",
        "/console/threads/{thread}": f"/console/threads/{thread}",
        "/console/projects/{slug}/people/{person}": person,
        "/console/{rest:path}": "/console/attic",
        "/mine/{rest:path}": "/mine/a/b",
        "/nodeinfo/{version}": "/nodeinfo/2.1",
        "/.well-known/webfinger": "/.well-known/webfinger?resource=acct:anvil@gate.example",
        "/static": "/static/gate.css",
        "/signin/{token}": "/signin/made-up",
        "/shown/{token}": await shown(story, held.grant),
    }


async def shown(story: Story, grant: Grant) -> str:
    """Let there be a link that shows a Grant, as its holder asks for one."""
    await story.write("show")
    found = re.search(r"https://gate\.example(/shown/\w+)", story.bob.notes()[-1]["content"])
    assert found, grant.id
    return found[1]


def address(path: str, known: dict[str, str]) -> str:
    named = path.replace("{slug}", "anvil").replace("{collection}", "followers")
    return known.get(path, named)


def missing(path: str) -> str:
    """Name what never was, where an address has names."""
    for name in ("slug", "token", "thread", "piece", "person", "collection", "version"):
        path = path.replace(f"{{{name}}}", secrets.token_hex(16))
    return path.replace("{rest:path}", secrets.token_hex(16))


def rows(story: Story) -> tuple[Row, ...]:
    return declared(asgi._routes(story.house.gate))


async def knock_at(story: Story, caller: Caller, row: Row, path: str) -> httpx2.Response:
    if row.rule is Rule.SENDER:
        return await caller.bring(story, path)
    return await caller.ask(story, path)


async def test_every_address_lets_in_whom_its_rule_names_and_nobody_else(story):
    """The nine of them, at every door, where there is something behind it."""
    known = await addresses(story)
    callers = await everybody(story)
    wrong = []

    for row in rows(story):
        for asker, caller in callers.items():
            answer = await knock_at(story, caller, row, address(row.path, known))
            assert answer.status_code in LET_IN | REFUSED, (row.path, asker, answer.status_code)
            if (answer.status_code in LET_IN) != (asker in ADMITS[row.rule]):
                wrong.append((row.path, asker.value, answer.status_code))

    assert len(rows(story)) > 30
    assert wrong == []


def seen(answer: httpx2.Response) -> tuple[object, ...]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_whoever_is_not_let_in_cannot_tell_whether_there_is_something(story):
    """What is refused and what never was are the same bytes, for each of the nine."""
    known = await addresses(story)
    callers = await everybody(story)
    before = await whole(story)

    for row in rows(story):
        if "{" not in row.path or row.rule in {Rule.EVERYBODY, Rule.LINK}:
            continue
        for asker in frozenset(Asker) - ADMITS[row.rule]:
            there = await knock_at(story, callers[asker], row, address(row.path, known))
            never = await knock_at(story, callers[asker], row, missing(row.path))
            if row.rule is not Rule.SENDER:
                assert seen(there) == seen(never), (row.path, asker)
    assert await whole(story) == before


async def test_a_public_note_is_for_everybody(story):
    """The one address where news and private notes stand side by side."""
    await story.act(Announce(project="anvil", text="Version 2 is out."))
    callers = await everybody(story)
    outbox = (await story.get("/desks/anvil/outbox", **JSON)).json()
    path = outbox["orderedItems"][0]["object"]["id"].removeprefix(BASE)

    answers = {(await caller.ask(story, path)).status_code for caller in callers.values()}

    assert answers == {200}


async def test_an_address_without_a_rule_stops_the_start(story, monkeypatch):
    """Whoever adds a door thinks of who may come in, or nobody does."""
    routes = asgi._routes(story.house.gate)

    async def nothing(_):
        raise AssertionError("nobody comes here")

    monkeypatch.setattr(asgi, "_routes", lambda _: [*routes, Route("/attic", nothing)])

    with pytest.raises(LookupError, match="/attic"):
        asgi.application(story.house.gate)


def test_every_rule_says_whom_it_lets_in():
    """A rule without a row would let in whom nobody named."""
    assert ADMITS.keys() == set(Rule)


async def test_the_page_about_access_is_the_table_of_the_code(story):
    """What people read about who may read is what the gate does."""
    page = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")

    told = [line for line in page.splitlines() if line.startswith("|")]

    assert told == table(rows(story))
