"""The sentences about keeping: what is signed, and taking a conversation along."""

SIGNED = (
    "The people here sign what they write to you so that anybody can check it, also where it is"
    " shown on: neither of us can deny it later."
)
NOT_SIGNED = (
    "What we write to you in talk carries no signature of its own, so that talk stays talk. What"
    " we decide is always signed, and a file that you ask for with “export” is too."
)


def signing(*, signs: bool) -> str:
    """Say whether talk is signed, before anybody talks."""
    return SIGNED if signs else NOT_SIGNED


def export_ready(name: str, link: str) -> str:
    """Answer somebody who wants to take their conversation along."""
    return (
        f"Here is your conversation with {name}, as one file: {link}\n\n"
        "The link works once, within a quarter of an hour; write “export” again for another one."
        " The file holds what both sides wrote, with what proves it. Please keep it as"
        " carefully as the conversation itself: what we wrote to you is in it, too.\n\n"
        "Anybody can check it with “forgefed-gate verify FILE”, without asking us: it says"
        " whether every message is as it was, and which one is not."
    )


def nothing_to_export(name: str) -> str:
    """Answer somebody who wants to take along what there is not."""
    return (
        f"There is no conversation between you and {name} to take along yet. Write to us in a few"
        " words, and there is one."
    )


def signs_from_now(name: str) -> str:
    """Tell whoever switched signing on what follows."""
    return (
        f"In conversations that begin from now on, what {name} writes is signed, and everybody who"
        " writes is told so at once. It can be shown to others, and nobody here can take it back."
        " Conversations that began before stay as they were."
    )


def signs_no_more(name: str) -> str:
    """Tell whoever switched signing off what follows."""
    return (
        f"{name} signs its decisions and no talk, from the next message on. What was signed before"
        " stays signed, wherever it is."
    )


UNREADABLE = (
    "What was kept here cannot be read: somebody changed it, or its storage is damaged. That is"
    " written down, and the operator of this server can look for it in a backup."
)


def forgotten_since(people: int) -> str:
    """Tell a safety contact why a piece of evidence holds less than was kept."""
    who = "one person" if people == 1 else f"{people} people"
    return (
        f"What {who} said or reported here is gone: they asked to be forgotten, or somebody asked"
        " for them. What is shown is the rest, as it was."
    )
