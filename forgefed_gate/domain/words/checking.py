"""The sentences in which an exported conversation is judged, anywhere and by anybody."""

BY_THEIR_SERVER = "proven by what their author's own server signed"
BY_THE_DESK = "proven by what the desk signed"
BY_NOTHING = "from before anything was kept that proves them to others"
BY_THEIR_PLACE = "deleted, or not to be read any more: their place is proven, their words are gone"
"""What stands beside each message: how it is proven."""


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
