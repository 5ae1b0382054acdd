"""Which activities a conversation is made of, and telling those who keep track of them."""

import json
from collections.abc import Collection
from typing import Any

from forgefed_gate.domain.ids import NoteId, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.threads import Thread
from forgefed_gate.protocol import containers, proofs
from forgefed_gate.protocol.containers import Added, Container
from forgefed_gate.services import evidence, local, outbound
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import copies, parties, people, threads, tickets
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction

CREATES = "/create"


def of(gate: Gate, thread: Thread) -> Container:
    """See a conversation as a container."""
    return Container(thread=gate.places.thread(thread.id), desk=gate.places.desk(thread.project))


async def activities(gate: Gate, tx: Transaction, thread: ThreadId, reader: str) -> list[Added]:
    """
    List the activities that brought what *reader* may see of a conversation, in order.

    Each keeps its number, though the words of another are gone.
    """
    shown = await copies.shown(tx, thread, reader)
    offered = {ticket.offer for ticket in await tickets.of_thread(tx, thread)}
    found = [await _brought(gate, tx, copy, reader, offered) for copy in shown]
    return [
        Added(at=at, activity=activity) for at, activity in enumerate(found, start=1) if activity
    ]


async def _brought(
    gate: Gate, tx: Transaction, copy: Copy, reader: str, offered: Collection[NoteId]
) -> str:
    """Name the activity that brought a message; none, once its words are gone."""
    if copy.message.deleted:
        return ""
    if copy.message.id in offered:
        return copy.message.id
    if copy.message.author != reader:
        return f"{copy.note}{CREATES}"
    return await _theirs(gate, tx, copy)


async def _theirs(gate: Gate, tx: Transaction, copy: Copy) -> str:
    """Name the activity that brought a message of theirs: its evidence holds it."""
    sealed = await threads.first_evidence(tx, copy.message.id)
    place = f"revisions|{copy.message.id}|1|evidence"
    opened = await gate.vault.open_sealed(tx, sealed, place=place) if sealed else None
    if opened is None:
        return ""
    document: dict[str, Any] = json.loads(evidence.body_of(opened))
    return str(document["id"])


async def add(case: Case, name: ThreadId) -> None:
    """
    Tell whoever offered an issue what its conversation holds now, where they keep track.

    Only the latest is looked at: what came before was told when it came.
    """
    gate, tx = case.gate, case.tx
    held = await tickets.of_thread(tx, name)
    thread = await threads.find(tx, name)
    if thread is None or not any(each.ours and each.contained for each in held):
        return
    await parties.hold(tx, name)
    to = await people.find(tx, thread.contributor)
    newest = await _newest(gate, tx, thread, {ticket.offer for ticket in held})
    if to is None or newest is None:
        return
    desk = Local(kind=Kind.DESK, slug=thread.project)
    me = await local.own_in(gate, tx, desk)
    document = containers.added(of(gate, thread), newest, to=to.actor)
    proven = proofs.seal(document, key=me.ed25519, now=case.facts.now)
    await outbound.enqueue(gate, tx, sender=desk, to=to, document=proven)


async def _newest(
    gate: Gate, tx: Transaction, thread: Thread, offered: Collection[NoteId]
) -> Added | None:
    found = await copies.latest(tx, thread.id, thread.contributor)
    if found is None:
        return None
    at, copy = found
    activity = await _brought(gate, tx, copy, thread.contributor, offered)
    return Added(at=at, activity=activity) if activity else None
