"""Tidy columns for people."""

from collections.abc import Iterable, Sequence

GAP = "  "
NOT_SHOWN = "\N{REPLACEMENT CHARACTER}"
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{NO-BREAK SPACE}"
"""What is not printable by itself, and belongs to words of several languages."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Align *rows* under *heads*."""
    every = [[head.upper() for head in heads], *([plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return [
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    ]


def indented(text: str) -> list[str]:
    """Set somebody's words off from ours, with nothing in them that moves the cursor."""
    return [f"    {plain(line)}".rstrip() for line in text.splitlines()]


def counted(number: int, one: str, many: str) -> str:
    """Count things in words."""
    return f"1 {one}" if number == 1 else f"{number} {many}"


def plain(text: str) -> str:
    """Show what somebody else wrote, without what moves the cursor."""
    return "".join(letter if _harmless(letter) else NOT_SHOWN for letter in text)


def _harmless(letter: str) -> bool:
    return letter.isprintable() or letter in JOINERS
