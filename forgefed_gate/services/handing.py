"""Whom a conversation can be handed to: the people who work for its project."""

from forgefed_gate.domain.errors import NotFound, unknown
from forgefed_gate.domain.ids import ActorId, Slug, ThreadId
from forgefed_gate.domain.roles import PERMITS, Act, Principal
from forgefed_gate.domain.threads import Thread
from forgefed_gate.domain.words import commands as words
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import maintainers, people, threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person

MYSELF = {"me", "myself"}
EVERYBODY = {"", "all", "everybody", "everyone"}


async def heir_of(gate: Gate, thread: ThreadId, said: str, *, by: Principal) -> ActorId | None:
    """Find whom *said* means among those who work for the project of a conversation."""
    async with gate.database.snapshot() as tx:
        found = await threads.find(tx, thread)
        if found is None:
            raise unknown("thread", thread)
        return await heir(tx, found.project, said, by=by.name)


async def heirs(gate: Gate, thread: Thread) -> list[Person]:
    """List the people whom *thread* can be handed to, as far as their office goes."""
    async with gate.database.snapshot() as tx:
        held = await maintainers.listing(tx, thread.project)
        able = dict.fromkeys(actor for actor, office in held if Act.TALK in PERMITS[office])
        known = [await people.find(tx, actor) for actor in able]
    return [person for person in known if person is not None]


async def heir(tx: Transaction, project: Slug, said: str, *, by: str) -> ActorId | None:
    """
    Find whom *said*, a handle or an actor's URL, means among those who work for *project*.

    None is everybody. Nothing is fetched: whoever works for a project is known here.
    Raises `NotFound` where nobody is meant, or where a name without a server means several.
    """
    word = said.strip().removeprefix("to ").strip().strip(".!")
    if word.casefold() in EVERYBODY:
        return None
    held = dict.fromkeys(actor for actor, _ in await maintainers.listing(tx, project))
    if word.casefold() in MYSELF:
        return ActorId(by)
    meant = [actor for actor in held if await _is_called(tx, actor, word)]
    if len(meant) != 1:
        raise NotFound("heir-unknown", words.nobody_called(word))
    return meant[0]


async def _is_called(tx: Transaction, actor: ActorId, word: str) -> bool:
    known = await people.find(tx, actor)
    handle = known.handle.casefold().removeprefix("@") if known else ""
    name = word.casefold().removeprefix("@")
    return word == actor or name in {handle, handle.partition("@")[0]} - {""}
