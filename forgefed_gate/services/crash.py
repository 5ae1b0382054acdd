"""Points at which a test may let this process die, to prove that nothing rests on a tidy end."""

import asyncio
import os
import re
import signal
from dataclasses import dataclass
from typing import Literal, get_args

from forgefed_gate.domain.errors import Malformed

Point = Literal[
    "received",  # the body is read, and nothing proven
    "verified",  # it is known who sent it
    "committed",  # it is on disk, and nobody was told
    "acknowledged",  # the 202 is on its way
    "claimed",  # a job is leased
    "decided",  # a decision is made and carried out, and not committed
    "effects-committed",  # it is committed
    "signed",  # an activity of ours is signed, and not sent
    "sent",  # their server answered, and the job is not done
    "marked",  # the job is done
]
POINTS: tuple[Point, ...] = get_args(Point)


@dataclass(slots=True, kw_only=True)
class Crash:
    """Where this process dies by its own hand: nowhere, unless somebody chose a point."""

    at: Point | None = None
    passings: int = 1

    def point(self, reached: Point) -> None:
        """Die here, and tidy nothing, if this is the chosen point and the chosen passing of it."""
        if reached == self.at:
            self.passings -= 1
            if self.passings == 0:
                _die(reached)


def _die(reached: Point) -> None:
    """Die at once; an answer leaves at the end of this turn of the loop, so after that."""
    if reached == "acknowledged":
        asyncio.get_running_loop().call_soon(_kill)
    else:
        _kill()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def read(chosen: str | None) -> Crash:
    """Read `POINT`, or `POINT:N` for its N-th passing; None is a gate that lives."""
    if chosen is None:
        return Crash()
    name, _, number = chosen.partition(":")
    at: Point | None = next((point for point in POINTS if point == name), None)
    if at is None or not re.fullmatch("[1-9][0-9]{0,5}", number or "1"):
        raise Malformed(
            "crash-point-unknown",
            f"GATE_CRASH_AT is for tests only, and “{chosen}” is no point at which a gate can be"
            f" made to crash. There are: {', '.join(POINTS)}; “sent:3” means the third time."
            " Unset it to run a gate that lives.",
        )
    return Crash(at=at, passings=int(number or "1"))
