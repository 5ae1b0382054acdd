"""Names for the things we talk about, and what can be read off a URL."""

from typing import NewType
from urllib.parse import urlsplit

ActorId = NewType("ActorId", str)
ActivityId = NewType("ActivityId", str)
NoteId = NewType("NoteId", str)
KeyId = NewType("KeyId", str)
GrantId = NewType("GrantId", str)
ThreadId = NewType("ThreadId", str)
KnockId = NewType("KnockId", str)
Slug = NewType("Slug", str)
Millis = NewType("Millis", int)
"""A moment: milliseconds since 1970, UTC."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def origin(url: str) -> str:
    """Name who answers for *url*: its scheme and authority."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def authority_of(url: str) -> str:
    """Name the host of *url*, with its port where it has one."""
    return urlsplit(url).netloc


def later(moment: Millis, milliseconds: int) -> Millis:
    """Move *moment* by *milliseconds*."""
    return Millis(moment + milliseconds)
