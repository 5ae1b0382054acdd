"""A conversation given out as a file that proves itself, to one of its parties."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forgefed_gate.domain.errors import Forbidden, NotFound, unknown
from forgefed_gate.domain.ids import MINUTE, ActorId, Millis, NoteId, ThreadId, later
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import Principal, person
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Thread
from forgefed_gate.protocol import exports, keys
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.testimony import Said
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import evidence, gather, local, openings, reading, views
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.services.reading import Shown
from forgefed_gate.store import commitments, knocks, threads
from forgefed_gate.store import exports as store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.exports import RevisionRow
from forgefed_gate.store.threads import MessageRow

LINK_LASTS = 15 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """An export: what to call the file, what is in it, and how many messages that is."""

    name: str
    data: bytes
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """An export that is still to be written down and signed."""

    name: str
    about: JsonObject
    messages: list[JsonObject]
    key: SigningKey
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The messages of a conversation, with all that was kept of each revision."""

    rows: list[MessageRow]
    revisions: Mapping[NoteId, list[JsonObject]]
    internal: set[NoteId]
    broken: tuple[str, ...]
    """The places that are damaged; the file holds the hash of what was there."""


async def export(gate: Gate, name: ThreadId, *, by: Principal) -> Exported:
    """
    Export a conversation for somebody of the project, who may read it and know whose it is.

    Raises `NotFound` where they may not read it, and `Forbidden` where they are not to know
    who wrote: what proves a message names its author.
    """
    view = await views.thread(gate, name, by=by)
    if view.who.actor is None:
        raise Forbidden(
            "export-names",
            "While somebody is screened their name is hidden from you, and what proves their"
            " messages would tell it. Somebody who sees names can export this.",
        )
    async with gate.database.snapshot() as tx:
        parts = await _gathered(gate, tx, view.thread, party="project")
    await openings.note_damage(gate, openings.in_thread(view.thread, by, parts.broken))
    return await _written(gate, parts)


async def export_theirs(gate: Gate, name: ThreadId, *, party: ActorId) -> Exported:
    """Export a conversation for its contributor; to anybody else there is none."""
    by = person(party, {})
    async with gate.database.snapshot() as tx:
        known = await threads.find(tx, name)
        theirs = Shown(thread=known) if known and known.contributor == party else None
        shown = await reading.readable(tx, by, theirs, otherwise=unknown("thread", name))
        thread = shown.thread
        parts = await _gathered(gate, tx, thread, party="contributor")
    await openings.note_damage(gate, openings.in_thread(thread, by, parts.broken))
    return await _written(gate, parts)


async def make_link(gate: Gate, tx: Transaction, thread: Thread, *, party: ActorId) -> str:
    """Make a link by which *party* gets a conversation of theirs as a file, once and soon."""
    token = gate.token()
    await store.add_link(
        tx,
        _hash(token),
        thread=thread.id,
        party=party,
        expires_at=later(gate.clock(), LINK_LASTS),
    )
    return gate.places.export(token)


async def use_link(gate: Gate, token: str) -> Exported | None:
    """Use a link up, and give what it leads to; None where it leads nowhere any more."""
    async with gate.database.transaction() as tx:
        found = await store.use_link(tx, _hash(token), now=gate.clock())
    if found is None:
        return None
    thread, party = found
    try:
        return await export_theirs(gate, thread, party=party)
    except NotFound:
        return None


async def _gathered(gate: Gate, tx: Transaction, thread: Thread, *, party: str) -> _Parts:
    desk = await local.own_in(gate, tx, Local(kind=Kind.DESK, slug=thread.project))
    house = await gather.project_in(gate, tx, thread.project)
    project = await local.own_in(gate, tx, house.local)
    about = await _about(gate, tx, thread, (desk, project))
    found = await _found(gate, tx, thread)
    hidden = found.internal if party == "contributor" else set[NoteId]()
    messages = [_message(row, found) for row in found.rows if row.id not in hidden]
    return _Parts(
        name=f"{thread.project}-{thread.code}.json",
        about={**about, "party": party},
        messages=messages,
        key=desk.ed25519,
        broken=found.broken,
    )


async def _written(gate: Gate, parts: _Parts) -> Exported:
    """Write an export away from the event loop: a long one takes a while."""
    data = await asyncio.to_thread(
        exports.write, parts.about, parts.messages, key=parts.key, now=gate.clock()
    )
    return Exported(name=parts.name, data=data, messages=len(parts.messages))


async def _about(gate: Gate, tx: Transaction, thread: Thread, ours: tuple[Own, Own]) -> JsonObject:
    desk, project = ours
    named = await gather.project_in(gate, tx, thread.project)
    given = await store.grants(tx, thread.project, thread.contributor)
    return {
        "gate": gate.places.base_url,
        "exported": iso(gate.clock()),
        "thread": {
            "id": gate.places.thread(thread.id),
            "code": thread.code,
            "desk": desk.id,
            "project": project.id,
            "name": named.name,
            "contributor": thread.contributor,
            "closed": thread.closed,
            "opened": iso(thread.opened_at),
        },
        "keys": [_key(own) for own in ours],
        "knocks": [_knock(knock) for knock in await knocks.in_thread(tx, thread.id)],
        "grants": [_grant(document, revoked) for document, revoked in given],
    }


def _key(own: Own) -> JsonObject:
    public = own.ed25519.private.public_key()
    return {
        "id": own.ed25519.id,
        "owner": own.id,
        "publicKeyMultibase": keys.write_multibase(public),
    }


def _knock(knock: Knock) -> JsonObject:
    return {
        "stage": knock.stage.value,
        "role": knock.role.word,
        "days": knock.days,
        "charter": knock.charter,
        "opened": iso(knock.opened_at),
        "changed": iso(knock.changed_at),
    }


def _grant(document: str, revoked: Millis | None) -> JsonObject:
    signed: Json = json.loads(document)
    return {"document": signed, "revoked": iso(revoked) if revoked is not None else None}


async def _found(gate: Gate, tx: Transaction, thread: Thread) -> _Found:
    """Open all that is kept; what was erased leaves the hash of what it was."""
    rows = await threads.messages(tx, thread.id)
    kept = await store.revisions(tx, thread.id)
    known = await commitments.of_thread(tx, thread.id)
    sealed = [each for row in kept for each in _sealed(row)]
    opened = await gate.vault.open_many(tx, sealed)
    revisions: dict[NoteId, dict[int, JsonObject]] = {row.id: {} for row in rows}
    for (message, number), commitment in known.items():
        revisions[message][number] = _erased(number, commitment)
    internal = set[NoteId]()
    for row, words, proof in zip(kept, opened[::2], opened[1::2], strict=True):
        if words is not None and proof is not None:
            out = evidence.take_out(proof)
            revisions[row.message][row.number] = _revision(row, words.decode(), out)
            internal |= {row.message} if out.internal else set[NoteId]()
    in_order = {
        message: [revision for _, revision in sorted(each.items())]
        for message, each in revisions.items()
    }
    broken = await openings.damaged(gate, tx, sealed, opened)
    return _Found(rows=rows, revisions=in_order, internal=internal, broken=broken)


def _sealed(row: RevisionRow) -> list[tuple[bytes, str]]:
    place = f"revisions|{row.message}|{row.number}"
    return [(row.words, f"{place}|words"), (row.evidence, f"{place}|evidence")]


def _erased(number: int, commitment: str) -> JsonObject:
    gone: dict[str, Any] = dict.fromkeys(("at", "words", "salt", "evidence"))
    return {"number": number, "commitment": commitment, **gone}


def _revision(row: RevisionRow, words: str, out: evidence.Kept) -> JsonObject:
    said = Said(message=row.message, number=row.number, words=words, salt=out.salt)
    return {
        "number": row.number,
        "commitment": said.commitment,
        "at": iso(row.at),
        "words": words,
        "salt": out.salt,
        "evidence": out.proof,
    }


def _message(row: MessageRow, found: _Found) -> JsonObject:
    return {
        "id": row.id,
        "speaker": row.speaker.value,
        "at": iso(row.at),
        "deleted": row.deleted,
        "revisions": [*found.revisions[row.id]],
    }


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
