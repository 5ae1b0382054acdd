"""
What a crash may cost: time, and the same words sent twice; never a promise.

`make crash` runs this at length. GATE_CRASHES and GATE_KILLS say how often the gate dies at
each point and at any moment, GATE_CRASH_SEED repeats a run that failed.
"""

import asyncio
import os
import random
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from ledger import complaints
from story import draw_rsa
from towns import Town, open_town

from forgefed_gate.protocol import keys
from forgefed_gate.services.crash import POINTS

CRASHES = int(os.environ.get("GATE_CRASHES", "2"))
KILLS = int(os.environ.get("GATE_KILLS", "20"))
IN_ONE_TOWN = 20
"""Kills that one database lives through."""
LATEST_PASSING = 3
LONGEST_LIFE = 1.0
PATIENCE = 240.0
"""Seconds that anything here may take but for the queue."""


@pytest.fixture
def seed() -> str:
    """Draw what everything that is drawn here follows from."""
    return os.environ.get("GATE_CRASH_SEED", str(random.SystemRandom().randrange(1_000_000)))


@pytest.fixture
async def town(
    engine: str,
    seed: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Town]:
    """Open a town, on each engine in turn."""
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    rng = random.Random(f"{seed} {request.node.name}")
    print(f"repeat: GATE_CRASH_SEED={seed} make crash ARGS=\"-k '{request.node.name}'\"")  # noqa: T201 - whoever reads of a failure needs it
    async with open_town(engine, tmp_path, waves=max(CRASHES, IN_ONE_TOWN), rng=rng) as town:
        yield town
    print(town)  # noqa: T201 - what `make crash` reports


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_any_point_loses_nothing_and_repeats_nothing(town, point):
    """What was acknowledged happens, once, however late the crash comes and whatever waits."""
    for _ in range(CRASHES):
        taken = town.crowd.taken.total()
        gate = await town.start(crash_at=f"{point}:{town.rng.randint(1, LATEST_PASSING)}")
        speaking = asyncio.create_task(town.next_wave())
        await asyncio.wait_for(town.buried(gate), PATIENCE)
        if point == "acknowledged":
            await asyncio.wait_for(town.crowd.heard(more_than=taken), PATIENCE)
        gate = await town.start()
        await asyncio.wait_for(speaking, PATIENCE)

        assert await complaints(town) == []
        gate.kill()
        await town.buried(gate)


@pytest.mark.parametrize("_town", range(-(-KILLS // IN_ONE_TOWN)))
async def test_a_crash_at_any_moment_loses_nothing_and_repeats_nothing(town, _town):
    """Also while the last one is being recovered from, and while everybody writes."""
    speaking: list[asyncio.Task[None]] = []
    for _ in range(min(KILLS, IN_ONE_TOWN)):
        gate = await town.start()
        speaking.append(asyncio.create_task(town.next_wave()))
        await asyncio.sleep(town.rng.uniform(0, LONGEST_LIFE))
        gate.kill()
        await town.buried(gate)
    gate = await town.start()
    await asyncio.wait_for(asyncio.gather(*speaking), PATIENCE)

    assert await complaints(town) == []
    gate.kill()
    await town.buried(gate)
