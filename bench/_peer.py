"""A peer for the benchmarks, on loopback: it takes what it is told, shows its people, or hangs."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from _gate import free_port

from forgefed_gate.protocol import keys
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.terms import AS2

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
HOSTS_PER_BLOCK = 250


def actor(key: SigningKey) -> dict[str, object]:
    """Write the document of somebody, as Mastodon does."""
    return {
        "@context": [AS2, "https://w3id.org/security/v1"],
        "id": key.owner,
        "type": "Person",
        "preferredUsername": key.owner.rpartition("/")[2],
        "inbox": f"{key.owner}/inbox",
        "publicKey": {
            "id": key.id,
            "owner": key.owner,
            "publicKeyPem": keys.write_pem(key.private.public_key()),
        },
    }


@dataclass
class Peer:
    """What one peer shows, and what was asked of it."""

    documents: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    told: int = 0
    asked: int = 0
    waiting: int = 0
    most: int = 0
    """How many questions waited at once for an answer that did not come, at most."""

    def show(self, key: SigningKey) -> None:
        """Show somebody's document to whoever asks."""
        document = json.dumps(actor(key)).encode()
        head = (
            f"Content-Type: application/activity+json\r\nContent-Length: {len(document)}\r\n\r\n"
        )
        path = "/" + key.owner.partition("://")[2].partition("/")[2]
        self.documents[path.encode()] = f"HTTP/1.1 200 OK\r\n{head}".encode() + document

    def count(self) -> None:
        """Count who waits, once those who left in the same moment have been let go."""
        self.most = max(self.most, self.waiting)

    def answer(self, head: bytes) -> bytes:
        """Answer one request."""
        method, path, _ = head.split(b" ", 2)
        if method == b"POST":
            self.told += 1
            return TAKEN
        self.asked += 1
        return self.documents.get(path, NOTHING)


class _Talk(asyncio.Protocol):
    """One connection; one that *hangs* never answers."""

    def __init__(self, peer: Peer, *, hangs: bool) -> None:
        self.peer, self.hangs, self.said, self.waits = peer, hangs, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP"
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.hangs:
            if not self.waits:
                self.waits = True
                self.peer.waiting += 1
                asyncio.get_running_loop().call_soon(self.peer.count)
            return
        self.said += data
        while (end := self.said.find(b"\r\n\r\n")) >= 0:
            head = self.said[:end]
            length = LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.said) < whole:
                return
            self.said = self.said[whole:]
            self.transport.write(self.peer.answer(head))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc  # however it was lost
        if self.waits:
            self.peer.waiting -= 1


@asynccontextmanager
async def peering(
    peer: Peer, hosts: Sequence[str], port: int, *, hangs: bool = False
) -> AsyncGenerator[None]:
    """Let *peer* live on loopback while the block lasts."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(peer, hangs=hangs), hosts, port, backlog=1_000)
    try:
        yield
    finally:
        server.close()


def addresses(count: int) -> list[str]:
    """Name *count* different addresses of the loopback network."""
    return [f"127.1.{n // HOSTS_PER_BLOCK}.{n % HOSTS_PER_BLOCK + 1}" for n in range(count)]


async def main(count: str) -> None:
    """Take all that is brought to *count* addresses until stopped, and say at which port."""
    port = free_port()
    async with peering(Peer(), addresses(int(count)), port):
        print(port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
