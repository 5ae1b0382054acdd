"""However often, in whatever order, how many at once: what somebody says happens, and once."""

import asyncio
import random
from collections import Counter

import pytest
from gates import open_house
from senders import activity, mention, outcome, person, send, settle

from forgefed_gate.store import people as people_store

MANY = {
    "messages_per_minute": 10_000,
    "messages_per_minute_host": 10_000,
    "knocks_per_hour": 10_000,
    "knocks_per_hour_host": 10_000,
}
CLIENTS = 8
MOST_COPIES = 5
PEOPLE = ("bob", "carol", "dora", "erik")


@pytest.fixture
async def house(tmp_path, database):
    async with open_house(tmp_path, database, **MANY) as opened:
        yield opened


def said(house, people):
    """List what everybody says: nothing of it changes what becomes of the rest."""
    desk = house.desk()
    return [
        (who, each)
        for who in people
        for each in (
            *(mention(who, desk, f"Hello, number {number}.") for number in range(3)),
            activity(who, "Follow", object=desk),
            activity(who, "Flag", object=[desk], content="Somebody was unkind."),
        )
    ]


async def deliver(house, deliveries, rng):
    """Bring all of it over eight lines, while the gate works whenever it comes to that."""
    waiting = iter(deliveries)

    async def client():
        for who, each in waiting:
            assert outcome(await send(house, who, each)) == (202, "")
            if rng.random() < 1 / CLIENTS:
                await house.work()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    await house.work()


@pytest.mark.parametrize("seed", range(3))
async def test_effects_are_as_many_as_ids(house, seed):
    """Servers repeat themselves, and so do the relays and retries between them and us."""
    rng = random.Random(seed)
    peer = settle(house)
    people = [person(peer, name) for name in PEOPLE]
    things = said(house, people)
    deliveries = [each for each in things for _ in range(rng.randint(1, MOST_COPIES))]
    rng.shuffle(deliveries)

    await deliver(house, deliveries, rng)

    messages = Counter(each["object"]["id"] for _, each in things if each["type"] == "Create")
    async with house.gate.database.snapshot() as tx:
        kept = await tx.rows("SELECT id FROM messages WHERE speaker = 'contributor'")
        record = await tx.rows("SELECT subject FROM record WHERE act <> 'AddProject'")
    assert Counter(row["id"] for row in kept) == messages
    assert Counter(row["subject"] for row in record) == Counter(each["id"] for _, each in things)
    assert await house.rows("inbox") == len(things)
    assert await house.rows("followers") == await house.rows("reports") == len(people)
    assert await house.rows("knocks") == await house.rows("threads") == len(people)
    assert await house.rows("jobs") == 0
    answered = Counter(note["inReplyTo"] for who in people for note in who.notes)
    assert answered == messages
    assert [[each["type"] for each in who.told].count("Accept") for who in people] == [1] * 4


async def test_a_deletion_of_what_still_waits_is_not_forgotten(house):
    """Neither is decided on yet, and the key was to be read anew: it is no stranger's deletion."""
    bob = person(settle(house))
    document = mention(bob, house.desk())
    assert outcome(await send(house, bob, document)) == (202, "")
    house.gate.memory.keys.clear()
    async with house.gate.database.transaction() as tx:
        await people_store.forget_keys(tx, bob.id)

    gone = activity(bob, "Delete", object=document["object"]["id"])
    assert outcome(await send(house, bob, gone)) == (202, "")
    await house.work()

    async with house.gate.database.snapshot() as tx:
        [row] = await tx.rows("SELECT deleted FROM messages WHERE speaker = 'contributor'")
    assert row["deleted"] == 1
