"""What is done about issues and pull requests that were opened at a forge itself."""

from enum import Enum

LABEL = "gate/unscreened"
"""What is put on an issue whose author the project does not know; whoever minds takes it off."""

OPENING = frozenset({"opened", "reopened"})


class Mode(Enum):
    """How far a gate goes at a forge that a project is connected with."""

    OBSERVE = "observe"


def opens(action: str) -> bool:
    """Say whether what happened to an issue asks for a look at it."""
    return action in OPENING


def unscreened(author: int, *, ours: int, owner: int, collaborates: bool) -> bool:
    """
    Say whether nobody of the project knows the *author*, an account by its number.

    Accounts that are none (a ghost, or what runs for the forge itself) have no number above 0.
    """
    return author > 0 and author not in {ours, owner} and not collaborates
