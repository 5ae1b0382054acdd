"""Deliveries refused at the door: the right reason to whoever sent them, and no effect."""

import json

import pytest
from senders import (
    ACTIVITY_JSON,
    activity,
    held,
    mention,
    nothing_happens,
    outcome,
    person,
    refused,
    request,
    send,
    settle,
)

from forgefed_gate.domain.ids import HOUR, MINUTE
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import blocking

pytestmark = pytest.mark.asyncio(loop_scope="module")


# Who speaks for whom


async def test_nobody_speaks_for_somebody_else(house, bob):
    """Whoever signs is the one who acts."""
    document = activity(bob, "Follow", actor="https://victim.example/users/alice")
    document["id"] = "https://victim.example/1"

    assert await refused(house, bob, document) == (403, "actor-mismatch")


async def test_an_id_of_another_server_cannot_be_taken(house, bob):
    """The genuine activity of that name must still find its place free."""
    alice = person(settle(house, "victim.example"), "alice")
    genuine = mention(alice, house.desk())

    stolen = mention(bob, house.desk()) | {"id": genuine["id"]}

    assert await refused(house, bob, stolen) == (403, "id-origin")
    assert outcome(await send(house, alice, genuine)) == (202, "")
    await house.work()
    assert len(alice.notes) == 1


async def test_an_id_on_our_own_host_is_ours_to_give(house, bob):
    """Snac takes back a Follow that was never accepted under such an id."""
    follow = {"type": "Follow", "actor": bob.id, "object": house.desk()}
    undo = activity(bob, "Undo", id=f"{house.desk()}/activities/1", object=follow)

    assert await refused(house, bob, undo) == (403, "id-origin")


OBJECTS = {
    "on another server": ({"id": "https://victim.example/notes/1"}, "object-origin"),
    "of somebody else": ({"attributedTo": "https://peer.example/users/carol"}, "object-owner"),
    "of two people": (
        {"attributedTo": ["https://peer.example/users/bob", "https://peer.example/users/carol"]},
        "object-owner",
    ),
}


@pytest.mark.parametrize("kind", ["Create", "Update"])
@pytest.mark.parametrize(("changed", "code"), OBJECTS.values(), ids=OBJECTS)
async def test_an_embedded_object_is_the_senders_own(house, bob, kind, changed, code):
    """A wrapper that is honest says nothing of what is inside."""
    document = mention(bob, house.desk(), **changed) | {"type": kind}

    assert await refused(house, bob, document) == (403, code)


async def test_only_who_did_something_can_undo_it(house, bob):
    """An `Undo` is as strong as the deed it undoes."""
    followed = {"type": "Follow", "actor": "https://peer.example/users/carol"}
    undo = activity(bob, "Undo", object=followed | {"object": house.desk()})

    assert await refused(house, bob, undo) == (403, "not-owner")


async def test_only_an_account_says_that_it_moved(house, bob):
    """Otherwise anybody could lead a conversation away."""
    move = activity(bob, "Move", object="https://peer.example/users/carol", target=bob.id)

    assert await refused(house, bob, move) == (403, "not-owner")


@pytest.mark.parametrize("kind", ["Update", "Delete"])
async def test_a_neighbour_changes_nothing_of_ours(house, bob, kind):
    """Living on the same server proves nothing; and who asks must not learn what we hold."""
    genuine = mention(bob, house.desk(), f"These words are my own ({kind}).")
    assert outcome(await send(house, bob, genuine)) == (202, "")
    await house.work()
    before = await words(house)
    mallory = person(bob.peer, "mallory")
    change = activity(mallory, kind, object=genuine["object"]["id"])
    if kind == "Update":
        change["object"] = genuine["object"] | {"attributedTo": mallory.id, "content": "Mine"}

    answer = await send(house, mallory, change)
    await house.work()

    assert outcome(answer) == (202, "")
    assert await words(house) == before
    assert mallory.told == []


async def words(house):
    """Give every word that is kept, as it lies in the database."""
    async with house.gate.database.snapshot() as tx:
        return await tx.rows("SELECT * FROM revisions ORDER BY message, number")


# Requests that cannot be deliveries


async def test_a_signature_of_linked_data_times_proves_nothing(house, bob):
    """Five ways around it were published; we know none, because we do not read it."""
    document = mention(bob, house.desk())
    document["signature"] = {"type": "RsaSignature2017", "creator": bob.key.id}
    body = json.dumps(document).encode()
    headers = {"Host": "gate.example", "Content-Type": ACTIVITY_JSON}

    async with nothing_happens(house):
        response = await request(house, "POST", "/desks/anvil/inbox", headers, body)

    assert outcome(response) == (401, "signature-missing")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "text/html", "", "multipart/form-data"]
)
async def test_other_media_types_are_not_taken(house, bob, kind):
    """Anybody may make a browser send the others."""
    async with nothing_happens(house):
        response = await send(house, bob, mention(bob, house.desk()), **{"Content-Type": kind})

    assert response.status_code == 415


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_an_inbox_cannot_be_read(house, method):
    """Nobody's mail lies open."""
    async with nothing_happens(house):
        response = await request(house, method, "/desks/anvil/inbox", {"Host": "gate.example"})

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "host", ["other.example", "gate.example:443", "GATE.example", "gate.example."]
)
async def test_another_host_is_not_us(house, bob, host):
    """What was signed for somebody else cannot be played to us."""
    async with nothing_happens(house):
        response = await send(house, bob, mention(bob, house.desk()), Host=host)

    assert outcome(response) == (421, "wrong-host")


async def test_a_target_has_its_length(house, bob):
    """Nothing of ours is that long."""
    target = "/desks/anvil/inbox?" + "x" * 2048
    headers = {"Host": "gate.example", "Content-Type": ACTIVITY_JSON}

    async with nothing_happens(house):
        response = await request(house, "POST", target, headers, b"{}")

    assert response.status_code == 414


async def test_headers_have_their_length(house, bob):
    """A signature and a date fit into far less."""
    async with nothing_happens(house):
        response = await send(house, bob, activity(bob), **{"X-Padding": "x" * 16 * 1024})

    assert response.status_code == 431


async def test_an_announced_body_that_is_too_long_is_not_read(house, bob):
    """Whoever says that they will send too much need not."""
    body = json.dumps(activity(bob, padding="x" * 256 * 1024)).encode()

    assert await refused(house, bob, body) == (413, "too-large")


async def test_a_body_that_grows_too_long_is_cut_off(house, bob):
    """Whoever says nothing of the length is stopped where the limit is."""
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    headers = {"Host": "gate.example", "Content-Type": ACTIVITY_JSON}

    async with nothing_happens(house):
        response = await request(house, "POST", "/desks/anvil/inbox", headers, endless())

    assert outcome(response) == (413, "too-large")
    assert read <= 6 * 65_536


async def test_an_inbox_that_is_not_there_is_not_there(house, bob):
    """An unknown project answers as everything that is missing."""
    response = await send(
        house, bob, activity(bob), to=f"{house.gate.places.base_url}/desks/nobody"
    )

    assert response.status_code == 404
    assert response.content == b"There is nothing here, or nothing for you.\n"


async def test_what_was_put_is_not_posted(house, bob):
    """A method that we do not know does nothing, signed or not."""
    async with nothing_happens(house):
        signed = (await send(house, bob, activity(bob))).request
        lines = list(signed.headers.items())
        put = await request(house, "PUT", "/desks/anvil/inbox", lines, signed.content)

    assert outcome(put) == (401, "signature-invalid")


# People and servers that we do not listen to


async def test_a_blocked_server_is_told_before_anything_is_fetched(house):
    """Not even its keys are asked for."""
    eve = person(settle(house, "blocked.example"), "eve")
    await blocking.block(house.gate, "blocked.example", by=OPERATOR)

    assert await refused(house, eve, mention(eve, house.desk())) == (403, "blocked")
    assert eve.peer.asked == []


async def test_a_blocked_person_hears_nothing(house):
    """They are not told that they are blocked, and nothing of theirs is kept."""
    eve = person(settle(house, "crowd.example"), "eve")
    await blocking.block(house.gate, eve.id, by=OPERATOR)
    kept = {"inbox", "record", "audit_waiting", "data_keys"}
    before = await held(house)

    response = await send(house, eve, mention(eve, house.desk()))
    await house.work()

    after = await held(house)
    assert outcome(response) == (202, "")
    assert {table for table in after if after[table] != before[table]} <= kept
    assert eve.told == []


async def test_a_server_blocked_meanwhile_is_not_asked(house):
    """What came before the block is settled without another word to that server."""
    eve = person(settle(house, "later.example"), "eve")
    assert outcome(await send(house, eve, mention(eve, house.desk()))) == (202, "")
    await blocking.block(house.gate, "later.example", by=OPERATOR)
    house.clock.pass_by(HOUR * 25)
    asked = len(eve.peer.asked)

    assert await house.work() == 1

    assert len(eve.peer.asked) == asked
    assert eve.told == []
    assert await house.rows("jobs") == 0


# Time


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("late", [61 * MINUTE, -6 * MINUTE])
async def test_a_delivery_has_its_hour(house, bob, dialect, late):
    """What was recorded once cannot be played for ever."""
    sent = await send(house, bob, activity(bob), dialect=dialect)
    assert outcome(sent) == (202, "")
    house.clock.pass_by(late)

    async with nothing_happens(house):
        again = await request(
            house,
            "POST",
            "/desks/anvil/inbox",
            list(sent.request.headers.items()),
            sent.request.content,
        )

    assert outcome(again) == (401, "stale-or-future")
    house.clock.pass_by(-late)
