"""The dependencies of every service, in one frozen struct."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakValueDictionary

from forgefed_gate.config import Settings
from forgefed_gate.domain.capabilities import Standing
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import ActorId, GrantId, KeyId, Millis, Slug
from forgefed_gate.domain.intents import Arrival
from forgefed_gate.domain.places import Local, Places
from forgefed_gate.domain.turns import LONG_AGO, Peer
from forgefed_gate.net.fetch import Outbound
from forgefed_gate.protocol.documents import Persona
from forgefed_gate.protocol.frontdoor import Addressing
from forgefed_gate.protocol.httpsig import Signed
from forgefed_gate.protocol.keys import ActorKey, SigningKey
from forgefed_gate.services.crash import Crash
from forgefed_gate.services.together import Together
from forgefed_gate.store.database import Database
from forgefed_gate.store.jobs import Job
from forgefed_gate.store.seal import Vault
from forgefed_gate.store.software import Known

Clock = Callable[[], Millis]
Token = Callable[[], str]
Sign = Callable[[], Mapping[str, str]]
"""Signs one request, and gives the headers that prove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """An actor of ours, ready to sign."""

    id: ActorId
    persona: Persona
    rsa: SigningKey
    ed25519: SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """
    What we found when we asked for a key, good or bad, and until when that is believed.

    *looked_at* is when we last compared a good one with what the store holds.
    """

    key: ActorKey | None = None
    refusal: Refusal | None = None
    read_at: Millis
    until: Millis
    looked_at: Millis = LONG_AGO


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A proven delivery that waits to be kept."""

    name: str
    signed: Signed
    recipient: ActorId
    project: Slug
    counts_as_knock: bool
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """
    A delivery to be decided on, taken out again: what it wants, of whom, and its proof.

    *met* says that we know who sent it, as they are by now.
    """

    job: Job
    intent: Arrival
    recipient: Local
    proof: bytes
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """
    What may be told where a server is known to show private posts around.

    A sentence that is *ours* alone may go there; what people say, or what quotes them, may
    not. *page* is where that can be read too; empty where that is in their conversations.
    """

    ours: bool = False
    page: str = ""


PRIVATE = Care()
"""As everything is taken for that nobody said more of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one job delivers: whose words, to whom, and where."""

    sender: Local
    to: ActorId
    inbox: str
    body: bytes
    care: Care = PRIVATE


Shown = tuple[Slug, ActorId, GrantId]
"""A Grant that somebody named to one of our houses."""
Opened = tuple[Letter, str | None]
"""A letter, and the way of signing that its server is known to take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A delivery that is over, and what we *learned* by it: an origin, and what it takes."""

    job: Job
    taken: bool
    learned: tuple[str, str] | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """Those who wait for the same thing: how many there are, and whose turn it is."""

    turn: asyncio.Semaphore
    length: int = 0


@dataclass(slots=True, kw_only=True)
class Memory:
    """What one process remembers to save itself a question; all of it may be forgotten."""

    own: dict[Local, Own] = field(default_factory=dict[Local, Own])
    keys: dict[KeyId, Remembered] = field(default_factory=dict[KeyId, Remembered])
    asking: dict[KeyId, asyncio.Task[Remembered]] = field(
        default_factory=dict[KeyId, asyncio.Task[Remembered]]
    )
    turns: WeakValueDictionary[str, asyncio.Semaphore] = field(
        default_factory=WeakValueDictionary[str, asyncio.Semaphore]
    )
    lines: dict[str, Line] = field(default_factory=dict[str, Line])
    salt: bytes = field(default_factory=partial(secrets.token_bytes, 32))
    forgetting: bytes | None = None
    not_shown: dict[Shown, tuple[Millis, str]] = field(
        default_factory=dict[Shown, tuple[Millis, str]]
    )
    blocked: frozenset[str] = frozenset()
    blocked_read_at: Millis | None = None
    reading_blocks: asyncio.Lock = field(default_factory=asyncio.Lock)
    spent: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    peers: dict[str, Peer] = field(default_factory=dict[str, Peer])
    software: dict[str, Known] = field(default_factory=dict[str, Known])
    asking_software: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock]
    )
    choosing: asyncio.Lock = field(default_factory=asyncio.Lock)
    arriving: Together[Arrived, bool] = field(
        default_factory=partial(Together[Arrived, bool], most=256, gathering=0.004)
    )
    deciding: Together[Kept, Decision | None] = field(
        default_factory=partial(Together[Kept, Decision | None], most=32)
    )
    opening: Together[Job, Opened | None] = field(
        default_factory=partial(Together[Job, Opened | None], most=256)
    )
    signing: Together[Sign, Mapping[str, str]] = field(
        default_factory=partial(Together[Sign, Mapping[str, str]], most=16)
    )
    living: Together[tuple[Slug, GrantId], Standing] = field(
        default_factory=partial(Together[tuple[Slug, GrantId], Standing], most=256)
    )
    ending: Together[Brought, None] = field(
        default_factory=partial(Together[Brought, None], most=256, gathering=0.02)
    )


class Bell:
    """Calls the worker to the queue, from whichever thread: decisions are made on another one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._ringing = False

    def set(self) -> None:
        """Ring, unless it rings already."""
        if not self._ringing:
            self._ringing = True
            self._loop.call_soon_threadsafe(self._rung.set)

    def clear(self) -> None:
        """Be silent until somebody rings again."""
        self._ringing = False
        self._rung.clear()

    async def wait(self) -> None:
        """Wait until somebody rings, or return at once if somebody has."""
        await self._rung.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """
    One running gate.

    *clock* is the only time and *token* the only chance, so that a test can own both;
    *work* is set when something was put in the queue, and *crash* is for tests alone. The
    worker holds *at_leisure* while it writes, so that whoever waits for an answer stands
    behind one piece of its work and not behind all of it.
    """

    settings: Settings
    places: Places
    database: Database
    vault: Vault
    outbound: Outbound
    clock: Clock
    token: Token
    memory: Memory = field(default_factory=Memory)
    work: Bell = field(default_factory=Bell)
    crash: Crash = field(default_factory=Crash)
    at_leisure: asyncio.Semaphore
    key_fetches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))

    def chance(self) -> float:
        """Draw a number from 0 to 1, so that not everything happens at the same moment."""
        return int(self.token(), 16) / (1 << 128)

    @property
    def addressing(self) -> Addressing:
        """How strict we are with the URLs that others send."""
        return Addressing(allow_http=self.settings.allow_http)
