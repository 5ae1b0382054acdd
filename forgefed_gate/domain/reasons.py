"""Where somebody stands with a house, and by which of their Grants."""

from collections.abc import Sequence
from enum import Enum

from forgefed_gate.domain.capabilities import LONGEST_BELIEF, Judgement, Known
from forgefed_gate.domain.ids import Millis, later
from forgefed_gate.domain.screening import Knock, Stage


class Stands(Enum):
    """Where somebody stands."""

    BLOCKED = "blocked"
    MEMBER = "member"
    WELCOME = "welcome"
    """A team stands for them; they have only to agree."""
    TURNED_AWAY = "turned away"
    """A team stands for them, and our own people said no."""
    OUTSIDE = "outside"


def came_through(knock: Knock | None) -> bool:
    """Say whether somebody agreed to the charter for whom a team stood, and nobody said no."""
    return knock is not None and knock.stage is Stage.ADMITTED and knock.via is not None


def best(ways: Sequence[Judgement]) -> Judgement | None:
    """Choose the way that counts: the first one that holds, or else the first."""
    return next((way for way in ways if way.granted), ways[0] if ways else None)


def stands(way: Judgement | None, knock: Knock | None, *, blocked: bool, said_no: bool) -> Stands:
    """Say where somebody stands whose best *way* in is that one."""
    if blocked:
        return Stands.BLOCKED
    if way is None or not way.granted:
        return Stands.OUTSIDE
    if len(way.chain) == 1 or came_through(knock):
        return Stands.MEMBER
    return Stands.TURNED_AWAY if said_no else Stands.WELCOME


def seen_at(known: Known) -> Millis | None:
    """Say when a Grant of somebody else was last seen to stand."""
    if known.ours or known.alive_until is None:
        return None
    believed = max(1, min(known.grant.believed_for, LONGEST_BELIEF))
    return later(known.alive_until, -believed)
