"""What GoToSocial and Fedify really sent, and a gate of the name that they sent it to."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
from gates import House, open_house
from senders import Peer, request

from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.domain.places import Kind, Local, Places
from forgefed_gate.protocol.httpsig import Delivery
from forgefed_gate.store.database import Database
from forgefed_gate.web.asgi import application

WIRE = Path(__file__).parent / "vectors" / "signatures" / "wire"
ANVIL = Local(kind=Kind.DESK, slug=Slug("anvil"))
BENCH = ActorId("http://peer.test/users/bench")
CAROL = ActorId("http://gts1.test/users/carol")
FRED = ActorId("http://fedify.test/users/fred")
INBOXES = {"/inbox", "/users/bench/inbox", "/users/newf2/inbox"}
"""Where they brought it: the probe that was there had a shared inbox, and a second name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent(Places):
    """Our places, but for the desk of *anvil*: it has the name that the two servers wrote to."""

    def actor(self, local: Local) -> ActorId:
        """Name one of our actors."""
        return BENCH if local == ANVIL else Places.actor(self, local)

    def read(self, url: str) -> Local | None:
        """Find whom a name leads to."""
        return ANVIL if url == BENCH else Places.read(self, url)

    def read_inbox(self, path: str) -> Local | None:
        """Find whose inbox it is."""
        return ANVIL if path in INBOXES else Places.read_inbox(self, path)


def load(name: str) -> dict[str, Any]:
    """Read a sample."""
    return json.loads((WIRE / f"{name}.json").read_text("utf-8"))


SAMPLES = sorted(path.stem for path in WIRE.glob("*.json") if "raw_body" in load(path.stem))


def captured(name: str) -> Delivery:
    """Give a delivery as it was on the wire, byte for byte."""
    sample = load(name)
    method, target = sample["request_line"].split(" ")
    return Delivery(
        method=method,
        target=target,
        headers=tuple((key.lower(), value) for key, value in sample["headers"]),
        body=sample["raw_body"].encode(),
    )


def moment_of(delivery: Delivery) -> Millis:
    """Tell when a delivery was sent."""
    sent = parsedate_to_datetime(dict(delivery.headers)["date"])
    return Millis(int(sent.timestamp()) * 1000)


async def replay(house: House, name: str) -> httpx2.Response:
    """Bring a captured delivery again, at its own time, and do all that follows."""
    delivery = captured(name)
    house.clock.now = moment_of(delivery)
    answer = await request(
        house, delivery.method, delivery.target, delivery.headers, delivery.body
    )
    await house.work()
    return answer


@asynccontextmanager
async def open_bench(folder: Path, database: Database) -> AsyncGenerator[House]:
    """Open a gate called peer.test, with the two servers as they answered."""
    async with open_house(folder, database, base_url="http://peer.test", allow_http=True) as house:
        house.gate = replace(house.gate, places=Lent(base_url=house.gate.places.base_url))
        carol, fred = Peer("gts1.test"), Peer("fedify.test")
        carol.serve("/users/carol", load("gts-actor-signed-get"))
        carol.serve("/users/carol/main-key", load("gts-main-key-unsigned"))
        fred.serve("/users/fred", load("fedify-actor"))
        house.wire.apps |= {
            "peer.test": application(house.gate),
            "gts1.test": carol,
            "fedify.test": fred,
        }
        yield house
