"""The dependencies of every service, in one frozen struct."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakValueDictionary

from forgefed_gate.config import Settings
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import ActorId, KeyId, Millis, Slug
from forgefed_gate.domain.places import Local, Places
from forgefed_gate.net.fetch import Outbound
from forgefed_gate.protocol.documents import Persona
from forgefed_gate.protocol.frontdoor import Addressing
from forgefed_gate.protocol.httpsig import Signed
from forgefed_gate.protocol.keys import ActorKey, SigningKey
from forgefed_gate.store.database import Database
from forgefed_gate.store.seal import Vault

Clock = Callable[[], Millis]
Token = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """An actor of ours, ready to sign."""

    id: ActorId
    persona: Persona
    rsa: SigningKey
    ed25519: SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What we found when we asked for a key, good or bad, and until when that is believed."""

    key: ActorKey | None = None
    refusal: Refusal | None = None
    read_at: Millis
    until: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A proven delivery that waits to be kept, and the future that its sender waits for."""

    name: str
    signed: Signed
    recipient: ActorId
    project: Slug
    counts_as_knock: bool
    evidence: bytes
    kept: asyncio.Future[bool]


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
    blocked: frozenset[str] = frozenset()
    blocked_read_at: Millis | None = None
    spent: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    arrived: list[Arrived] = field(default_factory=list[Arrived])
    committing: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """
    One running gate.

    *clock* is the only time and *token* the only chance, so that a test can own both;
    *work* is set when something was put in the queue. The worker holds *at_leisure* while
    it writes, so that nobody who waits for an answer stands behind all of its work.
    """

    settings: Settings
    places: Places
    database: Database
    vault: Vault
    outbound: Outbound
    clock: Clock
    token: Token
    memory: Memory = field(default_factory=Memory)
    work: asyncio.Event = field(default_factory=asyncio.Event)
    at_leisure: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))
    key_fetches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(16))

    @property
    def addressing(self) -> Addressing:
        """How strict we are with the URLs that others send."""
        return Addressing(allow_http=self.settings.allow_http)
