"""From a key id to a key: memory, then our store, then the server that owns it."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urldefrag

from forgefed_gate.domain.errors import Malformed, Refusal, TryLater, Unreachable, Unverified
from forgefed_gate.domain.ids import (
    DAY,
    MINUTE,
    SECOND,
    ActorId,
    KeyId,
    Millis,
    authority_of,
    later,
    recent,
)
from forgefed_gate.protocol import activitystreams, fields, frontdoor, httpsig, keys
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.httpsig import Claim, Delivery, Signed
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import fetching, people, quota
from forgefed_gate.services.gate import Gate, Line, Remembered
from forgefed_gate.store import people as store
from forgefed_gate.store.people import KeyRow

BELIEVED_FOR = DAY
GLANCE = 10 * SECOND
"""After so long we look whether another process that shares the store learned of a new key."""
REFUSED_FOR = 5 * MINUTE
MOST_REMEMBERED = 10_000
MOST_AT_ONE_SERVER = 2
MOST_FOR_ONE_CALLER = 4
"""Of the sixteen that we ask at once for everybody."""
MOST_WAITING = 20
"""For keys of one server, and for one caller."""
MOST_IN_ALL = 128
"""A quarter of the connections that we serve at once; who is known waits behind nobody."""
PASSING = {"timed-out", "not-connected", "tls-failed", "failed"}
TAKEN_AWAY = {"key-gone", "key-not-owned"}
"""How a server says that a key which we hold is its owner's no more."""


async def prove(gate: Gate, delivery: Delivery, claim: Claim, *, caller: str) -> Signed:
    """
    Prove who sent *delivery*.

    A signature that does not fit may mean that the key was changed, so the key is read
    once more, though not within five minutes of the last time. Whatever has to be asked
    is counted against *caller*, the address that the request came from.
    """
    known = await _find(gate, claim.key_id, caller=caller)
    if known.refusal is not None and known.refusal.code == "key-gone":
        known = await _last_known(gate, claim, gone=known)
    try:
        return httpsig.verify(delivery, claim, _key_of(known))
    except Unverified:
        if recent(known.read_at, REFUSED_FOR, now=gate.clock()):
            raise
    quota.spend_look_up(gate, caller)
    found = await _ask_again(gate, claim.key_id, known, caller=caller)
    return httpsig.verify(delivery, claim, _key_of(found))


async def find(gate: Gate, key_id: KeyId, *, caller: str) -> ActorKey:
    """Give the key of that id; whatever has to be asked is counted against *caller*."""
    return _key_of(await _find(gate, key_id, caller=caller))


def require_name(gate: Gate, key_id: KeyId) -> None:
    """Refuse an id that no key can have, before anybody is asked for it."""
    try:
        frontdoor.canonical_url(key_id, addressing=gate.addressing, fragment=True)
    except Malformed as error:
        raise _refusal(error) from None


async def _last_known(gate: Gate, claim: Claim, *, gone: Remembered) -> Remembered:
    """Let an account that is gone say so, by the last key that we knew it by."""
    row = await _row(gate, claim.key_id)
    deletion = activitystreams.read_deletion(claim.delivery.body)
    if row is None or deletion is None or deletion.gone != row.owner:
        return gone
    return replace(_stored(row), read_at=gone.read_at)


async def _ask_again(gate: Gate, key_id: KeyId, known: Remembered, *, caller: str) -> Remembered:
    """
    Ask for a key that we know already.

    Only a server that takes a key away costs its people the one that we hold: anybody can
    send a signature that does not fit, at a moment when it answers with something else.
    """
    found = await _ask(gate, key_id, caller=caller)
    if found.refusal is not None and found.refusal.code not in TAKEN_AWAY:
        found = replace(known, read_at=gate.clock())
    return _remember(gate, key_id, found)


async def knows(gate: Gate, key_id: KeyId) -> bool:
    """Say whether a key is at hand without asking anybody."""
    return key_id in gate.memory.keys or await _row(gate, key_id) is not None


def forget(gate: Gate, owner: ActorId) -> None:
    """Forget what memory holds of the keys of *owner*."""
    for key_id, known in list(gate.memory.keys.items()):
        if known.key is not None and known.key.owner == owner:
            del gate.memory.keys[key_id]


def _key_of(known: Remembered) -> ActorKey:
    if known.key is not None:
        return known.key
    assert known.refusal is not None, "what is remembered is a key or a refusal"
    raise known.refusal.with_traceback(None)  # each raising adds to it what came before


async def _find(gate: Gate, key_id: KeyId, *, caller: str) -> Remembered:
    known, now = gate.memory.keys.get(key_id), gate.clock()
    if known is not None and not known.read_at <= now < known.until:
        known = None
    if known is not None and (known.refusal or recent(known.looked_at, GLANCE, now=now)):
        return known
    row = await _row(gate, key_id)
    if row is None:
        return await _meet(gate, key_id, caller=caller)
    if known is not None and row.fetched_at <= known.read_at:
        return _remember(gate, key_id, replace(known, looked_at=now))
    if recent(row.fetched_at, BELIEVED_FOR, now=gate.clock()):
        return _remember(gate, key_id, _stored(row))
    return await _renew(gate, row, caller=caller)


async def _row(gate: Gate, key_id: KeyId) -> KeyRow | None:
    return await gate.database.read(partial(store.find_key, key_id=key_id))


async def _meet(gate: Gate, key_id: KeyId, *, caller: str) -> Remembered:
    """Ask for a key that we never saw, as often as its server and the caller have left."""
    if key_id not in gate.memory.asking:
        quota.spend_look_up(gate, caller)
        quota.spend_question(gate, key_id)
    return _remember(gate, key_id, await _ask(gate, key_id, caller=caller))


async def _renew(gate: Gate, row: KeyRow, *, caller: str) -> Remembered:
    """
    Ask for a key that we read too long ago; it serves on while its server is away.

    No stranger can use up these questions: there are only so many keys that we hold.
    """
    found = await _ask(gate, row.id, caller=caller)
    if isinstance(found.refusal, TryLater):
        found = replace(found, key=_stored(row).key, refusal=None)
    return _remember(gate, row.id, found)


async def _ask(gate: Gate, key_id: KeyId, *, caller: str) -> Remembered:
    """
    Ask the key's own server, once for all who wait for the same key.

    A caller waits for their own turn first, so that nobody who names many slow servers
    fills the places of all. Nothing is remembered of the answer: what it means depends on
    what we hold already.
    """
    asking, before = gate.memory.asking, gate.memory.keys.get(key_id)
    with _in_line(gate, caller) as line:
        if line is None:
            return _crowd(gate)
        if key_id in asking:
            return await asyncio.shield(asking[key_id])
        async with line.turn:
            found = gate.memory.keys.get(key_id)
            if found is not None and found is not before:
                return found
            if _besieged(gate, key_id):
                return _crowd(gate)
            return await asyncio.shield(_asked(gate, key_id))


def _asked(gate: Gate, key_id: KeyId) -> asyncio.Task[Remembered]:
    asking = gate.memory.asking
    if key_id not in asking:
        asking[key_id] = asyncio.create_task(_fetch(gate, key_id))
        asking[key_id].add_done_callback(lambda _: asking.pop(key_id, None))
    return asking[key_id]


@contextmanager
def _in_line(gate: Gate, caller: str) -> Generator[Line | None]:
    """Stand in the line of a caller, unless so many wait, theirs or all, that one more had not."""
    lines, name = gate.memory.lines, quota.pseudonym(gate, caller)
    line = lines.get(name) or Line(turn=asyncio.Semaphore(MOST_FOR_ONE_CALLER))
    if line.length >= MOST_WAITING or sum(each.length for each in lines.values()) >= MOST_IN_ALL:
        yield None
        return
    lines[name] = line
    line.length += 1
    try:
        yield line
    finally:
        line.length -= 1
        if not line.length:
            del lines[name]


def _besieged(gate: Gate, key_id: KeyId) -> bool:
    """Say whether so many keys of one server are asked for that one more had better not be."""
    authority = authority_of(key_id)
    return sum(authority_of(other) == authority for other in gate.memory.asking) >= MOST_WAITING


def _crowd(gate: Gate) -> Remembered:
    """Ask somebody to come again, and remember nothing of it."""
    now = gate.clock()
    return Remembered(refusal=_unavailable(), read_at=now, until=now)


async def _fetch(gate: Gate, key_id: KeyId) -> Remembered:
    now = gate.clock()
    few = asyncio.Semaphore(MOST_AT_ONE_SERVER)
    turn = gate.memory.turns.setdefault(authority_of(key_id), few)
    try:
        async with turn, gate.key_fetches:
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
    owner = _claimed_owner(document, key_id)
    if not frontdoor.same_origin(owner, key_id):
        raise _not_owned()
    if owner != url:
        document = await fetching.document(gate, owner)
    if fields.optional(document, "id") != owner:
        raise _not_owned()
    return document


def _claimed_owner(document: JsonObject, key_id: KeyId) -> str:
    for key in [document, *_keys_in(document)]:
        if isinstance(key, dict) and key.get("id") == key_id:
            return fields.optional(key, "owner") or fields.required(key, "controller")
    raise _not_owned()


def _keys_in(document: JsonObject) -> list[Json]:
    return fields.many(document, "publicKey") + fields.many(document, "assertionMethod")


def _listed_key(owner: JsonObject, key_id: KeyId, *, now: Millis) -> KeyRow:
    """Find the key in the actor document of its owner, who has to list it."""
    actor = ActorId(fields.required(owner, "id"))
    for key in _keys_in(owner):
        if not isinstance(key, dict) or key.get("id") != key_id:
            continue
        if (fields.optional(key, "owner") or fields.optional(key, "controller")) != actor:
            raise _not_owned()
        pem = fields.text(key, "publicKeyPem", limit=fields.LONGEST_URL)
        multibase = fields.text(key, "publicKeyMultibase", limit=fields.LONGEST_URL)
        return KeyRow(id=key_id, owner=actor, material=pem or multibase, fetched_at=now)
    raise _not_owned()


def believed(gate: Gate, row: KeyRow) -> ActorKey | None:
    """
    Give a key as we hold it, where that may be believed without asking its owner.

    That is for a day, and not where we have just heard that it is theirs no more.
    """
    now, known = gate.clock(), gate.memory.keys.get(row.id)
    if known is not None and known.refusal is not None and known.read_at <= now < known.until:
        return None
    return stored_key(row) if recent(row.fetched_at, BELIEVED_FOR, now=now) else None


def stored_key(row: KeyRow) -> ActorKey:
    """Read a key as we keep it."""
    is_pem = row.material.startswith("-----")
    public = keys.read_pem(row.material) if is_pem else keys.read_multibase(row.material)
    return ActorKey(id=row.id, owner=row.owner, public=public)


def _stored(row: KeyRow) -> Remembered:
    return Remembered(
        key=stored_key(row),
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
            return _unavailable()
        case Unreachable(code="gone"):
            return Unverified("key-gone", "The owner of this key is gone.")
        case Unreachable() | Malformed() | TimeoutError():
            return Unverified("key-unknown", "We found no such key where its id points.")
        case Refusal():
            return error


def _unavailable() -> TryLater:
    return TryLater("key-unavailable", "We cannot read your key now. Please try again.")


def _not_owned() -> Unverified:
    return Unverified("key-not-owned", "The actor does not list this key as their own.")
