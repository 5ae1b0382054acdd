"""What is in the audit log, as the owners of a project may read it."""

from collections.abc import Sequence
from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.protocol import entries
from forgefed_gate.protocol.entries import Entry
from forgefed_gate.services import gather
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import audit, openings, record
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry; *who* is None where the name is forgotten."""

    position: int
    at: Millis
    role: str
    act: str
    verdict: str
    reason: str
    who: str | None


async def listing(gate: Gate, project: Slug, *, by: Principal, limit: int) -> list[Line]:
    """List the latest entries about *project*, for its owners."""
    by.must(Act.APPOINT, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        found = await _latest(tx, project, limit=limit)
        ids = [entry.id for _, entry in found]
        names = {**await record.principals(tx, ids), **await openings.readers(tx, ids)}
    return [_line(position, entry, names.get(entry.id)) for position, entry in found]


async def _latest(tx: Transaction, project: Slug, *, limit: int) -> Sequence[tuple[int, Entry]]:
    """Go back through the log until there are enough: what projects do is not kept apart in it."""
    found, before = list[tuple[int, Entry]](), await audit.size(tx)
    while len(found) < limit and (leaves := await audit.latest(tx, before=before)):
        before = leaves[-1].position
        for leaf in leaves:
            entry = entries.read(leaf.entry)
            if entry is not None and entry.project == project:
                found.append((leaf.position, entry))
    return found[:limit]


def _line(position: int, entry: Entry, who: str | None) -> Line:
    return Line(
        position=position,
        at=entry.at,
        role=entry.role,
        act=entry.act,
        verdict=entry.verdict,
        reason=entry.reason,
        who=who,
    )
