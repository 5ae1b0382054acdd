"""What may be done to words that are quoted: something is left out, and nothing is put in."""

import re
import unicodedata
from collections.abc import Iterator

from forgefed_gate.domain.errors import Malformed

MARKS = ("[…]", "[...]")
"""How it is shown that something was left out."""
TOKEN = re.compile(
    r"\[…\]|\[\.\.\.\]"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # written without spaces: each is a word
    r"|\w+(?:['’-]\w+)*"
    r"|[^\w\s]"
)
"""A mark, a word with all that belongs to it, or a sign: “can't” never becomes “can”."""
MOST_NAMED = 10


def require_only_removed(text: str, *, said: str) -> None:
    """
    Refuse *text* unless it is what *said* says with something left out.

    Every word and every sign of it has to stand in the message, in the same order; how it is
    spaced, and what is a capital, does not matter.
    """
    if new := [*_new(text, said)]:
        named = ", ".join(f"“{each}”" for each in new[:MOST_NAMED])
        more = " and more" if len(new) > MOST_NAMED else ""
        raise Malformed(
            "words-added",
            "A quote is what somebody wrote: words can be left out of it, and none can be put in"
            f" or moved. This is new, or not where it was: {named}{more}. Where something is"
            f" missing you can write {MARKS[0]} in its place.",
        )


def _new(text: str, said: str) -> Iterator[str]:
    """Find what of *text* does not stand in *said* behind what was found there before."""
    there, at = [each.casefold() for each in _tokens(said)], 0
    for token in _tokens(text):
        if token in MARKS:
            continue
        try:
            at = there.index(token.casefold(), at) + 1
        except ValueError:
            yield token


def _tokens(text: str) -> list[str]:
    return TOKEN.findall(unicodedata.normalize("NFC", text))
