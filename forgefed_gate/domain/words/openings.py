"""The sentences that tell people when their words were opened."""

from collections.abc import Sequence

LISTED = 3
IN_ROLE = {
    "operator": "by the operator of this server",
    "owner": "by an owner",
    "maintainer": "by a maintainer",
    "screener": "by a screener, who does not see your name",
    "safety": "by a safety contact",
}
"""In which role somebody reads, said to whom they read; who it was is not said."""
NOT_YET = "Nobody has opened your words yet. Once somebody does, you see it here."


def told(readings: Sequence[tuple[str, str]]) -> str:
    """Say when and in which role words were opened, the latest first, as (moment, role)."""
    if not readings:
        return NOT_YET
    latest = "; ".join(f"{moment}, {in_role(role)}" for moment, role in readings[:LISTED])
    times = "once" if len(readings) == 1 else f"{len(readings)} times"
    lately = ", lately" if len(readings) > LISTED else ""
    return f"Your words were opened {times}{lately}: {latest}. Ask again whenever you like."


def in_role(role: str) -> str:
    """Say in which role somebody read."""
    return IN_ROLE.get(role, "by somebody of the project")
