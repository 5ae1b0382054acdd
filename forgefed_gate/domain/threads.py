"""A conversation between one contributor and the people of a project."""

from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, Slug, ThreadId

MOST_REVISIONS = 20
"""Of one message, its first words among them."""


class Speaker(Enum):
    """In which part somebody speaks in a thread."""

    CONTRIBUTOR = "contributor"
    PROJECT = "project"
    """A person of the project, speaking as its desk."""
    GATE = "gate"
    """An automatic answer."""
    PARTY = "party"
    """Somebody who was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A private conversation; *code* is what maintainers type to name it."""

    id: ThreadId
    code: str
    project: Slug
    contributor: ActorId
    closed: bool
    latest_theirs: NoteId | None
    """The contributor's latest own message, which our answers reply to."""
    opened_at: Millis
    changed_at: Millis
    assigned: ActorId | None = None
    """Who is told of what happens in it; None where everybody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What a message said before it was edited."""

    words: str
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a thread as its parties may read it; no words are left after a deletion."""

    id: NoteId
    speaker: Speaker
    words: str | None
    at: Millis
    edited: bool
    deleted: bool
    author: str | None = None
    """The handle of who wrote it, where it was somebody who was added."""
    earlier: tuple[Earlier, ...] = ()
    """What it said before, the oldest first; empty where it was deleted."""
