"""Gates for tests: a whole one in this process, on a clock that stands still."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

from wire import Wire

from forgefed_gate.app import open_gate
from forgefed_gate.config import Settings
from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import projects, worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.store.database import Database
from forgefed_gate.store.keyfile import write_key_file
from forgefed_gate.web.asgi import application

NOON = Millis(1_795_348_800_000)
"""2026-11-22 12:00 UTC, when every test begins."""


@dataclass
class StandingClock:
    """A clock that moves only when it is told to."""

    now: Millis = NOON

    def __call__(self) -> Millis:
        """Tell the time."""
        return self.now

    def pass_by(self, milliseconds: int) -> None:
        """Let time go by."""
        self.now = Millis(self.now + milliseconds)


def settings(
    folder: Path, *, base_url: str = "https://gate.example", **changed: object
) -> Settings:
    """Make settings for a gate in *folder*."""
    made = Settings(
        base_url=base_url,
        database=str(folder / "gate.db"),
        key_file=folder / "gate.key",
        host="127.0.0.1",
        port=8420,
        allow_http=False,
        allow_networks=(ip_network("127.0.0.0/8"),),
        trusted_proxies=("127.0.0.1",),
        notice_only=(),
        words_anyway=(),
        messages_per_minute=60,
        messages_per_minute_host=300,
        knocks_per_hour=20,
        knocks_per_hour_host=100,
        closed_threads_days=180,
        deliveries_days=90,
        checkpoints=folder / "gate.checkpoints",
        witness="",
        witness_for=(),
        tokens=(),
    )
    return replace(made, **changed)  # type: ignore[arg-type] - names are checked by replace


@dataclass
class House:
    """A gate in this process, with the wire that leads to it and the clock that it follows."""

    gate: Gate
    wire: Wire
    clock: StandingClock

    def desk(self, slug: str = "anvil") -> ActorId:
        """Name the desk of a project."""
        return self.gate.places.desk(Slug(slug))

    async def work(self) -> int:
        """Do all that is due."""
        return await worker.run_until_idle(self.gate)

    async def rows(self, table: str) -> int:
        """Count the rows of a table."""
        async with self.gate.database.snapshot() as tx:
            (row,) = await tx.rows(f"SELECT COUNT(*) AS n FROM {table}")  # type: ignore[arg-type] - a test's own word
        return int(str(row["n"]))


@asynccontextmanager
async def open_house(
    folder: Path,
    database: Database,
    *,
    wire: Wire | None = None,
    base_url: str = "https://gate.example",
    project: str = "anvil",
    kind: Kind = Kind.PROJECT,
    clock: StandingClock | None = None,
    **changed: object,
) -> AsyncGenerator[House]:
    """Open a gate with one project, reachable over *wire*."""
    wire = wire or Wire()
    clock = clock or StandingClock()
    chosen = settings(folder, base_url=base_url, **changed)
    write_key_file(chosen.key_file)
    async with open_gate(chosen, outbound=wire, clock=clock, database=database) as gate:
        wire.apps[gate.places.authority] = application(gate)
        await projects.add(gate, project, project.title(), kind=kind, by=OPERATOR)
        yield House(gate=gate, wire=wire, clock=clock)
