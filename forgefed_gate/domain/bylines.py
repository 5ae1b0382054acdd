"""Under which name somebody's words may be public: one that is theirs, and nobody else's."""

import unicodedata

from forgefed_gate.domain.errors import Malformed

LONGEST_CHOSEN_NAME = 60
LOOK_ALIKES = str.maketrans(
    "авекмнорстухіїјѕһԁԛԝӏαεικνορτυχωıl01",
    "abekmhopctyxiijshdqwiaeikvoptuxwiioi",
)
"""Letters of other scripts, and figures, beside the Latin letter that each is taken for."""


def read_chosen_name(text: str, *, handle: str, project: str, desk: str) -> str:
    """
    Read the name that an author chose: one line that is nobody else's handle or name.

    Their own handle may be written with or without its first @. *project* is the name of the
    project and *desk* its handle: words that stand under either look like the project's own.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if _bare(name) == _bare(handle):
        return handle
    if not name.isprintable() or len(name) > LONGEST_CHOSEN_NAME or {"@", "/"} & set(name):
        raise Malformed(
            "name-malformed",
            f"A name here is one line of at most {LONGEST_CHOSEN_NAME} letters, without @ and /;"
            f" or it is your handle, {handle}.",
        )
    if _letters(name) in {_letters(project), _letters(desk), _letters(_user(desk))} - {""}:
        raise Malformed(
            "name-of-the-project",
            "That is what the project itself is called, so your words would look like its own."
            f" Please choose another name, or your handle, {handle}, or none.",
        )
    return name


def _bare(handle: str) -> str:
    return handle.casefold().lstrip("@")


def _user(handle: str) -> str:
    return _bare(handle).partition("@")[0]


def _letters(name: str) -> str:
    """Fold what looks alike at a glance: capitals, spaces, signs, accents, and other scripts."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in folded if each.isalnum()).translate(LOOK_ALIKES)
