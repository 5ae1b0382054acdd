"""What it costs a team to pass a Grant on to many members, and to take all of it back."""

import asyncio
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare
from inbox import postgres

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, GrantId, Millis, Slug, later
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.services import gather, linking, projects
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.linking import Side
from forgefed_gate.store import delegations, grants, links, people
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept
from forgefed_gate.store.people import Person

FRIENDS = Slug("friends")
TRUSTED_BY = ActorId("https://anvil.example/projects/anvil")
MEMBERS = 10_000
ROUNDS = 5


class Counted:
    """A transaction that counts its trips to the database."""

    def __init__(self, tx: Transaction) -> None:
        self.trips = 0
        self._tx = tx

    def __getattr__(self, name: str) -> object:
        """Go where the transaction would."""
        self.trips += 1
        return getattr(self._tx, name)


class Spent:
    """Time, CPU time and trips, from now until it is asked."""

    def __init__(self) -> None:
        self._began = (time.perf_counter(), time.process_time())
        self.trips = 0

    def say(self, what: str, *, of: int) -> None:
        """Print what each of so many took."""
        wall, cpu = self.each(of)
        print(f"{what:58} {wall:6.1f} µs, {cpu:6.1f} of CPU each; {self.trips:6,} trips")

    def each(self, of: int) -> tuple[float, float]:
        """Give the microseconds for each of so many."""
        wall, cpu = self._began
        return (time.perf_counter() - wall) / of * 1e6, (time.process_time() - cpu) / of * 1e6


def peak_mb() -> float:
    """Say how much memory this process ever kept resident, in MB (Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


@asynccontextmanager
async def side_of(gate: Gate, spent: Spent) -> AsyncGenerator[Side]:
    """Be the team, in a transaction whose trips are counted."""
    async with gate.database.transaction() as tx:
        counted = Counted(tx)
        house = await gather.project_in(gate, tx, FRIENDS)
        yield Side(gate=gate, tx=counted, house=house, now=gate.clock())  # pyright: ignore[reportArgumentType] - it goes where a transaction goes
        spent.trips = counted.trips


async def settle(gate: Gate, members: int) -> None:
    """Open a team with so many members, which is linked with a project elsewhere."""
    await projects.add(gate, FRIENDS, "Friends", by=OPERATOR, kind=Kind.TEAM)
    now = gate.clock()
    async with gate.database.transaction() as tx:
        for number in range(members):
            member = ActorId(f"https://town{number % 50}.example/users/{number}")
            await people.save(tx, _person(member, "Person", now))
            await grants.add(tx, _membership(gate, member, now), document="{}")
        await people.save(tx, _person(TRUSTED_BY, "Project", now))
        await links.save(tx, _link(now))


def _person(actor: ActorId, kind: str, now: Millis) -> Person:
    return Person(
        actor=actor, handle="@a@b.example", inbox=f"{actor}/inbox", kind=kind, refreshed_at=now
    )


def _membership(gate: Gate, member: ActorId, now: Millis) -> Grant:
    return Grant(
        id=gate.places.grant(f"{gate.places.base_url}/teams/{FRIENDS}", gate.token()),
        project=FRIENDS,
        target=member,
        role=Role.REPORT,
        charter="",
        starts_at=now,
        ends_at=later(now, 90 * DAY),
    )


def _link(now: Millis) -> Link:
    return Link(
        code="link",
        house=FRIENDS,
        peer=TRUSTED_BY,
        kind=Peer.RESOURCE,
        role=Role.REPORT,
        ends_at=later(now, 90 * DAY),
        cap=10,
        state=State.ACTIVE,
        add=ActivityId(f"{TRUSTED_BY}/activities/1"),
        opened_at=now,
        changed_at=now,
    )


async def receive(gate: Gate, number: int) -> GrantId:
    """Get a Grant from the project, to pass on."""
    now, name = gate.clock(), GrantId(f"{TRUSTED_BY}/grants/{number}")
    async with gate.database.transaction() as tx:
        house = await gather.project_in(gate, tx, FRIENDS)
        grant = Capability(
            id=name,
            actor=TRUSTED_BY,
            context=TRUSTED_BY,
            target=house.actor,
            role=Role.REPORT,
            allows=Allows.DISTRIBUTE,
            starts_at=now,
            ends_at=later(now, 60 * DAY),
        )
        kept = Kept(house=FRIENDS, grant=grant, ours=False, link="link")
        await delegations.add(tx, [kept], now=now)
    return name


async def measure(folder: Path, members: int) -> None:
    """Pass on and take back, and then the state of it alone, again and again."""
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        await settle(gate, members)
        held = await receive(gate, 1)
        spent, before = Spent(), peak_mb()
        async with side_of(gate, spent) as side:
            await linking.pass_on(side, about=TRUSTED_BY)
        print(f"memory: {peak_mb() - before:.0f} MB more while all of them are given theirs")
        spent.say("given: proven, kept, in the queue for them and the project", of=members)
        took = [await _revoke(gate, members) for _ in range(ROUNDS)]
        read, cpu, wall = (median(each) for each in zip(*took, strict=True))
        print(f"found, to be taken back: {read:.1f} µs of CPU each")
        print(f"revoked and on disk: {wall:.1f} µs, {cpu:.1f} of CPU each; the aim is 15")
        spent = Spent()
        async with side_of(gate, spent) as side:
            await delegations.bury(side.tx, [held], issuer=TRUSTED_BY, now=side.now)
            await linking.pass_on(side, about=TRUSTED_BY)
        spent.say("taken back, and everybody told who had some", of=members)


async def _revoke(gate: Gate, members: int) -> tuple[float, float, float]:
    """End what was given, in the books alone, and then undo it: CPU to find, CPU, time."""
    finding = Spent()
    async with gate.database.snapshot() as tx:
        given = await delegations.given(tx, FRIENDS, about=TRUSTED_BY)
    _, found = finding.each(members)
    assert len(given) == members + 1, "everybody has one, and the desk"
    ending = Spent()
    async with gate.database.transaction() as tx:
        await delegations.revoke(tx, FRIENDS, [grant.id for grant in given], now=gate.clock())
    wall, cpu = ending.each(members)
    async with gate.database.transaction() as tx:
        _ = await tx.run("UPDATE delegations SET revoked_at = NULL WHERE ours = 1")
    return found, cpu, wall


def main(arguments: Sequence[str]) -> None:
    """Measure, and print what each Grant costs."""
    parser = ArgumentParser(description=__doc__)
    _ = parser.add_argument("--postgres", action="store_true")
    _ = parser.add_argument("members", nargs="?", type=int, default=MEMBERS)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        database = postgres(Path(name), stack) if chosen.postgres else "gate.db"
        asyncio.run(prepare(Path(name), free_port(), [], database=database))
        asyncio.run(measure(Path(name), chosen.members))
    print(f"a team of {chosen.members:,}; {_load.machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
