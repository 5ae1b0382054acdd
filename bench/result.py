"""What it costs to say whether a Grant still stands, beside a route that says 204."""

import asyncio
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare
from _load import Round, send_over, summary
from inbox import bare, door_of, postgres

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.ids import DAY, ActorId, GrantId, Slug, later
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.services import projects
from forgefed_gate.store import delegations
from forgefed_gate.store.delegations import Kept

FRIENDS = Slug("friends")
GRANTS = 10_000
ROUNDS = 7
REQUESTS = 3_000


async def give(folder: Path, team: ActorId) -> None:
    """Open a team that passed on so many Grants."""
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        await projects.add(gate, FRIENDS, "Friends", by=OPERATOR, kind=Kind.TEAM)
        now = gate.clock()
        kept = [
            Kept(
                house=FRIENDS,
                grant=Capability(
                    id=GrantId(f"{team}/grants/{number}"),
                    actor=team,
                    context=ActorId("https://anvil.example/projects/anvil"),
                    target=ActorId(f"https://town.example/users/{number}"),
                    role=Role.REPORT,
                    allows=Allows.INVOKE,
                    starts_at=now,
                    ends_at=later(now, 60 * DAY),
                    delegates=GrantId("https://anvil.example/projects/anvil/grants/1"),
                ),
                ours=True,
                link=None,
            )
            for number in range(GRANTS)
        ]
        async with gate.database.transaction() as tx:
            await delegations.add(tx, kept, now=now)


def asked(number: int, port: int) -> bytes:
    """Ask about one of the Grants."""
    path = f"/teams/{FRIENDS}/grants/{number * 7 % GRANTS}/live"
    return f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


async def measure(folder: Path, stack: ExitStack, *, on_postgres: bool) -> list[list[Round]]:
    """Let the gate and the bare route take turns."""
    port = free_port()
    database = postgres(folder, stack) if on_postgres else "gate.db"
    await prepare(folder, port, [], database=database)
    await give(folder, ActorId(f"http://127.0.0.1:{port}/teams/{FRIENDS}"))
    doors = [stack.enter_context(bare()), stack.enter_context(door_of(folder, port))]
    found: list[list[Round]] = [[], []]
    for turn in range(ROUNDS + 1):
        for rounds, door in zip(found, doors, strict=True):
            requests = [asked(number, port) for number in range(REQUESTS)]
            spent = await send_over(requests, [door], status=204)
            if turn:
                rounds.append(spent)
    return found


def main(arguments: Sequence[str]) -> None:
    """Measure, and print the ratio."""
    parser = ArgumentParser(description=__doc__)
    _ = parser.add_argument("--postgres", action="store_true")
    on_postgres = parser.parse_args(arguments).postgres
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        least, ours = asyncio.run(measure(Path(name), stack, on_postgres=on_postgres))
    print(summary("a bare route that says 204", least))
    print(summary("whether a Grant stands", ours))
    pairs = [*zip(ours, least, strict=True)]
    rate = median(mine.rate / bare.rate for mine, bare in pairs)
    cost = median(mine.cost / bare.cost for mine, bare in pairs)
    print(f"ratio {rate:.0%} of the rate, {cost:.1f} times the CPU")
    print(f"{ROUNDS} rounds of {REQUESTS:,}, {GRANTS:,} Grants; {_load.machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
