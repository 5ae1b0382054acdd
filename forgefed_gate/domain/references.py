"""Grants from elsewhere that somebody shows with a knock: read, judged, and never a way in."""

import re
from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.ids import ActorId, KnockId, Millis, origin
from forgefed_gate.domain.roles import Role

LINE = re.compile(
    r"^[ \t]*grant:?[ \t]+<?(https?://[^\s<>]{1,2000})>?[ \t]*$", re.IGNORECASE | re.MULTILINE
)


NEVER = Millis(0)


class Doubt(Enum):
    """Why a Grant that somebody showed says nothing for them; the value is a stable code."""

    UNREACHABLE = "not-shown"
    NO_GRANT = "no-grant"
    ORIGIN = "other-server"
    UNPROVEN = "unproven"
    TARGET = "somebody-else"
    TIME = "not-now"
    SHAPE = "no-membership"
    TAKEN_BACK = "taken-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Keep where a Grant from elsewhere is that somebody shows with their knock."""

    knock: KnockId
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found where somebody sent us: a membership elsewhere, or a doubt."""

    server: str
    issuer: str = ""
    role: Role | None = None
    starts_at: Millis = NEVER
    ends_at: Millis = NEVER
    at: Millis
    doubt: Doubt | None = None


def is_shown(url: str) -> bool:
    """Say whether *url* is an address at which a gate shows a Grant, because its holder asked."""
    match url.split("/"):
        case [_, "", _, "shown", token]:
            return bool(token)
        case _:
            return False


def presented(text: str) -> str | None:
    """Find the Grant that a message shows: the last line that says “grant” and an address."""
    return next(reversed(presented_in(text)), None)


def presented_in(text: str) -> list[str]:
    """Find every Grant that a message shows."""
    return LINE.findall(text)


def judge(grant: Capability, *, url: str, who: ActorId, now: Millis) -> Doubt | None:
    """
    Judge what a Grant says of *who*, read at *url*; whether it stands is asked elsewhere.

    It is about its issuer itself, or passes on one of whom it is about, and lets its holder
    act: nobody else's Grant, and none that only passes others on, is a membership.
    """
    if not origin(url) == origin(grant.id) == origin(grant.actor):
        return Doubt.ORIGIN
    if grant.target != who:
        return Doubt.TARGET
    if not grant.covers(now):
        return Doubt.TIME
    if grant.role is None or grant.allows is not Allows.INVOKE:
        return Doubt.SHAPE
    if grant.result is not None and origin(grant.result) != origin(grant.actor):
        return Doubt.SHAPE
    if grant.delegates is None:
        return None if grant.context == grant.actor else Doubt.SHAPE
    asked = grant.result is not None and origin(grant.result) == origin(grant.actor)
    return None if asked and grant.context != grant.actor else Doubt.SHAPE
