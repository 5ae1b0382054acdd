"""How fast one announcement reaches 2,000 servers, beside the rate at which it can be signed."""

import asyncio
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import aiohttp
import uvicorn
from _gate import free_port, prepare
from _load import HERE, WORDS, machine, now
from _peer import addresses
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.ids import ActivityId, ActorId, Slug
from forgefed_gate.domain.intents import Announce
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import render
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local, review, worker
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import followers, people
from forgefed_gate.store.people import Person

INBOXES = 2_000
ROUNDS = 5
"""The first dials every server, and learns of it; the others find their connections open."""
SIGNING_FOR = 1.0
AT_ONCE = 64
ANVIL = Slug("anvil")
DESK = Local(kind=Kind.DESK, slug=ANVIL)
AIM = 0.45


@dataclass(kw_only=True)
class Spent:
    """What so many of a thing took, on the clock and of our core."""

    count: int = INBOXES
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.count / self.seconds

    @property
    def cost(self) -> float:
        """CPU for one, in microseconds."""
        return self.cpu_seconds / self.count * 1e6


@dataclass(kw_only=True)
class Found:
    """What each round took."""

    signatures: list[Spent] = field(default_factory=list[Spent])
    loop: list[Spent] = field(default_factory=list[Spent])
    queued: list[Spent] = field(default_factory=list[Spent])
    gate: list[Spent] = field(default_factory=list[Spent])


@contextmanager
def timed() -> Generator[Spent]:
    """Look at both clocks before and after the block."""
    spent, began, cpu = Spent(), time.perf_counter(), time.process_time()
    yield spent
    spent.seconds, spent.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu


@contextmanager
def listening() -> Generator[int]:
    """Let somebody else's core serve all the inboxes, and name their port."""
    command = [sys.executable, str(HERE / "_peer.py"), str(INBOXES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None, "asked for"
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def take_one_core() -> None:
    """Leave the other cores to whoever answers."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def bare_signatures(key: SigningKey) -> Spent:
    """Make signatures, as fast as the library does and nothing else."""
    with timed() as spent:
        for _ in range(INBOXES):
            sign(key, b"x" * 300)
    return spent


def sign(key: SigningKey, message: bytes) -> bytes:
    """Make one RSA signature."""
    assert isinstance(key.private, RSAPrivateKey), "what everybody takes"
    return key.private.sign(message, padding.PKCS1v15(), hashes.SHA256())


class BareLoop:
    """The least that delivers: aiohttp and a signature; nothing is checked or remembered."""

    def __init__(self, session: aiohttp.ClientSession, key: SigningKey) -> None:
        self.session, self.key = session, key

    async def deliver(self, inboxes: Sequence[str], body: bytes) -> Spent:
        """Bring *body* to all *inboxes*."""
        left = iter(inboxes)
        with timed() as spent:
            await asyncio.gather(*(self._some(left, body) for _ in range(AT_ONCE)))
        return spent

    async def _some(self, left: Iterator[str], body: bytes) -> None:
        for inbox in left:
            headers = self._signed(inbox, body)
            async with self.session.post(inbox, data=body, headers=headers) as answer:
                await answer.read()
            assert answer.status == 202, answer.status

    def _signed(self, inbox: str, body: bytes) -> dict[str, str]:
        parts, date = urlsplit(inbox), formatdate(usegmt=True)
        digest = f"SHA-256={base64.b64encode(hashlib.sha256(body).digest()).decode()}"
        lines = (
            f"(request-target): post {parts.path}\nhost: {parts.netloc}\n"
            f"date: {date}\ndigest: {digest}"
        )
        signature = base64.b64encode(sign(self.key, lines.encode())).decode()
        return {
            "Date": date,
            "Digest": digest,
            "Content-Type": ACTIVITY_JSON,
            "Signature": f'keyId="{self.key.id}",algorithm="rsa-sha256",'
            f'headers="(request-target) host date digest",signature="{signature}"',
        }


@asynccontextmanager
async def bare_loop(key: SigningKey) -> AsyncGenerator[BareLoop]:
    """Open a client with none of our limits."""
    connector, cookies = aiohttp.TCPConnector(limit=0), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=cookies) as session:
        yield BareLoop(session, key)


async def follow(gate: Gate, inboxes: Sequence[str]) -> None:
    """Let somebody on every server hear the news of our project."""
    me = gate.places.actor(DESK)
    async with gate.database.transaction() as tx:
        for inbox in inboxes:
            actor = ActorId(inbox.removesuffix("/inbox"))
            await people.save(tx, _person(actor, inbox))
            await followers.add(
                tx, me, actor, project=ANVIL, follow=ActivityId(f"{actor}/follow"), now=now()
            )


def _person(actor: ActorId, inbox: str) -> Person:
    handle = f"@u@{urlsplit(actor).netloc}"
    return Person(actor=actor, handle=handle, inbox=inbox, kind="Person", refreshed_at=now())


async def announce(gate: Gate) -> Spent:
    """Announce something, which puts a delivery to each follower in the queue."""
    with timed() as spent:
        await review.act(gate, Announce(project=ANVIL, text=WORDS), by=OPERATOR, via="bench")
    return spent


async def deliver(gate: Gate) -> Spent:
    """Let the worker do what is queued, as it does in a server."""
    with timed() as spent:
        working = asyncio.create_task(worker.run(gate))
        while await _waiting(gate):  # noqa: ASYNC110 - a job may end in another process
            await asyncio.sleep(0.05)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return spent


async def _waiting(gate: Gate) -> bool:
    async with gate.database.snapshot() as tx:
        return await tx.row("SELECT 1 AS one FROM jobs LIMIT 1") is not None


async def measure(folder: Path, inboxes: Sequence[str]) -> Found:
    """Let the three take turns, each on the same core."""
    found = Found()
    await prepare(folder, free_port(), ())
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        await follow(gate, inboxes)
        me = await local.own(gate, DESK)
        note = render.news(gate.places.note(ANVIL, "0"), desk=me.id, text=WORDS, at=now())
        async with bare_loop(me.rsa) as loop:
            for _ in range(ROUNDS):
                found.signatures.append(bare_signatures(me.rsa))
                found.loop.append(await loop.deliver(inboxes, write_json(note)))
                found.queued.append(await announce(gate))
                found.gate.append(await deliver(gate))
    return found


def line(name: str, spent: Sequence[Spent], limit: Sequence[Spent]) -> str:
    """Put some rounds of one thing in a line, beside the signing in the same rounds."""
    rate, cost = median(each.rate for each in spent), median(each.cost for each in spent)
    of_rate, of_cost = shares(spent, limit)
    return f"{name:42} {rate:6,.0f}/s {cost:5.0f} µs of CPU; {of_rate:4.0%} ({of_cost:.0%} by CPU)"


def shares(spent: Sequence[Spent], limit: Sequence[Spent]) -> tuple[float, float]:
    """Say which part of the signing rate was reached, and which part of the CPU went into it."""
    pairs = [*zip(spent, limit, strict=True)]
    return (
        median(one.rate / other.rate for one, other in pairs),
        median(other.cost / one.cost for one, other in pairs),
    )


def main() -> None:
    """Measure, and print the ratio."""
    with listening() as port, tempfile.TemporaryDirectory() as folder:
        take_one_core()
        inboxes = [f"http://{host}:{port}/users/u/inbox" for host in addresses(INBOXES)]
        with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
            found = runner.run(measure(Path(folder), inboxes))
    cold, warm = found.signatures[:1], found.signatures[1:]
    print(line("bare signature, RSA-2048", found.signatures, found.signatures))
    print(line("a bare aiohttp loop, all to be dialled", found.loop[:1], cold))
    print(line("the gate, all to be dialled", found.gate[:1], cold))
    print(line("a bare aiohttp loop, connections open", found.loop[1:], warm))
    print(line("the gate, connections open", found.gate[1:], warm))
    print(line("put in the queue by the announcement", found.queued, found.signatures))
    rate, cost = shares(found.gate[1:], warm)
    print(f"ratio {rate:.0%} of the bare signing rate ({cost:.0%} by CPU); the aim is {AIM:.0%}")
    print(f"{ROUNDS} rounds of {INBOXES} inboxes, one core; {machine()}")


if __name__ == "__main__":
    main()
