"""Why a chain of Grants does not hold, in words: for our people, and for whoever has it."""

from forgefed_gate.domain.capabilities import LONGEST_CHAIN, Flaw

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")

WHAT = {
    Flaw.TOO_LONG: f"comes after {LONGEST_CHAIN} others, and a chain has no more than those.",
    Flaw.REPEATED: "stands in the chain twice, so the chain goes round in a circle.",
    Flaw.FOREIGN_ROOT: "is no Grant of ours, and a way into what is ours begins with one.",
    Flaw.NOT_OURS: "is not in our own book, whoever says that we gave it.",
    Flaw.OURS_INSIDE: "carries our name in a place where others pass on what we gave.",
    Flaw.CONTEXT: "is about something else.",
    Flaw.TARGET: "was given to somebody else than the one who shows it, or passes it on.",
    Flaw.ORIGIN: "is not kept on the server of whoever gave it.",
    Flaw.UNBROKEN: "does not follow from the one before it.",
    Flaw.EARLY: "has not begun yet.",
    Flaw.ENDED: "has ended, on its date.",
    Flaw.LONG: "is for longer than six months, and nobody is trusted for longer unseen.",
    Flaw.REVOKED: "was taken back.",
    Flaw.PAUSED: "hangs on a link that is at rest.",
    Flaw.WAY: "says that it came through others than it did.",
    Flaw.BLOCKED: "comes from somebody to whom we do not listen, or from a server of that kind.",
    Flaw.NO_PROOF: "does not say where we could ask whether it stands.",
    Flaw.NOT_SEEN: "was not seen to stand: its server has not said so within the last minutes.",
    Flaw.ALLOWS: "allows something else than to act by it, or more than the one before it.",
    Flaw.HANDS: "went to somebody who is no team or project of the kind that may pass it on.",
    Flaw.ROLE: "gives a higher role than the one that it follows from.",
    Flaw.DELEGATE: "only lets somebody pass Grants on, and gives no role.",
    Flaw.TOO_LITTLE: "gives a lower role than this needs.",
}
"""What is so with the Grant that does not hold."""

ITS_ISSUER = "Ask whoever gave it for a new one."
NEXT = {
    Flaw.EARLY: "Nothing has to be done: wait for its first day.",
    Flaw.ENDED: "Ask whoever gave it to renew it, or let them knock as everybody can.",
    Flaw.REVOKED: "It does not come back. They can knock, as everybody can.",
    Flaw.PAUSED: "Let the link go on, and it holds again at once.",
    Flaw.BLOCKED: "Unblock them, and it holds again; or let people knock, as everybody can.",
    Flaw.NOT_SEEN: "We ask again at their next word; nothing is lost until then.",
    Flaw.TOO_LITTLE: "Link with a higher role, or invite them yourself; then look again.",
    Flaw.TOO_LONG: "Link with a team that stands nearer to them, and look again.",
    Flaw.LONG: "Ask whoever gave it for one that ends sooner.",
}
"""What to do next, where that is anything else than asking for a new Grant."""


def why_not(flaw: Flaw, place: int, issuer: str) -> str:
    """Name the Grant of a chain that does not hold, who gave it, why, and what to do next."""
    if flaw is Flaw.NONE_NAMED:
        return (
            "Nobody gave them a Grant here, and no team that we are linked with stands for them."
            " They can write to the desk, as everybody can."
        )
    number = ORDINALS[place] if 0 <= place < len(ORDINALS) else "last"
    return (
        f"The {number} Grant of the chain, which {issuer} gave, {WHAT[flaw]}"
        f" {NEXT.get(flaw, ITS_ISSUER)}"
    )


TO_THEM = {
    Flaw.EARLY: "begins on a later day",
    Flaw.ENDED: "has ended on its date",
    Flaw.REVOKED: "was taken back",
    Flaw.PAUSED: "is at rest just now, and may go on later",
    Flaw.NOT_SEEN: "could not be asked about just now; later it may hold again",
}
"""What somebody is told of a Grant of their own chain; of no other one they are told anything."""


def to_them(name: str, flaw: Flaw, issuer: str) -> str:
    """Tell somebody why the team that stood for them does not let them in today, and what will."""
    what = TO_THEM.get(flaw, "does not fit the others that it follows from")
    return (
        f"A team stood for you in {name}. The Grant from {issuer} on which that rests {what}. So"
        " we ask you what we ask everybody; you are welcome all the same."
    )


def of_their_way(name: str, flaw: Flaw, issuer: str) -> str:
    """Answer whoever asks where they stand, and whose way in through a team does not hold."""
    what = TO_THEM.get(flaw, "does not fit the others that it follows from")
    return (
        f"A team stood for you in {name}. The Grant from {issuer} on which it rests {what}. Until"
        " it holds you have no role here; if you write to us, we ask you what we ask everybody."
    )
