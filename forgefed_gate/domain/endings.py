"""How a conversation can end in one step, without a word to be typed."""

from enum import Enum


class Ending(Enum):
    """What the sentence says that closes a conversation."""

    THANKS = "thanks"
    DONE = "done"
    NOT_NOW = "not-now"
