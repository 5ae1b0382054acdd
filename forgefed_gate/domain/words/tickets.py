"""What people are told about issues and merge requests that come from other servers."""

from forgefed_gate.domain.tracking import Reply


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

NO_SUCH = (
    "There is no open issue of that name that you are part of, so nothing was changed. Look at the"
    " answer to your Offer: its “result” names the issue."
)
FIXED = (
    "What this issue says cannot be changed any more: its words are gone, or they were changed as"
    " often as we keep. Nothing was changed. Write a comment, which its people read as well."
)
LINK_FIRST = (
    "Nobody there has given this team a Grant for that project, so it would not be taken. Ask for"
    " a link first: “team link” says how."
)
WRONG_THERE = {
    True: "That tracker takes merge requests. Nothing was sent. Name the file that holds your"
    " change with --patch, or offer an issue to the tracker that the project names as"
    " “ticketsTrackedBy”.",
    False: "That tracker takes issues, and no patches. Nothing was sent. Offer your change to the"
    " tracker that the project names as “sendPatchesTo”.",
}
"""What our own people read, by whether the tracker takes patches."""
NOT_TEXT = (
    "This file is empty, or no text in UTF-8, so nothing was sent. “git format-patch --stdout”"
    " writes a file that can be sent, also of a change to binary files."
)
TOO_LARGE_TO_SEND = (
    "A change of up to 200 KiB can be sent along, with all that its writing adds, and this one is"
    " larger. Nothing was sent. Send it in parts, or offer an issue that says where your branch"
    " is."
)
NO_GRANT_NOW = (
    "The Grant by which this team writes there has ended, so this would not be taken. Nothing was"
    " sent. “team list” shows how the link stands; ask their people."
)
TITLE_FIRST = "Please send a title of one line, of at most 300 characters, and some words with it."
SETTLED = {
    (True, True): "Whoever offered this issue closed it. If they write again, it opens again.",
    (False, True): "Whoever offered this issue opened it again, and waits for an answer.",
    (True, False): "Somebody who may sort issues here closed this one, by their Grant.",
    (False, False): "Somebody who may sort issues here opened this one again, by their Grant.",
}
"""What the people of a project read, by whether it is closed, and by whom."""
SETTLED_THERE = {
    True: "Their tracker says that this issue is done. You can still write here.",
    False: "Their tracker says that this issue is open again, and waits.",
}
TAKEN_BACK = "Whoever offered this took it back, so its words are gone. Nothing need be done."


def settled(name: str, *, resolved: bool) -> str:
    """Tell whoever offered an issue how it stands from now on."""
    if resolved:
        return (
            f"The people of {name} see this issue as done, and close it. If there is more to say,"
            " reply here, and it opens again."
        )
    return f"The people of {name} opened this issue again. Reply here whenever you like."


ANSWERS = {
    Reply.TENTATIVE: "They hold what you offered until somebody there has decided; you read here"
    " what they answer.",
    Reply.ACCEPT: "They took what you offered. What you write here from now on, they read.",
    Reply.REJECT: "They did not take what you offered. Nothing more is sent there; you can write"
    " to their desk and ask.",
}


def answered(reply: Reply, said: str) -> str:
    """Tell our own people what a tracker elsewhere answered."""
    return f"{ANSWERS[reply]}\n\nTheir words: {said}" if said else ANSWERS[reply]


def not_taken(said: str) -> str:
    """Tell our own people that something they wrote was not taken there."""
    told = "Your last message was not taken there. You can look at the link, and send it again."
    return f"{told}\n\nTheir words: {said}" if said else told


def not_a_tracker(who: str) -> str:
    """Say that nothing can be offered to somebody."""
    return (
        f"{who} is no tracker. Look at the project there: its actor names one for issues as"
        " “ticketsTrackedBy”, and one for merge requests as “sendPatchesTo”."
    )


def not_its_tracker(who: str) -> str:
    """Say that a project does not name the tracker that names it."""
    return (
        f"{who} says which project it is for, but that project names another tracker. Nothing was"
        " sent; look at the project there, and use the one that it names."
    )
