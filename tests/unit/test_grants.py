"""Whether a Grant is good now."""

from dataclasses import replace

import pytest
from cases import GRANT, NOW
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.roles import Role

moments = st.integers(NOW - 3 * DAY, NOW + 3 * DAY)


@pytest.mark.parametrize(
    ("moment", "stands"),
    [
        (GRANT.starts_at - 1, False),
        (GRANT.starts_at, True),
        (GRANT.ends_at - 1, True),
        (GRANT.ends_at, False),
    ],
)
def test_a_grant_is_good_from_its_start_until_just_before_its_end(moment, stands):
    """To the millisecond."""
    assert GRANT.stands(moment) is stands


@given(moments, moments)
def test_a_revoked_grant_is_never_good(revoked_at, moment):
    """Whenever it was revoked, and whenever one asks."""
    revoked = replace(GRANT, revoked_at=revoked_at)

    assert not revoked.stands(moment)
    assert not any(revoked.permits(role, now=moment) for role in Role)


@pytest.mark.parametrize("held", Role)
@pytest.mark.parametrize("needed", Role)
def test_a_role_permits_what_the_ones_below_it_do(held, needed):
    """The ladder has no gaps."""
    grant = replace(GRANT, role=held)

    assert grant.permits(needed, now=NOW) is (held.value >= needed.value)
    assert not grant.permits(needed, now=grant.ends_at)
