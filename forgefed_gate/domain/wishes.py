"""What a contributor may ask of the gate in a word or two, from their own client."""

import re
from dataclasses import dataclass
from enum import Enum


class Word(Enum):
    """A wish that a whole message may consist of."""

    HELP = "help"
    STATUS = "status"
    FORGET_ME = "forget me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, and the *code* that says what it is about where it needs one."""

    word: Word
    code: str = ""

    @property
    def from_anybody(self) -> bool:
        """Whether it is fulfilled for somebody who never talked with us, too."""
        return self.word is Word.FORGET_ME


CODE = "[0-9A-Za-z]{5}"
WITH_CODE = {Word.FORGET_ME}
"""Words that a code may follow."""


def _form(word: Word) -> re.Pattern[str]:
    code = f"(?: ({CODE}))?" if word in WITH_CODE else "()"
    return re.compile(rf"{word.value}{code}[.!]?", re.IGNORECASE)


_WISH = {word: _form(word) for word in Word}


def read_wish(text: str) -> Wish | None:
    """Read a wish; whatever says anything else is simply a message."""
    said = " ".join(text.split())
    for word, form in _WISH.items():
        if found := form.fullmatch(said):
            return Wish(word=word, code=(found[1] or "").upper())
    return None
