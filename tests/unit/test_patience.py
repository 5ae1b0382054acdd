"""How long we keep trying: long enough for a holiday, and not forever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.ids import DAY, HOUR, MINUTE, SECOND
from forgefed_gate.domain.patience import LONGEST, next_wait, rest

MIDDLE = 0.5
CHANCES = st.floats(0, 1)
SCHEDULE = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, DAY, DAY]


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(SCHEDULE, start=1)))
def test_each_wait_is_longer_than_the_last(attempts, wait):
    """A server that restarts is met soon; one that is broken is left in peace."""
    assert next_wait(attempts, waited=0, chance=MIDDLE) == wait


@given(st.integers(1, 100), CHANCES)
def test_chance_moves_a_wait_by_a_fifth_at_most(attempts, chance):
    """Who failed in the same moment does not come back in the same moment."""
    planned = SCHEDULE[min(attempts, len(SCHEDULE)) - 1]

    wait = next_wait(attempts, waited=0, chance=chance)

    assert 0.8 * planned <= wait <= 1.2 * planned
    assert next_wait(attempts, waited=0, chance=0) < next_wait(attempts, waited=0, chance=1)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(None, 30 * SECOND), (1, 30 * SECOND), (HOUR, HOUR), (30 * DAY, DAY), (-1, 30 * SECOND)],
)
def test_what_a_peer_asks_for_is_honoured_up_to_a_day(asked, wait):
    """Nobody can send us away for good with one header."""
    assert next_wait(1, waited=0, chance=MIDDLE, asked=asked) == wait


@given(st.integers(1, 10), CHANCES, st.integers(0, DAY))
def test_nobody_comes_back_before_they_were_asked_to(attempts, chance, asked):
    """Chance may make a wait longer then, never shorter."""
    assert next_wait(attempts, waited=0, chance=chance, asked=asked) >= asked


@given(st.integers(1, 1_000), st.integers(0, 10 * LONGEST), CHANCES, st.none() | st.integers())
def test_patience_ends(attempts, waited, chance, asked):
    """After two weeks it is for somebody to look at."""
    wait = next_wait(attempts, waited=waited, chance=chance, asked=asked)

    assert (wait is None) is (waited >= LONGEST)
    assert wait is None or 24 * SECOND <= wait <= 1.2 * DAY


@pytest.mark.parametrize(("failures", "wait"), list(enumerate([0, 0, *SCHEDULE], start=1)))
def test_a_server_that_keeps_failing_is_asked_as_rarely_as_one_delivery_would(failures, wait):
    """Two failures may be about two inboxes; more are about the server."""
    assert rest(failures, chance=MIDDLE) == wait


@pytest.mark.parametrize(
    ("failures", "asked", "wait"),
    [(1, MINUTE, MINUTE), (1, DAY, HOUR), (3, MINUTE, MINUTE), (3, 1, 30 * SECOND), (8, 1, DAY)],
)
def test_what_one_answer_asks_for_counts_for_its_server_up_to_an_hour(failures, asked, wait):
    """It is polite to a crowded server, and one odd inbox cannot close the rest of it off."""
    assert rest(failures, chance=MIDDLE, asked=asked) == wait


@given(st.integers(1, 100), CHANCES)
def test_a_server_never_rests_longer_than_its_only_delivery_waits(failures, chance):
    """The circuit holds back the others; what is alone follows its own schedule."""
    assert rest(failures, chance=chance) <= next_wait(failures, waited=0, chance=chance)
