"""Names for the things we talk about, and what can be read off a URL."""

import re
from functools import lru_cache
from typing import NewType

ActorId = NewType("ActorId", str)
ActivityId = NewType("ActivityId", str)
NoteId = NewType("NoteId", str)
KeyId = NewType("KeyId", str)
GrantId = NewType("GrantId", str)
ThreadId = NewType("ThreadId", str)
KnockId = NewType("KnockId", str)
PieceId = NewType("PieceId", str)
Slug = NewType("Slug", str)
Millis = NewType("Millis", int)
"""A moment: milliseconds since 1970, UTC."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What a code that people type is made of: nothing in it looks like something else."""
CODE_LENGTH = 5

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


_ORIGIN = re.compile(r"[^:/?#]*://[^/?#]*")


@lru_cache(1024)  # the same people write again and again
@lru_cache(4096)
def origin(url: str) -> str:
    """Name who answers for *url*: its scheme and authority; nobody where it names none."""
    found = _ORIGIN.match(url)
    return found[0] if found else ""


@lru_cache(1024)
def authority_of(url: str) -> str:
    """Name the host of *url*, with its port where it has one."""
    return origin(url).partition("://")[2]


def recent(moment: Millis, window: int, *, now: Millis) -> bool:
    """
    Say whether *moment* is less than *window* milliseconds ago.

    What lies ahead is not: a clock that was set back must not make us believe for ever.
    """
    return moment <= now < moment + window


def later(moment: Millis, milliseconds: int) -> Millis:
    """Move *moment* by *milliseconds*."""
    return Millis(moment + milliseconds)
