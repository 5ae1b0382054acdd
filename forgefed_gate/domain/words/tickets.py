"""What people are told about issues and merge requests that come from other servers."""


def not_by_this(flaw: str) -> str:
    """Say that a Grant does not let its holder do what they named it for."""
    return (
        f"The Grant that you named does not let you do this here ({flaw}), so nothing was changed."
        " Ask whoever gave it to you, or write to the project's desk, which answers everybody."
    )


NAME_A_GRANT = (
    "You name no Grant, so nothing was changed. Send it again with the id of your Grant of this"
    " project as its “capability”."
)
NO_MACHINES = (
    "A machine has to name a Grant of this project as its “capability”. People of the project can"
    " give it one: write to the desk and ask."
)
NOT_TODAY = (
    "The team that stands for you has brought as many new people as the project takes in a day, or"
    " the project turned you away before. Nothing was changed. Write to the project's desk, which"
    " answers everybody."
)
PATCHES_ELSEWHERE = (
    "This tracker takes issues. Send your patches to the project's tracker for patches, which its"
    " actor names as “sendPatchesTo”."
)
NO_PATCHES = (
    "This tracker takes merge requests: an attachment of the type Offer that says where the change"
    " comes from, or holds its patches. Send it again with one, or send an issue to the tracker"
    " for issues."
)
TOO_LARGE = (
    "Patches of up to 200 KiB can be sent along. For a larger change, send the branch that it"
    " comes from as “origin”, or ask the desk how to hand it over."
)
