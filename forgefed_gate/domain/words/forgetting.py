"""The sentences about being forgotten: asked back, done, and what nobody can promise."""

SOMEBODY = "somebody who was forgotten"
NOBODY_THERE = (
    "This person was forgotten, at their wish or by the operator, so there is nobody here to write"
    " to. If they write again, they begin anew, and you can answer that."
)


def ask_back(code: str) -> str:
    """Ask somebody once whether they mean it, and say what it would do."""
    return (
        "We can forget you, in every project of this gate. Your role ends, your conversations with"
        " us are erased on both sides, and you hear no more news. It cannot be undone.\n\n"
        f"If you mean it, reply “forget me {code}” within a day. If not, there is nothing you have"
        " to do, and everything stays as it is."
    )


def code_unknown() -> str:
    """Say that a code is another one, or too old."""
    return (
        "That is not the code that we gave you, or its day is over. Nothing was erased. If you"
        " would like to be forgotten, write “forget me” and you get a new one."
    )


def holds_office(projects: str) -> str:
    """Say that somebody still runs a project, and what to do first."""
    return (
        f"They help to run {projects}, so they cannot be forgotten yet. Take their role there with"
        " “maintainer remove” first; nothing was erased."
    )


def you_hold_office(projects: str) -> str:
    """Say to somebody who helps to run a project what has to come first."""
    return (
        f"You help to run {projects}. Please have that role taken from you first: an owner or the"
        " operator can do it. Nothing was erased; write “forget me” again afterwards."
    )


def conversation_gone(name: str) -> str:
    """Tell somebody who was added to a conversation that it is erased, and why their words are."""
    return (
        f"A conversation with {name} that you were part of is erased, because whoever began it is"
        " forgotten here. What you wrote in it is erased too: it would tell what it was an answer"
        " to. We ask your server to delete what we passed on to you.\n\n"
        "There is nothing you have to do. You can write to us as before, and we begin a"
        " conversation of your own."
    )


def farewell(name: str, until: str, days: int) -> str:
    """Tell somebody that they are forgotten, what stays, and what nobody can promise."""
    return (
        f"You are forgotten. {name} and every other project of this gate have erased what they"
        " held of you: your words and our answers, your role, and how to reach you.\n\n"
        "What stays names nobody: that something was decided, where it was, at the longest until"
        f" {until}, and for {days} days that these messages came, so that a copy of one does"
        " nothing. It stands under a number that only this gate can compute.\n\n"
        "What led to a block may be kept for somebody's safety, as a sealed copy that few may"
        f" open. It is destroyed by {until} at the latest. We say this to everybody who leaves,"
        " and tell nobody whether there is one.\n\n"
        "Older backups of our database still hold your words, locked; they are out of reach once"
        " our key has been changed. We ask your server to delete our messages to you, as far as we"
        " know them. We cannot make another server obey.\n\n"
        "If you write to us again, you are as welcome as anybody, and we begin anew."
    )
