"""Whether the audit log is what it was: every entry, by the tree and all that was told of it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forgefed_gate.domain import tree
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.domain.tree import Frontier, Hash, Node, Span
from forgefed_gate.domain.words import auditing as words
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.services import checkpoints, local
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import audit, notebook
from forgefed_gate.store.audit import Leaf
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, and with which entries: with one of *span* at least, if it is about any."""

    span: Span | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How many entries there are, how much was told of them, and the first thing that is wrong."""

    size: int
    waiting: int
    told: int
    finding: Finding | None


@dataclass(slots=True, kw_only=True)
class _Told:
    """What was told of the log, by the size of which it was told."""

    roots: dict[int, Hash] = field(default_factory=dict[int, Hash])
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One entry, the tree with it, and the subtrees that it made complete."""

    leaf: Leaf
    before: int
    after: Frontier
    new: Sequence[tuple[Node, Hash]]


async def verify(gate: Gate, *, elsewhere: Sequence[Checkpoint] = ()) -> Verified:
    """
    Hold every entry against the tree, and the tree against every checkpoint.

    The checkpoints are those in the file, and those that others hold *elsewhere*. The
    first thing that is wrong is named, with the first entry that it can be about. What
    was changed before anybody was told of it, nobody can find.
    """
    told = await _told(gate, elsewhere)
    async with gate.database.snapshot() as tx:
        head, waiting = await audit.head(tx), await audit.count_waiting(tx)
        size = await audit.size(tx)
        finding = await _walk(tx, told.roots)
    return Verified(
        size=size,
        waiting=waiting,
        told=len(told.roots),
        finding=finding
        or _missing(size, max([head.size, *told.roots]))
        or told.finding
        or _nothing_told(gate, told, head.checkpoint),
    )


async def _told(gate: Gate, elsewhere: Iterable[Checkpoint]) -> _Told:
    told, path = _Told(), gate.settings.checkpoints
    me, ours = await local.own(gate, THE_GATE), checkpoints.origin(gate.places)
    for note in await asyncio.to_thread(notebook.read_all, path):
        found = checkpoints.proven(note, me)
        if found is None or found.origin != ours:
            sentence = words.not_ours(str(path), after=len(told.roots))
            told.finding = Finding(span=None, sentence=sentence)
            break
        _believe(told, found)
    for found in elsewhere:
        _believe(told, found)
    return told


def _believe(told: _Told, found: Checkpoint) -> None:
    if told.roots.setdefault(found.size, found.root) != found.root:
        told.finding = Finding(span=None, sentence=words.told_otherwise(found.size))


async def _walk(tx: Transaction, roots: Mapping[int, Hash]) -> Finding | None:
    """Go along the log, and stop where it is not as the tree or a checkpoint has it."""
    frontier, good = Frontier(), 0
    async for batch in audit.leaves(tx):
        steps = [*_steps(frontier, batch)]
        stored = await audit.nodes(tx, [node for step in steps for node, _ in step.new])
        for step in steps:
            finding = _changed(step, stored) or _contradicted(step.after, roots, good=good)
            if finding is not None:
                return finding
            good = step.after.size if step.after.size in roots else good
        frontier = steps[-1].after
    return None


def _steps(frontier: Frontier, batch: Sequence[Leaf]) -> Iterator[_Step]:
    for leaf in batch:
        before = frontier.size
        frontier, new = frontier.grown(tree.leaf(leaf.entry))
        yield _Step(leaf=leaf, before=before, after=frontier, new=new)


def _changed(step: _Step, stored: Mapping[Node, Hash]) -> Finding | None:
    if step.leaf.position != step.before:
        return _missing(step.before, max(step.leaf.position, step.before + 1))
    for node, hashed in step.new:
        if stored.get(node) != hashed:
            span = tree.span(node)
            return Finding(span=span, sentence=words.changed(span))
    return None


def _contradicted(tree_: Frontier, roots: Mapping[int, Hash], *, good: int) -> Finding | None:
    if roots.get(tree_.size, tree_.root) == tree_.root:
        return None
    span = Span(begin=good, end=tree_.size)
    return Finding(span=span, sentence=words.contradicted(span))


def _missing(size: int, end: int) -> Finding | None:
    if end <= size:
        return None
    span = Span(begin=size, end=end)
    return Finding(span=span, sentence=words.missing(span))


def _nothing_told(gate: Gate, told: _Told, checkpoint: str) -> Finding | None:
    if told.roots or not checkpoint:
        return None
    return Finding(span=None, sentence=words.nothing_told(str(gate.settings.checkpoints)))
