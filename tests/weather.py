"""The weather between servers: peers that fail, hang, drop and come back, as a test says."""

import asyncio
import json
import random
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import format_datetime

from gates import House
from wire import Wire

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import SECOND, ActorId, Millis, Slug, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.net.fetch import Answer
from forgefed_gate.services import outbound, worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.store.people import Person

DESK = Local(kind=Kind.DESK, slug=Slug("anvil"))


class Sky(Wire):
    """An `Outbound` whose peers take everything, one turn of the loop later, and are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[str] = []
        self.taken: dict[str, list[str]] = defaultdict(list)
        self.under_way: Counter[str] = Counter()
        self.most, self.most_at_one = 0, 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Bring something through the weather."""
        del headers
        self.tried.append(url)
        with self._counted(origin(url)):
            return await self.meet(url, json.loads(body)["id"])

    async def meet(self, url: str, activity: str) -> Answer:
        """Be the weather: a fair day."""
        await asyncio.sleep(0)
        return self.take(url, activity)

    def take(self, url: str, activity: str) -> Answer:
        """Be a peer that works."""
        self.taken[url].append(activity)
        return says(202)

    @contextmanager
    def _counted(self, at: str) -> Generator[None]:
        self.under_way[at] += 1
        self.most = max(self.most, self.under_way.total())
        self.most_at_one = max(self.most_at_one, self.under_way[at])
        try:
            yield
        finally:
            self.under_way[at] -= 1


class Storm(Sky):
    """A sky under which three deliveries in ten meet a fault, drawn from a seed."""

    def __init__(self, clock: Callable[[], Millis], *, seed: int, share: float = 0.3) -> None:
        super().__init__()
        self.clock = clock
        self.chance = random.Random(seed)
        self.share = share
        self.met: Counter[str] = Counter()

    async def meet(self, url: str, activity: str) -> Answer:
        """Let it pass, refuse it, or lose it: before it is taken, or the answer afterwards."""
        await asyncio.sleep(0)
        if self.chance.random() >= self.share:
            return self.take(url, activity)
        fault = self.chance.choice(["failed", "crowded", "timed-out", "not-connected"])
        self.met[fault] += 1
        if fault == "failed":
            return says(500)
        if fault == "crowded":
            return says(429, self._later())
        if self.chance.random() < 0.5:
            self.take(url, activity)
        raise Unreachable(fault, "The weather is bad.")

    def _later(self) -> str:
        seconds = self.chance.randrange(1, 300)
        if self.chance.random() < 0.5:
            return str(seconds)
        moment = datetime.fromtimestamp(self.clock() / SECOND + seconds, UTC)
        return format_datetime(moment, usegmt=True)


def says(status: int, later: str = "") -> Answer:
    """Write an answer, with the time that it asks for."""
    headers = {"retry-after": later} if later else {}
    return Answer(status=status, url="", headers=headers, body=b"")


async def write_to(gate: Gate, inboxes: Iterable[str]) -> None:
    """Put one activity in the queue for each of *inboxes*, in this order, in one transaction."""
    async with gate.database.transaction() as tx:
        for number, inbox in enumerate(inboxes):
            document = {
                "id": f"{gate.places.base_url}/{gate.token()}",
                "type": "Note",
                "n": number,
            }
            person = Person(
                actor=ActorId(inbox.removesuffix("/inbox")),
                handle="@somebody@there",
                inbox=inbox,
                kind="Person",
                refreshed_at=gate.clock(),
            )
            await outbound.enqueue(gate, tx, sender=DESK, to=person, document=document)


async def waiting(house: House) -> dict[str, list[str]]:
    """List what waits for each inbox, in the order in which it was put there."""
    found = defaultdict(list)
    async with house.gate.database.snapshot() as tx:
        for row in await tx.rows("SELECT name, lane FROM jobs ORDER BY sequence"):
            found[row["lane"]].append(row["name"].split()[1])
    return found


@asynccontextmanager
async def at_work(gate: Gate) -> AsyncGenerator[asyncio.Task[None]]:
    """Let a worker run as it does in a server, and stop it as a server does."""
    task = asyncio.create_task(worker.run(gate))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], Awaitable[bool]], *, tries: int = 300) -> None:
    """Wait for *condition* to come true."""
    for _ in range(tries):
        if await condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


async def work_when_due(house: House) -> None:
    """Let time pass until something is due, or a server has rested, and do what that allows."""
    async with house.gate.database.snapshot() as tx:
        (row,) = await tx.rows("SELECT MIN(run_at) AS next FROM jobs WHERE state = 'ready'")
    now, peers = house.clock.now, house.gate.memory.peers.values()
    rests = [peer.rests_until for peer in peers if peer.crowded and peer.rests_until > now]
    house.clock.pass_by(max(min([row["next"], *rests]) - now, 0))
    await house.work()
