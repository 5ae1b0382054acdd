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


class Counting(Disk):
    """Says how many decisions each transaction held, and how many jobs were read."""

    def __init__(self, inner, *, awaited: bool) -> None:
        super().__init__(inner)
        self.awaited = awaited
        self.reads, self.sizes = 0, list[int]()

    async def read(self, work):
        answer = await self.inner.read(work)
        self.reads += 1
        return answer

    async def write(self, work):
        answer = await super().write(work)
        self.sizes.append(len(answer) if isinstance(answer, list) else 1)
        return answer


async def decide_together(house, disk):
    """Let eight decisions come while the first of them is not on disk yet."""
    people = [person(settle(house, f"peer{n}.example")) for n in range(8)]
    for each in people:
        await send(house, each, mention(each, house.desk()))
    async with disk.transaction() as tx:
        claimed = await jobs.claim(
            tx, now=house.clock.now, limit=9, lease="a worker", lease_for=MINUTE
        )
    disk.reads, disk.sizes = 0, []
    disk.held.clear()
    deciding = [asyncio.create_task(inbound.process(house.gate, job)) for job in claimed]
    while disk.reads < len(people):  # noqa: ASYNC110 - a thread does it
        await asyncio.sleep(0.01)
    disk.held.set()
    await asyncio.gather(*deciding)
    assert sum(disk.sizes) == len(claimed) == await house.rows("threads") == len(people)


async def test_decisions_that_wait_together_share_a_commit(database, tmp_path):
    """A flush of the disk costs as much for one as for many; PostgreSQL flushes many at once."""
    disk = Counting(database, awaited=False)
    async with open_house(tmp_path, disk) as house:
        await decide_together(house, disk)

    several = database.writers > 1
    assert (len(disk.sizes) == 8) if several else (len(disk.sizes) <= 2)


async def test_decisions_make_way_for_whoever_waits(database, tmp_path):
    """A stranger who wants to hear that their words are safe is behind a few, not behind all."""
    disk = Counting(database, awaited=True)
    async with open_house(tmp_path, disk) as house:
        await decide_together(house, disk)

    assert max(disk.sizes) <= inbound.SOME


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
