"""What somebody is told who wants to show their Grant to people elsewhere."""

from forgefed_gate.domain.words import forms


def link(name: str, address: str, hours: int) -> str:
    """Give somebody the line that shows their Grant, and say what it tells and to whom."""
    return forms.joined(
        f"This line shows your Grant from {name} to whoever you send it to, for the next {hours}"
        " hours. Put it, as it is, into your message to the project elsewhere:",
        f"grant {address}",
        "Whoever has it sees that you are a member here, your role, and since and until when, and"
        " nothing else. It lets nobody in. If it has run out, ask for a new one with “show”.",
    )


def through_team(name: str, team: str) -> str:
    """Tell somebody who is in through a team whose Grant they would show."""
    return (
        f"You are in {name} by the word of a team, {team}, so there is no Grant of ours to show."
        " Write “show” to that team instead, and it gives you a line for others to see."
    )


def nothing(name: str) -> str:
    """Tell somebody who holds no Grant that there is none to show."""
    return (
        f"You hold no Grant from {name} just now, so there is nothing to show. If you would like"
        " to take part, write to us in a few words, and we tell you how."
    )
