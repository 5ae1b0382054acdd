"""The sentences about a role that ends on its date, and how it goes on."""

from forgefed_gate.domain.charter import Charter
from forgefed_gate.domain.roles import PERMITTED, Role
from forgefed_gate.domain.words import forms


def ends_soon(name: str, role: Role, day: str) -> str:
    """Tell somebody that their role ends on its date, and the word that renews it."""
    return (
        f"Your role “{role.word}” in {name} ends on {day}, as every role here does unless it is"
        " renewed. If you would like to go on, reply with the one word “renew”. If not, there is"
        " nothing you have to do, and for a year afterwards the same word brings it back."
    )


def agree_again(name: str, charter: Charter, page: str, day: str) -> str:
    """Show the charter in force to somebody who agreed to another one, before they go on."""
    return forms.joined(
        f"Your role in {name} has {day} as its end date. Since you agreed, what both sides promise"
        " each other has changed, so we ask once more before it is renewed.",
        f"What we ask of you:\n{forms.listed(charter.expects)}",
        f"What you can expect of us:\n{forms.listed(charter.offers)}",
        f"To go on, reply “{charter.agreement}”. If you would rather not, there is nothing you"
        " have to do.",
        f"All of it on one page: {page}",
    )


def renewed(name: str, role: Role, day: str) -> str:
    """Tell somebody that their role goes on."""
    return (
        f"Thank you for staying with {name}. Your role “{role.word}” is good until {day}:"
        f" {PERMITTED[role]}. We write to you before it ends."
    )


def not_yet(name: str, day: str, from_day: str) -> str:
    """Tell somebody that there is nothing to renew yet."""
    return (
        f"Your role in {name} is good until {day}, so nothing is to be done now. From {from_day}"
        " on, the word “renew” carries it on; we write to you then."
    )


def comes_back_until(name: str, role: Role, day: str) -> str:
    """Tell somebody whose role ended on its date that a word brings it back."""
    return (
        f"Your role “{role.word}” in {name} has ended on its date. Until {day}, the one word"
        " “renew” brings it back; after that, write to us in a few words, as everyone does."
    )


def welcome_back(name: str) -> str:
    """Greet somebody whose role ended on its date."""
    return (
        f"Welcome back, and thank you for writing to {name} again. Your role here ended on its"
        " date, and what you did here still counts. The quickest way back is to reply with the"
        " one word “renew”; or answer once more, if you would like to tell us what is new."
    )
