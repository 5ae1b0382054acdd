"""
The refusals, each with a stable code and a sentence that is safe to show.

Refusal
├── Malformed    it cannot be read: headers, JSON, a form, a command
├── TooLarge     it is longer than we take
├── Unverified   nobody has proven who sent it
├── Forbidden    we know who sent it, and they may not
├── WrongHost    it was meant for somebody else
├── Conflict     it contradicts what we already hold
├── NotFound     there is nothing here, or nothing for you
├── TooMany      it may come later
├── TryLater     we cannot judge it now
└── Unreachable  a peer did not answer, or may not be asked
"""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Something we do not do, with the reason."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Malformed(Refusal):
    """It cannot be read."""


class TooLarge(Refusal):
    """It is longer than we take."""


class Unverified(Refusal):
    """Nobody has proven who sent it."""


class Forbidden(Refusal):
    """We know who sent it, and they may not."""


class WrongHost(Refusal):
    """It was meant for somebody else."""


class Conflict(Refusal):
    """It contradicts what we already hold."""


class NotFound(Refusal):
    """There is nothing here, or nothing for you."""


class TooMany(Refusal):
    """It may come later: too much arrived at once."""


class TryLater(Refusal):
    """We cannot judge it now, and asking again makes sense."""


class Unreachable(Refusal):
    """A peer did not answer as it should, or may not be asked; it may have asked us to wait."""

    def __init__(self, code: str, sentence: str, *, asked: int | None = None) -> None:
        super().__init__(code, sentence)
        self.asked = asked


def unknown(kind: str, name: str) -> NotFound:
    """Say that nothing of one *kind* is called *name*, or that it is not for whoever asks."""
    return NotFound(
        f"{kind}-unknown", f"There is no {kind} “{name}” here. The list shows the ones there are."
    )
