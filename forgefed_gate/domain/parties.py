"""Parties of a conversation beside its contributor: proposed, let in by a yes, and gone again."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import DAY, ActorId, Millis, ThreadId, recent

PROPOSED_FOR = 30 * DAY
"""How long a proposal waits for the contributor's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody whom an act is about, who may become a party."""

    handle: str
    server: str
    welcome: bool
    """Not blocked, not gone, and not one of our own people, who read it anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """
    Somebody's place in a conversation that is not theirs.

    *since* counts the messages that were there when the contributor agreed; None until
    then. *history* says that the project would show what it wrote before.
    """

    code: str
    thread: ThreadId
    actor: ActorId
    history: bool
    proposed_at: Millis
    since: int | None = None

    @property
    def taken(self) -> bool:
        """Whether the contributor has agreed."""
        return self.since is not None

    def lapsed(self, *, now: Millis) -> bool:
        """Say whether this is a proposal that nobody answered in time."""
        return not self.taken and not recent(self.proposed_at, PROPOSED_FOR, now=now)
