"""What the people of a project find out about somebody's way in, and what would end with it."""

from forgefed_gate.domain.roles import Role

OURS = "It stands: our own book says so."
TAKEN_BACK = "It was taken back, and does not come back."
NEVER_SEEN = "Its server has never said that it stands."
ITS_OWN = "It is for its server to take back; we cannot. Here you can end what it rests on."


def member(who: str, name: str, role: Role, until: str) -> str:
    """Say what somebody may do, and until when altogether."""
    return f"{who} takes part in {name} as “{role.word}”, until {until}."


def welcome(who: str, name: str, role: Role, until: str) -> str:
    """Say that a team stands for somebody who has not come in."""
    return (
        f"{who} has not come in to {name}. A team stands for them: when they write and agree to"
        f" the charter, they take part as “{role.word}” until {until}."
    )


def turned_away(who: str, name: str) -> str:
    """Say that our own no counts for more than the word of a team."""
    return (
        f"{who} has no role in {name}. A team stands for them, and the people of {name} said no,"
        " which counts for more. They can knock, as everybody can."
    )


def blocked(who: str, name: str) -> str:
    """Say that somebody is not listened to."""
    return f"{who} is blocked, so nothing that they send reaches {name}, whatever Grants say."


def outside(who: str, name: str) -> str:
    """Say that somebody may do nothing here."""
    return f"{who} has no role in {name} now."


def in_office(who: str, offices: str) -> str:
    """Say that somebody works for the project, whatever Grants they hold."""
    return f"{who} is one of the people of the project: {offices}."


def given(giver: str, holder: str, role: str, until: str) -> str:
    """Say who gave what to whom, and until when."""
    return f"{giver} gave “{role}” to {holder}, until {until}."


def seen(moment: str) -> str:
    """Say when a Grant of somebody else was last seen to stand."""
    return f"Last seen to stand: {moment}."


def ends_role(who: str) -> str:
    """Say what happens when our own Grant to somebody is revoked."""
    return f"If you revoke this: {who} loses this role today, for good, and nobody else does."


def ends_way_in(who: str) -> str:
    """Say what happens when what came to somebody through a team is revoked here."""
    return (
        f"If you revoke this: {who} alone loses their way in, for good, and no team brings it"
        " back. The link stays, with everybody else who came by it."
    )


def ends_link(team: str, came: int, more: int) -> str:
    """Say what happens when the link goes by which somebody came."""
    told = f"If you end the link with {team}: {_others(came)} their way in with them."
    return f"{told} {_more(more)}" if more else told


def _others(count: int) -> str:
    if count == 0:
        return "nobody else loses"
    return "one other person loses" if count == 1 else f"{count} other people lose"


def _more(count: int) -> str:
    if count == 1:
        return "One more who has not come yet could not come by it any more."
    return f"{count} more who have not come yet could not come by it any more."


def stays(conversations: int) -> str:
    """Say what no revocation touches."""
    if conversations == 0:
        return "They can knock again, as everybody can."
    open_ones = "One open conversation" if conversations == 1 else f"{conversations} open ones"
    return f"{open_ones} with them can be read as before, and they can knock again."


def by_another_way(who: str) -> str:
    """Say that somebody has another Grant that would still hold."""
    return f"{who} would still be in by another Grant."
