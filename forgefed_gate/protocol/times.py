"""How moments are written: ISO 8601, in UTC."""

from datetime import UTC, datetime

from forgefed_gate.domain.ids import SECOND, Millis


def iso(moment: Millis) -> str:
    """Write *moment* to the second, as ActivityStreams does."""
    return datetime.fromtimestamp(moment // SECOND, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(moment: Millis) -> str:
    """Write *moment* to the minute, for people."""
    return f"{iso(moment)[:10]}, {iso(moment)[11:16]} UTC"


def day(moment: Millis) -> str:
    """Write the day of *moment*."""
    return iso(moment)[:10]
