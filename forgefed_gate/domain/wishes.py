"""What a contributor may ask of the gate in a word or two, from their own client."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.charter import only_agrees
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import CODE_LENGTH, CODE_LETTERS
from forgefed_gate.domain.screening import Stage


class Word(Enum):
    """A wish that a whole message may consist of; in this order they are told to people."""

    HELP = "help"
    STATUS = "status"
    SIGNIN = "signin"
    EXPORT = "export"
    CLOSE = "close"
    RENEW = "renew"
    SHOW = "show"
    FORGET_ME = "forget me"
    CONSENT = "consent"
    NO = "no"
    WITHDRAW = "withdraw"
    AGREE = "agree"
    SHARE = "share"
    DISAGREE = "disagree"

    @property
    def form(self) -> str:
        """How it is written, with a code where it means nothing without one."""
        return f"{self.value} CODE" if self in WITH_CODE else self.value


ABOUT_A_PIECE = frozenset({Word.CONSENT, Word.NO, Word.WITHDRAW})
"""What an author may answer about what is to be public, whoever they are besides."""
ABOUT_A_PARTY = frozenset({Word.AGREE, Word.SHARE, Word.DISAGREE})
"""What somebody may answer about a third person in their conversation."""
WITH_CODE = ABOUT_A_PIECE | ABOUT_A_PARTY
"""The words that answer a question of ours; its code says which one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A word, the *code* that says what it is about, and the *name* that somebody chose."""

    word: Word
    code: str = ""
    name: str = ""


_CODE = f"(?P<code>[{CODE_LETTERS}]{{{CODE_LENGTH}}})"
_NAME = "(?: as (?P<name>.{1,200})| without (?:a |my )?name)?"
_FORMS = {
    Word.HELP: r"help\??",
    Word.STATUS: r"status\??",
    Word.SIGNIN: "sign[ -]?in",
    Word.CONSENT: f"consent(?: {_CODE}{_NAME})?",
    Word.NO: f"no(?: {_CODE})?",
    Word.WITHDRAW: f"withdraw(?: {_CODE})?",
    Word.AGREE: f"agree {_CODE}",
    Word.SHARE: f"share {_CODE}",
    Word.DISAGREE: f"disagree {_CODE}",
    Word.FORGET_ME: f"forget me(?: {_CODE})?",
}
"""How a word may be written; as a question only where nothing is done by it."""
_READ = {word: re.compile(_FORMS.get(word, word.value), re.IGNORECASE) for word in Word}

_QUOTES = " \"'“”„‘’‚«»‹›`"
_STOP = re.compile(r"(?:\.|!+)\Z")
"""How a word may end; three dots leave something open, and are no end."""
_DOTTED_I = "i\N{COMBINING DOT ABOVE}"


def read_wish(text: str) -> Wish | None:
    """Read a wish; whatever says anything else is simply a message."""
    said = spoken(text)
    for word, form in _READ.items():
        if found := form.fullmatch(said):
            more = found.groupdict("")
            name = more.get("name", "").strip(_QUOTES)
            return Wish(word=word, code=more.get("code", "").upper(), name=name)
    return None


def spoken(text: str) -> str:
    """
    Give *text* as it would be said aloud: without quotation marks, a stop, and spare spaces.

    Case stays, for a name has one. The two letters i of Turkish are read as any other i.
    """
    plain = unicodedata.normalize("NFKC", text).replace(_DOTTED_I, "i")
    bare = " ".join(plain.split()).strip(_QUOTES)
    return _STOP.sub("", bare).strip(_QUOTES)


def wish_of(text: str, facts: Facts) -> Wish | None:
    """
    Read a wish of the person in question.

    Somebody who is asked for the words that agree means just that by them, even where a
    charter chose a word such as “help” for it.
    """
    stage = facts.knock.stage if facts.knock else None
    if stage is not Stage.INVITED and _renews(text, facts):
        return Wish(word=Word.RENEW, code=facts.charter.hash)
    asked = stage in {Stage.ASKED, Stage.INVITED}
    if asked and only_agrees(facts.shown or facts.charter, text):
        return None
    return read_wish(text)


def _renews(text: str, facts: Facts) -> bool:
    """Say whether somebody agrees to the charter that they were shown for their renewal."""
    grant = facts.renewable
    asked = grant is not None and grant.asked == facts.charter.hash
    return asked and only_agrees(facts.charter, text)


def may_wish(wish: Wish, facts: Facts) -> bool:
    """
    Say whether the gate answers a wish; otherwise it is simply a message.

    Machines wish nothing, and our own people command. Whoever has talked with us may wish,
    and everybody may wish to be forgotten.
    """
    if facts.bot:
        return False
    if wish.word in ABOUT_A_PIECE:
        return _answers(wish, facts)
    return not facts.ours and (wish.word is Word.FORGET_ME or _known(facts))


def _answers(wish: Wish, facts: Facts) -> bool:
    """
    Say whether a yes or a no is about a piece: while one is asked for, or with its code.

    Without a code “no” may answer anything. A bare “withdraw” may be about a knock, too.
    """
    if facts.asked:
        return True
    if wish.code:
        return facts.ours or _known(facts)
    return wish.word is Word.WITHDRAW and not facts.ours and _known(facts)


def _known(facts: Facts) -> bool:
    return facts.seated or facts.asked or facts.latest_thread is not None
