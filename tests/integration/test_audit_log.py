"""The audit log: what is done leaves an entry without a name, which nobody touches again."""

import asyncio
import json
import sqlite3
from contextlib import AsyncExitStack, suppress
from itertools import pairwise

import databases
import psycopg
import pytest
from gates import open_house
from logbooks import deed, do, grown, log, told, waiting
from wire import Wire

from forgefed_gate.app import open_gate
from forgefed_gate.domain import tree
from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Admit
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.protocol import checkpoint, entries
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.services import audit as audit_service
from forgefed_gate.services import checkpoints, local
from forgefed_gate.services.checkpoints import Rhythm
from forgefed_gate.services.tidy import tidy
from forgefed_gate.store import audit, notebook
from forgefed_gate.store.migrations import migrate

BROKEN_BY_TRIGGER = (sqlite3.IntegrityError, psycopg.errors.RaiseException)


async def test_every_decision_leaves_an_entry(story):
    """What is in the record is in the log, and the other way round."""
    await story.admit()
    await checkpoints.step(story.house.gate)

    async with story.house.gate.database.snapshot() as tx:
        recorded = {row["id"]: row for row in await tx.rows("SELECT * FROM record")}
    logged = {entry["id"]: entry for entry in map(json.loads, await log(story.house.gate))}

    assert logged.keys() >= recorded.keys()
    assert len(recorded) > 3
    for id_, row in recorded.items():
        same = ("project", "act", "verdict", "reason", "at")
        assert [logged[id_][name] for name in same] == [row[name] for name in same]
    assert {each["role"] for each in logged.values()} == {"contributor", "operator"}


async def test_an_entry_names_nobody(story):
    """The log may be shown to anybody, and outlives whom it is about."""
    knock = await story.admit()
    await checkpoints.step(story.house.gate)

    whole = b"\n".join(await log(story.house.gate)).decode()

    for private in ("bob", "village", knock.knock.id, knock.knock.thread):
        assert private not in whole
    entries_ = map(json.loads, whole.split("\n"))
    commitments = [entry[name] for entry in entries_ for name in ("by", "about")]
    assert len(set(commitments)) == len(commitments)


async def test_an_entry_commits_to_whom_it_is_about_until_their_keys_are_destroyed(house):
    """Whoever holds the key can show who it was; whoever destroyed it left noise behind."""
    gate, who = house.gate, deed(1).principal
    await do(gate, 1)
    await checkpoints.step(gate)
    entry = json.loads((await log(gate))[-1])
    async with gate.database.transaction() as tx:
        key = await gate.vault.key_for(tx, owner=who, thread="", now=gate.clock())
        assert entry["by"] == entries.commit(key.commits, entry["id"], who)
        assert entry["by"] != entries.commit(key.commits, entry["id"], who + "by")

        await gate.vault.destroy(tx, owner=who, now=gate.clock())
        fresh = await gate.vault.key_for(tx, owner=who, thread="", now=gate.clock())

    assert entry["by"] != entries.commit(fresh.commits, entry["id"], who)
    assert (await log(gate))[-1] == entries.write(entries.Entry(**entry))


async def test_what_is_undone_leaves_no_entry(house):
    """A decision that was not committed was not made."""
    await checkpoints.step(house.gate)
    before = await log(house.gate)

    with suppress(ZeroDivisionError):
        async with house.gate.database.transaction() as tx:
            await audit_service.write_down(house.gate, tx, deed(1))
            assert 1 / 0
    await checkpoints.step(house.gate)

    assert await log(house.gate) == before


async def test_the_log_outlives_the_record(story):
    """Names are forgotten by the clock, and the tree that commits to them stays whole."""
    await story.admit()
    first = await checkpoints.step(story.house.gate)
    story.house.clock.pass_by(400 * DAY)

    await tidy(story.house.gate)
    await do(story.house.gate, 1)
    second = await checkpoints.step(story.house.gate)

    assert await story.house.rows("record") == 1
    assert second.size == first.size + 1
    assert second.root == grown(await log(story.house.gate))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET entry = entry WHERE position = 0",
        "DELETE FROM audit_log WHERE position = 0",
        "UPDATE audit_nodes SET hash = hash",
        "DELETE FROM audit_nodes",
        "UPDATE audit_waiting SET soon = 1",
        "DELETE FROM audit_waiting",
    ],
)
async def test_the_database_itself_keeps_the_log(house, statement):
    """A slip of ours, or of somebody at the database's own prompt, changes nothing."""
    await checkpoints.step(house.gate)
    await do(house.gate, 1)
    before = await log(house.gate), await waiting(house.gate)

    with pytest.raises(BROKEN_BY_TRIGGER, match="only grows"):
        async with house.gate.database.transaction() as tx:
            await tx.run(statement)

    assert (await log(house.gate), await waiting(house.gate)) == before
    assert before[1] == 1


async def test_a_checkpoint_is_signed_and_kept_outside_of_the_database(house):
    """By the key that everybody finds in the gate's own actor."""
    await do(house.gate, 1, 2)

    made = await checkpoints.step(house.gate)

    (note,) = notebook.read_all(house.gate.settings.checkpoints)
    me = await local.own(house.gate, THE_GATE)
    assert checkpoint.proven(checkpoint.read(note), public=me.ed25519.private.public_key()) == made
    root = grown(await log(house.gate))
    assert made == Checkpoint(origin="gate.example/audit", size=3, root=root)
    assert house.gate.settings.checkpoints.stat().st_mode & 0o777 == 0o600


async def test_nothing_new_makes_no_checkpoint(house):
    """A file that grows for nothing is one that nobody reads."""
    first = await checkpoints.step(house.gate)

    assert await checkpoints.step(house.gate) == first
    assert told(house.gate) == [first]


async def test_each_checkpoint_grew_from_the_one_before(house):
    """Whoever saw the older one can be shown that nothing in it changed."""
    made = [await checkpoints.step(house.gate)]
    for number in range(7):
        await do(house.gate, *range(number * 10, number * 10 + number + 1))
        made.append(await checkpoints.step(house.gate))

    async with house.gate.database.snapshot() as tx:
        for old, new in pairwise(made):
            proof = await audit.roots(tx, tree.consistency(old.size, size=new.size))
            assert tree.consistent(old.root, new.root, old=old.size, size=new.size, proof=proof)
    assert told(house.gate) == made


async def test_more_than_one_batch_waits(house):
    """After a night without a worker everything still gets its place, in order."""
    await do(house.gate, *range(2 * audit.MOST_AT_ONCE + 1))

    made = await checkpoints.step(house.gate)

    assert made.size == 2 * audit.MOST_AT_ONCE + 2
    assert [json.loads(entry)["at"] for entry in (await log(house.gate))[1:]] == [
        deed(number).at for number in range(2 * audit.MOST_AT_ONCE + 1)
    ]
    assert await waiting(house.gate) == 0


async def test_an_entry_in_the_log_can_be_proven_to_be_in_it(house):
    """Which is what a party to a dispute takes along."""
    await do(house.gate, *range(12))
    made = await checkpoints.step(house.gate)

    whole = await log(house.gate)
    async with house.gate.database.snapshot() as tx:
        for position, entry in enumerate(whole):
            proof = await audit.roots(tx, tree.inclusion(position, size=made.size))
            claim = {"size": made.size, "position": position, "leaf": tree.leaf(entry)}
            assert tree.includes(made.root, **claim, proof=proof)


# Crashes and faults


async def test_a_checkpoint_that_did_not_reach_the_file_is_made_up_for(house):
    """The database has it, and the next step brings it there: a crash in between loses nothing."""
    path = house.gate.settings.checkpoints
    path.mkdir()
    await do(house.gate, 1)
    with pytest.raises(OSError, match="directory"):
        await checkpoints.step(house.gate)
    path.rmdir()

    made = await checkpoints.step(house.gate)

    assert made.size == 2
    assert told(house.gate) == [made]


@pytest.mark.parametrize("cut", [1, 2, 30, 100, 160])
async def test_half_a_checkpoint_is_written_anew(house, cut):
    """A crash while the file is written leaves a piece that nobody was told of."""
    first = await checkpoints.step(house.gate)
    await do(house.gate, 1)
    second = await checkpoints.step(house.gate)
    path = house.gate.settings.checkpoints
    path.write_bytes(path.read_bytes()[:-cut])
    assert told(house.gate) == [first]

    await checkpoints.step(house.gate)

    assert told(house.gate) == [first, second]


async def test_a_log_that_lost_what_it_told_of_is_not_signed_for_again(house):
    """A log must never contradict itself: better no checkpoint than two that do not agree."""
    await do(house.gate, 1)
    await checkpoints.step(house.gate)
    path = house.gate.settings.checkpoints
    me = await local.own(house.gate, THE_GATE)
    ahead = Checkpoint(origin="gate.example/audit", size=9, root=bytes(32))
    notebook.append(path, checkpoint.write(ahead, key=me.ed25519))
    await do(house.gate, 2)
    before = path.read_bytes()

    with pytest.raises(Conflict) as refusal:
        await checkpoints.step(house.gate)

    assert refusal.value.code == "audit-cut"
    assert path.read_bytes() == before
    assert await waiting(house.gate) == 1


async def test_a_log_that_became_another_is_not_signed_for_again(house):
    """As after a restored backup that went on by itself."""
    await do(house.gate, 1, 2)
    await checkpoints.step(house.gate)
    me = await local.own(house.gate, THE_GATE)
    other = Checkpoint(origin="gate.example/audit", size=2, root=bytes(32))
    path = house.gate.settings.checkpoints
    path.write_text(checkpoint.write(other, key=me.ed25519) + "\n", "utf-8")
    await do(house.gate, 3)

    with pytest.raises(Conflict) as refusal:
        await checkpoints.step(house.gate)

    assert refusal.value.code == "audit-changed"
    assert await waiting(house.gate) == 1


async def test_many_processes_number_and_write_at_once(engine, tmp_path):
    """Each entry gets one place, none is left out, and every checkpoint fits the next."""
    async with AsyncExitStack() as stack:
        where = stack.enter_context(databases.address(engine, tmp_path))
        one, other = [
            await stack.enter_async_context(databases.opened(engine, where)) for _ in range(2)
        ]
        await migrate(one)
        first = (await stack.enter_async_context(open_house(tmp_path, one))).gate
        second = await stack.enter_async_context(
            open_gate(first.settings, outbound=Wire(), clock=first.clock, database=other)
        )

        await asyncio.gather(
            *(do(gate, n * 2 + k) for n in range(20) for k, gate in enumerate((first, second))),
            *(checkpoints.step(gate) for gate in (first, second) * 3),
        )
        last = await checkpoints.step(second)

        whole = await log(first)
        assert last.size == len(whole) == 41
        assert len({json.loads(entry)["id"] for entry in whole}) == 41
        assert [made.root for made in told(first)] == [
            grown(whole[: made.size]) for made in told(first)
        ]
        assert told(first)[-1] == last


async def test_a_grant_is_signed_for_soon(story):
    """Who has which rights is what people would most like to change afterwards."""
    gate, rhythm = story.house.gate, Rhythm()
    await checkpoints.keep_up(gate, rhythm)
    knock = await story.knock()
    story.house.clock.pass_by(checkpoints.LOOK)
    await checkpoints.keep_up(gate, rhythm)
    assert len(told(gate)) == 1

    await story.act(Admit(knock=knock.knock.id))
    story.house.clock.pass_by(checkpoints.LOOK)
    await checkpoints.keep_up(gate, rhythm)

    assert [made.size for made in told(gate)] == [1, 4]


async def test_everything_else_is_signed_for_within_minutes(story):
    """A log that is never signed for proves nothing."""
    gate, rhythm = story.house.gate, Rhythm()
    await checkpoints.keep_up(gate, rhythm)
    await do(gate, 1)

    story.house.clock.pass_by(checkpoints.EVERY)
    await checkpoints.keep_up(gate, rhythm)

    assert [made.size for made in told(gate)] == [1, 2]


async def test_a_file_that_cannot_be_written_stops_nobody(story, caplog):
    """People go on being answered, and whoever keeps the gate finds it in the log."""
    gate = story.house.gate
    gate.settings.checkpoints.mkdir()

    await checkpoints.keep_up(gate, Rhythm())

    assert "no checkpoint of the audit log" in caplog.text
    assert str(gate.settings.checkpoints) not in caplog.text
