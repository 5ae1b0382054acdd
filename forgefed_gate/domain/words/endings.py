"""The sentences of endings that need no typing, and of handing over."""

from collections.abc import Callable

from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.words import talk


def done() -> str:
    """Tell a member that what they wrote about is done."""
    return (
        "What you wrote about is done. Thank you for bringing it to us and for your patience. We"
        " close this conversation; if there is more to say, reply here and it opens again."
    )


def not_now() -> str:
    """Tell a member that something is not taken up for now."""
    return (
        "Thank you for this. We have read it and cannot take it up for now; that is about our"
        " time and not about you. We close this conversation, and a reply from you opens it again."
    )


CLOSING: dict[Ending, Callable[[], str]] = {
    Ending.THANKS: talk.thread_closed,
    Ending.DONE: done,
    Ending.NOT_NOW: not_now,
}
"""What is said to a member, ending by ending."""

DECLINED_FOR_NOW = (
    "This is about our time and not about you: nobody here can look after somebody new just now."
)


def handed_to_you(code: str, link: str) -> str:
    """Tell a maintainer that a conversation is theirs to look after, without a word of it."""
    return (
        f"A conversation was handed to you ({code}). Read it here: {link}\n\n"
        "From now on you alone are told when something happens in it. If it is not for you, hand"
        f" it on: hand {code} to somebody, or hand {code} for everybody."
    )
