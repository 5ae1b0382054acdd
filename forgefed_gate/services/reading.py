"""Who may read what: the one place that every reading of something private goes through."""

from dataclasses import dataclass
from typing import TypeVar

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Thread
from forgefed_gate.store import blocks, knocks, parties
from forgefed_gate.store.copies import Copy
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept
from forgefed_gate.store.kept_evidence import KeptRow
from forgefed_gate.store.publications import PieceRow
from forgefed_gate.store.reports import ReportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A conversation as its parties read it: without what the people of the project keep."""

    thread: Thread


Thing = Thread | Shown | Copy | Knock | Grant | Kept | ReportRow | KeptRow | PieceRow
Read = TypeVar("Read", bound=Thing)

LISTED: dict[type[Thing], Act] = {
    Knock: Act.SEE_KNOCKS,
    Thread: Act.TALK,
    Grant: Act.GRANT,
    ReportRow: Act.READ_REPORTS,
    KeptRow: Act.READ_REPORTS,
    PieceRow: Act.PUBLISH,
}
"""What an office has to permit for everything of one kind in a project to be listed."""


def nothing() -> NotFound:
    """Say what is said of all that is missing, and of all that is for somebody else."""
    return NotFound("not-found", "There is nothing here.")


async def readable(
    tx: Transaction, by: Principal, thing: Read | None, *, otherwise: NotFound
) -> Read:
    """
    Give *thing* back if *by* may read it, and raise *otherwise* if they may not.

    What there is not is asked about for as long as what is private, so that nobody
    learns from the time it takes which of the two it was.
    """
    may = await _may(tx, by, thing)
    if thing is None or not may:
        raise otherwise
    return thing


def listable(by: Principal, kind: type[Thing], project: Slug) -> None:
    """Refuse, in words, to list all of one *kind* in *project* for whom it is not."""
    by.must(LISTED[kind], project)


async def _may(tx: Transaction, by: Principal, thing: Thing | None) -> bool:
    """
    The offices are those of the project; a party is the contributor, or has a seat.

    Whoever only screens reads what waits to be screened, and nothing after that.
    """
    match thing:
        case Thread():
            return await _in_office(tx, by, thing)
        case Shown(thread=thread):
            return await parties.admits(tx, thread.id, by.name)
        case Knock():
            return _screens(by, thing) or by.may(Act.TALK, thing.project)
        case Copy():
            admitted = await parties.admits(tx, thing.message.thread, by.name)
            return admitted and thing.reader == by.name
        case Grant():
            blocked = await blocks.covers(tx, ActorId(by.name), project=thing.project)
            mine = thing.target == by.name and not blocked
            return mine or by.may(Act.GRANT, thing.project)
        case Kept(house=house, grant=grant):
            return grant.target == by.name and not await blocks.covers(
                tx, grant.target, project=house
            )
        case ReportRow() | KeptRow():
            return by.may(Act.READ_REPORTS, thing.project)
        case PieceRow():
            return by.may(Act.PUBLISH, thing.project)
        case None:
            return await parties.admits(tx, "", by.name)


async def _in_office(tx: Transaction, by: Principal, thread: Thread) -> bool:
    if by.may(Act.TALK, thread.project):
        return True
    if not by.may(Act.SEE_KNOCKS, thread.project):
        return False
    knock = await knocks.of_thread(tx, thread.id)
    return knock is not None and _screens(by, knock)


def _screens(by: Principal, knock: Knock) -> bool:
    return knock.stage.open and by.may(Act.SEE_KNOCKS, knock.project)
