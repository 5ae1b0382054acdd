"""How long we keep trying, as a function of how often we tried."""

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND

WAITS = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR)
LONGEST = 14 * DAY


def next_wait(attempts: int, *, waited: int, asked: int | None = None) -> int | None:
    """
    Say how many milliseconds to wait after *attempts* failures, or None to give up.

    *waited* is the time since the first try; *asked* is what the peer asked for, which
    is honoured when it is longer than our own wait, up to a day.
    """
    if waited >= LONGEST:
        return None
    ours = WAITS[attempts - 1] if attempts <= len(WAITS) else DAY
    return max(ours, min(asked or 0, DAY))
