"""Clocks that are set forward or back by a day, under a gate that is at work."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from senders import activity, outcome, person, send, settle
from story import ANVIL, HELLO

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND, Slug
from forgefed_gate.domain.patience import SPREAD, WAITS
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import access, doctor, worker
from forgefed_gate.store import blocks, grants, jobs, leases, record

JUMPS = [DAY, -DAY]


@asynccontextmanager
async def at_work(story):
    """Let a worker run as it does in a server, and begin once it has done something."""
    task = asyncio.create_task(worker.run(story.house.gate))
    await put(story, "hello")
    await soon(lambda: is_tried(story, "hello"))
    async with story.house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM jobs WHERE name = 'hello'")
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def soon(condition):
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - it happens in the database
            await asyncio.sleep(0.01)


async def put(story, name, *, lane=""):
    now = story.house.clock.now
    async with story.house.gate.database.transaction() as tx:
        await jobs.put(tx, name, "no such work", lane=lane, payload=b"", run_at=now, now=now)


async def is_tried(story, *names):
    async with story.house.gate.database.snapshot() as tx:
        found = {job.name: job.last_error for job in await jobs.listing(tx)}
    return all(found[name] == "AssertionError" for name in names)


async def recorded(story, *, at):
    """Let the gate have done something at one moment."""
    what = {"principal": "operator", "act": "Say", "subject": "1", "verdict": "admit"}
    async with story.house.gate.database.transaction() as tx:
        await record.add(tx, str(at), project=ANVIL, **what, reason="said", now=at)


async def waiting(story):
    async with story.house.gate.database.snapshot() as tx:
        return [(job.run_at, job.last_error) for job in await jobs.listing(tx)]


async def good(story):
    """Say which Grant of bob is good, how many are, and whether he is a member."""
    gate, bob = story.house.gate, story.bob.id
    now = gate.clock()
    async with gate.database.snapshot() as tx:
        standing = await grants.standing(tx, ANVIL, bob, now=now)
        count = await grants.count_standing(tx, ANVIL, now=now)
        members = await grants.members(tx, {(ANVIL, bob)}, now=now)
    return standing is not None, count, len(members)


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_signature_is_judged_by_the_clock_on_the_wall(house, jump):
    """What was signed by another time is refused, and what is signed by ours is taken."""
    bob = person(settle(house))
    house.clock.pass_by(jump)
    signed_now = activity(bob)
    taken = await send(house, bob, signed_now)
    house.clock.pass_by(-jump)
    before = await send(house, bob, activity(bob), Date=taken.request.headers["date"])

    assert outcome(taken) == (202, "")
    assert before.status_code == 401


async def test_a_clock_that_ran_wild_once_ends_no_grant(story):
    """What it recorded a year ahead would end all that there are, and all that are given."""
    await story.admit()
    await recorded(story, at=story.house.clock.now + 365 * DAY)

    assert await good(story) == (True, 1, 1)


@pytest.mark.parametrize("jump", JUMPS)
async def test_what_waits_for_a_peer_waits_no_longer_than_it_would(story, jump):
    """A day is a long time for somebody who expects an answer in half a minute."""
    story.village.accepts = 503
    await story.write(HELLO)
    async with at_work(story):
        story.house.clock.pass_by(jump)
        story.village.accepts = 202
        await asyncio.sleep(worker.GLANCE * 1.5)
        story.house.clock.pass_by(round(WAITS[0] * (1 + SPREAD)))

        await soon(lambda: _came(story))


async def _came(story):
    return bool(story.bob.notes())


async def test_a_gate_that_starts_after_the_jump_knows_of_it(story):
    """Its own record says that it has been later before."""
    for name in ("one", "two"):
        await put(story, name)
    await recorded(story, at=story.house.clock.now)
    story.house.clock.pass_by(-DAY)

    async with at_work(story):
        await soon(lambda: is_tried(story, "one", "two"))


async def test_what_stands_behind_something_is_not_forgotten(story):
    """It gets its turn when the first of its lane is done, by the new time."""
    clock = story.house.clock
    for name in ("first", "behind"):
        await put(story, name, lane="https://peer.example/inbox")
    clock.pass_by(-DAY)
    async with story.house.gate.database.transaction() as tx:
        await leases.bring_forward(tx, by=DAY, now=clock.now)
        for name in ("first", "behind"):
            [job] = await jobs.claim(tx, now=clock.now, limit=9, lease=name, lease_for=MINUTE)
            assert job.name == name
            await jobs.done(tx, job)


async def test_a_small_step_back_moves_nothing(story):
    """Clocks are corrected by moments all the time."""
    story.village.accepts = 503
    await story.write(HELLO)
    before = await waiting(story)
    async with at_work(story):
        story.house.clock.pass_by(-SECOND)
        await asyncio.sleep(worker.GLANCE * 1.5)

    assert await waiting(story) == before


async def test_what_is_to_be_forgotten_is_forgotten_within_the_hour(story):
    """Tidying does not wait until the old time has come again."""
    await recorded(story, at=story.house.clock.now - 200 * DAY)
    before = await story.house.rows("record")

    async def is_forgotten():
        return await story.house.rows("record") == before - 1

    async with at_work(story):
        story.house.clock.pass_by(-DAY)
        await soon(is_forgotten)


async def test_nobody_is_locked_out_by_what_they_sent_in_a_future(house):
    """A quota is for a minute, whichever way the clock went."""
    bob = person(settle(house))
    for _ in range(60):
        await send(house, bob, activity(bob))
    full = outcome(await send(house, bob, activity(bob)))
    house.clock.pass_by(-DAY)

    assert full == (429, "too-many")
    assert outcome(await send(house, bob, activity(bob))) == (202, "")


async def test_a_key_that_was_not_there_is_asked_for_again(house):
    """A refusal is believed for five minutes, and not for a day and five minutes."""
    peer = settle(house)
    bob = person(peer)
    document = peer.answers.pop("/users/bob")
    refused = outcome(await send(house, bob, activity(bob)))
    peer.answers["/users/bob"] = document
    again = outcome(await send(house, bob, activity(bob)))
    house.clock.pass_by(-DAY)

    assert refused == again == (401, "key-unknown")
    assert outcome(await send(house, bob, activity(bob))) == (202, "")


async def test_a_host_that_is_blocked_after_the_jump_is_blocked_at_once(house):
    """The list in memory is a second old at most, whoever blocked and in which process."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    house.clock.pass_by(-DAY)
    async with house.gate.database.transaction() as tx:
        await blocks.add(tx, "peer.example", project=Slug(""), now=house.clock.now)

    assert outcome(await send(house, bob, activity(bob))) == (403, "blocked")


async def test_a_grant_that_was_seen_to_end_stays_ended(story):
    """Nobody gets a right back by setting a clock back."""
    await story.invite(story.bob, days=1)
    await story.write("I agree.")
    assert await good(story) == (True, 1, 1)

    story.house.clock.pass_by(DAY + MINUTE)
    await story.write("Am I still in?")
    ended = await good(story)
    before = await story.state()
    story.house.clock.pass_by(-DAY)
    gone_back = await good(story)
    await story.write("And now?", in_reply_to=None)

    assert ended == gone_back == (False, 0, 0)
    assert await good(story) == (False, 0, 0)
    assert (await story.state())["grants"] == before["grants"]


async def test_a_grant_that_is_given_after_the_jump_is_good(story):
    """What ends after all that we have done stands, whenever it was given."""
    await recorded(story, at=story.house.clock.now)
    story.house.clock.pass_by(-DAY)
    await story.invite(story.bob, days=30)
    await story.write("I agree.")

    assert await good(story) == (True, 1, 1)


async def test_the_doctor_sees_a_clock_that_is_behind_what_was_done(story):
    """Somebody must set it right, and is told what holds until then."""
    await story.write(HELLO)
    story.house.clock.pass_by(-HOUR)

    found = {each.check: each for each in await doctor.examine(story.house.gate)}

    assert found["clock"].health is doctor.Health.BROKEN
    assert "stays ended" in found["clock"].sentence


async def links(story) -> int:
    return await story.house.rows("signin_links")


async def test_a_gate_tidies_soon_after_its_start_and_then_every_hour(story):
    """One that is started anew every night would never come to it otherwise."""
    gate, clock = story.house.gate, story.house.clock
    await access.make_link(gate, OPERATOR)
    clock.pass_by(DAY)

    async with at_work(story):
        assert await links(story) == 1
        clock.pass_by(worker.FIRST_PAUSE)
        await soon(lambda: _no_links(story))

        await access.make_link(gate, OPERATOR)
        clock.pass_by(worker.PAUSE - 1)
        await put(story, "looks round")
        await soon(lambda: is_tried(story, "looks round"))
        assert await links(story) == 1
        clock.pass_by(1)
        await soon(lambda: _no_links(story))


async def _no_links(story) -> bool:
    return await links(story) == 0
