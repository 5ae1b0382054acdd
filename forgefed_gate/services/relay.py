"""What is said in a conversation, passed on to its other parties, a copy to each."""

from forgefed_gate.domain.ids import ActorId, Millis, NoteId
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.words import parties as words
from forgefed_gate.protocol import render
from forgefed_gate.protocol.render import PrivateNote
from forgefed_gate.services import outbound
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import copies, jobs, parties, people, threads
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person
from forgefed_gate.store.threads import MessageRow


async def pass_on(gate: Gate, tx: Transaction, note: NoteId, *, text: str) -> None:
    """Send a message that was just kept to every party who neither wrote nor got it."""
    message = await threads.message(tx, note)
    thread = await threads.find(tx, message.thread) if message else None
    assert message is not None, "what was just kept is there"
    assert thread is not None, "and so is its conversation"
    await parties.hold(tx, thread.id)
    for reader in await _readers(tx, thread, message):
        await send(gate, tx, thread, message, reader=reader, text=text)


async def send(
    gate: Gate,
    tx: Transaction,
    thread: Thread,
    message: MessageRow,
    *,
    reader: ActorId,
    text: str,
) -> None:
    """Send one party their copy of a message, addressed to nobody else."""
    to = await people.find(tx, reader)
    if to is None:
        return
    note = await mint(gate, tx, thread, message.id, reader)
    copy = Copy(note=note, reader=reader, message=message)
    document = render.private_note(await written(gate, tx, thread, copy, to=to, text=text))
    desk = Local(kind=Kind.DESK, slug=thread.project)
    await outbound.enqueue(gate, tx, sender=desk, to=to, document=document)


async def mint(
    gate: Gate, tx: Transaction, thread: Thread, message: NoteId, reader: ActorId
) -> NoteId:
    """Let *reader* have a copy of a message, under an id that leads to nobody else's."""
    note = gate.places.note(thread.project, gate.token())
    await copies.add(tx, note, message, reader)
    return note


async def written(
    gate: Gate, tx: Transaction, thread: Thread, copy: Copy, *, to: Person, text: str
) -> PrivateNote:
    """Write a copy as its reader gets it, today as on the day when it was sent."""
    message = copy.message
    return PrivateNote(
        id=copy.note,
        desk=gate.places.desk(thread.project),
        to=to.actor,
        handle=to.handle,
        text=words.passed_on(message.speaker, text),
        at=message.at,
        in_reply_to=await threads.latest_before(tx, message.id, by=to.actor),
        conversation=gate.places.thread(thread.id),
    )


async def let_go(tx: Transaction, seat: Seat, *, now: Millis) -> None:
    """Take somebody out of a conversation: what waits for them in the queue is dropped at once."""
    await parties.hold(tx, seat.thread)
    await parties.end(tx, seat.code, now=now)
    held = await copies.of_reader(tx, seat.thread, seat.actor)
    await jobs.recall(tx, [f"deliver {note}/create {seat.actor}" for note in held])


async def _readers(tx: Transaction, thread: Thread, message: MessageRow) -> list[ActorId]:
    """List who gets a message by a copy; the contributor has our own words without one."""
    seats = await parties.seats(tx, thread.id)
    inside = [seat.actor for seat in seats if seat.taken]
    if message.speaker is Speaker.PARTY:
        inside.append(thread.contributor)
    return [actor for actor in inside if actor != message.author]
