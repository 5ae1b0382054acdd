"""Knocks: their states, whose turn it is, and who may see whose words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.ids import (
    DAY,
    ActivityId,
    ActorId,
    KnockId,
    Millis,
    Slug,
    ThreadId,
    later,
)
from forgefed_gate.domain.roles import Role

INVITATION_DAYS = 30
SHORTEST_MASKED = 3
MASK = "▒▒▒"
SIGNED = re.compile(
    r"^\s*(?:From|Author|Signed-off-by|Co-authored-by|Reported-by|Tested-by): *(\S.*?)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


class Stage(Enum):
    """Where a knock stands."""

    ASKED = "asked"
    """We sent the charter and its questions; it is their turn."""
    HELD = "held"
    """They answered; it is our turn."""
    RETURNED = "returned"
    """We asked something more; it is their turn."""
    INVITED = "invited"
    """A maintainer invited them; it is their turn to agree."""
    ADMITTED = "admitted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        """Whether a decision is still to come."""
        return self in {Stage.ASKED, Stage.HELD, Stage.RETURNED, Stage.INVITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """Somebody's wish to take part, from the first message to a decision."""

    id: KnockId
    project: Slug
    actor: ActorId
    thread: ThreadId
    stage: Stage
    charter: str
    """The hash of the charter that was shown."""
    role: Role
    days: int
    join: ActivityId | None
    invite: ActivityId | None
    opened_at: Millis
    changed_at: Millis
    invited_by: str | None = None
    """The principal who invited them, where somebody did."""
    via: str | None = None
    """The link by which they came, where a team that we trust stands for them."""

    def lapsed(self, *, now: Millis) -> bool:
        """Say whether this is an invitation that nobody took up in time."""
        ends_at = later(self.opened_at, INVITATION_DAYS * DAY)
        return self.stage is Stage.INVITED and ends_at < now


def mask(text: str, identity: Iterable[str]) -> str:
    """
    Hide every string of *identity* in *text*, in any case.

    Short strings are left alone: masking “an” would hide the words and not the name.
    """
    names = sorted({name for name in identity if len(name) >= SHORTEST_MASKED}, key=len)
    if not names:
        return text
    pattern = "|".join(re.escape(name) for name in reversed(names))
    return re.sub(pattern, MASK, text, flags=re.IGNORECASE)


def signed_in(text: str) -> frozenset[str]:
    """List who signs *text* as patches are signed: the whole line, the name and the address."""
    lines = SIGNED.findall(text)
    parts = (part.strip(" >") for line in lines for part in line.split("<"))
    return frozenset({*lines, *parts}) - {""}


def identity_of(actor: ActorId, handle: str) -> frozenset[str]:
    """List the strings by which *actor* could be recognised."""
    user, _, host = handle.lstrip("@").partition("@")
    path = actor.partition("://")[2]
    return frozenset({actor, path, handle, user, host, host.partition(":")[0]})
