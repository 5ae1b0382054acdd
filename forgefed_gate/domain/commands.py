"""What a maintainer may type from their own account: a verb, a code, and words."""

from dataclasses import dataclass
from enum import Enum


class Verb(Enum):
    """A command that a maintainer's own account may give."""

    SAY = "say"
    ASK = "ask"
    ADMIT = "admit"
    DECLINE = "decline"
    CLOSE = "close"
    HAND = "hand"
    LINK = "link"
    UNLINK = "unlink"
    PAUSE = "pause"
    RESUME = "resume"


ABOUT_LINKS = {Verb.LINK, Verb.UNLINK, Verb.PAUSE, Verb.RESUME}
"""The commands whose code is that of a link, not of a conversation."""
LINKS = "links"
"""The one word that lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb about the conversation or link that *code* names, with words where it takes some."""

    verb: Verb
    code: str
    words: str


def read_command(text: str) -> Command | None:
    """Read a command, or find that *text* is none."""
    verb, code, words = [*text.split(maxsplit=2), "", "", ""][:3]
    try:
        known = Verb(verb.casefold())
    except ValueError:
        return None
    if not code:
        return None
    return Command(verb=known, code=code.strip(".,:;").upper(), words=words.strip())


def asks_for_links(text: str) -> bool:
    """Say whether *text* is the one word that lists links."""
    return text.strip(" .!\n\t").casefold() == LINKS
