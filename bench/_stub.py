"""Two thousand inboxes on addresses of their own, which read what comes and say 202."""

import asyncio
import re
import socket
import sys

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
HOSTS_PER_BLOCK = 250


def addresses(count: int) -> list[str]:
    """Name *count* different addresses of the loopback network."""
    return [f"127.1.{n // HOSTS_PER_BLOCK}.{n % HOSTS_PER_BLOCK + 1}" for n in range(count)]


class _Inbox(asyncio.Protocol):
    """One connection: whatever is whole is taken."""

    def __init__(self) -> None:
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP"
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        while (end := self.came.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.came, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.came) < whole:
                return
            self.came = self.came[whole:]
            self.transport.write(_TAKEN)


def _doors(count: int) -> tuple[list[socket.socket], int]:
    """Listen at one port on every address, so that each is a server of its own."""
    first, *others = addresses(count)
    doors = [socket.create_server((first, 0), backlog=64)]
    port = int(doors[0].getsockname()[1])
    return doors + [socket.create_server((host, port), backlog=64) for host in others], port


async def main(count: str) -> None:
    """Serve *count* inboxes until stopped, and say at which port."""
    loop = asyncio.get_running_loop()
    doors, port = _doors(int(count))
    for door in doors:
        await loop.create_server(_Inbox, sock=door)
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
