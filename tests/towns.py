"""A gate that may be killed, the village that talks with it, and what was under way each time."""

import random
import secrets
import shutil
import socket
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import databases
import psycopg
from crowd import Crowd, Resident, wave
from mortal import Mortal, Nursery, nursery
from psycopg.conninfo import conninfo_to_dict

from demo.stage import _door, _served
from demo.village import Village, Villager
from forgefed_gate.app import open_gate
from forgefed_gate.config import Settings, read_settings, write_example
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, Millis, Slug, authority_of
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.net.fetch import Answer, Client, Sign
from forgefed_gate.net.guard import Reach
from forgefed_gate.protocol import keys
from forgefed_gate.services import gather, projects
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import grants, people
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.keyfile import write_key_file
from forgefed_gate.store.people import KeyRow, Person

ANVIL = Slug("anvil")
HERE = "127.0.0.1"
LINES = 4
UNDER_WAY = "SELECT name FROM jobs WHERE kind = 'deliver' AND lease IS NOT NULL"


class Lines:
    """An `Outbound` over several lines, so that a server elsewhere says many things at once."""

    def __init__(self, clients: list[Client]) -> None:
        self._clients = clients

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """Ask over any line."""
        return await secrets.choice(self._clients).get(url, headers, sign=sign)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring something over any line."""
        return await secrets.choice(self._clients).post(url, headers, body)


@dataclass(kw_only=True)
class Town:
    """One gate's whole life, with all that was said to it."""

    settings: Settings
    config: Path
    where: str
    nursery: Nursery
    crowd: Crowd
    rng: random.Random
    """What is still to be drawn, by one who waits for nobody."""
    carol: Villager
    """She runs the project, and is told when something waits."""
    waves: list[list[Resident]]
    """Those who are still to come."""
    came: list[Resident] = field(default_factory=list)
    under_way: Counter[str] = field(default_factory=Counter)
    """How often each delivery was under way when the gate died."""
    deaths: int = 0

    def __str__(self) -> str:
        """Say what it went through."""
        came = [each["id"] for who in self.crowd.village.people.values() for each in who.came]
        return (
            f"{self.deaths} deaths; {len(self.crowd.taken)} activities, acknowledged"
            f" {self.crowd.taken.total()} times; {len({*came})} answers, {len(came)} arrivals"
        )

    @property
    def gate_log(self) -> str:
        """Everything that the gate logged in all its lives."""
        return Path(f"{self.config}.log").read_text("utf-8")

    async def start(self, *, crash_at: str | None = None) -> Mortal:
        """Let the gate serve."""
        return await self.nursery.bear(self.config, crash_at=crash_at)

    async def next_wave(self) -> None:
        """Let the next ones come and say all they have to say, until all of it was taken."""
        residents = self.waves.pop(0)
        self.came += residents
        await self.crowd.speak(residents)

    async def buried(self, gate: Mortal) -> None:
        """Wait until a gate has died as it should, and note what it was delivering."""
        assert await gate.status == -9, self.gate_log
        self.deaths += 1
        self.under_way.update(_under_way(self.settings, self.where))


def _under_way(settings: Settings, where: str) -> list[str]:
    """List the deliveries that were leased when a gate died, and disturb nothing it left."""
    if settings.on_postgresql:
        with psycopg.connect(where) as connection:
            return [name for (name,) in connection.execute(UNDER_WAY)]
    with tempfile.TemporaryDirectory() as folder:
        for left in Path(where).parent.glob("gate.db*"):
            shutil.copy(left, folder)
        with closing(sqlite3.connect(Path(folder) / "gate.db")) as connection:
            return [name for (name,) in connection.execute(UNDER_WAY)]


@asynccontextmanager
async def open_town(
    engine: str, folder: Path, *, waves: int, rng: random.Random
) -> AsyncGenerator[Town]:
    """Open a town whose gate does not run yet, and where so many waves will come."""
    async with AsyncExitStack() as stack:
        where = str(folder / "gate.db")
        if engine == "postgresql":
            where = stack.enter_context(databases.address(engine, folder))
        lines = Lines([await stack.enter_async_context(_line()) for _ in range(LINES)])
        door = stack.enter_context(_door(0))
        village = Village(f"http://{HERE}:{door.getsockname()[1]}", lines)
        await stack.enter_async_context(_served(village.app, door))
        config = _settings_file(folder, where)
        settings = read_settings(config)
        crowd = Crowd(village=village)
        carol = village.settle("carol")
        places = Places(base_url=settings.base_url)
        to_come = [wave(village, places, rng) for _ in range(waves)]
        async with open_gate(settings) as gate:
            await _furnish(gate, carol, [each for some in to_come for each in some])
        yield Town(
            settings=settings,
            config=config,
            where=where,
            nursery=await stack.enter_async_context(nursery()),
            crowd=crowd,
            rng=rng,
            carol=carol,
            waves=to_come,
        )


def _line() -> Client:
    reach = Reach(allow_http=True, allow_networks=(ip_network("127.0.0.0/8"),))
    return Client(reach, user_agent="village/1")


def _settings_file(folder: Path, where: str) -> Path:
    port = _quiet_port()
    config = folder / "gate.toml"
    config.write_text(
        write_example(
            base_url=f"http://{HERE}:{port}",
            port=port,
            database=_url(where) if where.startswith(("host", "user", "dbname")) else "gate.db",
            allow_http=True,
            allow_networks=["127.0.0.0/8"],
            messages_per_minute=100_000,
            messages_per_minute_host=1_000_000,
            knocks_per_hour=100_000,
            knocks_per_hour_host=100_000,
        ),
        encoding="utf-8",
    )
    write_key_file(folder / "gate.key")
    return config


def _url(dsn: str) -> str:
    """Write a connection string as the settings want it."""
    parts = conninfo_to_dict(dsn)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(parts['host'], safe='')}"


def _quiet_port() -> int:
    """Find a port that nobody has, and that no outgoing connection is given meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        try:
            with socket.create_server((HERE, port)):
                return port
        except OSError:
            continue


async def _furnish(gate: Gate, carol: Villager, residents: list[Resident]) -> None:
    """Open the project, appoint who runs it, and let its members be members."""
    await projects.add(gate, ANVIL, "Anvil", by=OPERATOR)
    await projects.appoint(gate, ANVIL, carol.id, Office.OWNER, by=OPERATOR)
    async with gate.database.transaction() as tx:
        charter = await gather.charter_in(tx, ANVIL)
        for resident in residents:
            if resident.known:
                await _acquaint(tx, resident.who, now=gate.clock())
            if resident.member:
                await grants.add(tx, _grant(gate, resident, charter.hash), document="{}")


async def _acquaint(tx: Transaction, who: Villager, *, now: Millis) -> None:
    """Remember somebody as if their server had been asked."""
    handle = f"@{who.name}@{authority_of(who.id)}"
    inbox, pem = f"{who.id}/inbox", keys.write_pem(who.key.private.public_key())
    await people.save(
        tx, Person(actor=who.id, handle=handle, inbox=inbox, kind="Person", refreshed_at=now)
    )
    await people.save_key(tx, KeyRow(id=who.key.id, owner=who.id, material=pem, fetched_at=now))


def _grant(gate: Gate, resident: Resident, charter: str) -> Grant:
    now = gate.clock()
    return Grant(
        id=gate.places.grant(ANVIL, gate.token()),
        project=ANVIL,
        target=resident.who.id,
        role=Role.REPORT,
        charter=charter,
        starts_at=now,
        ends_at=Millis(now + 30 * DAY),
    )
