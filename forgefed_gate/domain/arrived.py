"""What everything that arrives has in common."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActivityId, ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Something that arrived, signed by *actor*."""

    activity: ActivityId
    actor: ActorId
