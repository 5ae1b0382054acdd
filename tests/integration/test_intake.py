"""Taking in: a 202 is a promise that survives a crash, and what comes twice happens once."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from disks import Disk
from gates import House, open_house
from senders import (
    activity,
    held,
    mention,
    nothing_happens,
    outcome,
    person,
    send,
    settle,
)

from forgefed_gate.domain.errors import TryLater
from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.protocol import keys
from forgefed_gate.services import inbound
from forgefed_gate.store import jobs
from forgefed_gate.store.database import Database, unavailable

MANY = {
    "messages_per_minute": 10_000,
    "messages_per_minute_host": 10_000,
    "knocks_per_hour": 10_000,
    "knocks_per_hour_host": 10_000,
}


@pytest.fixture
def disk(database: Database) -> Disk:
    return Disk(database)


@pytest.fixture
async def house(tmp_path: Path, disk: Disk) -> AsyncGenerator[House]:
    async with open_house(tmp_path, disk, **MANY) as opened:
        yield opened


@pytest.fixture
async def bob(house):
    """Somebody whose key is known."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    return bob


# Durable first


@pytest.mark.parametrize(
    ("broken", "code"),
    [(unavailable(), "storage-unavailable"), (RuntimeError("a bug, with words"), "broken")],
)
async def test_what_is_not_on_disk_is_not_taken(house, disk, bob, caplog, broken, code):
    """The sender keeps it and comes again; then it is taken as if nothing had been."""
    document = mention(bob, house.desk())
    disk.broken = broken

    async with nothing_happens_but_failing(house, disk):
        response = await send(house, bob, document)
    again = await send(house, bob, document)
    await house.work()

    assert outcome(response) == (503, code)
    assert int(response.headers["retry-after"]) > 0
    assert "words" not in response.text + caplog.text
    assert outcome(again) == (202, "")
    assert len(bob.notes) == 1


@asynccontextmanager
async def nothing_happens_but_failing(house, disk):
    broken = disk.broken
    async with nothing_happens(house):
        yield
        disk.broken = None
    assert broken is not None


async def test_nobody_is_told_before_their_batch_is_on_disk(house, disk, bob):
    """A 202 that a power cut takes back would be a lie."""
    disk.held.clear()

    sending = [
        asyncio.create_task(send(house, bob, mention(bob, house.desk()))) for _ in range(20)
    ]
    done, _ = await asyncio.wait(sending, timeout=0.1)
    rows_meanwhile = await house.rows("inbox")
    disk.held.set()
    answers = await asyncio.gather(*sending)

    assert done == set()
    assert rows_meanwhile == 0
    assert {outcome(answer) for answer in answers} == {(202, "")}
    assert await house.rows("inbox") == 20


async def test_two_hundred_at_once_make_few_commits(house, disk, bob):
    """A disk can be waited for together."""
    before = disk.commits

    answers = await asyncio.gather(
        *(send(house, bob, mention(bob, house.desk())) for _ in range(200))
    )

    assert {outcome(answer) for answer in answers} == {(202, "")}
    assert await house.rows("inbox") == 200
    assert disk.commits - before <= 20


async def test_a_failed_batch_fails_for_everybody_in_it_and_nobody_after(house, disk, bob):
    """No sender waits for ever, and the next batch starts afresh."""
    disk.broken = unavailable()

    answers = await asyncio.gather(
        *(send(house, bob, mention(bob, house.desk())) for _ in range(10))
    )
    disk.broken = None
    after = await send(house, bob, mention(bob, house.desk()))

    assert {outcome(answer) for answer in answers} == {(503, "storage-unavailable")}
    assert outcome(after) == (202, "")
    assert await house.rows("inbox") == 1


async def test_a_decision_that_does_not_reach_the_disk_is_made_again(house, disk, bob):
    """A crash repeats all of it or nothing: one message, one answer."""
    await send(house, bob, mention(bob, house.desk()))
    async with disk.transaction() as tx:
        (job,) = await jobs.claim(
            tx, now=house.clock.now, limit=9, lease="a worker", lease_for=MINUTE
        )
    disk.broken = unavailable()
    with pytest.raises(TryLater):
        await inbound.process(house.gate, job)
    disk.broken = None
    assert await house.rows("threads") == 0
    house.clock.pass_by(2 * MINUTE)

    await house.work()

    assert await house.rows("threads") == 1
    assert len(bob.notes) == 1


# Once


async def test_the_same_activity_five_times_at_once_happens_once(house, bob):
    """Servers retry, and some send through several workers."""
    document = mention(bob, house.desk())

    answers = await asyncio.gather(*(send(house, bob, document) for _ in range(5)))
    await house.work()

    assert [outcome(answer) for answer in answers] == [(202, "")] * 5
    assert await kept(house, "contributor") == 1
    assert len(bob.notes) == 1
    assert await house.rows("knocks") == 1


async def test_the_same_activity_later_is_taken_without_effect(house, bob):
    """Long after it was settled, too."""
    document = mention(bob, house.desk())
    await send(house, bob, document)
    await house.work()

    async with nothing_happens(house):
        again = await send(house, bob, document)

    assert outcome(again) == (202, "")


async def test_other_words_under_the_same_id_are_a_contradiction(house, bob):
    """Which of the two was meant, nobody could say later."""
    document = mention(bob, house.desk())
    await send(house, bob, document)
    await house.work()

    async with nothing_happens(house):
        again = await send(house, bob, document | {"summary": "Something else"})

    assert outcome(again) == (409, "id-reused")


async def test_of_two_at_once_with_one_id_the_other_is_refused(house, bob):
    """Also where both are in one batch."""
    document = mention(bob, house.desk())

    answers = await asyncio.gather(
        send(house, bob, document), send(house, bob, document | {"summary": "Something else"})
    )

    assert sorted(map(outcome, answers)) == [(202, ""), (409, "id-reused")]
    assert await house.rows("inbox") == 1


async def test_the_same_id_of_another_actor_is_another_activity(house, bob):
    """An id alone names nothing, since a neighbour may claim it."""
    carol = person(bob.peer, "carol")
    hers = mention(carol, house.desk())
    stolen = mention(bob, house.desk()) | {"id": hers["id"]}

    answers = [await send(house, bob, stolen), await send(house, carol, hers)]
    await house.work()

    assert [outcome(answer) for answer in answers] == [(202, "")] * 2
    assert (len(bob.notes), len(carol.notes)) == (1, 1)


async def test_a_note_that_we_hold_already_changes_nothing(house, bob):
    """Neither its author nor a neighbour can say it again, and nobody's mail is held up by it."""
    first = mention(bob, house.desk())
    again = mention(bob, house.desk()) | {"object": first["object"]}
    mallory = person(bob.peer, "mallory")
    stolen = mention(mallory, house.desk(), id=first["object"]["id"])
    for who, document in [(bob, first), (bob, again), (mallory, stolen)]:
        assert outcome(await send(house, who, document)) == (202, "")
        await house.work()

    assert await house.rows("jobs") == 0
    assert await kept(house, "contributor") == 1
    assert (len(bob.notes), len(mallory.notes)) == (1, 0)


async def kept(house, speaker):
    async with house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT id FROM messages WHERE speaker = :speaker", speaker=speaker)
    return len(rows)


# What is forgotten


async def test_a_storm_of_deletions_costs_nothing(house):
    """A thousand accounts of a server we never met are gone: no fetch, no row."""
    peer = settle(house)
    ghost = person(peer, "ghost")

    async with nothing_happens(house):
        for number in range(1_000):
            me = f"{peer.base}/users/{number}"
            gone = activity(ghost, "Delete", actor=me, id=f"{me}#delete", object=me)
            key = replace(ghost.key, id=f"{me}#main-key", owner=me)
            assert (await send(house, ghost, gone, key=key)).status_code == 202
    assert peer.asked == []


async def test_what_we_hold_can_be_deleted(house, bob):
    """The words go, at once and for good; that there was a message stays."""
    document = mention(bob, house.desk())
    await send(house, bob, document)
    await house.work()
    held_before = await house.rows("revisions")

    tombstone = {"id": document["object"]["id"], "type": "Tombstone"}
    response = await send(house, bob, activity(bob, "Delete", object=tombstone))
    await house.work()

    assert outcome(response) == (202, "")
    assert await house.rows("revisions") == held_before - 1
    assert await house.rows("messages") == 2


async def test_a_deletion_of_what_we_hold_needs_its_key(house, bob):
    """And whoever has none is told nothing of what is here, and makes us ask nobody."""
    document = mention(bob, house.desk())
    await send(house, bob, document)
    await house.work()
    mallory = settle(house, "evil.example")
    stranger = person(mallory, "mallory")
    forged = activity(stranger, "Delete", actor=bob.id, object=document["object"]["id"])

    async with nothing_happens(house):
        theirs = await send(house, stranger, forged | {"id": f"{bob.id}#delete"})
        pretended = replace(bob.key, private=keys.new_rsa())
        as_bob = await send(house, bob, forged | {"id": f"{bob.id}#again"}, key=pretended)

    assert [outcome(theirs), outcome(as_bob)] == [(202, "")] * 2


FORGOTTEN = ["Like", "Announce", "EmojiReact", "Ping", "Read", "Push", "View", "Add", "Arrive"]


@pytest.mark.parametrize("kind", FORGOTTEN)
async def test_an_unknown_type_is_taken_and_forgotten(house, bob, kind):
    """No row: it asks for nothing, and nobody will ever read it."""
    note = f"{house.desk()}/notes/something"

    async with nothing_happens(house):
        response = await send(house, bob, activity(bob, kind, object=note, to=[house.desk()]))

    assert outcome(response) == (202, "")


async def test_a_type_of_another_vocabulary_is_not_ours(house, bob):
    """A word is known by its whole address."""
    foreign = mention(bob, house.desk()) | {"type": "https://evil.example/ns#Create"}

    async with nothing_happens(house):
        response = await send(house, bob, foreign)

    assert outcome(response) == (202, "")


@pytest.mark.parametrize("content", [{}, {"content": None}, {"content": ""}])
async def test_a_vote_in_a_poll_is_no_message(house, bob, content):
    """Mastodon writes one as a note with a name and no content."""
    vote = mention(bob, house.desk(), name="Yes", inReplyTo=f"{house.desk()}/notes/poll")
    del vote["object"]["content"]
    vote["object"] |= content

    async with nothing_happens(house):
        response = await send(house, bob, vote)

    assert outcome(response) == (202, "")


async def test_what_is_not_addressed_to_the_desk_is_not_kept(house, bob):
    """A server may bring us what it brings to everybody."""
    elsewhere = mention(bob, "https://elsewhere.example/users/carol")

    async with nothing_happens(house):
        response = await send(house, bob, elsewhere)

    assert outcome(response) == (202, "")


async def test_what_comes_to_the_gate_itself_is_heard_by_nobody(house, bob):
    """It signs requests, and takes part in nothing."""
    document = mention(bob, house.gate.places.gate)
    before = await held(house)

    response = await send(house, bob, document, to=house.gate.places.gate)
    await house.work()

    after = await held(house)
    assert outcome(response) == (202, "")
    assert {table for table in after if after[table] != before[table]} <= {"inbox", "data_keys"}
    assert bob.told == []


async def test_what_is_kept_for_the_decision_is_sealed(house, disk, bob):
    """A delivery waits unreadable, and is gone once it is settled."""
    words = "Somebody hurt me, and I want to fix the parser."
    await send(house, bob, mention(bob, house.desk(), words))

    async with house.gate.database.snapshot() as tx:
        waiting = await tx.rows("SELECT * FROM inbox")
    await house.work()
    async with house.gate.database.snapshot() as tx:
        settled = await tx.rows("SELECT * FROM inbox")

    assert all(words.encode() not in row["request"] for row in waiting)
    assert words not in json.dumps([dict(row) for row in waiting], default=str)
    assert [row["request"] for row in settled] == [None] * len(waiting)
