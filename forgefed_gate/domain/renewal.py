"""How a Grant goes on: when its end is near, and for a year after it."""

from enum import Enum

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, Millis, later
from forgefed_gate.domain.roles import Role

NOTED_BEFORE = 14 * DAY
"""How long before its end the holder of a Grant is told of it."""

REVERSIBLE_FOR = 365 * DAY
"""How long after its end a Grant can be renewed as if it had not ended."""

ACTIVE_WITHIN = 90 * DAY
"""Whoever wrote within that time is active."""

AFTER_A_LAPSE = Role.TRIAGE
"""The highest role that comes back by a word once it has ended: what any maintainer gives."""


class Renewal(Enum):
    """What a wish to renew leads to."""

    DONE = "done"
    NOT_YET = "not yet"
    AGREE_FIRST = "agree first"
    """The charter has changed since they agreed."""
    NOTHING = "nothing"
    """There is no Grant to go on from: none was given, it was ended, or that is long ago."""


def renewable_from(grant: Grant) -> Millis:
    """Say from when on *grant* can be renewed; a short one, once half of its time is over."""
    half = grant.starts_at + (grant.ends_at - grant.starts_at) // 2
    return max(Millis(grant.ends_at - NOTED_BEFORE), Millis(half))


def judge(grant: Grant | None, charter: Charter, agreed: str, *, now: Millis) -> Renewal:
    """
    Judge a wish to renew *grant*, the latest of its holder.

    *agreed* is the hash of the charter that they agree to by the wish, or empty. What was
    revoked never comes back: it is not renewed, and neither is what came before it.
    """
    if grant is None or grant.revoked_at is not None:
        return Renewal.NOTHING
    if later(grant.ends_at, REVERSIBLE_FOR) <= now:
        return Renewal.NOTHING
    if now < renewable_from(grant):
        return Renewal.NOT_YET
    if charter.hash not in {grant.charter, agreed}:
        return Renewal.AGREE_FIRST
    return Renewal.DONE


def role_of(grant: Grant, *, lapsed: bool) -> Role:
    """Say which role a renewal gives: the same, and after a lapse what needs no owner."""
    return min(grant.role, AFTER_A_LAPSE) if lapsed else grant.role


def comes_back(grant: Grant | None, *, now: Millis) -> bool:
    """Say whether *grant* ended on its date, not long ago, so that a word brings it back."""
    if grant is None or grant.revoked_at is not None:
        return False
    return grant.ends_at <= now < later(grant.ends_at, REVERSIBLE_FOR)
