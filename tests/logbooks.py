"""Audit logs for tests: filled, read back, and changed as only their owner can."""

from story import ANVIL

from forgefed_gate.domain import tree
from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol import checkpoint
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.services import audit as audit_service
from forgefed_gate.services.audit import Deed
from forgefed_gate.store import audit, notebook

OPEN_LOCKS = {
    "sqlite": (
        "DROP TRIGGER audit_log_is_not_changed",
        "DROP TRIGGER audit_log_is_not_cut",
        "DROP TRIGGER audit_nodes_are_not_changed",
        "DROP TRIGGER audit_nodes_are_not_cut",
    ),
    "postgresql": ("SET LOCAL session_replication_role = replica",),
}
"""What somebody with the database's own password can do, and we cannot prevent."""


def deed(number: int, **other: object) -> Deed:
    """Make something that somebody did."""
    usual = {
        "project": ANVIL,
        "principal": "https://village.example/people/bob",
        "role": "contributor",
        "act": "Message",
        "subject": f"https://village.example/notes/{number}",
        "at": Millis(1_795_348_800_000 + number),
    }
    return Deed(**usual | other)


async def do(gate, *numbers, **other):
    """Write deeds down, all in one transaction."""
    async with gate.database.transaction() as tx:
        for number in numbers:
            await audit_service.write_down(gate, tx, deed(number), **other)


async def log(gate):
    """Read the whole log."""
    async with gate.database.snapshot() as tx:
        return [leaf.entry async for batch in audit.leaves(tx) for leaf in batch]


async def waiting(gate):
    """Count what has no place yet."""
    async with gate.database.snapshot() as tx:
        return await audit.count_waiting(tx)


def told(gate) -> list[Checkpoint]:
    """Read the checkpoints in the file."""
    notes = notebook.read_all(gate.settings.checkpoints)
    return [checkpoint.read(note).checkpoint for note in notes]


def grown(whole):
    """Give the root over the entries of a log."""
    frontier = tree.Frontier()
    for entry in whole:
        frontier, _ = frontier.grown(tree.leaf(entry))
    return frontier.root


async def tamper(gate, *changes):
    """Change the database as its owner can; each is a statement and what it takes."""
    async with gate.database.transaction() as tx:
        for statement in OPEN_LOCKS[gate.database.engine]:
            await tx.run(statement)
        for sql, values in changes:
            await tx.run(sql, **values)


def take_away(begin, *, nodes=True):
    """Cut a log, with every trace of what was there, or without."""
    cut = [("DELETE FROM audit_log WHERE position >= :begin", {"begin": begin})]
    if nodes:
        kept = "(place + 1) * (1 << CAST(level AS INTEGER)) <= :begin"
        cut += [(f"DELETE FROM audit_nodes WHERE NOT {kept}", {"begin": begin})]
        cut += [("UPDATE audit_head SET size = :begin, checkpoint = ''", {"begin": begin})]
    return cut
