"""The sentences that answer what maintainers write from their own accounts."""

from forgefed_gate.domain.words import forms

HELP = (
    "From this account you can write, with the code of a conversation:\n\n"
    "• say CODE and your words: they go out as the desk\n"
    "• ask CODE and your question: then it is their turn\n"
    "• admit CODE: lets somebody in\n"
    "• decline CODE: kindly; add “not now”, or the name of a clause, and nothing else is needed\n"
    "• close CODE: with thanks; add “done” or “not now” to say that instead\n"
    "• hand CODE to somebody: they alone are told from then on; hand CODE: everybody is\n\n"
    "With the code of a link, which “links” lists:\n\n"
    "• link CODE: agrees to one that was asked for, as is usual\n"
    "• unlink CODE: ends one, or declines it\n"
    "• pause CODE: lets it rest; resume CODE: lets it go on\n\n"
    "The one word “signin” gets you a link to the console. Whatever else you write here reaches"
    " nobody."
)


def console_link(link: str, minutes: int) -> str:
    """Give a maintainer the link to the console that they asked for."""
    return forms.joined(
        f"This link opens the console once, within the next {minutes} minutes: {link}",
        "Whoever has it can use it, so please pass it on to nobody. If it has run out, ask for a"
        " new one with “signin”.",
    )


def unknown_code(code: str) -> str:
    """Say that no conversation of the project has a code."""
    return (
        f"There is no conversation with the code {code} in this project. Please look at the notice"
        " that told you of it: the code stands there."
    )


def nobody_knocks(code: str) -> str:
    """Say that a conversation holds no knock to decide on."""
    return f"Nobody knocks in the conversation {code}, so there is nothing to decide in it."


def nobody_called(who: str) -> str:
    """Say that a conversation cannot be handed to somebody who is not found here."""
    return (
        f"Nobody who works for this project here is called “{who}”. Write their handle as the list"
        " of maintainers shows it, or leave it away to hand it to everybody."
    )
