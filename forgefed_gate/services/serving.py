"""Private things for whoever they are for, who asks for them with a signed request."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from forgefed_gate.domain.capabilities import Allows, Standing
from forgefed_gate.domain.errors import NotFound, Refusal
from forgefed_gate.domain.ids import ActorId, GrantId, KeyId, NoteId, Slug, ThreadId
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.domain.roles import Principal, person
from forgefed_gate.domain.threads import Thread
from forgefed_gate.protocol import capabilities, documents, httpsig, keys, proofs, render
from forgefed_gate.protocol import containers as written_as
from forgefed_gate.protocol import tickets as written
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.httpsig import Claim, Delivery
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import containers, keyring, local, openings, reading, relay, views
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.reading import Shown
from forgefed_gate.store import copies, delegations, grants, people, threads, tickets
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept

NOBODY = person(ActorId(""), {})
NO_KEY = KeyId("")
PAGE_SIZE = 20
"""Messages on one page: each is opened, and written anew."""


async def note(gate: Gate, name: NoteId, *, asked: Delivery) -> JsonObject:
    """Give a private note to whom it is for, as the `Create` that brought it."""
    async with gate.database.snapshot() as tx:
        by = await _asker(gate, tx, asked)
        known = await copies.find(tx, name)
        copy = await reading.readable(tx, by, known, otherwise=reading.nothing())
        thread = await threads.find(tx, copy.message.thread)
        written, broken = await _written(gate, tx, copy)
    if thread is not None:
        await openings.note_damage(gate, openings.in_thread(thread, by, broken))
    if written is None:
        raise reading.nothing()
    return written


async def thread(gate: Gate, name: ThreadId, *, asked: Delivery, page: int | None) -> JsonObject:
    """Give a party what they may see of a conversation: how much it is, or one *page* of it."""
    async with gate.database.snapshot() as tx:
        by = await _asker(gate, tx, asked)
        known = await threads.find(tx, name)
        shown = await reading.readable(
            tx, by, Shown(thread=known) if known else None, otherwise=reading.nothing()
        )
        there = await _there(tx, shown.thread, by)
        whole = documents.Paged(
            collection=gate.places.thread(name), total=len(there), size=PAGE_SIZE
        )
        if page is None:
            return written_as.conversation(containers.of(gate, shown.thread), whole)
        if page not in whole.pages:
            raise reading.nothing()
        first = (page - 1) * PAGE_SIZE
        items, broken = await _items(gate, tx, there[first : first + PAGE_SIZE], by)
    await openings.note_damage(gate, openings.in_thread(shown.thread, by, broken))
    return documents.page(whole, page, items)


async def history(gate: Gate, name: ThreadId, *, asked: Delivery) -> JsonObject:
    """Give a party the activities in which what they may see was said, in order."""
    async with gate.database.snapshot() as tx:
        by = await _asker(gate, tx, asked)
        known = await threads.find(tx, name)
        shown = await reading.readable(
            tx, by, Shown(thread=known) if known else None, otherwise=reading.nothing()
        )
        found, broken = await containers.history(gate, tx, name, by.name)
    await openings.note_damage(gate, openings.in_thread(shown.thread, by, broken))
    return written_as.history(containers.of(gate, shown.thread), found)


async def ticket(gate: Gate, name: str, *, asked: Delivery) -> JsonObject:
    """Give a party of its conversation an issue that is hosted here."""
    async with gate.database.snapshot() as tx:
        by = await _asker(gate, tx, asked)
        known = await tickets.hosted(tx, name)
        thread = await threads.find(tx, known.thread) if known else None
        shown = await reading.readable(
            tx, by, Shown(thread=thread) if thread else None, otherwise=reading.nothing()
        )
        assert known is not None, "a conversation was found by it"
        message = await threads.message(tx, known.offer)
        if message is None or message.deleted or message.author != by.name:
            raise reading.nothing()
        [words], broken = await views.opened(gate, tx, [message])
    await openings.note_damage(gate, openings.in_thread(shown.thread, by, broken))
    return written.ticket(
        written.Shown(
            id=name,
            tracker=known.tracker,
            author=ActorId(message.author),
            words=words,
            at=message.at,
            resolved=shown.thread.closed,
            context=gate.places.thread(known.thread),
        )
    )


async def grant(gate: Gate, house: Slug, name: GrantId, *, asked: Delivery) -> JsonObject:
    """
    Give a Grant that stands to whom it was given, with a proof.

    One that may be passed on is given to whoever knows its name: it is about houses and
    nobody else, and those further down find out by it that it goes back to us.
    """
    async with gate.database.snapshot() as tx:
        passed = await delegations.given_as(tx, house, name, now=gate.clock())
        if passed is not None and passed.grant.allows is not Allows.INVOKE:
            return await _proven(gate, tx, passed)
        by = await _asker(gate, tx, asked)
        if passed is not None:
            return await _proven(
                gate, tx, await reading.readable(tx, by, passed, otherwise=reading.nothing())
            )
        known = await grants.find(tx, name)
        if known is not None and not known.stands(gate.clock()):
            known = None
        given = await reading.readable(tx, by, known, otherwise=reading.nothing())
        document: dict[str, Any] = json.loads(await grants.document(tx, given.id))
    return document


async def _proven(gate: Gate, tx: Transaction, passed: Kept) -> JsonObject:
    house = gate.places.read(passed.grant.actor)
    assert house is not None, "our Grants are issued by houses of ours"
    key = (await local.own_in(gate, tx, house)).ed25519
    return proofs.seal(capabilities.grant(passed.grant), key=key, now=gate.clock())


async def standing(gate: Gate, house: Slug, name: GrantId) -> Standing:
    """
    Say how a Grant that passes another one on stands; raises `NotFound` where none is.

    It is asked for often, and by many at once: they are answered by one query.
    """
    return await gate.memory.living.ask((house, name), partial(_lives, gate))


async def _lives(gate: Gate, asked: Sequence[tuple[Slug, GrantId]]) -> list[Standing | NotFound]:
    async with gate.database.snapshot() as tx:
        found = await delegations.lives(tx, asked, now=gate.clock())
    return [found.get(each) or reading.nothing() for each in asked]


async def _asker(gate: Gate, tx: Transaction, asked: Delivery) -> Principal:
    """
    Name who signed a request; nobody, where that is not proven by a key that we believe.

    Nothing is fetched for it, so that asking costs the same whoever asks: a key that was read
    too long ago proves nothing until its owner has written to us again. Offices do not count:
    a server that asks in somebody's name is not where they work.
    """
    claim = _claim(gate, asked)
    row = await people.find_key(tx, claim.key_id if claim else NO_KEY)
    key = keyring.believed(gate, row) if row else None
    by = await _prove(gate, tx, asked, claim, key)
    return NOBODY if by is None or key is None else person(by, {})


def _claim(gate: Gate, asked: Delivery) -> Claim | None:
    try:
        return httpsig.read_claim(asked, base_url=gate.places.base_url, now=gate.clock())
    except Refusal:
        return None


async def _prove(
    gate: Gate, tx: Transaction, asked: Delivery, claim: Claim | None, key: ActorKey | None
) -> ActorId | None:
    """Check a signature by whatever key there is: ours takes as long as one that we know."""
    if claim is None:
        return None
    if key is None:
        ours = await local.own_in(gate, tx, THE_GATE)
        public = keys.read_pem(ours.persona.rsa_pem)
        key = ActorKey(id=claim.key_id, owner=ActorId(NOBODY.name), public=public)
    try:
        return httpsig.verify(asked, claim, key).by
    except Refusal:
        return None


async def _there(tx: Transaction, thread: Thread, by: Principal) -> list[Copy]:
    """List in order what *by* may see, unopened; what is deleted its author alone still finds."""
    return [
        copy
        for copy in await copies.shown(tx, thread.id, by.name)
        if copy.message.author == by.name or not copy.message.deleted
    ]


async def _items(
    gate: Gate, tx: Transaction, there: list[Copy], by: Principal
) -> tuple[list[Json], tuple[str, ...]]:
    """List what *by* wrote by its id, what they have from us whole, and what is damaged of it."""
    items, broken = list[Json](), list[str]()
    for copy in there:
        if copy.message.author == by.name:
            items.append(copy.note)
            continue
        create, shut = await _written(gate, tx, copy)
        broken += shut
        if create:
            items.append(create["object"])
    return items, tuple(broken)


async def _written(
    gate: Gate, tx: Transaction, copy: Copy
) -> tuple[JsonObject | None, tuple[str, ...]]:
    """
    Write a copy as it was sent; None where its words are gone, or whom it was for.

    Beside it stands what is damaged.
    """
    thread = await threads.find(tx, copy.message.thread)
    to = await people.find(tx, copy.reader)
    if copy.message.deleted or thread is None or to is None:
        return None, ()
    [text], broken = await views.opened(gate, tx, [copy.message])
    note = await relay.written(gate, tx, thread, copy, to=to, text=text)
    return render.private_note(note), broken
