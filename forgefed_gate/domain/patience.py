"""How long we keep trying, as a function of how often we tried."""

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND

WAITS = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR)
LONGEST = 14 * DAY
SPREAD = 0.2
"""By how much a wait may be shorter or longer: who failed together does not come back together."""

TOLERATED = 2
"""So many failures in a row say nothing yet about a whole server."""


def next_wait(
    attempts: int, *, waited: int, chance: float, asked: int | None = None
) -> int | None:
    """
    Say how many milliseconds to wait after *attempts* failures, or None to give up.

    *waited* is the time since the first try, *chance* a number drawn between 0 and 1;
    *asked* is what the peer asked for, which is honoured when it is longer than our own
    wait, up to a day.
    """
    if waited >= LONGEST:
        return None
    return max(_about(_wait(attempts), chance), min(asked or 0, DAY))


def rest(failures: int, *, chance: float, asked: int | None = None) -> int:
    """
    Say for how many milliseconds a whole server is left in peace after *failures* in a row.

    The first ones are forgiven; then it is asked as rarely as a single delivery would be,
    however much waits for it. What one answer *asked* for counts up to an hour: it
    may have been meant for one inbox only.
    """
    ours = _about(_wait(failures - TOLERATED), chance) if failures > TOLERATED else 0
    return max(ours, min(asked or 0, HOUR))


def _wait(times: int) -> int:
    return WAITS[times - 1] if times <= len(WAITS) else DAY


def _about(wait: int, chance: float) -> int:
    return round(wait * (1 - SPREAD + 2 * SPREAD * chance))
