"""What everything that arrives has in common."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Something that arrived, signed by *actor*."""

    activity: ActivityId
    actor: ActorId
    capability: GrantId | None = None
    """The Grant by which they say that they may."""
