"""What every case is held to: no surprise, and no long wait."""

import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from forgefed_gate.domain.errors import Refusal

PATIENCE = 0.1
"""Seconds of our own work that any one case may cost."""
BODY = 256 * 1024
"""Bytes that an inbox takes."""
ATTEMPTS = 3

Case = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One parser, or a few that read the same bytes, with what may be asked of them.

    *read* raises for whatever is a fault of ours. Cases have at most *longest* bytes,
    before they ask for any repetition, and cost at most *patience* seconds.
    """

    read: Case
    longest: int = 4096
    patience: float = PATIENCE


class TooSlow(Exception):  # noqa: N818 - it is found, like a fault
    """One case cost more than it may, every time that it was tried."""


def judge(target: Target, data: bytes) -> float:
    """
    Let *target* read *data*, and say how many seconds of work that was.

    The work of this process is measured, so that a busy machine does not lie, and what
    seems slow is tried again: collecting garbage is nobody's fault.
    """
    spent = _work(target, data)
    for _ in range(ATTEMPTS):
        if spent <= target.patience:
            return spent
        spent = min(spent, _work(target, data))
    if spent <= target.patience:
        return spent
    raise TooSlow(f"{spent * 1000:.0f} ms")


def _work(target: Target, data: bytes) -> float:
    began = time.process_time()
    target.read(data)
    return time.process_time() - began


@dataclass(slots=True)
class Answer:
    """Whether the block ended in a refusal that it may end in."""

    refused: bool = False


@contextmanager
def only(*kinds: type[Refusal]) -> Generator[Answer]:
    """Let the block refuse in one of *kinds*, by exactly these and with a code, and not else."""
    answer, said = Answer(), ("a code", "a sentence")
    try:
        yield answer
    except kinds as refusal:
        said, answer.refused = (refusal.code, refusal.sentence), True
    assert all(said), "a refusal has a code, and says something"


_ASKED = re.compile(rb"\xff(?:\x00|(.)(.))", re.DOTALL)
_MOST_DOUBLINGS = 18


def spread(data: bytes, *, limit: int = BODY) -> bytes:
    """
    Repeat the pieces that *data* asks to be repeated, so that a small case is a large body.

    FF n k repeats the *n* bytes before it until there are 2^k of them, and FF 00 is a FF
    itself. What is asked beyond *limit* bytes is not made.
    """
    made, done = bytearray(), 0
    for asked in _ASKED.finditer(data):
        made += data[done : asked.start()]
        done = asked.end()
        made += _more(made, asked, room=limit - len(made)) if asked[1] else b"\xff"
    return bytes(made + data[done:])


def _more(made: bytearray, asked: re.Match[bytes], *, room: int) -> bytearray:
    length, doublings = asked[1][0], min(asked[2][0], _MOST_DOUBLINGS)
    if length > len(made):
        return bytearray()
    return made[-length:] * min(2**doublings - 1, max(0, room) // length)
