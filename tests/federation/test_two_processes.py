"""Two servers in processes of their own on one PostgreSQL: one queue, one inbox, one effect."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import databases
import psycopg
import pytest
from ledger import complaints
from mortal import Mortal, Nursery, nursery
from story import draw_rsa
from towns import HERE, Town, _quiet_port, _settings_file, open_town

from forgefed_gate.config import read_settings
from forgefed_gate.net.fetch import Answer, Outbound, Sign
from forgefed_gate.protocol import keys

WAVES = 3
PATIENCE = 100.0


class TwoDoors:
    """An `Outbound` that finds one gate behind two doors, and takes them in turns."""

    def __init__(self, outbound: Outbound, base_url: str, ports: tuple[int, int]) -> None:
        self._outbound = outbound
        self._base_url = base_url
        self._turns = cycle(ports)
        self.taken: Counter[int] = Counter()

    async def get(
        self, url: str, headers: Mapping[str, str], *, sign: Sign | None = None
    ) -> Answer:
        """Ask whoever it is."""
        return await self._outbound.get(url, headers, sign=sign)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring something to one of the doors; what was signed for the gate fits at both."""
        port = next(self._turns)
        door = url.replace(self._base_url, f"http://{HERE}:{port}")
        answer = await self._outbound.post(door, headers, body)
        self.taken[port] += answer.status == 202
        return answer


def second_config(config: Path, port: int) -> Path:
    """Write settings that differ in the port to listen on alone."""
    other = config.with_name("other.toml")
    mine = read_settings(config).port
    words = config.read_text("utf-8")
    assert words.count(f"\nport = {mine}\n") == 1
    other.write_text(words.replace(f"\nport = {mine}\n", f"\nport = {port}\n"), "utf-8")
    return other


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A town whose gate has two doors, each of which opens onto a process of its own."""

    town: Town
    doors: TwoDoors
    other: Path
    """The settings of the second process."""
    nursery: Nursery

    async def start(self) -> tuple[Mortal, Mortal]:
        """Let both processes serve."""
        return await self.town.start(), await self.nursery.bear(self.other)


@pytest.fixture
async def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Pair]:
    """Open a town on PostgreSQL, whose village sends to two doors in turns."""
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    rng = random.Random(7)
    async with open_town("postgresql", tmp_path, waves=WAVES, rng=rng) as town, nursery() as born:
        ports, village = (town.settings.port, _quiet_port()), town.crowd.village
        doors = TwoDoors(village.outbound, town.settings.base_url, ports)
        village.outbound = doors
        other = second_config(town.config, ports[1])
        yield Pair(town=town, doors=doors, other=other, nursery=born)


def leases(town: Town) -> set[str]:
    """Name those who hold work at this moment."""
    with psycopg.connect(town.where) as connection:
        found = connection.execute("SELECT DISTINCT lease FROM jobs WHERE lease IS NOT NULL")
        return {lease.partition(" ")[0] for (lease,) in found}


async def test_two_processes_share_the_inbox_and_the_queue(pair):
    """Whatever came over whichever door, and over both at once, has its effect once."""
    town, workers = pair.town, set[str]()
    gates = await pair.start()
    speaking = [asyncio.create_task(town.next_wave()) for _ in range(WAVES)]
    while not all(each.done() for each in speaking):
        workers |= await asyncio.to_thread(leases, town)
        await asyncio.sleep(0.02)
    await asyncio.gather(*speaking)

    assert await complaints(town) == []
    assert len(+pair.doors.taken) == 2, "both doors were open"
    assert len(workers - {"aside"}) == 2, "both processes worked"
    for gate in gates:
        gate.kill()
        await town.buried(gate)


async def test_killing_one_of_two_processes_loses_nothing(pair):
    """What it had acknowledged and what it was at is finished by the other, within seconds."""
    town = pair.town
    killed, other = await pair.start()
    speaking = [asyncio.create_task(town.next_wave()) for _ in range(WAVES)]
    await asyncio.wait_for(town.crowd.heard(more_than=20), PATIENCE)
    killed.kill()
    await town.buried(killed)
    await asyncio.wait_for(asyncio.gather(*speaking), PATIENCE)

    assert await complaints(town) == []
    assert not other.status.done()
    other.kill()
    await town.buried(other)


async def answers(port: int) -> bool:
    """Say whether a gate speaks there; one that has just begun takes the call and is silent."""
    try:
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n")
        head = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    except OSError:
        return False
    return head.startswith(b"HTTP/1.1 ")


async def open_for_all(ports: tuple[int, int]) -> None:
    """Wait until there is an answer at each of *ports*."""
    async with asyncio.timeout(PATIENCE):
        for port in ports:
            while not await answers(port):  # noqa: ASYNC110 - they are other processes
                await asyncio.sleep(0.05)


async def test_two_processes_make_one_gate_of_an_empty_database(tmp_path):
    """Whoever starts them at once gets one set of tables, and one actor with one key."""
    with databases.address("postgresql", tmp_path) as where:
        config = _settings_file(tmp_path, where)
        ports = (read_settings(config).port, _quiet_port())
        other = second_config(config, ports[1])
        async with nursery() as one, nursery() as two:
            gates = [await one.bear(config), await two.bear(other)]
            await open_for_all(ports)
            with psycopg.connect(where) as connection:
                [(actors,)] = connection.execute("SELECT COUNT(*) FROM personas")
            for gate in gates:
                gate.kill()
                assert await gate.status == -9

        assert actors == 1
