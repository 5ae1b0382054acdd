"""What a contributor may ask of the gate in a word or two, from their own client."""

import re
from dataclasses import dataclass
from enum import Enum


class Word(Enum):
    """A wish that a whole message may consist of."""

    HELP = "help"
    STATUS = "status"
    AGREE = "agree"
    SHARE = "share"
    DISAGREE = "disagree"

    @property
    def form(self) -> str:
        """How it is written."""
        return f"{self.value} CODE" if self in WITH_CODE else self.value


WITH_CODE = frozenset({Word.AGREE, Word.SHARE, Word.DISAGREE})
"""The words that stand before a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, and the *code* that says what it is about where it needs one."""

    word: Word
    code: str = ""


_CODE = r"(?P<code>[A-Z0-9]{5})"
_WISH = {
    word: re.compile(rf"{word.form.replace('CODE', _CODE)}[.!]?", re.IGNORECASE) for word in Word
}


def read_wish(text: str) -> Wish | None:
    """Read a wish; whatever says anything else is simply a message."""
    said = " ".join(text.split())
    for word, form in _WISH.items():
        if found := form.fullmatch(said):
            return Wish(word=word, code=found.groupdict().get("code", "").upper())
    return None
