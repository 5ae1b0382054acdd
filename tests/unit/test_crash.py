"""Which words choose a point at which a gate kills itself, and that no others do."""

import pytest

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.services import crash
from forgefed_gate.services.crash import POINTS, Crash


@pytest.mark.parametrize("point", POINTS)
def test_a_point_and_a_passing_of_it_can_be_chosen(point):
    """The first time is the usual one."""
    assert crash.read(point) == Crash(at=point, passings=1)
    assert crash.read(f"{point}:12") == Crash(at=point, passings=12)


@pytest.mark.parametrize(
    "chosen", ["", "somewhere", "Sent", "sent:0", "sent:-1", "sent:many", "sent:1:1"]
)
def test_what_names_no_point_is_refused(chosen):
    """A test whose gate never crashes proves nothing, so a wrong word must not pass for one."""
    with pytest.raises(Malformed) as refusal:
        crash.read(chosen)

    assert refusal.value.code == "crash-point-unknown"
    assert all(point in refusal.value.sentence for point in POINTS)


def test_nobody_dies_who_was_not_told_to():
    """A gate without the variable passes every point, and so does one whose turn has not come."""
    for lives in (crash.read(None), Crash(at="sent", passings=2)):
        for point in POINTS:
            lives.point(point)
