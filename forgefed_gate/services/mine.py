"""What the parties of a conversation get to see of it, on pages of their own."""

from dataclasses import dataclass

from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActorId, Millis, ThreadId, authority_of
from forgefed_gate.domain.openings import Opening
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.roles import Principal, person
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.services import gather, openings, reading, views
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.reading import Shown
from forgefed_gate.store import copies, parties, people, threads
from forgefed_gate.store import openings as store
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message as one party sees it; no words are left after a deletion."""

    speaker: Speaker
    ours: bool
    """Whether the reader wrote it."""
    words: str | None
    at: Millis
    edited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who was added, or is proposed, as the contributor may see them."""

    seat: Seat
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """
    A conversation as one of its parties sees it; *lines* is empty in a list.

    *servers* are those whose admins can read it too. *guests* are named to the
    contributor, who let them in, and to nobody else.
    """

    thread: Thread
    project: Project
    contributor: bool
    servers: tuple[str, ...] = ()
    guests: tuple[Guest, ...] = ()
    lines: tuple[Line, ...] = ()
    openings: tuple[Opening, ...] = ()
    """When the conversation was opened since the reader came, and in which role."""


def as_party(by: Principal) -> Principal:
    """Name the same person without their offices: what follows is theirs as a party."""
    return person(ActorId(by.name), {})


async def listing(gate: Gate, *, by: Principal) -> list[Mine]:
    """List the conversations that *by* is a party of."""
    async with gate.database.snapshot() as tx:
        return [
            await _mine(gate, tx, thread, by) for thread in await parties.threads_of(tx, by.name)
        ]


async def thread(gate: Gate, name: ThreadId, *, by: Principal) -> Mine:
    """Show a conversation to a party of it, as far as they may see it."""
    async with gate.database.snapshot() as tx:
        known = await threads.find(tx, name)
        shown = await reading.readable(
            tx, as_party(by), Shown(thread=known) if known else None, otherwise=reading.nothing()
        )
        whole, broken = await _whole(gate, tx, shown.thread, by)
    await openings.note_damage(gate, openings.in_thread(shown.thread, as_party(by), broken))
    return whole


async def _mine(gate: Gate, tx: Transaction, thread: Thread, by: Principal) -> Mine:
    return Mine(
        thread=thread,
        project=await gather.project_in(gate, tx, thread.project),
        contributor=thread.contributor == by.name,
    )


async def _whole(
    gate: Gate, tx: Transaction, thread: Thread, by: Principal
) -> tuple[Mine, tuple[str, ...]]:
    """Open what *by* may see of a conversation, and name what is damaged of it."""
    mine = await _mine(gate, tx, thread, by)
    seats = await parties.seats(tx, thread.id)
    inside = [thread.contributor, *(seat.actor for seat in seats if seat.taken)]
    found = await copies.shown(tx, thread.id, by.name)
    said, broken = await views.opened(gate, tx, [copy.message for copy in found])
    whole = Mine(
        thread=thread,
        project=mine.project,
        contributor=mine.contributor,
        servers=tuple(dict.fromkeys([gate.places.authority, *map(authority_of, inside)])),
        guests=tuple([await _guest(tx, seat) for seat in seats]) if mine.contributor else (),
        lines=tuple(_line(copy, words, by) for copy, words in zip(found, said, strict=True)),
        openings=tuple(
            await store.of_somebody(tx, thread.project, ActorId(by.name), subject=thread.id)
        ),
    )
    return whole, broken


async def _guest(tx: Transaction, seat: Seat) -> Guest:
    known = await people.find(tx, seat.actor)
    return Guest(seat=seat, handle=known.handle if known else seat.actor)


def _line(copy: Copy, words: str, by: Principal) -> Line:
    message = copy.message
    return Line(
        speaker=message.speaker,
        ours=message.author == by.name and message.speaker in {Speaker.CONTRIBUTOR, Speaker.PARTY},
        words=None if message.deleted else words,
        at=message.at,
        edited=message.revision > 1,
    )
