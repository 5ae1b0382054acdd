"""Whose turn it is to be written to: what is asked of one server at once, and of all of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.domain.patience import rest

PLACES = 50
"""Deliveries under way at once: enough to be quick, too few to be a herd."""

PER_PEER = 2
DOUBTFUL = PLACES // 2
"""Places that servers whose last answer failed may hold between them, since most of them hang."""

LONG_AGO = Millis(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """How it goes with one server, as far as there is anything to remember."""

    under_way: int = 0
    failures: int = 0
    """In a row, up to now."""
    rests_until: Millis = LONG_AGO
    crowded: bool = False
    """More was due for it than it is asked at once, and waits for its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery that could go out now, and the server that it is for."""

    sequence: int
    name: str
    origin: str


STRANGER = Peer()


def room(peer: Peer, *, now: Millis) -> int:
    """
    Say how many more deliveries *peer* may be asked to take now.

    A server that rests is asked nothing, and one that failed gets one at a time: the
    next answer closes the circuit, or opens it for longer.
    """
    if now < peer.rests_until:
        return 0
    return max((1 if peer.failures else PER_PEER) - peer.under_way, 0)


def sooner(peer: Peer, by: int) -> Peer:
    """Let a rest end *by* milliseconds sooner: the clock that it is measured by was set back."""
    return replace(peer, rests_until=Millis(max(peer.rests_until - by, LONG_AGO)))


def answered(peer: Peer) -> Peer:
    """Learn that a server is there, whatever it said."""
    return replace(peer, failures=0, rests_until=LONG_AGO)


def failed(peer: Peer, *, now: Millis, chance: float, asked: int | None = None) -> Peer:
    """Learn that a server did not answer, or was in no state to."""
    failures = peer.failures + 1
    until = later(now, rest(failures, chance=chance, asked=asked))
    return replace(peer, failures=failures, rests_until=max(until, peer.rests_until))


def choose(
    due: Iterable[Due], peers: Mapping[str, Peer], *, now: Millis, places: int
) -> tuple[list[Due], list[Due]]:
    """
    Part what is due into what goes out now and what waits until its server has room.

    The oldest goes first. What fits its server but no longer the *places* is in neither,
    and simply stays due.
    """
    go, wait = list[Due](), list[Due]()
    given = Counter[str]()
    doubtful = sum(peer.under_way for peer in peers.values() if peer.failures)
    for each in sorted(due, key=lambda each: each.sequence):
        peer = peers.get(each.origin, STRANGER)
        if given[each.origin] >= room(peer, now=now) or (peer.failures and doubtful >= DOUBTFUL):
            wait.append(each)
        elif len(go) < places:
            go.append(each)
            given[each.origin] += 1
            doubtful += bool(peer.failures)
    return go, wait
