"""What is said in a conversation, passed on to its other parties, a copy to each."""

from collections.abc import Collection

from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, Millis, NoteId
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.threads import MOST_REVISIONS, Speaker, Thread
from forgefed_gate.domain.words import parties as words
from forgefed_gate.protocol import render
from forgefed_gate.protocol.render import PrivateNote
from forgefed_gate.services import outbound
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import copies, jobs, parties, people, publications, threads
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person
from forgefed_gate.store.threads import MessageRow


async def pass_on(
    gate: Gate, tx: Transaction, note: NoteId, *, speaker: Speaker, text: str, facts: Facts
) -> None:
    """
    Send a message that was just kept to every party who neither wrote nor got it.

    Those who were added have what people say to each other, and nothing of a screening.
    """
    if not _concerns_all(speaker, facts):
        return
    message = await threads.message(tx, note)
    thread = await threads.find(tx, message.thread) if message else None
    assert message is not None, "what was just kept is there"
    assert thread is not None, "and so is its conversation"
    await parties.hold(tx, thread.id)
    for reader in await _readers(tx, thread, message):
        await send(gate, tx, thread, message, reader=reader, text=text)


def _concerns_all(speaker: Speaker, facts: Facts) -> bool:
    match speaker:
        case Speaker.CONTRIBUTOR:
            return facts.member
        case Speaker.PROJECT:
            return facts.knock is None or not facts.knock.stage.open
        case Speaker.PARTY:
            return True
        case Speaker.GATE:
            return False


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
    await outbound.enqueue(gate, tx, sender=_desk(thread), to=to, document=document)


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
    await jobs.recall(tx, [name for note in held for name in _deliveries(note, seat.actor)])
    await recall_questions(tx, await publications.questions_to(tx, seat.actor, seat.thread))


async def recall_questions(tx: Transaction, asked: Collection[tuple[NoteId, ActorId]]) -> None:
    """Let no question go out that is not asked any more, or not of them."""
    await jobs.recall(tx, [f"deliver {note}/create {author}" for note, author in asked])


async def correct(gate: Gate, tx: Transaction, message: NoteId, *, text: str) -> None:
    """Let those who have copies of a message have the words that it was changed to."""
    row, now = await threads.message(tx, message), gate.clock()
    thread = await threads.find(tx, row.thread) if row else None
    if row is None or thread is None:
        return
    for copy, to in await _holders(tx, row):
        note = await written(gate, tx, thread, copy, to=to, text=text)
        activity = f"{copy.note}/update/{row.revision}"
        document = render.private_update(note, activity=activity, at=now)
        await outbound.enqueue(gate, tx, sender=_desk(thread), to=to, document=document)


async def take_back(
    gate: Gate, tx: Transaction, message: NoteId, *, from_all: bool = False
) -> None:
    """
    Ask those who have copies of a deleted message to delete them; what waits is dropped.

    *from_all* asks those too who are in the conversation no more.
    """
    row = await threads.message(tx, message)
    thread = await threads.find(tx, row.thread) if row else None
    if row is None or thread is None:
        return
    desk = gate.places.desk(thread.project)
    for copy, to in await _holders(tx, row, all_of_them=from_all):
        await jobs.recall(tx, _deliveries(copy.note, to.actor))
        activity = f"{copy.note}/delete"
        document = render.private_delete(copy.note, activity=activity, desk=desk, to=to.actor)
        await outbound.enqueue(gate, tx, sender=_desk(thread), to=to, document=document)


async def _holders(
    tx: Transaction, message: MessageRow, *, all_of_them: bool = False
) -> list[tuple[Copy, Person]]:
    """List who has a copy of a message, as a rule as a party still, with how to reach them."""
    await parties.hold(tx, message.thread)
    found: list[tuple[Copy, Person]] = []
    for note, reader in await copies.of_message(tx, message.id):
        to = await people.find(tx, reader)
        welcome = all_of_them or await parties.admits(tx, message.thread, reader)
        if to is not None and welcome:
            found.append((Copy(note=note, reader=reader, message=message), to))
    return found


def _deliveries(note: NoteId, to: ActorId) -> list[str]:
    """Name every delivery of a copy that may be waiting."""
    updates = [f"update/{number}" for number in range(2, MOST_REVISIONS + 1)]
    return [f"deliver {note}/{what} {to}" for what in ("create", "delete", *updates)]


def _desk(thread: Thread) -> Local:
    return Local(kind=Kind.DESK, slug=thread.project)


async def _readers(tx: Transaction, thread: Thread, message: MessageRow) -> list[ActorId]:
    """List who gets a message by a copy; the contributor has our own words without one."""
    seats = await parties.seats(tx, thread.id)
    inside = [seat.actor for seat in seats if seat.taken]
    if message.speaker is Speaker.PARTY:
        inside.append(thread.contributor)
    return [actor for actor in inside if actor != message.author]
