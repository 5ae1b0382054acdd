"""Private things, asked for over ActivityPub: for their reader, and for nobody else."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
from consoles import whole
from story import ANVIL, Story, granted

from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.domain.intents import AddParty, RemoveParty, Revoke, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import people, views
from forgefed_gate.store import blocks
from forgefed_gate.web.asgi import application

BASE = "https://gate.example"
JSON = {"Accept": "application/activity+json"}
DIALECTS = pytest.mark.parametrize("dialect", Dialect, ids=lambda each: each.value)


def signed(story: Story, who, url: str, dialect=Dialect.CAVAGE, method="GET") -> dict[str, str]:
    now = story.house.clock.now
    return httpsig.sign(method, url, body=None, key=who.key, now=now, dialect=dialect)


async def get(story: Story, url: str, who=None, dialect=Dialect.CAVAGE) -> httpx2.Response:
    headers = signed(story, who, url, dialect) if who else {}
    return await story.get(url.removeprefix(BASE), **{**JSON, **headers})


async def talked(story: Story) -> dict[str, str]:
    """Let bob be a member who was answered, and name what there is of each private kind."""
    await story.admit()
    thread = (await story.threads())[0].thread.id
    await story.act(Say(thread=thread, text="Well done."))
    [held] = await granted(story)
    note = story.bob.notes()[-1]["id"]
    places = story.house.gate.places
    return {
        "note": note,
        "create": f"{note}/create",
        "thread": places.thread(thread),
        "history": f"{places.thread(thread)}/history",
        "grant": held.grant.id,
    }


KINDS = ("note", "create", "thread", "history", "grant")


@DIALECTS
async def test_a_party_gets_what_is_theirs(story, dialect):
    """As it was sent, and for no cache in between."""
    things = await talked(story)

    answers = {kind: await get(story, things[kind], story.bob, dialect) for kind in KINDS}

    assert {each.status_code for each in answers.values()} == {200}
    assert {each.headers["cache-control"] for each in answers.values()} == {"private, no-store"}
    sent = story.bob.came[-1]
    assert answers["create"].json() == sent
    assert answers["note"].json() == {"@context": sent["@context"], **sent["object"]}
    assert answers["grant"].json() == story.bob.of_type("Grant")[0]
    whole = answers["thread"].json()
    items = (await get(story, whole["first"], story.bob, dialect)).json()["orderedItems"]
    assert len(items) == whole["totalItems"]
    assert items[-1] == sent["object"]
    mine = [item for item in items if isinstance(item, str)]
    assert all(item.startswith(story.bob.id) for item in mine)
    assert len(mine) == 2


def without_proof(document):
    """Leave out a proof, and the context that comes with it."""
    return {name: each for name, each in document.items() if name not in {"proof", "@context"}}


async def test_every_note_of_a_conversation_can_be_read_again_as_it_was_sent(story):
    """
    Software that fetches instead of believing comes to the same words.

    The proof of a decision went along with the delivery alone.
    """
    await talked(story)
    kept = 0

    for create in story.bob.of_type("Create"):
        answer = await get(story, create["id"], story.bob)
        if create["object"].get("context"):
            assert without_proof(answer.json()) == without_proof(create)
            kept += 1
    assert kept >= 3


async def strangers(story: Story) -> dict[str, object]:
    """Everybody who must find nothing: unknown, unsigned, blocked, or in another conversation."""
    known, blocked = story.village.settle("eve"), story.village.settle("mallory")
    for who in (known, blocked):
        await story.write("Hello, may I help?", by=who)
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        await blocks.add(tx, blocked.id, project=ANVIL, now=gate.clock())
    owner = await story.appoint("olga", Office.OWNER)
    await story.write("say", by=owner)
    unknown = story.village.settle("nina")
    return {
        "unsigned": None,
        "signed": known,
        "blocked": blocked,
        "unknown": unknown,
        "in office": owner,
    }


def beside(url: str) -> str:
    """Name a thing of the same kind that never was."""
    part = next((each for each in ("/create", "/history") if url.endswith(each)), "")
    head, _, _ = url.removesuffix(part).rpartition("/")
    return f"{head}/{secrets.token_hex(16)}{part}"


def seen(answer: httpx2.Response) -> tuple[object, ...]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_everybody_else_finds_what_is_found_where_nothing_is(story):
    """Five requesters, each asking for what is there and for what never was."""
    things = await talked(story)
    askers = await strangers(story)
    nowhere = await story.get(f"/{secrets.token_hex(8)}")
    before = await whole(story)

    for url in things.values():
        for name, who in askers.items():
            for asked in (url, beside(url)):
                assert seen(await get(story, asked, who)) == seen(nowhere), (name, asked)
        assert seen(await get(story, beside(url), story.bob)) == seen(nowhere)
    assert await whole(story) == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
async def test_no_method_and_no_language_tells_more(story, method):
    """The 404 is a constant: there is nothing in it that could vary."""
    things, askers = await talked(story), await strangers(story)
    if method != "HEAD":
        askers["reader"] = story.bob
    before = await whole(story)

    for url in things.values():
        story.house.clock.pass_by(MINUTE)
        for accept in ("text/html", "application/activity+json", "*/*"):
            headers = {"Accept": accept, "Accept-Language": "de"}
            for name, who in askers.items():
                private = await ask(story, method, url, headers, who)
                missing = await ask(story, method, beside(url), headers, who)
                assert private.status_code == 404, name
                assert seen(private) == seen(missing), name
    assert await whole(story) == before


async def ask(story, method, url, headers, who=None):
    if who:
        headers = headers | signed(story, who, url, method=method)
    transport = httpx2.ASGITransport(app=story.house.wire.apps["gate.example"])
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        return await client.request(method, url.removeprefix(BASE), headers=headers)


async def test_a_reader_and_then_a_stranger_at_one_address(story):
    """Nothing that was given to one is kept for another."""
    things = await talked(story)

    for url in things.values():
        assert (await get(story, url, story.bob)).status_code == 200
        assert (await get(story, url)).status_code == 404


async def test_whoever_passes_a_private_thing_around_hears_nothing_of_it(story):
    """A boost by a party, of a note and of a thread: it is taken, as anything, and forgotten."""
    things = await talked(story)
    before = await whole(story)

    for kind in ("note", "thread"):
        boost = {"id": f"{story.bob.id}/boosts/{kind}", "type": "Announce"}
        about = {"object": things[kind], "to": ["https://www.w3.org/ns/activitystreams#Public"]}
        answer = await story.deliver({**boost, **about}, by=story.bob)
        assert answer.status == 202
        assert (await get(story, things[kind])).status_code == 404
    assert await whole(story) == before


async def test_a_signature_is_good_for_what_it_was_made_for(story):
    """Not for another address, not for another time, not where a letter was changed."""
    things = await talked(story)
    headers = signed(story, story.bob, things["thread"])
    broken = {**headers, "Signature": headers["Signature"].replace('signature="', 'signature="A')}

    for url, lines in ((things["note"], headers), (things["thread"], broken)):
        assert (await story.get(url.removeprefix(BASE), **lines)).status_code == 404
    story.house.clock.pass_by(2 * 60 * 60 * 1000)
    assert (await story.get(things["thread"].removeprefix(BASE), **headers)).status_code == 404


async def test_a_grant_that_was_revoked_is_there_for_nobody(story):
    """Whoever asks whether it still stands has the answer."""
    things = await talked(story)

    await story.act(Revoke(grant=things["grant"]))

    assert (await get(story, things["grant"], story.bob)).status_code == 404


# Somebody who was added


async def with_ann(story: Story):
    """Let bob agree to ann, after four messages."""
    things = await talked(story)
    ann = story.village.settle("ann")
    await people.resolve(story.house.gate, ann.id)
    thread = (await story.threads())[0].thread.id
    await story.act(AddParty(thread=thread, who=ann.id))
    [party] = await views.party_list(story.house.gate, thread, by=OPERATOR)
    await story.write(f"agree {party.seat.code}")
    await story.write("I am glad to be here.", by=ann)
    return ann, things, thread


async def test_somebody_added_gets_404_on_what_was_said_before(story):
    """And the rest under ids of their own, which lead nobody else anywhere."""
    ann, things, thread = await with_ann(story)
    await story.act(Say(thread=thread, text="Hello to both."))
    theirs, ours = ann.notes()[-1]["id"], story.bob.notes()[-1]["id"]

    assert (await get(story, things["note"], ann)).status_code == 404
    assert (await get(story, theirs, ann)).status_code == 200
    assert (await get(story, ours, ann)).status_code == 404
    assert (await get(story, theirs, story.bob)).status_code == 404
    first = (await get(story, things["thread"], ann)).json()["first"]
    collection = (await get(story, first, ann)).json()
    said = [
        each if isinstance(each, str) else each["content"] for each in collection["orderedItems"]
    ]
    assert len(said) == 3
    assert "Well done." not in str(collection)
    assert "users/bob" not in str(collection)
    assert (await get(story, ann.came[-1]["id"], ann)).json() == ann.came[-1]


async def test_somebody_removed_is_a_stranger_at_once(story):
    """Also for what they had before."""
    ann, things, thread = await with_ann(story)
    theirs = ann.notes()[-1]["id"]
    assert (await get(story, theirs, ann)).status_code == 200

    await story.act(RemoveParty(thread=thread, who=ann.id))

    nowhere = await story.get("/nowhere")
    for url in (theirs, f"{theirs}/create", things["thread"]):
        assert seen(await get(story, url, ann)) == seen(nowhere)


async def test_whoever_gets_the_name_of_somebody_gone_is_no_party(story):
    """An account that ended takes its conversations along; its successor begins anew."""
    ann, things, _ = await with_ann(story)
    for who in (story.bob, ann):
        assert (await get(story, things["thread"], who)).status_code == 200
        await story.deliver({"type": "Delete", "object": who.id}, by=who)
    old = {each.thread.id for each in await story.threads()}

    for who in (story.bob, ann):
        await story.write("Hello, may I help?", by=who)
        assert (await get(story, things["thread"], who)).status_code == 404

    fresh = [each.thread for each in await story.threads() if each.thread.id not in old]
    assert {each.contributor for each in fresh} == {story.bob.id, ann.id}
    url = story.house.gate.places.thread(next(t.id for t in fresh if t.contributor == ann.id))
    assert (await get(story, url, ann)).status_code == 200


# What asking costs


class Counting:
    """A database that counts what it is asked."""

    def __init__(self, database) -> None:
        self.database = database
        self.asked: list[str] = []

    def __getattr__(self, name):
        return getattr(self.database, name)

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[object]:
        self.asked.append("snapshot")
        async with self.database.snapshot() as tx:
            yield CountingTransaction(tx, self.asked)


class CountingTransaction:
    def __init__(self, tx, asked: list[str]) -> None:
        self.tx = tx
        self.asked = asked

    async def row(self, sql, /, **values):
        self.asked.append("query")
        return await self.tx.row(sql, **values)

    async def rows(self, sql, /, **values):
        self.asked.append("query")
        return await self.tx.rows(sql, **values)


@pytest.mark.parametrize("kind", KINDS)
async def test_asking_costs_the_same_whoever_asks_and_whatever_is_there(story, kind):
    """As many questions to the database, and none to anybody else."""
    things = await talked(story)
    askers = await strangers(story)
    counting = Counting(story.house.gate.database)
    gate = replace(story.house.gate, database=counting)
    story.house.wire.apps["gate.example"] = application(gate)
    out = len(story.house.wire.log)
    costs = {}

    for name, who in askers.items():
        for asked in (things[kind], beside(things[kind])):
            counting.asked.clear()
            assert (await get(story, asked, who)).status_code == 404
            costs[name, asked == things[kind]] = tuple(counting.asked)

    assert len(set(costs.values())) == 1, costs
    assert len(next(iter(costs.values()))) >= 3
    assert len(story.house.wire.log) == out
