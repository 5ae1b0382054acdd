"""Which activities a conversation is made of, and telling those who keep track of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from forgefed_gate.domain.ids import NoteId, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.threads import Thread
from forgefed_gate.protocol import containers, proofs
from forgefed_gate.protocol.containers import Added, Container
from forgefed_gate.services import evidence, local, openings, outbound
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
    found, _ = await history(gate, tx, thread, reader)
    return found


async def history(
    gate: Gate, tx: Transaction, thread: ThreadId, reader: str
) -> tuple[list[Added], tuple[str, ...]]:
    """List the same, and the places where what says it is damaged."""
    shown = await copies.shown(tx, thread, reader)
    offered = {ticket.offer for ticket in await tickets.of_thread(tx, thread)}
    found, broken = await _brought(gate, tx, shown, reader, offered)
    there = [
        Added(at=at, activity=activity) for at, activity in enumerate(found, start=1) if activity
    ]
    return there, broken


async def _brought(
    gate: Gate, tx: Transaction, shown: Sequence[Copy], reader: str, offered: Collection[NoteId]
) -> tuple[list[str], tuple[str, ...]]:
    """Name the activity that brought each message, and which places are damaged."""
    mine = [each.message.id for each in shown if each.message.author == reader]
    theirs, broken = await _theirs(gate, tx, [name for name in mine if name not in offered])
    return [_name(copy, offered, theirs) for copy in shown], broken


def _name(copy: Copy, offered: Collection[NoteId], theirs: Mapping[NoteId, str]) -> str:
    """Name the activity that brought a message; none, once its words are gone."""
    if copy.message.deleted:
        return ""
    if copy.message.id in offered:
        return copy.message.id
    return theirs.get(copy.message.id, f"{copy.note}{CREATES}")


async def _theirs(
    gate: Gate, tx: Transaction, names: Sequence[NoteId]
) -> tuple[dict[NoteId, str], tuple[str, ...]]:
    """Name the activities that brought messages of theirs: evidence of each holds it."""
    proofs_of = {name: await threads.first_evidence(tx, name) for name in names}
    kept = {name: sealed for name, sealed in proofs_of.items() if sealed is not None}
    sealed = [(each, f"revisions|{name}|1|evidence") for name, each in kept.items()]
    opened = await gate.vault.open_many(tx, sealed)
    found = {name: _named(proof) for name, proof in zip(kept, opened, strict=True)}
    broken = await openings.damaged(gate, tx, sealed, opened)
    return dict.fromkeys(names, "") | found, broken


def _named(proof: bytes | None) -> str:
    """Name the activity that a piece of evidence holds; none, where it cannot be read."""
    if proof is None:
        return ""
    document: dict[str, Any] = json.loads(evidence.body_of(proof))
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
    [activity], _ = await _brought(gate, tx, [copy], thread.contributor, offered)
    return Added(at=at, activity=activity) if activity else None
