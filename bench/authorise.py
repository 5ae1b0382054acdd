"""What it costs to ask who may do what, beside how many Grants there are and how long a chain."""

import asyncio
import os
import random
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import _load
from _grants import DEPTHS, HOUSE, fill, holder
from inbox import postgres
from psycopg import connect

from forgefed_gate.cli.running import spare_the_collector
from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.ids import ActorId, Millis
from forgefed_gate.services import authority
from forgefed_gate.store import postgres as postgresql
from forgefed_gate.store import sqlite
from forgefed_gate.store.database import Database, Transaction
from forgefed_gate.store.migrations import migrate

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 31
CALLS = 20
"""How many questions in a row, each about somebody else."""
MEMBERS = 100_000

Took = tuple[float, float]
"""Time and CPU time, in microseconds; a database server's own is not in the latter."""


@dataclass(kw_only=True)
class Place:
    """A database with so many Grants, and what questions there took, by length of the chain."""

    size: int
    database: Database
    megabytes: float
    alone: dict[int, list[Took]] = field(default_factory=dict)
    """In a transaction that was open anyhow."""
    whole: dict[int, list[Took]] = field(default_factory=dict)
    """With a transaction for nothing else."""


@asynccontextmanager
async def filled(where: str, size: int, *, now: Millis) -> AsyncGenerator[Place]:
    """Make a database with so many Grants, and say how much the disk holds of it."""
    on_disk = not where.startswith("postgresql:")
    database = await (
        sqlite.open_database(Path(where)) if on_disk else postgresql.open_database(where)
    )
    try:
        await migrate(database)
        before = megabytes(where)
        await fill(database, size, now=now)
        await database.scrub()
        yield Place(size=size, database=database, megabytes=megabytes(where) - before)
    finally:
        await database.close()


def megabytes(where: str) -> float:
    """Say how much of the disk a database takes."""
    if not where.startswith("postgresql:"):
        return sum(file.stat().st_size for file in Path(where).parent.glob("*.db*")) / 1e6
    with connect(where) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None, "there is one row"
    return found[0] / 1e6


async def ask(place: Place, depth: int, *, now: Millis) -> None:
    """Ask about some people at the end of chains of one length; all of them may."""
    alone, whole = (0.0, 0.0), (0.0, 0.0)
    for _ in range(CALLS):
        who = holder(depth, random.randrange(place.size // len(DEPTHS)))
        began = clocks()
        found, took = await place.database.read(partial(_answer, who=who, now=now))
        whole, alone = _more(whole, since=began), (alone[0] + took[0], alone[1] + took[1])
        assert found.granted, found.flaw
        assert len(found.chain) == depth, "the chain that we made"
    place.alone.setdefault(depth, []).append(alone)
    place.whole.setdefault(depth, []).append(whole)


async def _answer(tx: Transaction, who: ActorId, now: Millis) -> tuple[Judgement, Took]:
    """Ask where a decision asks, and say what that took."""
    asked = clocks()
    found = await authority.authorise(tx, HOUSE, who, now=now)
    return found, _more((0.0, 0.0), since=asked)


def clocks() -> Took:
    """Read the time and the CPU time of this process, in seconds."""
    return time.perf_counter(), time.process_time()


def _more(sum_: Took, *, since: Took) -> Took:
    """Add what one of some calls took, so that the sum is the mean in microseconds."""
    wall, cpu = clocks()
    return (
        sum_[0] + (wall - since[0]) / CALLS * 1e6,
        sum_[1] + (cpu - since[1]) / CALLS * 1e6,
    )


async def measure(wheres: Sequence[str]) -> list[Place]:
    """Let every size and every length take turns."""
    now = _load.now()
    async with AsyncExitStack() as stack:
        places = [
            await stack.enter_async_context(filled(where, size, now=now))
            for where, size in zip(wheres, SIZES, strict=True)
        ]
        spare_the_collector()
        for turn in range(ROUNDS + 1):
            for place in places:
                for depth in DEPTHS:
                    await ask(place, depth, now=now)
                    if not turn:
                        place.alone.clear()
                        place.whole.clear()
    return places


def report(places: Sequence[Place]) -> None:
    """Print the medians, and the ratios of turns beside each other."""
    print("Grants, and µs (of CPU) by links:" + "".join(f"{n:>10}" for n in DEPTHS))
    for place in places:
        print(f"{place.size:9,} {'':23}" + "".join(_cell(place.alone[n]) for n in DEPTHS))
    few, many = places[0], places[-1]
    for which, name in enumerate(("time", "CPU")):
        flat = [_ratio(many.alone[n], few.alone[n], which) for n in DEPTHS]
        alone = median(_ratio(place.alone[8], place.alone[1], which) for place in places)
        whole = median(_ratio(place.whole[8], place.whole[1], which) for place in places)
        print(
            f"ratio {median(flat):.2f} of {name} (worst {max(flat):.2f}; the aim is 2) of"
            f" {many.size:,} beside {few.size:,} Grants; 8 links beside 1: {alone:.2f}, with a"
            f" transaction of its own {whole:.2f} (the aim is 1.5)"
        )
    each = many.megabytes / many.size * MEMBERS
    print(f"disk: {each:.0f} MB for {MEMBERS:,} people")


def _cell(took: Sequence[Took]) -> str:
    wall, cpu = (median(each) for each in zip(*took, strict=True))
    return f"{wall:5.0f} ({cpu:3.0f})"


def _ratio(one: Sequence[Took], other: Sequence[Took], which: int) -> float:
    pairs = zip(one, other, strict=True)
    return median(mine[which] / theirs[which] for mine, theirs in pairs)


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the ratios."""
    parser = ArgumentParser(description=__doc__)
    _ = parser.add_argument("--postgres", action="store_true")
    on_postgres = parser.parse_args(arguments).postgres
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        wheres = list[str]()
        for size in SIZES:
            (folder := Path(name) / str(size)).mkdir()
            wheres.append(postgres(folder, stack) if on_postgres else str(folder / "gate.db"))
        before = _load.resident_mb(os.getpid())
        report(asyncio.run(measure(wheres)))
        grown = _load.resident_mb(os.getpid()) - before
    print(f"memory: {grown:.0f} MB more than before there was any, for all {sum(SIZES):,}")
    print(f"{ROUNDS} rounds of {CALLS} questions each; {_load.machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
