"""That somebody's words were opened: when, and in which role, but never by whom."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import HOUR, Millis

ONE_READING = HOUR
"""Whoever opens the same words again within it is still reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One reading, as whoever wrote the words may know of it."""

    role: str
    at: Millis
