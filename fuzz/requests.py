"""How a case is written that is a whole request: a line, headers, an empty line, a body."""

from dataclasses import dataclass

from forgefed_gate.protocol.httpsig import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A request as a case holds it; names of headers in lower case, text as latin-1."""

    method: str
    target: str
    lines: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def delivery(self) -> Delivery:
        """The same request as the gate's door hands it on."""
        return Delivery(method=self.method, target=self.target, headers=self.lines, body=self.body)


def read(data: bytes) -> Written:
    """Read the request that *data* spells; every case spells one."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, _, target = first.partition(" ")
    parts = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.removeprefix(" ")) for name, _, value in parts)
    return Written(method=method, target=target, lines=headers, body=body)


def write(delivery: Delivery) -> bytes:
    """Spell *delivery* as `read` reads it."""
    lines = [f"{name}: {value}" for name, value in delivery.headers]
    head = "\n".join([f"{delivery.method} {delivery.target}", *lines])
    return head.encode("latin-1") + b"\n\n" + delivery.body
