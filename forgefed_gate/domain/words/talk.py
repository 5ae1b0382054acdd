"""The sentences of a conversation, from the first answer to the farewell."""

from forgefed_gate.domain.charter import Charter, Clause
from forgefed_gate.domain.roles import PERMITTED, Role
from forgefed_gate.domain.screening import INVITATION_DAYS
from forgefed_gate.domain.words import forms, keeping

PRIVACY = (
    "Who can read this: the people who screen for {name}, and the admins of your server and of"
    " ours. It is encrypted on our disk, not end to end. Nothing is published without your yes."
)


def wait(charter: Charter) -> str:
    """Say how long an answer usually takes, or that nothing is promised."""
    if charter.wait_days is None:
        return "We make no promise about when, but your words are kept and will be read."
    return f"An answer usually takes up to {forms.days(charter.wait_days)}."


def hello(name: str) -> str:
    """Greet somebody who writes for the first time, or after a decision."""
    return (
        f"Hello, and thank you for writing to {name}. The code is open to everyone; taking part"
        " begins with a private talk like this one, so that nobody is put on a stage."
    )


def welcome_back(name: str) -> str:
    """Greet somebody whose role has ended since they were admitted."""
    return (
        f"Welcome back, and thank you for writing to {name} again. Your role here has ended since"
        " we last talked, so we ask once more; what you did here before still counts."
    )


def first_answer(greeted: str, name: str, charter: Charter, page: str, *, signs: bool) -> str:
    """Answer somebody's first message: the charter in short, and how to knock."""
    return forms.joined(
        greeted,
        f"What we ask of you:\n{forms.listed(charter.expects)}",
        f"What you can expect of us:\n{forms.listed(charter.offers)}",
        "If that suits you, reply to this message and tell us:\n"
        + forms.numbered(charter.questions),
        f"Please include the words “{charter.agreement}” in your reply.",
        f"{wait(charter)} {PRIVACY.format(name=name)}",
        keeping.signing(signs=signs),
        f"All of it on one page: {page}",
    )


def invitation(name: str, charter: Charter, page: str, role: Role, *, signs: bool) -> str:
    """Invite somebody whom a maintainer knows."""
    return forms.joined(
        f"Hello! The people of {name} would like you to take part, with the role"
        f" “{role.word}”. There is nothing you have to do. This invitation is open for"
        f" {forms.days(INVITATION_DAYS)}, and afterwards you are welcome to write to us all the"
        " same.",
        f"What we ask of you:\n{forms.listed(charter.expects)}",
        f"What you can expect of us:\n{forms.listed(charter.offers)}",
        f"If you would like that, reply “{charter.agreement}” to this message.",
        f"{PRIVACY.format(name=name)} {keeping.signing(signs=signs)}",
        f"All of it on one page: {page}",
    )


def agreement_missing(charter: Charter) -> str:
    """Say that the words which agree are missing."""
    return (
        "Thank you, we have your words. One thing is missing before we can go on: please"
        f" reply once more with your answers and the words “{charter.agreement}”, so that both"
        " sides know what they can expect."
    )


def invitation_waits(charter: Charter) -> str:
    """Answer somebody who was invited and wrote something else than the words that agree."""
    return (
        "Thank you, we have kept your words with the invitation, and the people who invited you"
        f" can read them. To take part, reply “{charter.agreement}”. If you would rather not,"
        " there is nothing you have to do."
    )


def invitation_ended(name: str) -> str:
    """Tell somebody that their invitation has had its time, and how to ask again."""
    return (
        "Thank you for coming back to us. This invitation was open for"
        f" {forms.days(INVITATION_DAYS)}, so it has ended, and nothing is lost by that. If you"
        f" would like to take part in {name}, reply to this message once more: we tell you what we"
        " ask, and somebody reads your answer."
    )


def answers_missing(charter: Charter) -> str:
    """Say that the answers to the questions are missing."""
    return forms.joined(
        "Thank you for agreeing. What is missing is a few words of yours, so that somebody can"
        " get to know you a little. Please answer in one reply:",
        forms.numbered(charter.questions),
        f"and include “{charter.agreement}” once more.",
    )


def receipt(name: str, charter: Charter) -> str:
    """Confirm a knock."""
    return (
        f"Thank you. Your answers are with the people who screen for {name}, and only they read"
        f" them. {wait(charter)} You need not do anything until then."
    )


def back_in_line(name: str, charter: Charter) -> str:
    """Confirm an answer to a question that was asked back."""
    return f"Thank you, that is back with the people who screen for {name}. {wait(charter)}"


def already_held(charter: Charter) -> str:
    """Answer somebody who writes again while their knock is held."""
    return f"We have added this to what you sent before. Nothing is missing. {wait(charter)}"


def admitted(name: str, role: Role, days: int, text: str) -> str:
    """Tell somebody that they are admitted."""
    return forms.joined(
        f"Welcome to {name}! From now on your messages reach us directly.",
        text,
        f"Your role is “{role.word}”: {PERMITTED[role]}. It is yours for {forms.days(days)} from"
        " today. Reply here whenever you like, or start a new message for a new topic.",
    )


def asked_back(text: str) -> str:
    """Ask somebody who knocked something more."""
    return forms.joined(
        "Thank you for your answers. Before we decide, we would like to know:",
        text,
        "Just reply to this message, in your own time.",
    )


def declined(name: str, clause: Clause | None, text: str) -> str:
    """Tell somebody that their knock was declined, and the way back."""
    return forms.joined(
        f"Thank you for offering your time to {name}. We are not taking this up now.",
        f"It is about this part of our charter: “{clause.text}”" if clause else "",
        text,
        "This stays between you and us: nothing public shows it. If things change, you are"
        " welcome to write here again. The code stays open to you as to everyone.",
    )


def invitation_withdrawn(name: str, clause: Clause | None, text: str) -> str:
    """Tell somebody that their invitation was taken back, and the way to ask themselves."""
    return forms.joined(
        f"We have taken our invitation to {name} back. There is nothing you have to do.",
        f"It is about this part of our charter: “{clause.text}”" if clause else "",
        text,
        "This stays between you and us: nothing public shows it. If you would like to take part,"
        " you are welcome to write here, as everyone is.",
    )


def thread_opened(name: str, charter: Charter) -> str:
    """Confirm that a member's message opened a new conversation."""
    return f"We have your message; the people of {name} will read it. {wait(charter)}"


def thread_closed() -> str:
    """Tell a member that a conversation is closed."""
    return (
        "We have closed this conversation. Thank you for it. If there is more to say, reply here"
        " and it opens again."
    )


def revoked(name: str) -> str:
    """Tell a member that their role has ended by a maintainer's decision."""
    return (
        f"Your role in {name} has ended today. This stays between you and us. You can read"
        " and use the code as before, and you are welcome to write here again."
    )


def farewell(name: str) -> str:
    """Answer somebody who gave their role back."""
    return (
        f"You have left {name}, as you asked. Thank you for being here. Write to us again"
        " whenever you like."
    )


def write_privately(handle: str) -> str:
    """Answer somebody who mentioned the desk where others can read it."""
    return (
        "Thank you for writing. To protect you, we talk about contributions in private only, and"
        " have kept nothing of a post that others can read. Please send a private mention to"
        f" {handle}, and you get an answer at once."
    )


def one_project_each(name: str) -> str:
    """Answer somebody who wrote one message to several projects at once."""
    return (
        "Thank you for writing. Each project has people of its own, and this message went to"
        f" another one first. Please send {name} a message of its own."
    )


def greeting(name: str, page: str) -> str:
    """Greet a new follower, where the charter switches that on."""
    return (
        f"Thank you for following {name}. If you would like to take part, send us a private"
        f" mention and we will tell you how. More: {page}"
    )


def moved(to: str) -> str:
    """Tell the people of a project that an account moved, and where to if that may be known."""
    where = f" to {to}" if to else ""
    return (
        f"Their server says that this account moved{where}. No role moved with it: from there they"
        " write as somebody new, whom you can admit or invite."
    )


def notice(what: str, code: str, link: str) -> str:
    """Tell a maintainer that something waits, without a word of what it says."""
    return (
        f"{what} ({code}). Read it here: {link}\n\n"
        f"From this account you can write: say {code} …, ask {code} …, admit {code} or"
        f" decline {code} …"
    )


def report_notice(what: str, link: str) -> str:
    """Tell a safety contact of a report, without a word of what it says or about whom it is."""
    return (
        f"{what}. Only you and the owners can read it: {link}\n\n"
        "Whoever else reports something within the hour is kept there too, without another notice."
    )


KNOCK_WAITS = "A knock waits for an answer"
THREAD_WAITS = "A member wrote"
REPORT_WAITS = "A report came in"


def command_done(what: str) -> str:
    """Echo a maintainer's command."""
    return f"Done: {what}"


def command_refused(sentence: str) -> str:
    """Say why a maintainer's command did nothing."""
    return f"Nothing was done. {sentence}"


COMMANDS = (
    "That was not a command, so it reached nobody. You can write: say CODE …, ask CODE …,"
    " admit CODE, decline CODE …, close CODE or hand CODE. “help” says more."
)
