"""What was done, written down twice: by name, to be forgotten; without, to be kept for ever."""

from dataclasses import dataclass

from forgefed_gate.domain.delegation import Bury
from forgefed_gate.domain.effects import Decision, EndGrant, IssueGrant
from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.protocol import entries
from forgefed_gate.protocol.entries import Entry
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import audit, record
from forgefed_gate.store.database import Transaction

OUTSIDE = "contributor"
"""The role of whoever writes to us from elsewhere."""
CLOCK = "clock"
"""Who does what is done because it is time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """
    Something that was done: by whom, in which role, about what, and to which end.

    *whose* is the person whom it concerns, if that is somebody else: the name of what it
    is about is hidden under their key, and goes with it.
    """

    project: Slug
    principal: str
    role: str
    act: str
    subject: str
    verdict: str = "admit"
    reason: str = "done"
    whose: str = ""
    at: Millis


async def write_down(gate: Gate, tx: Transaction, deed: Deed, *, soon: bool = False) -> None:
    """Record a deed and put it in the audit log, in the transaction that does it."""
    id_ = gate.token()
    await record.add(
        tx,
        id_,
        project=deed.project,
        principal=deed.principal,
        act=deed.act,
        subject=deed.subject,
        verdict=deed.verdict,
        reason=deed.reason,
        now=deed.at,
    )
    await append(gate, tx, id_, deed, soon=soon)


async def append(gate: Gate, tx: Transaction, id_: str, deed: Deed, *, soon: bool = False) -> None:
    """Put a deed in the audit log alone, hidden under the keys of those whom it concerns."""
    by, whose = (deed.principal, ""), (deed.whose or deed.principal, "")
    keys = await gate.vault.keys_for(tx, {by, whose}, now=gate.clock())
    entry = Entry(
        id=id_,
        at=deed.at,
        project=deed.project,
        role=deed.role,
        act=deed.act,
        verdict=deed.verdict,
        reason=deed.reason,
        by=entries.commit(keys[by].commits, id_, deed.principal),
        about=entries.commit(keys[whose].commits, id_, deed.subject),
    )
    await audit.append(tx, id_, entries.write(entry), soon=soon)


def moves_a_grant(decision: Decision) -> bool:
    """Say whether a decision gives or takes what the log should soon be signed for."""
    return any(isinstance(effect, IssueGrant | EndGrant | Bury) for effect in decision.effects)
