"""What is written down when much goes wrong at once."""

import io
import json
import logging

import pytest

from forgefed_gate.cli.logs import MOST_REASONS, JsonLines, Sparing


class Log:
    """A log on a clock that is moved by hand."""

    def __init__(self):
        self.now = 100.0
        self.written = io.StringIO()
        self.handler = logging.StreamHandler(self.written)
        self.handler.setFormatter(JsonLines())
        self.handler.addFilter(Sparing(lambda: self.now))

    def say(self, message="delivery refused", /, *, name="forgefed_gate.web", **more):
        record = logging.LogRecord(name, logging.INFO, "x.py", 1, message, (), None)
        vars(record).update(more)
        self.handler.handle(record)

    @property
    def lines(self):
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


@pytest.fixture
def log():
    return Log()


def test_a_flood_is_one_line_a_second_that_says_how_large_it_is(log):
    """A disk full of lines about strangers is what the strangers want."""
    for _ in range(30):
        for _ in range(2_000):
            log.say(code="digest-mismatch")
        log.now += 1.0

    assert [line.get("count") for line in log.lines] == [None] + [2_000] * 29
    assert {line["code"] for line in log.lines} == {"digest-mismatch"}


def test_each_reason_is_heard_in_a_flood_of_another(log):
    """What an operator should know must not drown."""
    for _ in range(1_000):
        log.say(code="digest-mismatch")
    log.say(code="signature-invalid")
    log.say("storage does not answer")
    log.say(name="forgefed_gate.services")

    assert len(log.lines) == 4
    assert all("count" not in line for line in log.lines)


def test_what_happens_now_and_then_is_written_every_time(log):
    """Only a crowd is counted."""
    for _ in range(5):
        log.say(code="digest-mismatch")
        log.now += 1.0

    assert len(log.lines) == 5
    assert all("count" not in line for line in log.lines)


def test_reasons_without_number_do_not_fill_the_memory(log):
    """Another library may put what it likes into its patterns."""
    for number in range(3 * MOST_REASONS):
        log.say(f"reason {number}")

    assert len(log.lines) == 3 * MOST_REASONS
    assert len(log.handler.filters[0]._reasons) <= MOST_REASONS
