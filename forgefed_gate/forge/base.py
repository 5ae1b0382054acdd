"""What we ask of any forge, and the shape of its answers."""

from dataclasses import dataclass
from typing import Protocol

from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.frontdoor import JsonObject

HEARD = frozenset({"issues", "pull_request"})
"""The kinds of events that we ask to be told of, when they are opened, edited and closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a forge answered: a status, and a body that nobody has read yet."""

    status: int
    body: bytes


class Ask(Protocol):
    """
    The way to one forge, as one account there.

    Whoever makes it knows the address and the token; a forge's adapter knows neither.
    """

    async def __call__(self, method: str, path: str, what: JsonObject | None = None) -> Said:
        """Ask for *path*, which begins with a slash."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """What a forge runs."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody at a forge: the number stays, the name may change."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository, as the asking account sees it."""

    number: int
    name: str
    """Its owner and its own name, with a slash between them."""
    owner: Account
    administered: bool
    """Whether the asking account may change its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An issue or a pull request, and nothing of what it says."""

    number: int
    author: Account
    labels: frozenset[str]
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """What a repository tells whom: an address, and the kinds of events."""

    number: int
    url: str
    active: bool
    events: frozenset[str]


class Forge(Protocol):
    """
    One forge, as one account there.

    *name* is that of a repository. What cannot be had is a `Refusal` with a code that
    begins with “forge-”; one that may pass is `Unreachable`.
    """

    async def software(self) -> Software:
        """Say what it runs."""
        ...

    async def account(self) -> Account:
        """Say who asks."""
        ...

    async def repository(self, number: int) -> Repository:
        """Find a repository, whatever it is called by now."""
        ...

    async def repository_called(self, name: str) -> Repository:
        """Find a repository by its name."""
        ...

    async def issue(self, name: str, number: int) -> Issue | None:
        """Find an issue or pull request; None where it is gone."""
        ...

    async def collaborates(self, name: str, account: Account) -> bool:
        """Say whether somebody is a collaborator of a repository, or may write to it."""
        ...

    async def make_label(self, name: str, label: str, *, meaning: str) -> int:
        """Find the number of a label, or make it."""
        ...

    async def put_label(self, name: str, issue: int, label: int) -> None:
        """Put a label on an issue, once."""
        ...

    async def was_labelled(self, name: str, issue: int, label: str, *, since: Millis) -> bool:
        """Say whether the asking account put a label on an issue, on it still or not."""
        ...

    async def hooks(self, name: str) -> list[Hook]:
        """List whom a repository tells what happens in it."""
        ...

    async def add_hook(self, name: str, url: str, *, secret: str) -> int:
        """Have a repository tell *url* of its issues and pull requests, signed with *secret*."""
        ...

    async def drop_hook(self, name: str, hook: int) -> None:
        """Let a repository tell somebody no more."""
        ...
