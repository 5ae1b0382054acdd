"""What somebody looks like here is what we gave them, and what nobody sees is who is there."""

import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from consoles import Browser, on_sqlite, signed_in
from guests import propose
from pieces import PUBLIC, thread_of
from story import ANVIL, HELLO, Story

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.intents import Announce, Invite, Say
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.protocol import httpsig
from forgefed_gate.services import access, people, views


@pytest.fixture
async def story(tmp_path: Path) -> AsyncGenerator[Story]:
    async with on_sqlite(tmp_path) as told:
        yield told


async def own_pages(story, who) -> Browser:
    browser, gate = Browser(story), story.house.gate
    async with gate.database.transaction() as tx:
        link = await access.link_in(gate, tx, who.id)
    await browser.post(link, {})
    return browser


# A name that somebody gives themselves

BADGE = "Maintainer ✅"


async def pretend(story):
    """Let people with a badge in their names write, be added, and be invited."""
    eve, ann, zoe = (story.village.settle(name) for name in ("eve", "ann", "zoe"))
    for who in (story.bob, eve, ann, zoe):
        who.shown = BADGE
    for who in (ann, zoe):
        await people.resolve(story.house.gate, who.id)
    await story.appoint("mara", Office.MAINTAINER)
    await story.admit()
    thread = await thread_of(story, story.bob)
    await story.write(f"agree {await propose(story, ann)}")
    await story.write("I have looked at it.", by=ann)
    await story.act(Say(thread=thread, text="Thank you both."))
    await story.write(HELLO, by=eve)
    await story.act(Invite(project=ANVIL, who=zoe.id, role=Role.REPORT, days=3))
    await story.act(Announce(project=ANVIL, text="A release!"))
    return thread, [story.bob, eve, ann, zoe]


async def test_a_name_that_claims_an_office_gives_no_badge_and_no_office(story):
    """Offices are ours to give, and people are named by the whole of their handles alone."""
    thread, pretenders = await pretend(story)
    browser = await signed_in(story, "owner")
    names = [view.thread.id for view in await story.threads()]
    paths = ["/", "/@anvil", "/console", "/console/projects/anvil"]
    paths += [f"/console/threads/{name}" for name in names]

    pages = {path: (await browser.get(path)).text for path in paths}
    for who in pretenders[:3]:
        theirs = await own_pages(story, who)
        for path in ("/mine", f"/mine/{thread}"):
            pages[f"{who.name} {path}"] = (await theirs.get(path)).text

    said = {who.name: str(who.came) for who in story.village.people.values()}
    assert [place for place, text in {**pages, **said}.items() if "✅" in text] == []
    shown = pages[f"/console/threads/{thread}"]
    assert all(f"@{name}@village.example" in shown for name in ("bob", "ann"))
    held = await views.maintainer_list(story.house.gate, ANVIL)
    assert {who.handle: office for who, office in held} == {
        "@mara@village.example": "maintainer",
        "@owner-1@village.example": "owner",
    }
    for who in pretenders:
        with pytest.raises(NotFound):
            await story.principal(who)


# Who is there, and who has read


PRESENCE = {
    *("seen", "read", "unread", "reads", "viewed", "views", "opened", "receipt", "receipts"),
    *("typing", "online", "presence", "idle", "away", "last", "active", "activity", "visited"),
}
PAGE_OF_A_COLLECTION = "last"
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def fields(document) -> Iterator[str]:
    """Name every field of a document, and every type, but no term of a context."""
    match document:
        case dict():
            for name, value in document.items():
                if name == "type":
                    yield from value if isinstance(value, list) else [str(value)]
                elif name != "@context":
                    yield name
                    yield from fields(value)
        case list():
            for each in document:
                yield from fields(each)


def tells_presence(field: str) -> bool:
    words = {word.lower() for word in WORD.findall(field)}
    return field != PAGE_OF_A_COLLECTION and not PRESENCE.isdisjoint(words)


@pytest.mark.parametrize(
    "field", ["lastSeen", "last_active", "typing", "readAt", "isRead", "Read", "readReceipt"]
)
def test_such_a_field_would_be_found(field):
    """However it is written."""
    assert tells_presence(field)


async def documents(story, thread) -> list[object]:
    """Ask for all that is public, and as a party for what is private."""
    found = [(await story.get(path)).json() for path in PUBLIC if "nodeinfo" not in path]
    base, private = story.house.gate.places.base_url, story.house.gate.places.thread(thread)
    for url in (private, f"{private}/history", story.bob.notes()[-1]["id"]):
        now = story.house.clock.now
        signed = httpsig.sign(
            "GET", url, body=None, key=story.bob.key, now=now, dialect=story.village.dialect
        )
        answer = await story.get(
            url.removeprefix(base), **signed, Accept="application/activity+json"
        )
        assert answer.status_code == 200
        found.append(answer.json())
    return found


def out(story) -> list[object]:
    return [entry for entry in story.house.wire.log if "gate.example" not in entry[1]]


async def test_reading_tells_nobody_that_somebody_is_there(story):
    """Nothing goes out, no document changes, and none has a field that could say so."""
    thread, _ = await pretend(story)
    browsers = [await signed_in(story, "owner"), await own_pages(story, story.bob)]
    before, sent = await documents(story, thread), len(out(story))

    await browsers[0].get(f"/console/threads/{thread}")
    await browsers[1].get(f"/mine/{thread}")
    await views.thread(story.house.gate, thread, by=OPERATOR)
    await story.house.work()

    assert len(out(story)) == sent
    assert await documents(story, thread) == before
    came = [each for who in story.village.people.values() for each in who.came]
    assert len(came) > 10
    assert {each for each in fields([came, before]) if tells_presence(each)} == set()
