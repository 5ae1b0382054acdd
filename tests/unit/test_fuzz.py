"""What the fuzzer learned is read again by every run of the tests, without the fuzzer."""

from pathlib import Path

import pytest

from forgefed_gate.domain.errors import Forbidden, Malformed
from fuzz.doors import ENTRANCE
from fuzz.judge import Target, TooSlow, judge, only, spread
from fuzz.seeds import seeds
from fuzz.targets import TARGETS

FUZZ = Path(__file__).parents[2] / "fuzz"


@pytest.fixture(scope="module", autouse=True)
def door():
    yield
    ENTRANCE.close()


def saved(name):
    return sorted((FUZZ / "corpus" / name).iterdir())


@pytest.mark.parametrize("name", TARGETS)
def test_every_saved_case_is_read_as_it_should_be(name):
    """What broke us once, or came close, is tried for ever."""
    cases = [*(path.read_bytes() for path in saved(name)), *seeds()[name]]

    for case in cases:
        judge(TARGETS[name], case)

    assert len(cases) > 1


def test_every_target_has_its_words():
    """A fuzzer that has to guess the words of a format finds little behind them."""
    assert {path.stem for path in (FUZZ / "words").iterdir()} == TARGETS.keys()


def test_the_saved_cases_stay_small():
    """They are data that everybody downloads, and that every run reads."""
    sizes = [path.stat().st_size for name in TARGETS for path in saved(name)]

    assert len(sizes) < 1_000
    assert sum(sizes) < 1_000_000


def stumbles(_):
    raise ValueError("surprise")


def refuses(_):
    with only(Malformed):
        raise Forbidden("forbidden", "Not you.")


def is_speechless(_):
    with only(Malformed):
        raise Malformed("", "")


@pytest.mark.parametrize(
    ("read", "fault"),
    [(stumbles, ValueError), (refuses, Forbidden), (is_speechless, AssertionError)],
)
def test_whatever_is_not_promised_is_a_fault(read, fault):
    """A judge that forgives everything would let every fault pass."""
    with pytest.raises(fault):
        judge(Target(read=read), b"")


def test_a_case_that_is_always_slow_is_a_fault():
    """Somebody could send it all day."""
    tries = []

    with pytest.raises(TooSlow):
        judge(Target(read=tries.append, patience=-1.0), b"")

    assert len(tries) == 4


@pytest.mark.parametrize(
    ("case", "body"),
    [
        (b"plain", b"plain"),
        (b"ab\xff\x01\x02c", b"abbbbc"),
        (b"ab\xff\x02\x01c", b"ababc"),
        (b"a\xff\x00b", b"a\xffb"),
        (b"a\xff\x09\x01b", b"ab"),
        (b"ab\xff\x02\xff", b"ab" * 8),
        (b"\xff", b"\xff"),
    ],
)
def test_a_small_case_can_be_a_large_body(case, body):
    """What is slow is long, and a fuzzer tries short things."""
    assert spread(case, limit=16) == body
