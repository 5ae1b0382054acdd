"""When a Grant goes on, and when it does not."""

from dataclasses import replace

import pytest
from cases import CHARTER, GRANT, NOW

from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.renewal import Renewal, comes_back, judge, renewable_from, role_of
from forgefed_gate.domain.roles import Role

OLDER = "0" * 64
YEAR = 365 * DAY


def grant(ends_in, *, lasted=180 * DAY, **changed):
    """Make a Grant that ends *ends_in* from now."""
    ends_at = NOW + ends_in
    return replace(GRANT, starts_at=ends_at - lasted, ends_at=ends_at, **changed)


@pytest.mark.parametrize(
    ("given", "agreed", "expected"),
    [
        (None, "", Renewal.NOTHING),
        (grant(15 * DAY), "", Renewal.NOT_YET),
        (grant(14 * DAY + 1), "", Renewal.NOT_YET),
        (grant(14 * DAY), "", Renewal.DONE),
        (grant(1), "", Renewal.DONE),
        (grant(0), "", Renewal.DONE),
        (grant(-YEAR + 1), "", Renewal.DONE),
        (grant(-YEAR), "", Renewal.NOTHING),
        (grant(DAY, revoked_at=NOW - DAY), "", Renewal.NOTHING),
        (grant(-DAY, revoked_at=NOW - 2 * DAY), "", Renewal.NOTHING),
        (grant(DAY, charter=OLDER), "", Renewal.AGREE_FIRST),
        (grant(-DAY, charter=OLDER), "", Renewal.AGREE_FIRST),
        (grant(DAY, charter=OLDER), CHARTER.hash, Renewal.DONE),
        (grant(DAY, charter=OLDER), OLDER, Renewal.AGREE_FIRST),
        (grant(DAY, charter=OLDER, revoked_at=NOW), CHARTER.hash, Renewal.NOTHING),
        (grant(15 * DAY, charter=OLDER), CHARTER.hash, Renewal.NOT_YET),
        (grant(2 * DAY, lasted=3 * DAY), "", Renewal.NOT_YET),
        (grant(1 * DAY, lasted=3 * DAY), "", Renewal.DONE),
    ],
)
def test_a_grant_goes_on_from_two_weeks_before_its_end_to_a_year_after(given, agreed, expected):
    """Under the charter in force, and never once it was revoked."""
    assert judge(given, CHARTER, agreed, now=NOW) is expected


@pytest.mark.parametrize("days", [1, 2, 13, 28, 180])
def test_nobody_is_told_of_an_end_on_the_day_of_the_beginning(days):
    """A short Grant is half over first."""
    begun = grant(days * DAY, lasted=days * DAY)

    assert renewable_from(begun) - begun.starts_at >= min(days * DAY // 2, 90 * DAY)
    assert renewable_from(begun) < begun.ends_at


@pytest.mark.parametrize(
    ("role", "lapsed", "expected"),
    [
        (Role.REPORT, False, Role.REPORT),
        (Role.ADMIN, False, Role.ADMIN),
        (Role.REPORT, True, Role.REPORT),
        (Role.TRIAGE, True, Role.TRIAGE),
        (Role.WRITE, True, Role.TRIAGE),
        (Role.ADMIN, True, Role.TRIAGE),
    ],
)
def test_after_a_lapse_nobody_returns_to_what_only_an_owner_gives(role, lapsed, expected):
    """A role to merge that lay asleep for months is given again by a person."""
    assert role_of(grant(DAY, role=role), lapsed=lapsed) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, False),
        (grant(1), False),
        (grant(0), True),
        (grant(-YEAR + 1), True),
        (grant(-YEAR), False),
        (grant(-DAY, revoked_at=NOW - 2 * DAY), False),
    ],
)
def test_a_lapse_is_reversible_for_a_year(given, expected):
    """And a revoked Grant is not a lapse."""
    assert comes_back(given, now=NOW) is expected


def test_a_charter_of_before_keeps_its_hash():
    """What somebody agreed to is still what it was when a switch is added that is off."""
    assert CHARTER.hash == ("721318d20135fb52cde918212f7404945ad2c76654b869e64fd4f6d8b3defe0a")
    assert replace(CHARTER, renew_active=True).hash != CHARTER.hash
