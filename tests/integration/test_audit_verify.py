"""Whoever changes the audit log is found out, and the first entry that is not right is named."""

import json

import databases
import pytest
from gates import open_house
from logbooks import OPEN_LOCKS, do, log, take_away, tamper

from forgefed_gate.domain import tree
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.domain.tree import Frontier, Span
from forgefed_gate.protocol import checkpoint
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.services import auditor, checkpoints, local
from forgefed_gate.store import notebook

TOLD = (3, 8, 9, 21)


@pytest.fixture
async def gate(engine, tmp_path):
    """A gate whose log holds 21 entries, and told of them four times."""
    async with (
        databases.fresh(engine, tmp_path) as database,
        open_house(tmp_path, database) as house,
    ):
        size = 1
        for told in TOLD:
            await do(house.gate, *range(size, told))
            assert (await checkpoints.step(house.gate)).size == told
            size = told
        assert (await auditor.verify(house.gate)).finding is None
        yield house.gate


async def found(gate, **more):
    """Say which entries are found to be wrong, from the first to the last that it may be."""
    finding = (await auditor.verify(gate, **more)).finding
    assert finding is not None
    assert finding.sentence
    return finding.span


def rewritten(entry, place, bit=0):
    return entry[:place] + bytes([entry[place] ^ 1 << bit]) + entry[place + 1 :]


def change(position, entry):
    sql = "UPDATE audit_log SET entry = :entry WHERE position = :position"
    return sql, {"position": position, "entry": entry}


def move(position, to):
    sql = "UPDATE audit_log SET position = :to WHERE position = :position"
    return sql, {"position": position, "to": to}


def made_anew(entries):
    """Every hash of a log that somebody made up: whole in itself."""
    frontier, nodes = Frontier(), []
    for entry in entries:
        frontier, new = frontier.grown(tree.leaf(entry))
        nodes += new
    return [
        (
            "UPDATE audit_nodes SET hash = :hash WHERE level = :level AND place = :place",
            {"level": node.level, "place": node.place, "hash": hashed},
        )
        for node, hashed in nodes
    ]


async def test_any_byte_of_any_entry(gate):
    """Each byte of one entry, and one byte of each."""
    whole = await log(gate)
    places = [(7, place) for place in range(0, len(whole[7]), 5)]
    places += [(position, position * 3) for position in range(len(whole))]

    for position, place in places:
        await tamper(gate, change(position, rewritten(whole[position], place)))
        assert await found(gate) == Span(begin=position, end=position + 1)
        await mend(gate, change(position, whole[position]))

    assert (await auditor.verify(gate)).finding is None


async def mend(gate, *changes):
    async with gate.database.transaction() as tx:
        if gate.database.engine == "postgresql":
            await tx.run("SET LOCAL session_replication_role = replica")
        for sql, values in changes:
            await tx.run(sql, **values)
    if gate.database.engine == "sqlite":
        await lock_again(gate)


async def lock_again(gate):
    """Put the locks back that `tamper` opens anew."""
    async with gate.database.transaction() as tx:
        for name in OPEN_LOCKS["sqlite"]:
            trigger = name.removeprefix("DROP TRIGGER ")
            table = "audit_log" if "log" in trigger else "audit_nodes"
            what = "UPDATE" if "changed" in trigger else "DELETE"
            await tx.run(
                f"CREATE TRIGGER {trigger} BEFORE {what} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            )


@pytest.mark.parametrize(("one", "other"), [(4, 5), (5, 6), (0, 20), (11, 13)])
async def test_entries_that_changed_places(gate, one, other):
    """Their bytes are as they were, and in another order they tell another story."""
    whole = await log(gate)

    await tamper(gate, change(one, whole[other]), change(other, whole[one]))

    assert await found(gate) == Span(begin=one, end=one + 1)


async def test_rows_that_changed_places_with_their_hashes(gate):
    """A pair of them is found by what the pair came to."""
    swap = [
        ("UPDATE audit_nodes SET place = :to WHERE level = 0 AND place = :place", values)
        for values in (
            {"place": 12, "to": -1},
            {"place": 15, "to": 12},
            {"place": -1, "to": 15},
        )
    ]

    await tamper(gate, move(12, -1), move(15, 12), move(-1, 15), *swap)

    assert await found(gate) == Span(begin=12, end=14)


async def test_an_entry_that_was_taken_out_of_the_middle(gate):
    """It leaves a gap, even if the others close up."""
    await tamper(gate, ("DELETE FROM audit_log WHERE position = 6", {}))
    assert await found(gate) == Span(begin=6, end=7)

    await mend(gate, *(move(position, position - 1) for position in range(7, 21)))

    assert await found(gate) == Span(begin=6, end=7)


@pytest.mark.parametrize("left", [0, 3, 11, 20])
@pytest.mark.parametrize("nodes", [True, False])
async def test_a_log_that_was_cut(gate, left, nodes):
    """With or without every trace in the database: the file knows how long it was."""
    await tamper(gate, *take_away(left, nodes=nodes))

    assert await found(gate) == Span(begin=left, end=21)


async def test_what_is_newer_than_the_last_checkpoint_can_be_cut(gate):
    """We say so: this is what a checkpoint every few minutes leaves open."""
    await do(gate, 21, 22)
    before = gate.settings.checkpoints.read_bytes()
    await checkpoints.step(gate)
    gate.settings.checkpoints.write_bytes(before)

    await tamper(gate, *take_away(21))

    assert (await auditor.verify(gate)).finding is None


async def test_a_log_that_was_made_up_anew(gate):
    """Whole in itself, and not the one that was told of: somewhere after what still agrees."""
    whole = await log(gate)
    forged = json.loads(whole[8]) | {"verdict": "refuse"}
    whole[8] = json.dumps(forged, separators=(",", ":"), sort_keys=True).encode()

    await tamper(gate, change(8, whole[8]), *made_anew(whole))

    assert await found(gate) == Span(begin=8, end=9)


async def test_hashes_that_are_gone(gate):
    """The tree itself may be what somebody damaged."""
    await tamper(gate, ("DELETE FROM audit_nodes WHERE level = 2 AND place = 1", {}))

    assert await found(gate) == Span(begin=4, end=8)


# The file


async def test_a_file_that_is_gone(gate):
    """Then nobody can say whether this is the log that was told of."""
    gate.settings.checkpoints.unlink()

    assert await found(gate) is None


@pytest.mark.parametrize("place", range(2, 700, 41))
async def test_a_file_that_was_changed(gate, place):
    """It is signed, and whoever changed it cannot sign."""
    path = gate.settings.checkpoints
    content = path.read_bytes()
    path.write_bytes(rewritten(content, place))

    assert await found(gate) is None

    path.write_bytes(content)
    assert (await auditor.verify(gate)).finding is None


async def test_a_gate_that_told_two_things(gate):
    """Our own key under both does not make them fit."""
    me = await local.own(gate, THE_GATE)
    other = Checkpoint(origin="gate.example/audit", size=8, root=bytes(32))
    with gate.settings.checkpoints.open("a", encoding="utf-8") as file:
        file.write(checkpoint.write(other, key=me.ed25519) + "\n")

    assert await found(gate) is None


async def test_what_others_hold_counts_as_much_as_the_file(gate, tmp_path):
    """Whoever can change the file as well cannot change what another gate has seen."""
    seen = [
        checkpoint.read(note).checkpoint for note in notebook.read_all(gate.settings.checkpoints)
    ]
    gate.settings.checkpoints.unlink()
    assert (await auditor.verify(gate, elsewhere=seen[-1:])).finding is None

    await tamper(gate, *take_away(17))

    assert await found(gate, elsewhere=seen[-1:]) == Span(begin=17, end=21)
    assert await found(gate, elsewhere=[seen[1], *seen[3:]]) == Span(begin=17, end=21)
