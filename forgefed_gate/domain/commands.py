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


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb about the conversation that *code* names, with words where the verb takes some."""

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
