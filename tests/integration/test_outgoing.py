"""Deliveries in the queue, on each engine: by server, set aside, and called again."""

import asyncio
import json
import re
from contextlib import AsyncExitStack, contextmanager

import databases
import pytest

from forgefed_gate.domain.turns import Due
from forgefed_gate.store import jobs, leases, outgoing
from forgefed_gate.store.jobs import NewJob
from forgefed_gate.store.migrations import apply, migrate, shipped

NOW = 1_000_000
LEASE = 60_000
PEER = "https://peer.example"


def job(name, *, origin=PEER, lane=None, **overrides):
    given = {"name": name, "kind": "deliver", "payload": b"", "run_at": NOW}
    return NewJob(**given | overrides, origin=origin, lane=f"{origin}/{lane or name}")


async def put(database, *new):
    async with database.transaction() as tx:
        await jobs.put_many(tx, new, now=NOW)


async def due(database, *, now=NOW, limit=10):
    async with database.transaction() as tx:
        return await outgoing.due(tx, now=now, limit=limit)


async def lease(database, chosen, *, now=NOW, lease="ours"):
    async with database.transaction() as tx:
        return await outgoing.lease(tx, chosen, lease=lease, now=now, until=now + LEASE)


async def set_aside(database, waiting, *, until=NOW + LEASE):
    async with database.transaction() as tx:
        await outgoing.set_aside(tx, waiting, now=NOW, until=until)


async def called(database, *origins):
    async with database.transaction() as tx:
        return names(await outgoing.called(tx, origins))


def names(found):
    return [each.name for each in found]


async def test_deliveries_and_work_of_our_own_are_claimed_apart(database):
    """Neither takes the other's place."""
    await put(database, job("out"))
    async with database.transaction() as tx:
        await jobs.put(tx, "in", "process", payload=b"", run_at=NOW, now=NOW)
        ours = await jobs.claim(tx, now=NOW, limit=64, lease="ours", lease_for=LEASE)

    assert (names(ours), names(await due(database))) == (["in"], ["out"])


async def test_what_is_set_aside_is_due_no_more_until_it_is_called(database):
    """A crowd is looked at once, and not every time that something else is done."""
    await put(database, job("far", origin="https://far.example"), *(job(f"{n}") for n in range(4)))
    far, first, *crowd = await due(database)
    await lease(database, [first])

    await set_aside(database, crowd)

    assert await due(database) == [far]
    assert await called(database, PEER, "https://far.example") == ["1"]
    assert names(await lease(database, crowd[:1])) == ["1"]
    assert await called(database, PEER) == ["2"]


async def test_a_server_that_starts_looks_again_at_what_was_set_aside(database):
    """How that server is, it does not know; nobody would call what waits for it."""
    await put(database, *(job(f"{n}") for n in range(3)))
    await set_aside(database, await due(database))

    async with database.transaction() as tx:
        await leases.call_back(tx, now=NOW)

    assert len(await due(database)) == 3


async def test_what_nobody_calls_is_due_by_itself(database):
    """Whoever set it aside may be gone."""
    await put(database, job("0"))
    await set_aside(database, await due(database))

    assert await due(database, now=NOW + LEASE - 1) == []
    (found,) = await lease(database, await due(database, now=NOW + LEASE), now=NOW + LEASE)

    assert (found.name, found.attempts, found.origin) == ("0", 1, PEER)


async def test_a_lane_keeps_its_order_while_its_first_is_set_aside(database):
    """What comes later never passes, not even at its own server's door."""
    await put(database, job("0", lane="bob"), job("1", lane="bob"))
    await set_aside(database, await due(database))
    await put(database, job("2", lane="bob"))

    assert await due(database) == []
    order = []
    while found := await lease(database, [Due(sequence=0, name=f"{len(order)}", origin=PEER)]):
        order += names(found)
        async with database.transaction() as tx:
            assert await jobs.done(tx, found[0])
    assert order == ["0", "1", "2"]


async def test_nobody_takes_what_somebody_else_has(database):
    """A lease holds, however it was found."""
    await put(database, job("0"))
    found = await due(database)
    await lease(database, found, lease="theirs")

    assert await lease(database, found) == []
    await set_aside(database, found)

    assert await called(database, PEER) == []
    assert names(await lease(database, found, now=NOW + LEASE)) == ["0"]


async def test_processes_never_share_a_delivery(engine, tmp_path):
    """Two gates on one database look at the same moment, also among what was set aside."""
    with databases.address(engine, tmp_path) as where:
        async with AsyncExitStack() as stack:
            ours = await stack.enter_async_context(databases.opened(engine, where))
            await migrate(ours)
            theirs = await stack.enter_async_context(databases.opened(engine, where))
            await put(ours, *(job(f"{n}") for n in range(40)))
            everything = await due(ours, limit=40)
            await set_aside(ours, everything[20:])

            taken = await asyncio.gather(
                *(
                    lease(each, everything[start : start + 20], lease=f"{start}")
                    for start in (0, 10, 20)
                    for each in (ours, theirs)
                )
            )

    assert sorted(int(name) for each in taken for name in names(each)) == [*range(40)]


async def test_giving_up_on_a_server_spares_what_came_lately(database):
    """Each lane goes on with what has not waited for too long."""
    await put(database, job("old", lane="bob"), job("old too", lane="bob"), job("held"))
    async with database.transaction() as tx:
        later = [job("new", lane="bob", run_at=NOW + 1), job("new too", lane="ann")]
        await jobs.put_many(tx, later, now=NOW + 1)
    await lease(database, [Due(sequence=0, name="held", origin=PEER)])
    await set_aside(database, [each for each in await due(database) if each.name == "old"])

    async with database.transaction() as tx:
        await outgoing.bury_old(tx, PEER, before=NOW, error="not-connected")

    async with database.snapshot() as tx:
        states = {each.name: each.state for each in await jobs.listing(tx)}
    assert states == {
        "old": "dead",
        "old too": "dead",
        "held": "ready",
        "new": "ready",
        "new too": "ready",
    }


async def test_two_who_give_up_on_a_server_do_not_wait_for_each_other(tmp_path):
    """Nor for whoever is at one of its deliveries: on one engine two of them write at once."""
    async with databases.fresh("postgresql", tmp_path) as database:
        await put(database, job("old"), job("old too"))
        await set_aside(database, await due(database))
        async with database.transaction() as other:
            await outgoing.lease(
                other, [Due(sequence=0, name="old", origin=PEER)], lease="x", now=NOW, until=NOW
            )
            async with asyncio.timeout(10), database.transaction() as tx:
                await outgoing.bury_old(tx, PEER, before=NOW, error="not-connected")
        async with database.snapshot() as tx:
            states = {each.name: each.state for each in await jobs.listing(tx)}
    assert states == {"old": "ready", "old too": "dead"}


@pytest.mark.parametrize(
    ("lane", "origin"),
    [
        ("https://peer.example/users/bob/inbox", "https://peer.example"),
        ("http://127.0.0.1:8420/inbox", "http://127.0.0.1:8420"),
        ("https://[::1]:8420/inbox", "https://[::1]:8420"),
        ("https://bare.example", "https://bare.example"),
        ("peer", ""),
    ],
)
async def test_what_waited_before_an_upgrade_learns_its_server(engine, tmp_path, lane, origin):
    """It joins the turns as if it had been put today."""
    with databases.address(engine, tmp_path) as where:
        async with databases.opened(engine, where) as database:
            *older, _ = sorted(shipped(), key=lambda step: step.name)
            await apply(database, [step for step in older if step.name < "0003"])
            async with database.transaction() as tx:
                await tx.run(
                    "INSERT INTO jobs (name, kind, lane, payload, state, run_at, put_at)"
                    " VALUES ('old', 'deliver', :lane, :payload, 'ready', 0, 0)",
                    lane=lane,
                    payload=b"",
                )
            await migrate(database)
            async with database.snapshot() as tx:
                (row,) = await tx.rows("SELECT origin FROM jobs")

    assert row["origin"] == origin


BOUNDED = {"SCAN job", "SCAN peer VIRTUAL TABLE INDEX 1:", "SCAN json_each VIRTUAL TABLE INDEX 1:"}
"""What was limited before, and the lists that we bring."""

LOOK_UPS = {
    "claim": lambda tx: jobs.claim(tx, now=NOW, limit=64, lease="ours", lease_for=LEASE),
    "due": lambda tx: outgoing.due(tx, now=NOW, limit=9),
    "called": lambda tx: outgoing.called(tx, [PEER]),
    "lease": lambda tx: outgoing.lease(
        tx, [Due(sequence=1, name="a", origin=PEER)], lease="ours", now=NOW, until=NOW
    ),
}


@contextmanager
def explained(tx, how):
    """Let the transaction say how it would find rows, instead of finding them."""
    said, run = [], type(tx).rows

    async def explain(self, sql, /, **values):
        said.extend(await run(self, f"{how} {sql}", **values))
        return []

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(tx), "rows", explain)
        yield said


@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS)
async def test_a_long_queue_makes_no_look_up_slow(tmp_path, look_up):
    """Each reads what it takes, by an index, and sorts nothing."""
    async with databases.fresh("sqlite", tmp_path) as database, database.transaction() as tx:
        with explained(tx, "EXPLAIN QUERY PLAN") as said:
            await look_up(tx)

    steps = [step["detail"] for step in said]
    assert any(re.match("SEARCH .* USING .*INDEX", step) for step in steps)
    assert not [step for step in steps if "TEMP" in step]
    assert not [step for step in steps if "SCAN" in step and step not in BOUNDED]


SHAPES = {
    "many lanes of one server": lambda n: (PEER, f"{n}"),
    "many servers": lambda n: (f"https://peer{n % 2_000}.example", f"{n}"),
    "one lane": lambda _: (PEER, "bob"),
    "many who wrote to us": lambda n: ("", f"{n}"),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
async def test_postgresql_finds_what_is_due_by_an_index(tmp_path, shape):
    """Whatever the queue looks like: it touches few rows where twenty thousand wait."""
    async with (
        databases.fresh("postgresql", tmp_path) as database,
        database.transaction() as tx,
    ):
        await tx.run(
            "INSERT INTO jobs (name, kind, lane, origin, payload, state, run_at, put_at)"
            " SELECT row.value ->> 0, 'deliver', row.value ->> 1, row.value ->> 2,"
            " :payload, row.value ->> 3, :now, :now"
            " FROM json_each(CAST(:rows AS TEXT)) AS row",
            payload=b"x" * 500,
            now=NOW,
            rows=json.dumps(_rows(shape)),
        )
        await tx.run("ANALYZE jobs")
        with explained(tx, "EXPLAIN (ANALYZE, FORMAT JSON)") as said:
            await LOOK_UPS["due"](tx)
            await LOOK_UPS["claim"](tx)

    assert [touched for touched in map(_touched, said) if touched > 999] == []


def _touched(said):
    """Count the rows that each step of a plan looked at, passed on or not."""
    return _looked_at(said["QUERY PLAN"][0]["Plan"])


def _looked_at(plan):
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return own * plan["Actual Loops"] + sum(map(_looked_at, plan.get("Plans", [])))


def _rows(shape):
    rows, seen = [], set()
    for n in range(20_000):
        origin, lane = shape(n)
        rows.append([f"{n}", f"{origin}/{lane}", origin, "behind" if lane in seen else "ready"])
        seen.add(lane)
    return rows
