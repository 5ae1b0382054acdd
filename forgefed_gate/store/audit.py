"""The audit log and the tree over it: entries wait, get a place, and are never touched again."""

import json
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass

from forgefed_gate.domain import tree
from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import Millis
from forgefed_gate.domain.tree import Frontier, Hash, Node, Span
from forgefed_gate.store.database import Row, Transaction, blob, number, text

THE_LOG = "log"
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far the tree has grown, and the latest checkpoint of it, "" before the first."""

    size: int
    checkpoint: str
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """An entry in its place."""

    position: int
    entry: bytes


async def append(tx: Transaction, id_: str, entry: bytes, *, soon: bool = False) -> None:
    """Let an entry wait for its place; where it matters, the next checkpoint comes *soon*."""
    await tx.run(
        "INSERT INTO audit_waiting (id, entry, soon) VALUES (:id, :entry, :soon)",
        id=id_,
        entry=entry,
        soon=int(soon),
    )


async def hold(tx: Transaction) -> Head:
    """Be the only one who lets the tree grow, until *tx* ends."""
    await tx.run(
        "INSERT INTO audit_head (name, size, checkpoint, at) VALUES (:log, 0, '', 0)"
        " ON CONFLICT (name) DO NOTHING",
        log=THE_LOG,
    )
    row = await tx.row("SELECT * FROM audit_head WHERE name = :log /* held */", log=THE_LOG)
    assert row is not None, "it was just made"
    return _head(row)


async def head(tx: Transaction) -> Head:
    """Say how far the tree has grown."""
    row = await tx.row("SELECT * FROM audit_head WHERE name = :log", log=THE_LOG)
    return _head(row) if row else Head(size=0, checkpoint="", at=Millis(0))


async def grow(tx: Transaction, *, size: int) -> tuple[Frontier, bool]:
    """
    Give a place to the next that wait for one; the head is held, at *size*.

    Says what the tree is then, and whether that was all. Those who are still adding an
    entry are not waited for.
    """
    frontier = Frontier(size=size, peaks=tuple(await _peaks(tx, size)))
    rows = await tx.rows(
        "SELECT id, entry FROM audit_waiting ORDER BY sequence LIMIT :most", most=MOST_AT_ONCE
    )
    frontier = await _placed(tx, frontier, rows)
    await tx.run(
        "UPDATE audit_head SET size = :size WHERE name = :log", size=frontier.size, log=THE_LOG
    )
    return frontier, len(rows) < MOST_AT_ONCE


async def sign(tx: Transaction, checkpoint: str, *, now: Millis) -> None:
    """Keep what the tree came to, signed; its head is held."""
    await tx.run(
        "UPDATE audit_head SET checkpoint = :checkpoint, at = :now WHERE name = :log",
        log=THE_LOG,
        checkpoint=checkpoint,
        now=now,
    )


async def size(tx: Transaction) -> int:
    """Count the entries that have a place."""
    row = await tx.row("SELECT COUNT(*) AS n FROM audit_log")
    return number(row, "n") if row else 0


async def count_waiting(tx: Transaction) -> int:
    """Count the entries that wait for their place."""
    row = await tx.row("SELECT COUNT(*) AS n FROM audit_waiting")
    return number(row, "n") if row else 0


async def is_urgent(tx: Transaction) -> bool:
    """Say whether something waits whose checkpoint should come soon."""
    return await tx.row("SELECT id FROM audit_waiting WHERE soon = 1 LIMIT 1") is not None


async def roots(tx: Transaction, spans: Sequence[Span]) -> list[Hash]:
    """Give what each of *spans* comes to, which is what proofs are made of."""
    wanted = [[*tree.complete(span)] for span in spans]
    hashes = await nodes(tx, [node for each in wanted for node in each])
    try:
        return [tree.fold([hashes[node] for node in each]) for each in wanted]
    except KeyError:
        raise Conflict(
            "audit-not-whole", "The audit log is not whole: “audit verify” says where."
        ) from None


async def nodes(tx: Transaction, wanted: Collection[Node]) -> Mapping[Node, Hash]:
    """Find the hashes of complete subtrees; what is missing, somebody took away."""
    rows = await tx.rows(
        """
        SELECT level, place, hash FROM json_each(CAST(:nodes AS TEXT)) AS wanted
        JOIN audit_nodes ON level = CAST(wanted.value ->> 0 AS BIGINT)
        AND place = CAST(wanted.value ->> 1 AS BIGINT)
        """,
        nodes=json.dumps([[node.level, node.place] for node in wanted]),
    )
    return {
        Node(level=number(row, "level"), place=number(row, "place")): hashed
        for row in rows
        if isinstance(hashed := row["hash"], bytes)
    }


async def leaves(tx: Transaction, *, batch: int = MOST_AT_ONCE) -> AsyncGenerator[list[Leaf]]:
    """Read the log in order, *batch* by *batch*."""
    begin = -1
    while rows := await tx.rows(
        "SELECT position, entry FROM audit_log WHERE position > :begin"
        " ORDER BY position LIMIT :batch",
        begin=begin,
        batch=batch,
    ):
        yield [_leaf(row) for row in rows]
        begin = number(rows[-1], "position")


async def latest(tx: Transaction, *, before: int, batch: int = MOST_AT_ONCE) -> list[Leaf]:
    """Read up to *batch* entries whose place is before *before*, the latest first."""
    rows = await tx.rows(
        "SELECT position, entry FROM audit_log WHERE position < :before"
        " ORDER BY position DESC LIMIT :batch",
        before=before,
        batch=batch,
    )
    return [_leaf(row) for row in rows]


async def _peaks(tx: Transaction, size: int) -> list[Hash]:
    return await roots(tx, [tree.span(node) for node in tree.complete(Span(begin=0, end=size))])


async def _placed(tx: Transaction, frontier: Frontier, rows: Sequence[Row]) -> Frontier:
    placed = list[dict[str, str | int | bytes]]()
    hashed = list[dict[str, str | int | bytes]]()
    for row in rows:
        entry = blob(row, "entry")
        placed.append({"position": frontier.size, "id": text(row, "id"), "entry": entry})
        frontier, new = frontier.grown(tree.leaf(entry))
        hashed += [
            {"level": node.level, "place": node.place, "hash": hash_} for node, hash_ in new
        ]
    await tx.many(
        "INSERT INTO audit_log (position, id, entry) VALUES (:position, :id, :entry)", placed
    )
    await tx.many(
        "INSERT INTO audit_nodes (level, place, hash) VALUES (:level, :place, :hash)", hashed
    )
    await tx.run(
        "DELETE FROM audit_waiting"
        " WHERE id IN (SELECT value ->> 0 FROM json_each(CAST(:ids AS TEXT)))",
        ids=json.dumps([[text(row, "id")] for row in rows]),
    )
    return frontier


def _head(row: Row) -> Head:
    return Head(
        size=number(row, "size"),
        checkpoint=text(row, "checkpoint"),
        at=Millis(number(row, "at")),
    )


def _leaf(row: Row) -> Leaf:
    """Read a row as it is: what is of another kind than we write is not what it was."""
    position, entry = row["position"], row["entry"]
    return Leaf(
        position=position if isinstance(position, int) else -1,
        entry=entry if isinstance(entry, bytes) else b"",
    )
