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
    EXPORT = "export"
    AGREE = "agree"
    SHARE = "share"
    DISAGREE = "disagree"
    CONSENT = "consent"
    NO = "no"
    WITHDRAW = "withdraw"
    FORGET_ME = "forget me"

    @property
    def form(self) -> str:
        """How it is written."""
        return f"{self.value} CODE" if self in WITH_CODE else self.value


WITH_CODE = frozenset({Word.AGREE, Word.SHARE, Word.DISAGREE, Word.CONSENT})
"""The words that stand before a code."""
ABOUT_A_PIECE = frozenset({Word.CONSENT, Word.NO, Word.WITHDRAW})
"""What an author may answer, whoever they are besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, the *code* that says what it is about, and the *name* that somebody chose."""

    word: Word
    code: str = ""
    name: str = ""


_CODE = "(?P<code>[0-9A-Z]{5})"
_NAME = "(?: as (?P<name>.{1,200}?)| without (?:a |my )?name)?"
_MORE = {
    Word.AGREE: f" {_CODE}",
    Word.SHARE: f" {_CODE}",
    Word.DISAGREE: f" {_CODE}",
    Word.CONSENT: f"(?: {_CODE}{_NAME})?",
    Word.NO: f"(?: {_CODE})?",
    Word.WITHDRAW: f"(?: {_CODE})?",
    Word.FORGET_ME: f"(?: {_CODE})?",
}
_WISH = {
    word: re.compile(rf"{word.value}{_MORE.get(word, '')}[.!]?", re.IGNORECASE) for word in Word
}

_QUOTES = " \"'“”„‘’‚«»‹›`"
_TURKISH = str.maketrans({"ı": "i", "\N{COMBINING DOT ABOVE}": None})
_ONE_WORD = {"sign in": "signin", "sign-in": "signin", "help?": "help", "status?": "status"}
"""How people write a word otherwise; a question is a wish only where nothing is done by it."""


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
    as_written = " ".join(text.split())
    for said in (as_written, spoken(text)):
        for word, form in _WISH.items():
            if found := form.fullmatch(said):
                return _wish(word, found.groupdict(""))
    return None


def _wish(word: Word, more: dict[str, str]) -> Wish:
    return Wish(word=word, code=more.get("code", "").upper(), name=more.get("name", ""))


def may_wish(wish: Wish, facts: Facts) -> bool:
    """
    Say whether the gate answers a wish; otherwise it is simply a message.

    Whoever has talked with us may wish, and everybody may wish to be forgotten. A bare yes
    or no, and what our own people write, is about a piece only while it is asked for, or
    with a code.
    """
    about_a_piece = wish.word in ABOUT_A_PIECE
    if facts.bot or (facts.ours and not about_a_piece):
        return False
    bare = about_a_piece and not wish.code
    if bare and (facts.ours or wish.word is not Word.WITHDRAW):
        return facts.asked
    known = facts.asked or facts.ours or facts.seated or facts.latest_thread is not None
    return known or wish.word is Word.FORGET_ME


def spoken(text: str) -> str:
    """
    Give *text* as it would be said aloud: without case, quotation marks and spare spaces.

    The letters of Turkish have an i more, with a dot or without, and are both an i here.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_TURKISH)
    said = " ".join(folded.split()).strip(_QUOTES)
    return _ONE_WORD.get(said.rstrip(".!"), said)
