"""The sentences that stand in place of words which somebody's server had better not have."""


def withheld(page: str) -> str:
    """Tell somebody that there are words for them, and how they get to read them."""
    return (
        "We wrote to you. The software of your server is known to show private posts to people"
        f" whom they are not for, so the words stay with us. {_how_to_read(page)}"
    )


def withheld_again(page: str) -> str:
    """Tell somebody that words which they had no copy of have changed."""
    return (
        "Something that we wrote to you, or passed on to you, has changed. Its words stay with us,"
        " for the software of your server is known to show private posts to people whom they are"
        f" not for. {_how_to_read(page)}"
    )


def _how_to_read(page: str) -> str:
    return (
        "To read them, write “signin” to us: you get a link that signs you in once. Use it soon,"
        " for whoever uses it first is signed in. Then you find them here:"
        f" {page}\n\nWhat you write to us reaches us as always. Once your server runs a version"
        " without that fault, we write to you in full again."
    )
