"""What a link rests on, out of the book of a house."""

from collections.abc import Iterable
from typing import Any

from forgefed_gate.domain.capabilities import Capability
from forgefed_gate.domain.links import Link


def starts(rows: Iterable[Any], link: Link | None) -> tuple[Capability, ...]:
    """List what the giver of a link gave itself and did not take back."""
    along = [row for row in rows if link is not None and row.link == link.code]
    standing = [row.grant for row in along if row.revoked_at is None]
    return tuple(each for each in standing if each.delegates is None and each.role is not None)
