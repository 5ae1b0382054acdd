"""R-18: how long the page of a conversation of 500 messages takes, alone and under inbox load."""

import asyncio
import http.client
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import _load
from _gate import free_port, prepare, started, wait_for
from _load import cpu_seconds, machine, signed_notes
from _open import send_openly
from _peer import Peer, peering

from forgefed_gate.app import open_gate
from forgefed_gate.config import read_settings
from forgefed_gate.domain.arrivals import new_thread
from forgefed_gate.domain.effects import Keep, OpenThread, Remark
from forgefed_gate.domain.ids import NoteId, Slug, ThreadId
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.httpsig import Delivery, Dialect
from forgefed_gate.protocol.keys import ActorKey, SigningKey
from forgefed_gate.services import access, carry, evidence, exporting, gather
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate

MESSAGES = 500
RATE = 500
SECONDS = 10
AIM = 150.0
PAUSE = 0.1
"""Seconds between two looks at the page."""
ANVIL = Slug("anvil")


@dataclass(frozen=True, kw_only=True)
class Room:
    """A conversation, and a link to sign in by."""

    thread: ThreadId
    link: str


async def fill(folder: Path, key: SigningKey) -> Room:
    """Let a conversation of 500 messages of 1 KB be there, and export it once."""
    async with open_gate(read_settings(folder / "gate.toml")) as gate:
        thread = await _converse(gate, key)
        began = time.perf_counter()
        made = await exporting.export(gate, thread, by=OPERATOR)
        exported = time.perf_counter() - began
        print(
            f"exporting {made.messages} messages  {exported * 1e3:6.0f} ms,"
            f" {len(made.data) / 2**20:.1f} MiB"
        )
        return Room(thread=thread, link=await access.make_link(gate, OPERATOR))


async def _converse(gate: Gate, key: SigningKey) -> ThreadId:
    async with gate.database.transaction() as tx:
        facts = await gather.facts_about(gate, tx, ANVIL, key.owner)
        thread = new_thread(facts)
        proof = _request(gate, key)
        case = Case(gate=gate, tx=tx, facts=facts, evidence=proof)
        await carry.carry_out(case, OpenThread(thread=thread))
        for number in range(MESSAGES // 2):
            note = NoteId(f"{key.owner}/notes/{number}")
            theirs = Keep(thread=thread.id, note=note, text=_load.WORDS)
            await carry.carry_out(case, theirs)
            await carry.carry_out(case, Remark(thread=thread.id, text=_load.WORDS))
    return thread.id


def _request(gate: Gate, key: SigningKey) -> bytes:
    """Have a request that brought words; the same for all, as nobody checks it here."""
    inbox, now = f"{gate.places.desk(ANVIL)}/inbox", gate.clock()
    body = _load.private_note(key.owner, gate.places.desk(ANVIL))
    lines = httpsig.sign("POST", inbox, body=body, key=key, now=now, dialect=Dialect.CAVAGE)
    delivery = Delivery(
        method="POST",
        target=f"/desks/{ANVIL}/inbox",
        headers=tuple((name.lower(), value) for name, value in lines.items()),
        body=body,
    )
    claim = httpsig.read_claim(delivery, base_url=gate.places.base_url, now=now)
    public = ActorKey(id=key.id, owner=key.owner, public=key.private.public_key())
    return evidence.of_request(httpsig.verify(delivery, claim, public))


def sign_in(port: int, link: str) -> str:
    """Use the link, and give the cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", link.removeprefix(f"http://127.0.0.1:{port}"))
    answer = connection.getresponse()
    assert answer.status == http.HTTPStatus.SEE_OTHER, answer.status
    return str(answer.getheader("Set-Cookie")).partition(";")[0]


def look(port: int, thread: ThreadId, cookie: str) -> float:
    """Ask for the page, and say how many milliseconds that took."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    began = time.perf_counter()
    connection.request("GET", f"/console/threads/{thread}", headers={"Cookie": cookie})
    answer = connection.getresponse()
    page = answer.read()
    took = (time.perf_counter() - began) * 1e3
    assert answer.status == http.HTTPStatus.OK, answer.status
    assert page.count(_load.WORDS.encode()[:40]) >= MESSAGES
    return took


async def watch(port: int, room: Room, cookie: str, seconds: float) -> list[float]:
    """Look at the page again and again."""
    waits, until = list[float](), time.perf_counter() + seconds
    while time.perf_counter() < until:
        waits.append(await asyncio.to_thread(look, port, room.thread, cookie))
        await asyncio.sleep(PAUSE)
    return waits


def report(name: str, waits: Sequence[float]) -> None:
    """Print the median and the longest wait beside the aim."""
    half = median(waits)
    print(
        f"{name:24} p50 {half:6.0f} ms, longest {max(waits):6.0f} ms of {len(waits)};"
        f" the aim is {AIM:.0f} ms; ratio {half / AIM:.2f}"
    )


async def measure(folder: Path, seconds: int, rate: int) -> None:
    """Look at the page of a gate that rests, and then of one that takes in messages."""
    port, theirs = free_port(), free_port()
    people = _load.actors(f"http://127.0.0.1:{theirs}")
    await prepare(folder, port, people)
    room = await fill(folder, people[0])
    desk = f"http://127.0.0.1:{port}/desks/anvil"
    notes = signed_notes(people[1:], desk, count=rate * seconds)
    async with peering(Peer(), ["127.0.0.1"], theirs):
        with started(folder) as process:
            await asyncio.to_thread(wait_for, port)
            cookie = await asyncio.to_thread(sign_in, port, room.link)
            before = cpu_seconds(process.pid)
            waits = await watch(port, room, cookie, 3)
            spent = (cpu_seconds(process.pid) - before) / len(waits)
            report("the page, alone", waits)
            print(f"of it, the server's CPU  {spent * 1e3:6.0f} ms")
            found, waits = await asyncio.gather(
                send_openly(notes, rate=rate, port=port),
                watch(port, room, cookie, seconds),
            )
    report(f"… under {found.rate:.0f} messages/s", waits)


def main() -> None:
    """Measure in a folder of its own: for so many seconds, at so many messages a second."""
    given = dict(zip(("seconds", "rate"), map(int, sys.argv[1:]), strict=False))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), given.get("seconds", SECONDS), given.get("rate", RATE)))
    print(f"{MESSAGES} messages of 1 KB; {machine()}")


if __name__ == "__main__":
    main()
