"""What people write: the HTML of their messages, and the file of a charter."""

import re

from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.protocol import html
from forgefed_gate.protocol.charter_file import LONGEST_FILE, read_charter, write_charter
from fuzz.bodies import shown
from fuzz.judge import only, spread

_NAME = re.compile(r"@[\w.@-]+")
_TAG = re.compile(r"</?([^ >]*)")
_MOST_NAMES = 8
_FAR = 4096
"""Letters that are sent on a journey; the time that it takes is asked of longer ones above."""


def messages(data: bytes) -> None:
    """Read HTML as text that hides nothing, and write text as HTML that says the same."""
    message = spread(data, limit=2 * html.LONGEST_TEXT).decode(errors="replace")
    with only(Malformed) as readable:
        html.require_readable(message)
    with only(Malformed) as answer:
        said = html.to_text(message)
    assert readable.refused == answer.refused
    if not answer.refused:
        assert shown(said)
        assert said == said.strip("\n")
        names = _NAME.findall(message)[:_MOST_NAMES]
        assert html.strip_mentions(said, names) in said
    _travels(message[:_FAR])


def _travels(text: str) -> None:
    tidy = html.tidy(text)
    assert html.tidy(tidy) == tidy
    assert shown(tidy)
    written = html.from_text(text)
    assert set(_TAG.findall(written)) <= {"p", "br", "a"}
    with only(Malformed) as answer:
        back = html.to_text(written)
    assert answer.refused or back == tidy


def charters(data: bytes) -> None:
    """Read a charter file, or say on which line it is wrong."""
    source = spread(data, limit=2 * LONGEST_FILE)
    with only(Malformed, TooLarge) as answer:
        charter = read_charter(source, name="charter.toml")
    if not answer.refused:
        assert read_charter(write_charter(charter).encode(), name="charter.toml") == charter
