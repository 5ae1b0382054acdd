"""What is said to those who link a project or a team with another one, before and after."""

from collections.abc import Sequence

from forgefed_gate.domain.links import Peer, State
from forgefed_gate.domain.roles import Role

STATES = {
    State.CLAIMED: "not confirmed",
    State.OFFERED: "waits for them",
    State.ASKED: "waits for you",
    State.AGREED: "agreed",
    State.ACTIVE: "active",
    State.ENDED: "ended",
}
"""How a link stands, in a word or two."""


def comes_in(house: str, peer: str, count: int | None, cap: int) -> str:
    """Say who could come to us by a link that gives, before anybody confirms it."""
    known = (
        "It does not tell how many people are in it, so that is not known."
        if count is None
        else f"It counts {count} now, and whoever joins it later can come as well."
    )
    return (
        f"Whoever is in {peer} can then come to {house} without a knock: they are asked only"
        f" whether they agree to the charter. {known} At most {cap} new people come in by it in a"
        " day; anybody beyond that is asked like everybody else."
    )


def goes_there(house: str, peer: str, count: int) -> str:
    """Say who of ours could take part elsewhere by a link, before anybody confirms it."""
    return (
        f"Whoever is in {house} can then take part in {peer} without a knock there. For that,"
        f" {peer} learns who they are, in which role, and until when: {count} now, and from now on"
        " whoever joins."
    )


def bounds(role: Role, until: str) -> str:
    """Say how far a link goes, and when it ends."""
    return (
        f"The highest role that passes along it is “{role.word}”. It ends by itself on {until},"
        " and can be renewed after that; you can let it rest or end it at any moment."
    )


def offers(peer: str) -> str:
    """Say that a link begins when the other side wants it."""
    return f"{peer} is asked, and nothing passes along the link before they answer yes."


def agrees(peer: str) -> str:
    """Say that the other side asked, so that it begins with our yes."""
    return f"{peer} asked for this link: with your answer both sides want it, and it begins."


def no_house(who: str) -> str:
    """Say that a team cannot be linked with whatever somebody is."""
    return (
        f"{who} is no project and no team, so a team cannot be linked with it. Look for the"
        " project itself: its handle often ends in “-project”."
    )


def say_which(who: str, kinds: Sequence[str]) -> str:
    """Ask what somebody is to us, where it could be several things."""
    return (
        f"{who} could be several things to yours. Please add which one, and ask again:"
        f" {_one_of(kinds)}."
    )


def no_such(who: str, kind: Peer, kinds: Sequence[str]) -> str:
    """Say that somebody cannot be what was said."""
    return (
        f"{who} cannot be a {kind.value} of yours. Please look at what it can be:"
        f" {_one_of(kinds)}."
    )


def _one_of(kinds: Sequence[str]) -> str:
    return " or ".join(f"“{kind}”" for kind in kinds)


def no_team(slug: str) -> str:
    """Say that a project is not a team."""
    return f"“{slug}” is a project, not a team. To invite somebody to it, take “grants add” next."


def unknown_code(code: str) -> str:
    """Say that a project or team has no link with a code."""
    return f"There is no link with the code {code} here. Write “links” to see which there are."


def no_links(house: str) -> str:
    """Say that there is no link to list."""
    return (
        f"{house} is not linked with anybody now. In the console you can ask somebody for a link."
    )


def listed(house: str, lines: Sequence[str]) -> str:
    """List the links of a project or team in its maintainer's own account."""
    found = "\n".join(f"• {line}" for line in lines)
    return (
        f"The links of {house}:\n{found}\n\n"
        "Write link CODE to agree to one that waits for you, unlink CODE to end or decline one,"
        " pause CODE to let one rest, and resume CODE to let it go on."
    )


def line(
    code: str, peer: str, kind: Peer, *, standing: str, role: Role, until: str, came: int
) -> str:
    """Tell of one link in a line."""
    what = f"{peer} as {kind.value}, {standing}"
    return f"{code}: {what}; at most “{role.word}”, until {until}; {came} came in by it"
