"""What stays of somebody who was forgotten, for how long, and why a block outlives it."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.ids import DAY, Millis, Slug, later

PREFIX = "forgotten:"
CODE_LASTS = DAY
"""How long somebody has to say that they mean it."""
BLOCK_LASTS = 365 * DAY
"""Or being forgotten would be a way around a block."""


class Decided(Enum):
    """What a project had decided about somebody."""

    ADMITTED = "admitted"
    DECLINED = "declined"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One decision that stays, in one project or, where *project* is empty, the whole gate."""

    project: Slug
    decided: Decided
    ends_at: Millis


def end_of(decided: Decided, *, now: Millis, usual_days: int) -> Millis:
    """Say until when a decision is kept under a hash."""
    return later(now, BLOCK_LASTS if decided is Decided.BLOCKED else usual_days * DAY)


def is_forgotten(name: str) -> bool:
    """Say whether *name* stands for somebody who was forgotten."""
    return name.startswith(PREFIX)
