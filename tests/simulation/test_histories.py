"""
Over any history, trust stays what it was meant to be.

`make simulate` runs as many other histories as one likes; what is printed with one that goes
wrong replays it.
"""

from collections import Counter

import pytest

from simulation.history import drawn

AT_ONCE = 50


@pytest.mark.parametrize("first", range(0, 2_000, AT_ONCE))
def test_a_history_of_a_few_gates_goes_as_it_should(first):
    """Messages are lost, repeated and late, gates die, clocks jump, and one gate may lie."""
    passed = 0
    for seed in range(first, first + AT_ONCE):
        passed += _run(seed).passed.total()

    assert passed > AT_ONCE


@pytest.mark.parametrize("first", range(0, 20, 2))
def test_a_history_of_fifty_gates_goes_as_it_should(first):
    """What holds between neighbours holds in a crowd."""
    passed = _run(first, gates=50).passed + _run(first + 1, gates=50).passed

    assert passed.total() > 0


def _run(seed, gates=0):
    history = drawn(seed, gates)
    try:
        history.run()
    except Exception as error:
        error.add_note(f"make simulate RUNS=1 SEED={seed}" + (f" GATES={gates}" if gates else ""))
        raise
    return history


def test_histories_exercise_what_they_claim_to():
    """A history in which nothing ever passes, or nobody ever lies, proves nothing."""
    histories = [_run(seed) for seed in range(5_000, 5_120)]
    passed = sum((each.passed for each in histories), start=Counter())

    assert {1, 2, 3} <= passed.keys()
    assert sum(each.refused for each in histories) > 100
    assert 15 < sum(each.rogues for each in histories) < 60
