"""The sentences that answer a contributor's wish."""

from collections.abc import Collection

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.roles import PERMITTED, Role
from forgefed_gate.domain.wishes import ABOUT_A_PARTY, ABOUT_A_PIECE, WITH_CODE, Word
from forgefed_gate.domain.words import forms, talk

MEANS = {
    Word.HELP: "what you can write here",
    Word.STATUS: "where you stand with this project, and who has opened your words",
    Word.SIGNIN: "a link to your own pages: your conversations, and texts that we ask you about",
    Word.EXPORT: "your conversation as a file, with what proves every message",
    Word.CLOSE: "ends this conversation; writing again opens it",
    Word.RENEW: "carries your role on when its end is near, or brings it back",
    Word.SHOW: "a line that shows your Grant to people elsewhere, for a day",
    Word.FORGET_ME: "we erase what we hold of you; we ask back once",
    Word.CONSENT: "your yes; “as NAME” behind it puts a name there",
    Word.NO: "your no; it costs nothing and needs no reason",
    Word.WITHDRAW: "takes it back, also when it is public; without a code, your knock",
    Word.AGREE: "your yes; they get what is written from then on",
    Word.SHARE: "the same, and they may read what you wrote before",
    Word.DISAGREE: "your no, also later; they get nothing more",
}
"""What each word gives, said to whoever may write it."""


def help_for(name: str) -> str:
    """List what can be asked for; what only answers a question of ours stands apart."""
    return forms.joined(
        "A message of just one of these words is answered by the gate itself, at once:",
        _listed({*Word} - WITH_CODE),
        "When we asked you whether words of yours may be public, with the code that stands there:",
        _listed(ABOUT_A_PIECE),
        "When we asked you whether somebody may be added to your conversation:",
        _listed(ABOUT_A_PARTY),
        f"Whatever else you write, in your own words, the people of {name} read.",
    )


def _listed(words: Collection[Word]) -> str:
    return "\n".join(f"• {word.form}: {MEANS[word]}" for word in Word if word in words)


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


def open_now(count: int, added: int) -> str:
    """Say how many conversations are open, theirs and those of others, and who can end each."""
    if added == 0:
        return _theirs_open(count)
    theirs = f"{_theirs_open(count)} " if count else ""
    if added == 1:
        return (
            f"{theirs}You were added to one conversation that is open, with somebody else: reply"
            " in it to go on. Ending it is up to them, and to the people of the project."
        )
    return (
        f"{theirs}You were added to {added} conversations that are open, with somebody else:"
        " reply in one to go on. Ending one is up to them, and to the people of the project."
    )


def _theirs_open(count: int) -> str:
    if count == 0:
        return "No conversation is open. A new message begins one."
    if count == 1:
        return "One conversation is open: reply in it to go on, or with “close” to end it."
    return f"{count} conversations are open: reply in one to go on, or with “close” to end it."


def closed_by_you(name: str) -> str:
    """Confirm that somebody closed their conversation."""
    return (
        f"We have closed this conversation, as you asked. Thank you for it. The people of {name}"
        " see that it was you. If there is more to say, reply here and it opens again."
    )


def knock_taken_back(name: str) -> str:
    """Confirm that somebody closed a conversation in which a decision was still to come."""
    return (
        f"We have closed this, as you asked, so nobody in {name} decides on it any more. Nothing"
        " public shows it. If you change your mind, write here again; you are welcome."
    )


def nothing_open(name: str) -> str:
    """Say that there is no open conversation to close."""
    return (
        f"No conversation with {name} is open here, so there was nothing to close. If you would"
        " like to begin one, just write to us."
    )


def of_somebody_else(code: str) -> str:
    """Tell somebody who was added to a conversation what they cannot do with it, and can."""
    return (
        "This conversation is with somebody else, so closing it and taking it along are up to"
        f" them. If you would rather get nothing more from it, write: disagree {code}"
    )


def signin_link(link: str, minutes: int) -> str:
    """Give somebody the link that they asked for, and say what it opens and for how long."""
    return forms.joined(
        f"This link signs you in once, within the next {minutes} minutes: {link}",
        "It opens your own pages here: your conversations, and texts that we ask you about."
        " Whoever has it can use it, so please pass it on to nobody. If it has run out, ask for a"
        " new one with “signin”.",
    )


CLOSED_BY_THEM = "They closed this conversation by a word. It opens again when they write."
TAKEN_BACK_BY_THEM = (
    "They took this back by a word and closed it. They are welcome to write again."
)
