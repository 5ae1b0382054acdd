"""The sentences that answer a contributor's wish."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.roles import PERMITTED, Role
from forgefed_gate.domain.wishes import Word
from forgefed_gate.domain.words import talk

MEANS = {
    Word.HELP: "what you can write here",
    Word.STATUS: "where you stand with this project",
    Word.CONSENT: "your yes to a text that we asked you about; it goes with the code of the text",
    Word.NO: "your no to it, while we ask you; it costs nothing and needs no reason",
    Word.WITHDRAW: "take back what was published with your words, or your knock",
    Word.AGREE: "let somebody into your conversation whom we asked you about",
    Word.SHARE: "the same, and let them read what you wrote before",
    Word.DISAGREE: "keep them out, or let them go again",
    Word.FORGET_ME: "we erase what we hold of you; we ask back once",
    Word.EXPORT: "your conversation as a file, with what proves every message",
}
"""What each word gives, said to whoever may write it."""


def help_for(words: list[Word]) -> str:
    """List what can be asked for."""
    listed = "\n".join(f"• {word.form}: {MEANS[word]}" for word in words)
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
