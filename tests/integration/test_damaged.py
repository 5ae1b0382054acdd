"""Words that somebody changed in the store: said at every door, and noted once for each place."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2
import pytest
from consoles import Browser, signed_in
from logbooks import log
from pieces import SECRET, code_for, propose, stage, theirs
from story import ANSWER, HELLO, Story, granted

from demo.village import Villager
from forgefed_gate.domain.ids import HOUR
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.words import keeping, publishing, references
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import access, blocking, checkpoints, consenting
from forgefed_gate.services.views import UNREADABLE

BASE = "https://gate.example"
Ask = Callable[[str], Awaitable[httpx2.Response]]


async def unreadable(story: Story) -> list[str]:
    """List in which role each damage was come upon, as the audit log has it."""
    await checkpoints.step(story.house.gate)
    entries = map(json.loads, await log(story.house.gate))
    return [entry["role"] for entry in entries if entry["act"] == "Unreadable"]


async def flip(story: Story, table: str, column: str, rows: str = "1 = 1") -> None:
    """Change one bit of the first thing that is sealed there."""
    async with story.house.gate.database.transaction() as tx:
        row = await tx.row(
            f"SELECT {column} AS sealed FROM {table} WHERE {rows} AND {column} IS NOT NULL LIMIT 1"
        )
        assert row is not None
        sealed = bytes(row["sealed"])
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        await tx.run(
            f"UPDATE {table} SET {column} = :changed WHERE {column} = :sealed",
            changed=changed,
            sealed=sealed,
        )


async def met(story: Story) -> Villager:
    """Let there be somebody who writes to the project too."""
    eve = story.village.settle("eve")
    await story.write(HELLO, by=eve)
    return eve


async def party(story: Story, who: Villager) -> Browser:
    browser, gate = Browser(story), story.house.gate
    async with gate.database.transaction() as tx:
        link = await access.link_in(gate, tx, who.id)
    assert (await browser.post(link, {})).status_code == 303
    return browser


def signing(story: Story, who: Villager) -> Ask:
    async def ask(url: str) -> httpx2.Response:
        now = story.house.clock.now
        headers = httpsig.sign("GET", url, body=None, key=who.key, now=now, dialect=Dialect.CAVAGE)
        accept = {"Accept": "application/activity+json"}
        return await story.get(url.removeprefix(BASE), **accept, **headers)

    return ask


async def both_signing(story: Story) -> tuple[Ask, Ask]:
    return signing(story, story.bob), signing(story, await met(story))


async def both_parties(story: Story) -> tuple[Ask, Ask]:
    eve = await met(story)
    return (await party(story, story.bob)).get, (await party(story, eve)).get


async def both_offices(story: Story) -> tuple[Ask, Ask]:
    return (await signed_in(story, "owner")).get, (await signed_in(story, "elsewhere")).get


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Damage behind one door: where, who reads it there and who never may, and what is said."""

    url: str
    mine: Ask
    strangers: Ask
    says: Callable[[httpx2.Response], bool]
    role: str = "contributor"


def sentence(words: str) -> Callable[[httpx2.Response], bool]:
    return lambda answer: words in answer.text


async def answered(story: Story) -> tuple[str, str]:
    """Admit bob and answer him, damage that answer, and name his conversation and the note."""
    await story.admit()
    thread = (await story.threads())[0].thread.id
    await story.act(Say(thread=thread, text="Well done."))
    note = story.bob.notes()[-1]["id"]
    await flip(story, "revisions", "words", _of_message(await last_of_ours(story, thread)))
    return thread, note


async def last_of_ours(story: Story, thread: str) -> str:
    return (await theirs(story, thread, "project"))[-1]


def _of_message(name: str) -> str:
    return f"message = '{name}'"


async def a_shown_grant(story: Story) -> Door:
    await story.write(HELLO)
    await story.write(f"{ANSWER}</p><p>grant https://village.example/grants/1")
    knock = (await story.knocks())[0].knock
    await flip(story, "shown_grants", "sealed")
    owner, elsewhere = await both_offices(story)
    return Door(
        url=f"/console/threads/{knock.thread}",
        mine=owner,
        strangers=elsewhere,
        says=sentence(references.UNREADABLE),
        role="owner",
    )


async def a_note(story: Story) -> Door:
    _, note = await answered(story)
    bob, eve = await both_signing(story)
    return Door(url=note, mine=bob, strangers=eve, says=sentence(UNREADABLE))


async def a_create(story: Story) -> Door:
    _, note = await answered(story)
    bob, eve = await both_signing(story)
    return Door(url=f"{note}/create", mine=bob, strangers=eve, says=sentence(UNREADABLE))


async def a_page_of_a_conversation(story: Story) -> Door:
    thread, _ = await answered(story)
    bob, eve = await both_signing(story)
    url = story.house.gate.places.thread(thread)
    first = (await bob(url)).json()["first"]
    return Door(url=first, mine=bob, strangers=eve, says=sentence(UNREADABLE))


async def a_history(story: Story) -> Door:
    """One that is not named for its evidence is missing; whatever else was said is there."""
    await story.admit()
    thread = (await story.threads())[0].thread.id
    bob, eve = await both_signing(story)
    url = f"{story.house.gate.places.thread(thread)}/history"
    before = (await bob(url)).json()
    first = (await theirs(story, thread))[0]
    await flip(story, "revisions", "evidence", _of_message(first))

    def says(answer: httpx2.Response) -> bool:
        there = set(map(json.dumps, _listed(answer.json())))
        return there < set(map(json.dumps, _listed(before))) and len(there) > 0

    return Door(url=url, mine=bob, strangers=eve, says=says)


def _listed(document) -> list[object]:
    return document["orderedItems"]


async def an_issue(story: Story) -> Door:
    await story.admit()
    [held] = await granted(story)
    tracker = f"{BASE}/tickets/anvil"
    ticket = {"type": "Ticket", "attributedTo": story.bob.id, "summary": "Crash"}
    offer = {
        "id": f"{story.bob.id}/offers/{secrets.token_hex(4)}",
        "type": "Offer",
        "actor": story.bob.id,
        "target": tracker,
        "capability": held.grant.id,
        "object": ticket | {"content": "It crashes."},
    }
    await story.village.send(story.bob, f"{tracker}/inbox", offer, now=story.house.clock.now)
    await story.house.work()
    await flip(story, "revisions", "words", _of_message(offer["id"]))
    url = story.bob.of_type("Accept")[-1]["result"]
    bob, eve = await both_signing(story)
    return Door(url=url, mine=bob, strangers=eve, says=sentence(UNREADABLE))


async def my_page(story: Story) -> Door:
    thread, _ = await answered(story)
    bob, eve = await both_parties(story)
    return Door(url=f"/mine/{thread}", mine=bob, strangers=eve, says=sentence(UNREADABLE))


async def my_export(story: Story) -> Door:
    """The file holds the hash of what was there, as of what was erased."""
    thread, _ = await answered(story)
    eve = await met(story)

    async def asking(who: Villager) -> Ask:
        browser = await party(story, who)
        csrf = (await browser.get("/mine")).text.partition('name="csrf" value="')[2].split('"')[0]

        async def ask(url: str) -> httpx2.Response:
            return await browser.post(url, {"csrf": csrf, "act": "export"})

        return ask

    def says(answer: httpx2.Response) -> bool:
        return "Well done." not in answer.text and HELLO in answer.text

    mine, hers = await asking(story.bob), await asking(eve)
    return Door(url=f"/mine/{thread}", mine=mine, strangers=hers, says=says)


async def evidence(story: Story) -> Door:
    await story.admit()
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)
    async with story.house.gate.database.snapshot() as tx:
        row = await tx.row("SELECT id FROM kept_evidence")
    assert row is not None
    await flip(story, "kept_evidence", "words")

    async def asking(who: str) -> Ask:
        browser = await signed_in(story, who)

        async def ask(url: str) -> httpx2.Response:
            return await browser.do(url, "open-evidence", evidence=str(row["id"]))

        return ask

    mine, elsewhere = await asking("safety"), await asking("elsewhere")
    url, says = "/console/projects/anvil", sentence(keeping.UNREADABLE)
    return Door(url=url, mine=mine, strangers=elsewhere, says=says, role="safety")


async def a_piece(story: Story) -> str:
    await story.admit()
    made = await propose(story)
    await flip(story, "publications", "heading")
    return made.piece.id


async def a_proposal(story: Story) -> Door:
    name = await a_piece(story)
    owner, elsewhere = await both_offices(story)
    url, says = f"/console/pieces/{name}", sentence(publishing.UNREADABLE)
    return Door(url=url, mine=owner, strangers=elsewhere, says=says, role="owner")


async def my_consent(story: Story) -> Door:
    name = await a_piece(story)
    bob, eve = await both_parties(story)
    url, says = f"/mine/publications/{name}", sentence(publishing.UNREADABLE)
    return Door(url=url, mine=bob, strangers=eve, says=says)


DOORS = (
    *(a_shown_grant, a_note, a_create, a_page_of_a_conversation, a_history, an_issue),
    *(my_page, my_export, evidence, a_proposal, my_consent),
)


@pytest.mark.parametrize("made", DOORS, ids=lambda each: each.__name__)
async def test_damage_is_said_and_noted_at_every_door(story, made):
    """To whom it is for, honestly, once in the log; to strangers there is nothing, as ever."""
    door = await made(story)

    for _ in range(2):
        assert (await door.strangers(door.url)).status_code == 404
    assert await unreadable(story) == []

    for _ in range(2):
        answer = await door.mine(door.url)
        assert answer.status_code == 200
        assert door.says(answer)
        story.house.clock.pass_by(2 * HOUR)
    assert await unreadable(story) == [door.role]


@pytest.mark.parametrize("word", ["consent", "no", "withdraw"])
async def test_an_author_whose_text_is_damaged_is_told_so(story, word):
    """Nobody changed a message: whoever wrote it is not to wonder who did."""
    name = await a_piece(story)

    await story.write(f"{word} {code_for(story.bob)}")

    told = story.bob.notes()[-1]["content"]
    assert "cannot be read here any more" in told
    assert "has changed since" not in told
    assert await stage(story, name) == "ended"
    assert await unreadable(story) == ["contributor"]
    assert SECRET not in (await story.get("/desks/anvil/outbox")).text


async def test_a_yes_on_a_page_to_a_damaged_text_publishes_nothing(story):
    """Whatever form somebody still had open."""
    name = await a_piece(story)
    gate, bob = story.house.gate, access.person(story.bob.id, {})
    asked = await consenting.asked(gate, name, by=bob)

    said = await consenting.say_yes(gate, name, asked.mine.hash, chosen="", by=bob)
    await story.house.work()

    assert "cannot be read here any more" in said
    assert await stage(story, name) == "ended"
    assert await unreadable(story) == ["contributor"]
    assert SECRET not in (await story.get("/desks/anvil/outbox")).text
