"""How long we keep trying: long enough for a holiday, and not forever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND
from forgefed_gate.domain.patience import LONGEST, next_wait


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (1, 30 * SECOND),
        (2, 2 * MINUTE),
        (3, 10 * MINUTE),
        (4, HOUR),
        (5, 6 * HOUR),
        (6, DAY),
        (20, DAY),
    ],
)
def test_each_wait_is_longer_than_the_last(attempts, wait):
    """A server that restarts is met soon; one that is broken is left in peace."""
    assert next_wait(attempts, waited=0) == wait


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(None, 30 * SECOND), (1, 30 * SECOND), (HOUR, HOUR), (30 * DAY, DAY), (-1, 30 * SECOND)],
)
def test_what_a_peer_asks_for_is_honoured_up_to_a_day(asked, wait):
    """Nobody can send us away for good with one header."""
    assert next_wait(1, waited=0, asked=asked) == wait


@given(st.integers(1, 1_000), st.integers(0, 10 * LONGEST), st.none() | st.integers())
def test_patience_ends(attempts, waited, asked):
    """After two weeks it is for somebody to look at."""
    wait = next_wait(attempts, waited=waited, asked=asked)

    assert (wait is None) is (waited >= LONGEST)
    assert wait is None or 30 * SECOND <= wait <= DAY
