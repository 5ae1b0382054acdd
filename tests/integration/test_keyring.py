"""Whose key it is: found, believed, refused, forgotten and found again."""

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from deliveries import PRIVATE
from senders import (
    ACTIVITY_JSON,
    Sender,
    activity,
    actor,
    mention,
    nothing_happens,
    outcome,
    person,
    public,
    refused,
    request,
    send,
    settle,
)

from forgefed_gate.domain.ids import DAY, MINUTE, SECOND, ActorId, KeyId, Millis
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.services import keyring
from forgefed_gate.store import people

NEW = keys.new_rsa()
WEAK = generate_private_key(public_exponent=65537, key_size=1024)
PEER = "https://peer.example"
BOB = ActorId(f"{PEER}/users/bob")


def signer(key_id: str, *, private=PRIVATE["rsa"]) -> SigningKey:
    return SigningKey(id=KeyId(key_id), owner=BOB, private=private)


async def tried(house, who, *, asks, key=None):
    """Send something that asks for nothing, and say how that ended."""
    return await refused(house, who, activity(who), asks=asks, key=key or who.key)


# Where a key may lie


async def test_a_key_inside_its_actor_costs_one_fetch(house):
    """Mastodon's way: the key's address is the actor's, and a fragment."""
    bob = person(settle(house))

    async with nothing_happens(house, asks=1):
        first = await send(house, bob, activity(bob))
    async with nothing_happens(house):
        second = await send(house, bob, activity(bob))

    assert (outcome(first), outcome(second)) == ((202, ""), (202, ""))


async def test_a_key_with_an_address_of_its_own_may_answer_with_a_stub(house):
    """GoToSocial's way: whoever asks unsigned gets an actor with nothing but the key."""
    bob = person(settle(house))
    key = signer(f"{BOB}/main-key")
    stub = {"id": BOB, "type": "Person", "publicKey": public(key)}
    bob.peer.serve(key.id, stub)
    bob.peer.serve(BOB, actor(BOB, key))

    assert await tried(house, bob, asks=2, key=key) == (202, "")


@pytest.mark.parametrize("kind", ["CryptographicKey", "Key"])
async def test_a_key_may_be_a_document_of_its_own(house, kind):
    """The actor has to list it all the same."""
    bob = person(settle(house))
    key = signer(f"{PEER}/keys/1")
    bob.peer.serve(key.id, public(key, type=kind))
    bob.peer.serve(BOB, actor(BOB, key))

    assert await tried(house, bob, asks=2, key=key) == (202, "")


async def test_an_actor_may_have_several_keys(house):
    """Each is found by its own id."""
    bob = person(settle(house))
    old, new = signer(f"{BOB}#old"), signer(f"{BOB}#new", private=NEW)
    bob.peer.serve(BOB, actor(BOB, old) | {"publicKey": [public(old), public(new)]})

    assert await tried(house, bob, asks=1, key=new) == (202, "")
    assert await tried(house, bob, asks=1, key=old) == (202, "")


@pytest.mark.parametrize("dialect", Dialect)
async def test_an_ed25519_multikey_signs_requests(house, dialect):
    """FEP-521a: the key is among the actor's assertion methods."""
    bob = person(settle(house))
    key = signer(f"{BOB}#ed25519-key", private=PRIVATE["ed25519"])
    multikey = {
        "id": key.id,
        "type": "Multikey",
        "controller": BOB,
        "publicKeyMultibase": keys.write_multibase(key.private.public_key()),
    }
    bob.peer.serve(BOB, actor(BOB, bob.key) | {"assertionMethod": [multikey]})

    async with nothing_happens(house, asks=1):
        response = await send(house, bob, activity(bob), key=key, dialect=dialect)

    assert outcome(response) == (202, "")


async def test_what_another_process_learned_is_known_here_soon(house):
    """Two that share a database must not believe in different keys for a day."""
    bob = person(settle(house))
    assert await tried(house, bob, asks=1) == (202, "")
    async with house.gate.database.transaction() as tx:
        now, material = Millis(house.clock.now + SECOND), keys.write_pem(NEW.public_key())
        row = people.KeyRow(id=bob.key.id, owner=BOB, material=material, fetched_at=now)
        await people.save_key(tx, row)

    house.clock.pass_by(keyring.GLANCE)
    changed = signer(bob.key.id, private=NEW)

    assert await tried(house, bob, asks=0, key=changed) == (202, "")
    assert await tried(house, bob, asks=0) == (401, "signature-invalid")


# Asking once


async def test_a_hundred_bad_signatures_cost_one_fetch(house):
    """Whoever sends them must not use us to knock at somebody else's door."""
    alice = person(settle(house), "alice")
    forger = Sender(peer=alice.peer, id=alice.id, key=signer(alice.key.id, private=NEW))

    async with nothing_happens(house, asks=1):
        answers = [await send(house, forger, activity(forger)) for _ in range(100)]

    assert {outcome(answer) for answer in answers} == {(401, "signature-invalid")}


async def test_a_hundred_signatures_by_a_missing_key_cost_one_fetch(house):
    """What is not there is remembered as not there, for five minutes."""
    bob = person(settle(house))
    key = signer(f"{PEER}/users/nobody#main-key")

    async with nothing_happens(house, asks=1):
        answers = [await send(house, bob, activity(bob), key=key) for _ in range(100)]
    house.clock.pass_by(5 * MINUTE)
    async with nothing_happens(house, asks=1):
        later = await send(house, bob, activity(bob), key=key)

    assert {outcome(answer) for answer in [*answers, later]} == {(401, "key-unknown")}


# Keys change


async def test_a_new_key_is_read_once_and_the_old_one_is_refused(house):
    """Rotation needs no word of ours: the first signature that does not fit says it."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    renewed = person(bob.peer, private=NEW)

    async with nothing_happens(house, asks=1):
        new = await send(house, renewed, activity(renewed))
    async with nothing_happens(house):
        old = await send(house, bob, activity(bob))

    assert (outcome(new), outcome(old)) == ((202, ""), (401, "signature-invalid"))


async def test_a_key_is_read_anew_after_a_day(house):
    """A key that was withdrawn must not prove anything for ever."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    person(bob.peer, private=NEW)
    house.clock.pass_by(DAY)

    assert await tried(house, bob, asks=1) == (401, "signature-invalid")


async def test_a_key_that_is_gone_is_gone(house):
    """410 is an answer, and not a trouble that passes."""
    bob = person(settle(house))
    bob.peer.serve(BOB, {}, status=410)

    assert await tried(house, bob, asks=1) == (401, "key-gone")


async def test_an_account_that_is_gone_may_say_so(house):
    """
    Its server has no key to show any more, and the last one we knew still speaks for it.

    Who forges it hears what they would hear of anybody, and nothing comes of it.
    """
    bob = person(settle(house))
    await send(house, bob, activity(bob, "Follow", object=house.desk()))
    await house.work()
    assert await house.rows("followers") == 1
    bob.peer.serve(BOB, {}, status=410)
    house.clock.pass_by(2 * DAY)

    forged = await send(
        house, bob, activity(bob, "Delete", object=BOB), key=signer(bob.key.id, private=NEW)
    )
    await house.work()
    assert await house.rows("followers") == 1
    other = await send(house, bob, mention(bob, house.desk()))
    genuine = await send(house, bob, activity(bob, "Delete", object=BOB))
    await house.work()

    assert outcome(forged) == (202, "")
    assert outcome(other) == (401, "key-gone")
    assert outcome(genuine) == (202, "")
    assert await house.rows("followers") == 0


# Servers that do not answer now


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_trouble_that_passes_is_no_verdict(house, status):
    """Mastodon forgets what gets a 401, and tries again after a 503."""
    bob = person(settle(house))
    bob.peer.serve(BOB, {}, status=status)

    async with nothing_happens(house, asks=1):
        response = await send(house, bob, activity(bob))

    assert outcome(response) == (503, "key-unavailable")
    assert int(response.headers["retry-after"]) > 0
    person(bob.peer)
    house.clock.pass_by(5 * MINUTE)
    assert await tried(house, bob, asks=1) == (202, "")


async def test_nobody_there_is_a_trouble_that_passes(house):
    """A server that is being restarted has not taken anything back."""
    bob = person(settle(house))
    del house.wire.apps["peer.example"]

    assert await tried(house, bob, asks=1) == (503, "key-unavailable")


async def test_a_forger_cannot_silence_anybody_while_their_server_is_away(house):
    """A signature that does not fit makes us ask; that we get no answer changes nothing."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    del house.wire.apps["peer.example"]

    forged = await tried(house, bob, asks=1, key=signer(bob.key.id, private=NEW))

    assert forged == (401, "signature-invalid")
    assert await tried(house, bob, asks=0) == (202, "")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ACTIVITY_JSON), (403, ACTIVITY_JSON), (404, ACTIVITY_JSON), (200, "text/html")],
)
async def test_a_forger_cannot_take_a_good_key_away(house, status, kind):
    """Their server may be shut to us for a while; that says nothing of their key."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    bob.peer.serve(BOB, {}, status=status, kind=kind)

    forged = await tried(house, bob, asks=1, key=signer(bob.key.id, private=NEW))

    assert forged == (401, "signature-invalid")
    assert await tried(house, bob, asks=0) == (202, "")


async def test_a_document_that_nobody_can_read_takes_no_key_away(house):
    """Only who says that the key is not theirs, or that they are gone, withdraws it."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    bob.peer.serve(BOB, actor(BOB, bob.key) | {"publicKey": public(bob.key, publicKeyPem="?")})

    forged = await tried(house, bob, asks=1, key=signer(bob.key.id, private=NEW))

    assert forged == (401, "signature-invalid")
    assert await tried(house, bob, asks=0) == (202, "")


async def test_a_key_that_its_owner_took_back_is_refused(house):
    """The actor lists another one now: that is the owner's word."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    bob.peer.serve(BOB, actor(BOB, signer(f"{BOB}#new", private=NEW)))

    forged = await tried(house, bob, asks=1, key=signer(bob.key.id, private=NEW))

    assert forged == (401, "key-not-owned")
    assert await tried(house, bob, asks=0) == (401, "key-not-owned")


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_key_that_we_hold_serves_on_while_its_server_is_away(house, status):
    """Whoever is known need not wait until a server is up again; it is asked again soon."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(2 * DAY)
    bob.peer.serve(BOB, {}, status=status)

    assert await tried(house, bob, asks=1) == (202, "")
    assert await tried(house, bob, asks=0) == (202, "")
    assert await tried(house, bob, asks=0, key=signer(bob.key.id, private=NEW)) == (
        401,
        "signature-invalid",
    )
    house.clock.pass_by(5 * MINUTE)
    person(bob.peer, private=NEW)
    assert await tried(house, bob, asks=1) == (401, "signature-invalid")


async def test_a_key_survives_a_restart(house):
    """What one process has read, the next one need not ask for."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.gate.memory.keys.clear()

    assert await tried(house, bob, asks=0) == (202, "")


async def test_an_edited_actor_is_read_again(house):
    """A move of the inbox, a new name, a new key: they say so, and we look."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    person(bob.peer, preferredUsername="robert")

    update = await send(house, bob, activity(bob, "Update", object={"id": BOB, "type": "Person"}))
    await house.work()

    assert outcome(update) == (202, "")
    async with house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT handle FROM people")
    assert row["handle"] == "@robert@peer.example"


async def test_we_ask_with_a_signature_of_our_own(house):
    """GoToSocial shows its people to nobody who does not say who they are."""
    bob = person(settle(house))
    asked = []

    async def watching(scope, receive, answer):
        asked.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await bob.peer(scope, receive, answer)

    house.wire.apps["peer.example"] = watching
    await send(house, bob, activity(bob))

    assert f'keyId="{house.gate.places.gate}#main-key"' in asked[0]["signature"]
    assert asked[0]["host"] == "peer.example"


async def test_a_request_without_any_signature_costs_nothing(house):
    """What is cheap and certain comes first."""
    headers = {"Host": "gate.example", "Content-Type": "application/activity+json"}

    async with nothing_happens(house):
        response = await request(house, "POST", "/desks/anvil/inbox", headers, b"{}")

    assert outcome(response) == (401, "signature-missing")
