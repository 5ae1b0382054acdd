"""The sentences about keeping: what is signed, taking a conversation along, checking it."""

SIGNED = (
    "The people here sign what they write to you so that anybody can check it, also where it is"
    " shown on: neither of us can deny it later."
)
NOT_SIGNED = (
    "What we write to you in talk carries no signature of its own, so that talk stays talk. What"
    " we decide is always signed, and a file that you ask for with “export” is too."
)

BY_THEIR_SERVER = "proven by what their author's own server signed"
BY_THE_DESK = "proven by what the desk signed"
BY_NOTHING = "from before anything was kept that proves them to others"
BY_THEIR_PLACE = "deleted, or not to be read any more: their place is proven, their words are gone"


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


def altered(number: int) -> str:
    """Name a message that is not what it was."""
    return f"Message {number} is not as it was: its words or something beside them were altered."


def not_theirs(number: int) -> str:
    """Name a message that its own evidence does not prove."""
    return f"Message {number} is not what was said: what should prove its words does not fit them."


def taken_out(number: int) -> str:
    """Name where a message is missing."""
    return f"Message {number} is missing: it was taken out."


def moved(number: int) -> str:
    """Name where the order was changed."""
    return f"Message {number} is another one than it was: the order was changed."


def put_in(number: int) -> str:
    """Name a message that was not there."""
    return f"Message {number} was not in this conversation: it was put in."


def about_altered() -> str:
    """Say that what stands before the messages is not what it was."""
    return (
        "What the file says of the conversation itself, before its first message, is not as it"
        " was: who talks, their keys, or what was decided."
    )


def list_altered() -> str:
    """Say that the signed list at the end is not what it was."""
    return (
        "Every message stands for itself, but the signed list at the end of the file is not as it"
        " was, so nobody can say whether one is missing. Please get the file anew."
    )


def other_key(key: str) -> str:
    """Say that somebody else signed the file than expected."""
    return f"The file was signed with another key than the one that you expect: with {key}."


def as_it_was(count: int) -> str:
    """Say that nothing was altered."""
    return f"All {count} messages are as they were." if count != 1 else "The message is as it was."


def compare(key: str, desk: str) -> str:
    """Say what cannot be seen from a file alone, and how to see it."""
    return (
        f"It was signed with the key {key}. A file cannot say by itself whose key that is: whoever"
        f" doubts it compares it with what {desk} shows, or asks “verify --key” for it."
    )
