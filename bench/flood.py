"""R-09: what a flood of bad signatures costs a good peer, in time, in fetches and in log."""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import _load
from _gate import free_port, prepare, started, wait_for
from _load import cpu_seconds, machine, private_note, signed_notes, signed_post
from _open import Outcome, send_openly
from _peer import Peer, peering

from forgefed_gate.domain.ids import KeyId
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey

RATE = 2_000
GOOD_RATE = 20
SECONDS = 10
EACH = 300
"""Different requests of each kind."""
CALLERS = 50
SLOW = [f"127.0.0.{number}" for number in range(2, 62)]


def called_from(request: bytes, address: str) -> bytes:
    """Say where a request comes from, as a reverse proxy does."""
    line, _, rest = request.partition(b"\r\n")
    return line + f"\r\nX-Forwarded-For: {address}\r\n".encode() + rest


def forged(people: Sequence[SigningKey], desk: str, slow: int) -> Iterator[bytes]:
    """Write requests that are wrong in each of five ways, in turns."""
    known, other, inbox = people[0], keys.new_rsa(), f"{desk}/inbox"
    base = known.owner.rpartition("/")[0]
    for number in range(EACH):
        body = private_note(known.owner, desk)
        good = signed_post(known, inbox, body)
        yield good[:-2] + b" }"  # other words than were signed
        yield signed_post(replace(known, private=other), inbox, body)
        yield good.replace(b"Date: ", b"Date: Mon, 01 Jun 2026 00:00:00 GMT\r\nX-Was: ")
        yield signed_post(named(f"{base}/nobody{number}", known), inbox, body)
        host = SLOW[number % len(SLOW)]
        yield signed_post(named(f"http://{host}:{slow}/users/{number}", known), inbox, body)


def named(owner: str, like: SigningKey) -> SigningKey:
    """Sign with a key that is not where its name points."""
    return replace(like, id=KeyId(f"{owner}#main-key"))


def flood(requests: list[bytes], *, port: int, seconds: int) -> Outcome:
    """Send bad requests in a process of its own, over and over."""
    stream = islice(cycle(requests), RATE * seconds)
    return asyncio.run(send_openly(stream, rate=RATE, port=port, connections=400))


async def measure(folder: Path, seconds: int) -> None:
    """Let the flood and a good peer come at once, and print what became of the good one."""
    port, theirs, slow = free_port(), free_port(), free_port()
    people, peer = _load.actors(f"http://127.0.0.1:{theirs}"), Peer()
    desk = f"http://127.0.0.1:{port}/desks/anvil"
    await prepare(folder, port, people)
    for each in people:
        peer.show(each)
    bad = [
        called_from(request, f"203.0.113.{number % CALLERS}")
        for number, request in enumerate(forged(people, desk, slow))
    ]
    notes = signed_notes(people, desk, count=GOOD_RATE * seconds)
    good = [called_from(note, "198.51.100.1") for note in notes]
    loop = asyncio.get_running_loop()
    async with (
        peering(peer, ["127.0.0.1"], theirs),
        peering(peer, SLOW, slow, hangs=True),
    ):
        with started(folder) as process, ProcessPoolExecutor(1) as pool:
            await asyncio.to_thread(wait_for, port)
            flooding = loop.run_in_executor(pool, _flood, bad, port, seconds)
            spent = cpu_seconds(process.pid)
            served = await send_openly(good, rate=GOOD_RATE, port=port)
            flooded = await flooding
            spent = cpu_seconds(process.pid) - spent
            memory = _load.resident_mb(process.pid)
    report(served, flooded, peer)
    lines(folder / "gate.log", seconds=flooded.seconds)
    cost = spent / (flooded.answers.total() + served.answers.total()) * 1e6
    print(f"memory                 {memory:6.0f} MB resident afterwards")
    print(
        f"processor              {spent / flooded.seconds:.0%} of a core, {cost:.0f} µs a request"
    )


def _flood(requests: list[bytes], port: int, seconds: int) -> Outcome:
    return flood(requests, port=port, seconds=seconds)


def report(served: Outcome, flooded: Outcome, peer: Peer) -> None:
    """Print each figure beside its aim."""
    answers = dict(flooded.answers.most_common())
    print(f"bad requests answered  {flooded.rate:6.0f}/s of {RATE}/s sent: {answers}")
    print(f"good peer served       {served.share(202):6.1%} of {GOOD_RATE}/s; the aim is 99 %")
    print(
        f"… wait                 p50 {served.half:.0f} ms, p99 {served.p99:.0f} ms; the aim: 1000"
    )
    print(f"key fetches at once    {peer.most:6}; the aim is 16 at most ({peer.asked} answered)")
    print(f"ratio {served.p99 / 1000:.2f} of the longest wait that we allow (p99)")


def lines(log: Path, *, seconds: float) -> None:
    """Print how much was written to the log, for each reason."""
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    reasons = Counter(f"{line['message']} {line.get('code', '')}".strip() for line in found)
    most = max(reasons.values(), default=0) / seconds
    print(f"lines of log           {most:6.1f} a second for one reason; the aim is 1 at most")
    for reason, count in reasons.most_common():
        print(f"  {count:4} x {reason}")


def main() -> None:
    """Measure in a folder of its own."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), seconds))
    print(f"{seconds} s at {RATE}/s; {machine()}")


if __name__ == "__main__":
    main()
