"""Whose key it is not: the signature fits, and the owner does not say so."""

from collections.abc import AsyncGenerator

import databases
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from deliveries import PRIVATE
from gates import House, open_house
from senders import (
    activity,
    actor,
    outcome,
    person,
    public,
    refused,
    send,
    settle,
)

from forgefed_gate.domain.ids import ActorId, KeyId
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey

NEW = keys.new_rsa()
WEAK = generate_private_key(public_exponent=65537, key_size=1024)
PEER = "https://peer.example"
BOB = ActorId(f"{PEER}/users/bob")


pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def tried(house, who, *, asks, key=None):
    """Send something that asks for nothing, and say how that ended."""
    return await refused(house, who, activity(who), asks=asks, key=key or who.key)


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
    eve = f"{peer.base}/users/eve"
    peer.serve(me, actor(me, key) | {"publicKey": public(key, owner=eve)})
    peer.serve(eve, actor(eve, signer(f"{eve}#main-key", private=NEW)))
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

    assert await tried(one_house, bob, asks=1) == (401, code)
    assert await one_house.rows("peer_keys") == 0
    assert await one_house.rows("people") == 0


@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/ld+json"])
async def test_a_key_comes_from_an_activitypub_document(one_house, kind):
    """Anything else may have been uploaded by anybody who has an account there."""
    bob = person(settle(one_house, f"{kind.replace('/', '-').replace('+', '-')}.example"))
    bob.peer.serve(bob.id, actor(bob.id, bob.key), kind=kind)

    assert await tried(one_house, bob, asks=1) == (401, "key-unknown")
