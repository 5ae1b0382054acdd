"""The sentences that answer a contributor's wish."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.roles import PERMITTED, Role
from forgefed_gate.domain.wishes import Word
from forgefed_gate.domain.words import talk

MEANS = {
    Word.HELP: "what you can write here",
    Word.STATUS: "where you stand with this project",
    Word.EXPORT: "your conversation as a file, with what proves every message",
}
"""What each word gives, said to whoever may write it."""


def help_for(words: list[Word]) -> str:
    """List what can be asked for."""
    listed = "\n".join(f"• {word.value}: {MEANS[word]}" for word in words)
    return (
        "You can write to us in your own words, and people read them. A message of just one of"
        f" these words is answered by the gate itself:\n\n{listed}"
    )


def member_until(name: str, role: Role, day: str) -> str:
    """Say which role somebody has, and until when."""
    return f"You take part in {name} as “{role.word}” until {day}: {PERMITTED[role]}."


def still_held(name: str, charter: Charter) -> str:
    """Say that a knock waits for the people of the project."""
    return f"Your answers are with the people who screen for {name}. {talk.wait(charter)}"


def your_turn(name: str) -> str:
    """Say that a question waits for somebody's answer."""
    return (
        f"We have written to you about {name} and look forward to your answer, whenever it suits"
        " you. Just reply to our latest message."
    )


def no_role(name: str) -> str:
    """Say that somebody has no role now, and the way to one."""
    return (
        f"You have no role in {name} just now. If you would like to take part, write to us in a"
        " few words, and we tell you how."
    )
