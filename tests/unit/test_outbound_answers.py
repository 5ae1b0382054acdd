"""What a peer's answer to a delivery means for the next try."""

import pytest

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import HOUR, MINUTE, Millis
from forgefed_gate.net.fetch import Answer
from forgefed_gate.services import outbound

NOW = Millis(1_795_348_800_000)
"""2026-11-22 12:00 UTC."""


def answer(status, **headers):
    """Build an answer as a peer gives it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, url="https://peer.example/inbox", headers=named, body=b"")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_taken_is_done(status):
    """Any yes is a yes."""
    outbound.judge(answer(status), now=NOW)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "rejected"),
        (413, "rejected"),
        (422, "rejected"),
        (404, "missing"),
        (410, "gone"),
        (401, "refused"),
        (403, "refused"),
        (302, "failed"),
        (408, "failed"),
        (429, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_a_no_is_final_or_may_pass(status, code):
    """What is refused for itself must not hold back what waits behind it."""
    with pytest.raises(Unreachable) as no:
        outbound.judge(answer(status), now=NOW)

    assert no.value.code == code
    assert (code in outbound.FINAL) is (code in {"rejected", "gone", "missing"})


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 2 * MINUTE),
        ("0", 0),
        ("Sun, 22 Nov 2026 13:00:00 GMT", HOUR),
        ("Sunday, 22-Nov-26 13:00:00 GMT", HOUR),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 32 Nov 2026 11:00:00 GMT", None),
        ("Fri, 31 Dec 999999999999 00:00:00 GMT", None),
        ("", None),
        ("soon", None),
        ("9" * 10, None),
        ("-1", None),
    ],
)
def test_a_peer_may_ask_for_time(header, wait):
    """Somebody who says when to come back is taken at their word."""
    with pytest.raises(Unreachable) as no:
        outbound.judge(answer(503, retry_after=header), now=NOW)

    assert no.value.asked == wait
