"""How moments are written: ISO 8601, in UTC."""

from datetime import UTC, datetime

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.ids import SECOND, Millis

FORM = "%Y-%m-%dT%H:%M:%SZ"


def iso(moment: Millis) -> str:
    """Write *moment* to the second, as ActivityStreams does."""
    return datetime.fromtimestamp(moment // SECOND, tz=UTC).strftime(FORM)


def minute(moment: Millis) -> str:
    """Write *moment* to the minute, for people."""
    return f"{iso(moment)[:10]}, {iso(moment)[11:16]} UTC"


def day(moment: Millis) -> str:
    """Write the day of *moment*."""
    return iso(moment)[:10]


def read_iso(text: str) -> Millis:
    """Read back what `iso` writes, and nothing else."""
    try:
        moment = datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError:
        raise _malformed() from None
    found = Millis(int(moment.timestamp()) * SECOND)
    if iso(found) != text:
        raise _malformed()
    return found


def read_moment(text: str) -> Millis:
    """Read a moment as others write it: ISO 8601, in UTC where it does not say."""
    try:
        moment = datetime.fromisoformat(text)
        read = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Millis(int(read.timestamp() * SECOND))
    except (ValueError, OverflowError):
        raise Malformed("moment", "A moment is written as in ISO 8601, in UTC.") from None


def _malformed() -> Malformed:
    return Malformed("moment", "A moment is not written as we write it.")
