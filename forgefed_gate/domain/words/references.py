"""What the people of a project are told of a Grant from elsewhere that somebody showed."""

from forgefed_gate.domain.references import Doubt
from forgefed_gate.domain.roles import Role

PROVES_NOT = (
    "It says that people over there let them in. It does not say how they work, or that they mean"
    " well here; nothing follows from it by itself."
)
NOT_YET = "They showed a Grant from elsewhere. It is being looked at."
UNREADABLE = (
    "They showed a Grant from elsewhere, but what we kept of it cannot be read. It counts"
    " neither for nor against them: you can decide without it, or ask them."
)

DOUBTS = {
    Doubt.UNREACHABLE: "its server did not show it to us",
    Doubt.NO_GRANT: "what is there is no Grant that we can read",
    Doubt.ORIGIN: "it is not kept on the server of whoever gave it",
    Doubt.UNPROVEN: "whoever is said to have given it has not signed it",
    Doubt.TARGET: "it was given to somebody else",
    Doubt.TIME: "it has ended, or not begun",
    Doubt.SHAPE: "it makes nobody a member of anything",
    Doubt.TAKEN_BACK: "its server does not say that it stands",
}


def found(*, server: str, issuer: str, role: Role, since: str, until: str, day: str) -> str:
    """Say what a Grant from elsewhere says of whoever showed it."""
    return (
        f"At {server} they hold “{role.word}” from {issuer}, since {since}, until {until}; seen to"
        f" stand on {day}."
    )


def masked(role: Role, since: str, until: str) -> str:
    """Say as much of it as tells nobody who they are."""
    return (
        f"Elsewhere they hold “{role.word}”, since {since}, until {until}; it was seen to stand."
    )


def doubted(doubt: Doubt) -> str:
    """Say why a Grant that was shown says nothing."""
    return f"They showed a Grant from elsewhere, but {DOUBTS[doubt]}. So it says nothing for them."
