"""From a key id to a key: memory, then our store, then the server that owns it."""

import asyncio
from dataclasses import replace
from urllib.parse import urldefrag

from forgefed_gate.domain.errors import Malformed, Refusal, TryLater, Unreachable, Unverified
from forgefed_gate.domain.ids import DAY, MINUTE, ActorId, KeyId, Millis, later, origin
from forgefed_gate.protocol import fields, frontdoor, httpsig, keys
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Claim, Delivery, Signed
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import fetching, people
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate, Remembered
from forgefed_gate.store import people as store
from forgefed_gate.store.people import KeyRow

BELIEVED_FOR = DAY
REFUSED_FOR = 5 * MINUTE
MOST_REMEMBERED = 10_000
PASSING = {"timed-out", "not-connected", "tls-failed", "failed"}


async def prove(gate: Gate, delivery: Delivery, claim: Claim) -> Signed:
    """
    Prove who sent *delivery*.

    A signature that does not fit may mean that the key was changed, so the key is read
    once more, though not within five minutes of the last time.
    """
    known = await _find(gate, claim.key_id)
    try:
        return httpsig.verify(delivery, claim, _key_of(known))
    except Unverified:
        if gate.clock() - known.read_at < REFUSED_FOR:
            raise
    return httpsig.verify(delivery, claim, _key_of(await _ask_again(gate, claim.key_id, known)))


async def _ask_again(gate: Gate, key_id: KeyId, known: Remembered) -> Remembered:
    """
    Ask for a key that we know already.

    A server that does not answer just now does not cost its people the key that we hold:
    anybody can send a signature that does not fit.
    """
    found = await _ask(gate, key_id)
    if isinstance(found.refusal, TryLater):
        return _remember(gate, key_id, replace(known, read_at=gate.clock()))
    return found


async def knows(gate: Gate, key_id: KeyId) -> bool:
    """Say whether a key is at hand without asking anybody."""
    if key_id in gate.memory.keys:
        return True
    async with gate.database.snapshot() as tx:
        return await store.find_key(tx, key_id) is not None


def forget(gate: Gate, owner: ActorId) -> None:
    """Forget what memory holds of the keys of *owner*."""
    for key_id, known in list(gate.memory.keys.items()):
        if known.key is not None and known.key.owner == owner:
            del gate.memory.keys[key_id]


def _key_of(known: Remembered) -> ActorKey:
    if known.key is not None:
        return known.key
    assert known.refusal is not None, "what is remembered is a key or a refusal"
    raise known.refusal


async def _find(gate: Gate, key_id: KeyId) -> Remembered:
    known = gate.memory.keys.get(key_id)
    if known is not None and gate.clock() < known.until:
        return known
    async with gate.database.snapshot() as tx:
        row = await store.find_key(tx, key_id)
    if row is not None and gate.clock() < row.fetched_at + BELIEVED_FOR:
        return _remember(gate, key_id, _stored(row))
    return await _ask(gate, key_id)


async def _ask(gate: Gate, key_id: KeyId) -> Remembered:
    """Ask the key's own server, once for all who wait for the same key."""
    asking = gate.memory.asking
    if key_id not in asking:
        asking[key_id] = asyncio.create_task(_fetch(gate, key_id))
        asking[key_id].add_done_callback(lambda _: asking.pop(key_id, None))
    return _remember(gate, key_id, await asyncio.shield(asking[key_id]))


async def _fetch(gate: Gate, key_id: KeyId) -> Remembered:
    now = gate.clock()
    try:
        frontdoor.canonical_url(key_id, addressing=gate.addressing, fragment=True)
        await refuse_blocked_host(gate, key_id)
        async with gate.key_fetches:
            owner = await _owner_document(gate, key_id)
        row = _listed_key(owner, key_id, now=now)
        known = _stored(row)
        await people.remember(gate, owner)
        async with gate.database.transaction() as tx:
            await store.save_key(tx, row)
    except (Refusal, TimeoutError) as error:
        return Remembered(refusal=_refusal(error), read_at=now, until=later(now, REFUSED_FOR))
    return known


async def _owner_document(gate: Gate, key_id: KeyId) -> JsonObject:
    """
    Fetch the actor that owns a key, by the actor's own id.

    The key's URL may answer with the actor, with a stub of it that holds the key only, or
    with a document of the key alone; whatever it says, the owner has to say it too.
    """
    url = urldefrag(key_id).url
    document = await fetching.document(gate, url)
    if fields.optional(document, "id") == url and "inbox" in document:
        return document
    owner = _claimed_owner(document, key_id)
    if origin(owner) != origin(key_id):
        raise _not_owned()
    return await fetching.document_by_id(gate, owner)


def _claimed_owner(document: JsonObject, key_id: KeyId) -> str:
    inside = fields.inline(document, "publicKey")
    key = document if inside is None else inside
    if fields.optional(key, "id") != key_id:
        raise _not_owned()
    return fields.optional(key, "owner") or fields.required(key, "controller")


def _listed_key(owner: JsonObject, key_id: KeyId, *, now: Millis) -> KeyRow:
    """Find the key in the actor document of its owner, who has to list it."""
    actor = ActorId(fields.required(owner, "id"))
    listed = fields.many(owner, "publicKey") + fields.many(owner, "assertionMethod")
    for key in listed:
        if not isinstance(key, dict) or key.get("id") != key_id:
            continue
        if (fields.optional(key, "owner") or fields.optional(key, "controller")) != actor:
            raise _not_owned()
        pem = fields.text(key, "publicKeyPem", limit=fields.LONGEST_URL)
        multibase = fields.text(key, "publicKeyMultibase", limit=fields.LONGEST_URL)
        return KeyRow(id=key_id, owner=actor, material=pem or multibase, fetched_at=now)
    raise _not_owned()


def _stored(row: KeyRow) -> Remembered:
    is_pem = row.material.startswith("-----")
    public = keys.read_pem(row.material) if is_pem else keys.read_multibase(row.material)
    return Remembered(
        key=ActorKey(id=row.id, owner=row.owner, public=public),
        read_at=row.fetched_at,
        until=later(row.fetched_at, BELIEVED_FOR),
    )


def _remember(gate: Gate, key_id: KeyId, known: Remembered) -> Remembered:
    memory = gate.memory.keys
    memory.pop(key_id, None)
    memory[key_id] = known
    if len(memory) > MOST_REMEMBERED:
        del memory[next(iter(memory))]
    return known


def _refusal(error: Refusal | TimeoutError) -> Refusal:
    """Say what a failed look-up of a key means for whoever signed with it."""
    match error:
        case Unreachable(code=code) if code in PASSING:
            return TryLater("key-unavailable", "We cannot read your key now. Please try again.")
        case Unreachable(code="gone"):
            return Unverified("key-gone", "The owner of this key is gone.")
        case Unreachable() | Malformed() | TimeoutError():
            return Unverified("key-unknown", "We found no such key where its id points.")
        case Refusal():
            return error


def _not_owned() -> Unverified:
    return Unverified("key-not-owned", "The actor does not list this key as their own.")
