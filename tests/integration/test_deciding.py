"""Deciding on what came in: many at once where that is cheaper, and each on its own merits."""

import asyncio

import pytest
from disks import Disk
from gates import open_house
from senders import mention, person, send, settle

from forgefed_gate.domain.ids import MINUTE
from forgefed_gate.services import inbound
from forgefed_gate.store import jobs


@pytest.fixture
def disk(database):
    return Disk(database)


@pytest.fixture
async def house(tmp_path, disk):
    async with open_house(tmp_path, disk) as opened:
        yield opened


async def test_decisions_that_wait_together_share_a_commit(house, disk):
    """A flush of the disk costs as much for one as for many; PostgreSQL flushes many at once."""
    people = [person(settle(house, f"peer{n}.example")) for n in range(8)]
    for each in people:
        await send(house, each, mention(each, house.desk()))
    async with disk.transaction() as tx:
        claimed = await jobs.claim(
            tx, now=house.clock.now, limit=9, lease="a worker", lease_for=MINUTE
        )
    before = disk.commits
    disk.held.clear()

    deciding = [asyncio.create_task(inbound.process(house.gate, job)) for job in claimed]
    await asyncio.wait(deciding, timeout=0.1)
    disk.held.set()
    await asyncio.gather(*deciding)

    commits = disk.commits - before
    assert len(claimed) == await house.rows("threads") == 8
    assert commits < 8 if disk.engine == "sqlite" else commits == 8


async def test_a_decision_that_fails_takes_none_of_the_others_with_it(house, disk):
    """What fails together is tried alone: one bad row must not stop the rest."""
    people = [person(settle(house, f"peer{n}.example")) for n in range(8)]
    for each in people:
        await send(house, each, mention(each, house.desk()))
    await house.work()
    async with disk.transaction() as tx:
        await tx.run(
            "UPDATE data_keys SET wrapped = :other WHERE owner = :who AND thread <> ''",
            who=people[3].id,
            other=b"\0" * 60,
        )
    for each in people:
        await send(house, each, mention(each, house.desk()))

    await house.work()

    heard = [len(each.notes) for each in people]
    assert heard == [2, 2, 2, 1, 2, 2, 2, 2]
    assert await house.rows("inbox") == 16
