"""What a contributor may ask of the gate in a word or two, from their own client."""

import re
from dataclasses import dataclass
from enum import Enum


class Word(Enum):
    """A wish that a whole message may consist of."""

    HELP = "help"
    STATUS = "status"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, and the *code* that says what it is about where it needs one."""

    word: Word
    code: str = ""


_WISH = {word: re.compile(rf"{word.value}[.!]?", re.IGNORECASE) for word in Word}


def read_wish(text: str) -> Wish | None:
    """Read a wish; whatever says anything else is simply a message."""
    said = " ".join(text.split())
    return next((Wish(word=word) for word, form in _WISH.items() if form.fullmatch(said)), None)
