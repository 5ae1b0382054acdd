"""Reading a conversation by signed requests: page by page, not without end, by a fresh key."""

import secrets

import pytest
from consoles import whole
from story import ANVIL

from forgefed_gate.domain.errors import Unverified
from forgefed_gate.domain.ids import DAY, MINUTE, Millis
from forgefed_gate.domain.intents import Say
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import keyring, quota, serving
from forgefed_gate.services.gate import Remembered
from forgefed_gate.store import people

BASE = "https://gate.example"
JSON = {"Accept": "application/activity+json"}
MOST = quota.READINGS_PER_MINUTE


async def get(story, url, who=None):
    now, headers = story.house.clock.now, {}
    if who is not None:
        headers = httpsig.sign(
            "GET", url, body=None, key=who.key, now=now, dialect=Dialect.RFC9421
        )
    return await story.get(url.removeprefix(BASE), **JSON, **headers)


async def talked(story, times=0) -> str:
    """Let bob be a member to whom much was said, and give the address of their conversation."""
    await story.admit()
    thread = (await story.threads())[0].thread.id
    for number in range(times):
        await story.act(Say(thread=thread, text=f"Sentence {number}."))
    return story.house.gate.places.thread(thread)


def seen(answer):
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_a_conversation_is_read_page_by_page(story):
    """Every message once and in order, never more than a page at a time."""
    url = await talked(story, 2 * serving.PAGE_SIZE)
    collection = (await get(story, url, story.bob)).json()
    assert collection["type"] == "OrderedCollection"
    assert "orderedItems" not in collection

    pages, at = [], collection["first"]
    while at:
        pages.append((await get(story, at, story.bob)).json())
        assert pages[-1]["id"] == at
        at = pages[-1].get("next")

    sizes = [len(page["orderedItems"]) for page in pages]
    assert max(sizes) == sizes[0] == serving.PAGE_SIZE
    assert sum(sizes) == collection["totalItems"]
    assert {page["type"] for page in pages} == {"OrderedCollectionPage"}
    assert {page["partOf"] for page in pages} == {url}
    assert collection["last"] == pages[-1]["id"]
    assert pages[1]["prev"] == pages[0]["id"]
    said = [item for page in pages for item in page["orderedItems"]]
    ours = [item["content"] for item in said if isinstance(item, dict)]
    numbers = [each for each in ours if "Sentence " in each]
    assert all(f"Sentence {number}." in each for number, each in enumerate(numbers))
    assert len(numbers) == 2 * serving.PAGE_SIZE


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "", "1&page=1", "1000000000"])
async def test_a_page_that_is_not_there_is_nothing(story, page):
    """Not even for whom the conversation is for."""
    url = await talked(story)
    nowhere = await story.get(f"/{secrets.token_hex(8)}")

    assert seen(await get(story, f"{url}?page={page}", story.bob)) == seen(nowhere)


async def test_nobody_else_has_a_page(story):
    """A number behind an address opens nothing."""
    url = await talked(story)
    eve = story.village.settle("eve")
    await story.write("Hello?", by=eve)
    nowhere = await story.get(f"/{secrets.token_hex(8)}")

    for who in (None, eve):
        assert seen(await get(story, f"{url}?page=1", who)) == seen(nowhere)


async def test_more_than_a_page_is_no_reason_to_ask_without_end(story):
    """What is there and what is not is refused alike, and to the one address alone."""
    url = await talked(story)
    missing = url.rpartition("/")[0] + f"/{secrets.token_hex(16)}"
    note = f"{BASE}/desks/{ANVIL}/notes/{secrets.token_hex(16)}"
    others = f"{url}/history", f"{BASE}/tickets/{ANVIL}/items/{secrets.token_hex(16)}"
    for _ in range(MOST):
        assert (await get(story, missing)).status_code == 404
    before = await whole(story)

    refused = [
        await get(story, each, who)
        for each in (url, f"{url}?page=1", missing, note, *others, story.bob.notes()[-1]["id"])
        for who in (None, story.bob)
    ]

    assert {each.status_code for each in refused} == {429}
    assert len({str(seen(each)) for each in refused}) == 1
    assert await whole(story) == before
    quota.spend_reading(story.house.gate, "192.0.2.7")
    story.house.clock.pass_by(MINUTE)
    assert (await get(story, url, story.bob)).status_code == 200


async def test_an_old_key_proves_nothing(story):
    """It may have been somebody else's for long; nobody is asked, and the answer is the 404."""
    url = await talked(story)
    nowhere = await story.get(f"/{secrets.token_hex(8)}")
    assert (await get(story, url, story.bob)).status_code == 200
    story.house.clock.pass_by(2 * DAY)
    asked = len(story.house.wire.log)

    assert seen(await get(story, url, story.bob)) == seen(nowhere)

    assert len(story.house.wire.log) == asked
    await story.write("And again.")
    assert (await get(story, url, story.bob)).status_code == 200


async def test_a_key_that_was_just_taken_away_proves_nothing(story):
    """Their server said so when it was asked about a signature, and that counts here too."""
    url = await talked(story)
    gate = story.house.gate
    async with gate.database.snapshot() as tx:
        row = await people.find_key(tx, story.bob.key.id)
    assert row is not None
    assert keyring.believed(gate, row) is not None

    gate.memory.keys[row.id] = Remembered(
        refusal=Unverified("key-gone", "It is gone."),
        read_at=gate.clock(),
        until=Millis(gate.clock() + MINUTE),
    )

    assert keyring.believed(gate, row) is None
    assert (await get(story, url, story.bob)).status_code == 404
