"""Whose key it is: found, believed, refused, forgotten and found again."""

from collections.abc import AsyncGenerator
from pathlib import Path

import databases
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from deliveries import PRIVATE
from gates import House, open_house
from senders import (
    Sender,
    activity,
    actor,
    mention,
    nothing_happens,
    outcome,
    person,
    public,
    request,
    send,
    settle,
)

from forgefed_gate.domain.ids import DAY, MINUTE, ActorId, KeyId
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.store.database import Database

NEW = keys.new_rsa()
WEAK = generate_private_key(public_exponent=65537, key_size=1024)
PEER = "https://peer.example"
BOB = ActorId(f"{PEER}/users/bob")


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    async with open_house(tmp_path, database) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_house(tmp_path_factory) -> AsyncGenerator[House]:
    """A house for tables of keys that are refused: each case brings a server of its own."""
    folder = tmp_path_factory.mktemp("house")
    async with (
        databases.fresh("sqlite", folder) as database,
        open_house(folder, database) as opened,
    ):
        yield opened


def signer(key_id: str, *, private=PRIVATE["rsa"]) -> SigningKey:
    return SigningKey(id=KeyId(key_id), owner=BOB, private=private)


async def refused(house, who, *, asks, key=None):
    async with nothing_happens(house, asks=asks):
        response = await send(house, who, activity(who), key=key or who.key)
    return outcome(response)


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

    assert await refused(house, bob, asks=2, key=key) == (202, "")


@pytest.mark.parametrize("kind", ["CryptographicKey", "Key"])
async def test_a_key_may_be_a_document_of_its_own(house, kind):
    """The actor has to list it all the same."""
    bob = person(settle(house))
    key = signer(f"{PEER}/keys/1")
    bob.peer.serve(key.id, public(key, type=kind))
    bob.peer.serve(BOB, actor(BOB, key))

    assert await refused(house, bob, asks=2, key=key) == (202, "")


async def test_an_actor_may_have_several_keys(house):
    """Each is found by its own id."""
    bob = person(settle(house))
    old, new = signer(f"{BOB}#old"), signer(f"{BOB}#new", private=NEW)
    bob.peer.serve(BOB, actor(BOB, old) | {"publicKey": [public(old), public(new)]})

    assert await refused(house, bob, asks=1, key=new) == (202, "")
    assert await refused(house, bob, asks=1, key=old) == (202, "")


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


# What is no proof that a key is somebody's


def not_listed(peer, me, key):
    """An attacker's key that says it is the victim's."""
    other = signer(f"{me}#other")
    peer.serve(me, actor(me, other))
    peer.serve(f"{me}/key", public(signer(f"{me}/key"), owner=me))
    return signer(f"{me}/key")


def of_another_server(peer, me, key):
    peer.serve(f"{me}/key", public(key, id=f"{me}/key", owner="https://victim.example/alice"))
    return signer(f"{me}/key")


def with_another_id(peer, me, key):
    peer.serve(f"{me}/key", public(key, id=f"{me}/another"))
    return signer(f"{me}/key")


def owned_by_a_neighbour(peer, me, key):
    peer.serve(me, actor(me, key) | {"publicKey": public(key, owner=f"{peer.base}/users/eve")})
    return key


def an_owner_that_says_another_id(peer, me, key):
    peer.serve(f"{me}/key", public(key, id=f"{me}/key", owner=me))
    eve = f"{peer.base}/users/eve"
    mine = signer(f"{me}/key")
    peer.serve(me, actor(eve, mine) | {"publicKey": public(mine, owner=eve)})
    peer.serve(eve, actor(eve, mine) | {"publicKey": public(mine, owner=eve)})
    return mine


def an_owner_that_is_no_address(peer, me, key):
    peer.serve(f"{me}/key", public(key, id=f"{me}/key", owner="https://[bad"))
    return signer(f"{me}/key")


def an_alias_of_a_neighbour(peer, me, key):
    """The path of one account that answers with another."""
    eve = f"{peer.base}/users/eve"
    peer.serve(me, actor(eve, key) | {"publicKey": public(key, owner=eve)})
    peer.serve(eve, actor(eve, signer(f"{eve}#main-key", private=NEW)))
    return key


NOT_OWNED = [
    not_listed,
    of_another_server,
    with_another_id,
    owned_by_a_neighbour,
    an_owner_that_says_another_id,
    an_owner_that_is_no_address,
    an_alias_of_a_neighbour,
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("arrange", NOT_OWNED)
async def test_a_key_is_its_owners_only_if_the_owner_says_so(one_house, arrange):
    """A signature that fits proves a key; only the actor's own document proves an actor."""
    peer = settle(one_house, f"{arrange.__name__.replace('_', '-')}.example")
    bob = person(peer)
    key = arrange(peer, bob.id, bob.key)

    response = await send(one_house, bob, activity(bob), key=key)

    assert outcome(response) == (401, "key-not-owned")
    assert await one_house.rows("peer_keys") == 0
    assert await one_house.rows("people") == 0


UNREADABLE = {
    "no inbox": ({"inbox": None}, "key-unknown"),
    "an inbox elsewhere": ({"inbox": "https://victim.example/inbox"}, "key-unknown"),
    "an inbox inside our network": ({"inbox": "https://169.254.169.254/"}, "key-unknown"),
    "no key": ({"publicKey": None}, "key-not-owned"),
    "a number for a key": ({"publicKey": 7}, "key-not-owned"),
    "a text for a key": ({"publicKey": "main-key"}, "key-not-owned"),
    "too many keys": ({"publicKey": [{}] * 65}, "key-unknown"),
    "an inbox that is no address": ({"inbox": "https://[bad/"}, "key-unknown"),
    "no id": ({"id": None}, "key-not-owned"),
    "an id elsewhere": ({"id": "https://victim.example/users/alice"}, "key-not-owned"),
}
PEMS = {
    "no PEM": (None, "key-malformed"),
    "a number": (5, "key-malformed"),
    "nothing": ("", "key-malformed"),
    "words": ("-----BEGIN PUBLIC KEY-----\nhello\n-----END PUBLIC KEY-----\n", "key-malformed"),
    "a private key": (keys.dump_private(WEAK).hex(), "key-malformed"),
    "1024 bits": (keys.write_pem(WEAK.public_key()), "key-size"),
    "a long one": ("-----BEGIN" + "x" * 4_096, "key-unknown"),
    "letters that are not ASCII": ("-----BEGIN PUBLIC KEY-----é", "key-malformed"),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [*UNREADABLE, *PEMS])
async def test_a_document_that_is_wrong_is_refused_and_breaks_nothing(one_house, name):
    """Whatever their server serves, the sender learns that their key is no proof here."""
    bob = person(settle(one_house, f"{name.replace(' ', '-').lower()}.example"))
    if name in PEMS:
        pem, code = PEMS[name]
        changed = {"publicKey": public(bob.key, publicKeyPem=pem)}
    else:
        changed, code = UNREADABLE[name]
    document = actor(bob.id, bob.key) | changed
    bob.peer.serve(bob.id, {field: value for field, value in document.items() if value})

    assert await refused(one_house, bob, asks=1) == (401, code)
    assert await one_house.rows("peer_keys") == 0
    assert await one_house.rows("people") == 0


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/ld+json"])
async def test_a_key_comes_from_an_activitypub_document(one_house, kind):
    """Anything else may have been uploaded by anybody who has an account there."""
    bob = person(settle(one_house, f"{kind.replace('/', '-').replace('+', '-')}.example"))
    bob.peer.serve(bob.id, actor(bob.id, bob.key), kind=kind)

    assert await refused(one_house, bob, asks=1) == (401, "key-unknown")


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


async def test_ever_new_key_ids_of_one_server_are_asked_for_only_so_often(house):
    """A new id each time is the same trick once more."""
    bob = person(settle(house))
    limit = house.gate.settings.messages_per_minute_host

    async with nothing_happens(house, asks=limit):
        for number in range(limit):
            await send(house, bob, b"{}", key=signer(f"{PEER}/keys/{number}"))
    async with nothing_happens(house):
        response = await send(house, bob, b"{}", key=signer(f"{PEER}/keys/more"))

    assert outcome(response) == (429, "too-many")
    assert "retry-after" in response.headers


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

    assert await refused(house, bob, asks=1) == (401, "signature-invalid")


async def test_a_key_that_is_gone_is_gone(house):
    """410 is an answer, and not a trouble that passes."""
    bob = person(settle(house))
    bob.peer.serve(BOB, {}, status=410)

    assert await refused(house, bob, asks=1) == (401, "key-gone")


async def test_an_account_that_is_gone_may_say_so(house):
    """Its server has no key to show any more, and the last one we knew still speaks for it."""
    bob = person(settle(house))
    await send(house, bob, activity(bob, "Follow", object=house.desk()))
    await house.work()
    assert await house.rows("followers") == 1
    bob.peer.serve(BOB, {}, status=410)
    house.clock.pass_by(2 * DAY)

    forged = await send(
        house, bob, activity(bob, "Delete", object=BOB), key=signer(bob.key.id, private=NEW)
    )
    other = await send(house, bob, mention(bob, house.desk()))
    genuine = await send(house, bob, activity(bob, "Delete", object=BOB))
    await house.work()

    assert outcome(forged) == (401, "signature-invalid")
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
    assert await refused(house, bob, asks=1) == (202, "")


async def test_nobody_there_is_a_trouble_that_passes(house):
    """A server that is being restarted has not taken anything back."""
    bob = person(settle(house))
    del house.wire.apps["peer.example"]

    assert await refused(house, bob, asks=1) == (503, "key-unavailable")


async def test_a_forger_cannot_silence_anybody_while_their_server_is_away(house):
    """A signature that does not fit makes us ask; that we get no answer changes nothing."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(6 * MINUTE)
    del house.wire.apps["peer.example"]

    forged = await refused(house, bob, asks=1, key=signer(bob.key.id, private=NEW))

    assert forged == (401, "signature-invalid")
    assert await refused(house, bob, asks=0) == (202, "")


async def test_a_key_survives_a_restart(house):
    """What one process has read, the next one need not ask for."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.gate.memory.keys.clear()

    assert await refused(house, bob, asks=0) == (202, "")


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
