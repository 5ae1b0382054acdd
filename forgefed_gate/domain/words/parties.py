"""The sentences about who is added to a conversation."""

from forgefed_gate.domain.threads import Speaker

FROM = {
    Speaker.PROJECT: "",
    Speaker.CONTRIBUTOR: "From whom this conversation is with:",
    Speaker.PARTY: "From somebody who was added to this conversation:",
}
"""Whose words are passed on; nobody is named to anybody else."""

NO_PARTY = "They are not part of this conversation, so there is nothing to change."
NOT_ADMITTED = (
    "Whom this conversation is with has not been admitted yet. Once they are, you can ask them."
)
NOT_REACHED = (
    "We cannot ask whom this is with: they are blocked, or want no messages from this desk. If"
    " that changes, ask again."
)
THEIRS_ALREADY = "This conversation is theirs already, so nobody has to be asked."
IN_ALREADY = "They are part of this conversation already, and get what is written in it."
ASKED_ALREADY = "This was asked already. We wait for the answer."
NOT_WELCOME = (
    "They cannot be added: we do not know them yet, or they are blocked, want no messages from"
    " this desk, are a bot, or read this conversation anyway as one of your people."
)
"""Why the people of a project cannot add somebody, or take them out, as they asked."""


def passed_on(speaker: Speaker, text: str) -> str:
    """Pass somebody's words on to another party."""
    said = FROM.get(speaker, "")
    return f"{said}\n\n{text}" if said else text


def may_we_add(name: str, handle: str, server: str, code: str) -> str:
    """Ask a contributor whether somebody may be added to their conversation."""
    return (
        f"May we add somebody to this conversation? {name} would like {handle} to read and answer"
        f" here from now on. The admins of {server} could then read it too.\n\n"
        f"• If that is fine, reply: agree {code}\n"
        f"• If they may also read what you wrote before: share {code}\n"
        f"• If you would rather not: disagree {code}\n\n"
        "Nothing happens before you answer, and no answer is a no. You can still say disagree"
        " later; from then on they get nothing more."
    )


def agreed(name: str) -> str:
    """Confirm to a contributor that somebody is in."""
    return (
        f"Thank you. They are part of this conversation now, and get what you and {name} write"
        " from here on. Nothing that was written before is shown to them."
    )


def shared() -> str:
    """Confirm that what somebody wrote before is shown."""
    return "Thank you. They can now read what you wrote in this conversation before."


def disagreed() -> str:
    """Confirm that somebody is not, or no longer, in."""
    return "That is settled: they get nothing from this conversation."


def nothing_asked(code: str) -> str:
    """Say that there is nothing under a code, or nothing of theirs."""
    return (
        f"There is nothing open under the code {code}, so nothing was changed. The code stands in"
        " the message in which we asked you."
    )


def welcome(name: str, code: str) -> str:
    """Greet somebody who was added."""
    return (
        f"Hello. {name} and the person whom this conversation is with would like you to be part of"
        " it. It is private: you get what is written from now on, and whoever is in it reads what"
        " you reply to these messages. The admins of everybody's servers, yours and ours included,"
        f" can read it too.\n\nIf you would rather not, reply: disagree {code}"
    )


def may_they_read(code: str) -> str:
    """Tell somebody who was added before that there is somebody new."""
    return (
        "Somebody was added to this conversation. They see nothing that you wrote before. If they"
        f" may read it, reply: share {code}"
    )


def history_opened() -> str:
    """Tell somebody that they may read what was said before they came."""
    return (
        "You may now read more of what was said in this conversation before you came. The page of"
        " this conversation shows it."
    )


def removed(name: str, handle: str) -> str:
    """Tell a contributor that somebody is out."""
    return f"{name} took {handle} out of this conversation. They get nothing more from it."
