"""What a contributor may ask of the gate in a word or two, from their own client."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.charter import only_agrees
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.screening import Stage


class Word(Enum):
    """A wish that a whole message may consist of."""

    HELP = "help"
    STATUS = "status"
    CLOSE = "close"
    SIGNIN = "signin"
    RENEW = "renew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, and the *code* that says what it is about where it needs one."""

    word: Word
    code: str = ""


_QUOTES = " \"'“”„‘’‚«»‹›`"
_TURKISH = str.maketrans({"ı": "i", "\N{COMBINING DOT ABOVE}": None})
_ONE_WORD = {"sign in": "signin", "sign-in": "signin", "help?": "help", "status?": "status"}
"""How people write a word otherwise; a question is a wish only where nothing is done by it."""

_WISH = {word: re.compile(rf"{word.value}[.!]?", re.IGNORECASE) for word in Word}


def wish_of(text: str, facts: Facts) -> Wish | None:
    """
    Read a wish of the person in question.

    Somebody who is asked for the words that agree means just that by them, even where a
    charter chose a word such as “help” for it.
    """
    stage = facts.knock.stage if facts.knock else None
    renews = stage is not Stage.INVITED and _asked_to_renew(facts)
    if renews and only_agrees(facts.charter, text):
        return Wish(word=Word.RENEW, code=facts.charter.hash)
    asked = stage in {Stage.ASKED, Stage.INVITED}
    if asked and only_agrees(facts.shown or facts.charter, text):
        return None
    return read_wish(text)


def _asked_to_renew(facts: Facts) -> bool:
    grant = facts.latest_grant
    return grant is not None and grant.asked == facts.charter.hash


def read_wish(text: str) -> Wish | None:
    """Read a wish; whatever says anything else is simply a message."""
    said = spoken(text)
    return next((Wish(word=word) for word, form in _WISH.items() if form.fullmatch(said)), None)


def spoken(text: str) -> str:
    """
    Give *text* as it would be said aloud: without case, quotation marks and spare spaces.

    The letters of Turkish have an i more, with a dot or without, and are both an i here.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_TURKISH)
    said = " ".join(folded.split()).strip(_QUOTES)
    return _ONE_WORD.get(said.rstrip(".!"), said)
