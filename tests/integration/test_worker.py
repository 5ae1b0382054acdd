"""The one who does the work: patient, fair, and never half done."""

import asyncio
from contextlib import suppress

import pytest
from story import ANSWER, HELLO
from weather import at_work, until

from demo.village import Village
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import DAY, HOUR, MINUTE
from forgefed_gate.domain.patience import LONGEST, WAITS
from forgefed_gate.services import inbound, outbound, recovery, worker
from forgefed_gate.store import jobs


async def listed(story):
    async with story.house.gate.database.snapshot() as tx:
        return await jobs.listing(tx)


async def put(story, name, kind="deliver", *, lane=""):
    now = story.house.clock.now
    async with story.house.gate.database.transaction() as tx:
        await jobs.put(tx, name, kind, payload=b"", run_at=now, now=now, lane=lane)


async def test_what_always_fails_is_set_aside_in_the_end(story):
    """After two weeks somebody should look; until then it is tried less and less often."""
    await put(story, "broken", "no such work")
    clock, began, tries = story.house.clock, story.house.clock.now, 0
    while (await listed(story))[0].state != "dead":
        tries += await story.house.work()
        clock.pass_by(MINUTE if tries < 6 else HOUR)

    [job] = await listed(story)
    assert LONGEST <= clock.now - began <= LONGEST + 2 * DAY
    assert len(WAITS) + 12 < tries < len(WAITS) + 20
    assert job.last_error


async def test_one_bad_job_holds_nobody_else_up(story):
    """Not before it, not after it, not in another lane."""
    await put(story, "broken", lane="https://broken.example/inbox")
    await put(story, "unknown", "no such work")

    await story.write(HELLO)

    assert len(story.bob.notes()) == 1
    assert {job.name for job in await listed(story)} == {"broken", "unknown"}


async def test_a_server_that_is_down_gets_everything_in_order_later(story):
    """Waiting costs time and no words."""
    story.village.accepts = 503
    await story.write(HELLO)
    await story.write(ANSWER, in_reply_to=None)
    assert story.bob.came == []

    story.village.accepts = 202
    for _ in range(4):
        story.house.clock.pass_by(10 * MINUTE)
        await story.house.work()

    contents = [note["content"] for note in story.bob.notes()]
    assert ["What we ask of you" in text for text in contents] == [True, False]
    assert "with the people who screen" in contents[1]


async def test_a_server_that_says_gone_is_believed(story):
    """It is set aside at once: asking again is in vain."""
    story.village.accepts = 410
    await story.write(HELLO)

    [job] = await listed(story)
    assert (job.state, job.last_error) == ("dead", "gone")


async def test_a_crash_repeats_the_work_and_not_its_effect(story, monkeypatch):
    """The process dies after a claim; when the lease ends the work is done, once."""
    activity = story.village.note(story.bob, story.desk, HELLO)
    now = story.house.clock.now
    await story.village.send(story.bob, f"{story.desk}/inbox", activity, now=now)
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        claimed = await jobs.claim(tx, now=now, limit=9, lease="dead", lease_for=recovery.LEASE)
    assert len(claimed) == 1
    assert await story.house.work() == 0

    story.house.clock.pass_by(recovery.LEASE)
    await story.house.work()
    await worker.do(gate, claimed[0])
    await story.house.work()

    assert len(story.bob.notes()) == 1
    assert await story.said() == [HELLO]


async def test_a_crash_between_effect_and_end_repeats_nothing(story, monkeypatch):
    """Deciding and ending the job are one transaction, so neither is there without the other."""
    activity = story.village.note(story.bob, story.desk, HELLO)
    now = story.house.clock.now
    await story.village.send(story.bob, f"{story.desk}/inbox", activity, now=now)

    async def fails(*_, **__):
        raise RuntimeError("the power went off")

    with monkeypatch.context() as broken:
        broken.setattr(inbound.jobs, "done", fails)
        with suppress(RuntimeError):
            await story.house.work()
    assert await story.house.rows("threads") == await story.house.rows("messages") == 0

    story.house.clock.pass_by(recovery.LEASE)
    await story.house.work()
    assert len(story.bob.notes()) == 1


async def test_work_that_another_process_queued_is_noticed(story):
    """Within a second, though nobody told us."""
    gate = story.house.gate
    async with at_work(gate):
        await asyncio.sleep(0.02)
        await put(story, "from elsewhere", "no such work")
        gate.work.clear()

        async def noticed():
            return (await listed(story))[0].last_error is not None

        await asyncio.wait_for(until(noticed), 1.5)
    assert worker.GLANCE < 1


async def test_stopping_leaves_nothing_half_done(story, monkeypatch):
    """What was under way is done by whoever comes next, with one effect."""
    started = asyncio.Event()

    async def hangs(*_):
        started.set()
        await asyncio.Event().wait()

    gate, before = story.house.gate, asyncio.all_tasks()
    with monkeypatch.context() as slow:
        slow.setattr(outbound, "deliver", hangs)
        async with at_work(gate):
            activity = story.village.note(story.bob, story.desk, HELLO)
            now = story.house.clock.now
            await story.village.send(story.bob, f"{story.desk}/inbox", activity, now=now)
            await asyncio.wait_for(started.wait(), 5)
    assert asyncio.all_tasks() <= before

    story.house.clock.pass_by(recovery.LEASE)
    await story.house.work()
    assert len(story.bob.notes()) == 1


@pytest.mark.parametrize("moments", range(5))
async def test_stopping_is_heard_in_the_moment_that_work_comes_in(story, moments):
    """Whichever of the two comes first, by a turn of the loop."""
    gate = story.house.gate
    task = asyncio.create_task(worker.run(gate))
    await asyncio.sleep(0.05)
    gate.work.set()
    for _ in range(moments):
        await asyncio.sleep(0)

    task.cancel()

    ended, _ = await asyncio.wait({task}, timeout=4)
    assert ended == {task}


async def test_a_worker_does_what_comes_in_while_it_runs(story):
    """The whole way, as in a server."""
    async with at_work(story.house.gate):
        activity = story.village.note(story.bob, story.desk, HELLO)
        now = story.house.clock.now
        await story.village.send(story.bob, f"{story.desk}/inbox", activity, now=now)

        async def answered():
            return len(story.bob.notes()) == 1

        await until(answered)


@pytest.mark.parametrize("status", [500, 502, 429, 401])
async def test_a_refused_delivery_is_tried_again(story, status):
    """A server may be mending what is wrong."""
    story.village.accepts = status
    await story.write(HELLO)

    [job] = await listed(story)
    assert job.state == "ready"
    assert job.run_at > story.house.clock.now


async def test_nobody_lives_there(story):
    """A villager whose server vanished is no reason to stop for the others."""
    far = Village("https://far.example", story.house.wire)
    story.house.wire.apps["far.example"] = far.app
    ann = far.settle("ann")
    now = story.house.clock.now
    await far.send(ann, f"{story.desk}/inbox", far.note(ann, story.desk, HELLO), now=now)
    del story.house.wire.apps["far.example"]
    with pytest.raises(Unreachable):
        await story.house.wire.get(ann.id, {})

    await story.write(HELLO)

    assert len(story.bob.notes()) == 1
    assert [job.state for job in await listed(story)] == ["ready"]
