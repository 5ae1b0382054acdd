"""The sentences in which the audit log is judged."""

from forgefed_gate.domain.tree import Span

FORGOTTEN = "(forgotten)"
"""Stands where the name of somebody was whose time has come."""
NOTHING_YET = "Nothing is in the audit log yet: a running server takes in what was done."

SILENT_WITNESS = (
    "The witness did not say what it holds, so the log was held against the file only. Please try"
    " again later: whoever changed both may hope that you do not."
)


def whole(size: int, told: int) -> str:
    """Say that nothing was found."""
    return f"The audit log is whole: {_entries(size)}, held against {_checkpoints(told)}."


def changed(span: Span) -> str:
    """Say that an entry, or one of several, is not what the tree was made of."""
    if span.end - span.begin == 1:
        return f"Entry {span.begin} is not what it was when it was written."
    return f"Entries {_range(span)} are not what they were, or not in their order."


def contradicted(span: Span) -> str:
    """Say that the log, whole in itself, is not the one that was told of."""
    return (
        f"The log is not the one that checkpoint {span.end} tells of: something among the entries"
        f" {_range(span)} was changed, and the tree made anew to fit."
    )


def missing(span: Span) -> str:
    """Say that entries are gone."""
    what = (
        f"Entry {span.begin} is" if span.end - span.begin == 1 else f"Entries {_range(span)} are"
    )
    return (
        f"{what} missing. If a backup was restored, this is what happened since it was made; if"
        " none was, somebody took it away."
    )


def nothing_told(path: str) -> str:
    """Say that there is nothing to hold the log against."""
    return (
        f"There is no checkpoint in {path}, though there was one: the log is whole in itself, but"
        " nobody can say whether it is the one that was told of. Put your copy of that file back."
    )


def not_ours(path: str, *, after: int) -> str:
    """Say that the file of checkpoints was changed."""
    return (
        f"What follows {_checkpoints(after)} in {path} is not as this gate wrote it. Compare it"
        " with your copy of that file."
    )


def told_otherwise(size: int) -> str:
    """Say that two checkpoints contradict each other."""
    return (
        f"Of {_entries(size)} this gate told different things in different places: one of the two"
        " logs was made up afterwards."
    )


def waiting(count: int) -> str:
    """Say that some entries are too new to be in the tree."""
    return f"{_entries(count)} too new for the tree: a running server takes them in."


def _range(span: Span) -> str:
    return f"{span.begin} to {span.end - 1}"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _checkpoints(count: int) -> str:
    return "1 checkpoint" if count == 1 else f"{count} checkpoints"
