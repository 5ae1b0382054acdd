"""Who may come in where: every address declares its rule, and one without stays shut."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from forgefed_gate.domain.places import HOSTED, THE_GATE


class Asker(Enum):
    """The kinds of people who may ask for an address."""

    OPERATOR = "operator"
    OWNER = "owner"
    MAINTAINER = "maintainer"
    SCREENER = "screener"
    SAFETY = "safety contact"
    CONTRIBUTOR = "contributor"
    OTHER = "other contributor"
    SIGNED = "stranger, signed"
    UNSIGNED = "stranger, unsigned"


class Rule(Enum):
    """Whom an address lets in, in words."""

    EVERYBODY = "everybody"
    LINK = "everybody; what is behind it, whoever has a link that works"
    SENDER = "whoever signs what they bring"
    WITNESS = "a gate that our settings name, by the signature of its request"
    HOOK = "a forge that a project is connected with, by the secret of its webhook"
    PARTY = "whoever it is for, by the signature of their request"
    PARTY_OR_HOUSE = (
        "whoever it is for, by their signature; between houses: whoever knows its name"
    )
    PARTY_OR_PUBLIC = "everybody, where it is news; else whoever it is for, by their signature"
    SIGNED_IN = "whoever is signed in, and sees what is theirs"
    MY_THREAD = "a party of the conversation, signed in"
    AUTHOR = "an author of the piece, signed in"
    OFFICE = "whoever has an office"
    TALK = "whoever may talk in it; whoever screens, while it is screened"
    GRANT = "whoever may grant, and see who it is"
    BLOCK = "whoever may block"
    OPERATOR = "the operator"
    NOBODY = "nobody: there is nothing"


_PEOPLE = frozenset(Asker) - {Asker.SIGNED, Asker.UNSIGNED}
_OFFICES = _PEOPLE - {Asker.CONTRIBUTOR, Asker.OTHER}
_DECIDE = frozenset({Asker.OPERATOR, Asker.OWNER, Asker.MAINTAINER})

ADMITS: Mapping[Rule, frozenset[Asker]] = {
    Rule.EVERYBODY: frozenset(Asker),
    Rule.LINK: frozenset(Asker),
    Rule.SENDER: frozenset(Asker) - {Asker.OPERATOR, Asker.UNSIGNED},
    Rule.WITNESS: frozenset(),
    Rule.HOOK: frozenset(),
    Rule.PARTY: frozenset({Asker.CONTRIBUTOR}),
    Rule.PARTY_OR_HOUSE: frozenset({Asker.CONTRIBUTOR}),
    Rule.PARTY_OR_PUBLIC: frozenset({Asker.CONTRIBUTOR}),
    Rule.SIGNED_IN: _PEOPLE,
    Rule.MY_THREAD: frozenset({Asker.CONTRIBUTOR}),
    Rule.AUTHOR: frozenset({Asker.CONTRIBUTOR}),
    Rule.OFFICE: _OFFICES,
    Rule.TALK: _DECIDE,
    Rule.GRANT: _DECIDE,
    Rule.BLOCK: _DECIDE | {Asker.SAFETY},
    Rule.OPERATOR: frozenset({Asker.OPERATOR}),
    Rule.NOBODY: frozenset(),
}
"""Whom each rule lets in; a conversation is one whose contributor has been admitted."""


class Door(Route):
    """An address, with the rule that says who may come in."""

    def __init__(
        self, path: str, endpoint: Any, *, rule: Rule, methods: list[str] | None = None
    ) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.rule = rule


class Wing(Mount):
    """A folder of addresses under one rule."""

    def __init__(self, path: str, app: Any, *, rule: Rule) -> None:
        super().__init__(path, app)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: an address, and its rule."""

    path: str
    rule: Rule


INBOXES = tuple(
    Row(path=f"{path}/inbox", rule=Rule.SENDER)
    for path in (THE_GATE.path, *(f"/{kind}/{{slug}}" for kind in sorted(HOSTED)))
)
"""They stand in front of the routes, since every message passes there."""


def declared(routes: Iterable[BaseRoute]) -> tuple[Row, ...]:
    """
    Read the rule of every route, or stop the start.

    Raises `LookupError` for one that says nothing: an address that nobody thought about is
    open to everybody, and that is found out here and not by a stranger.
    """
    return tuple(_row(route) for route in routes) + INBOXES


def _row(route: BaseRoute) -> Row:
    match route:
        case Door(path=path, rule=rule) | Wing(path=path, rule=rule):
            return Row(path=path, rule=rule)
        case _:
            raise LookupError(f"Nothing says who may come in at {getattr(route, 'path', route)}.")


def table(rows: Iterable[Row]) -> list[str]:
    """Write the rules down for people: each address, who may come in, and who may not."""
    heads = ["address", "who", *(asker.value for asker in Asker)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [_line(row) for row in rows]


def _line(row: Row) -> str:
    marks = ["yes" if asker in ADMITS[row.rule] else "–" for asker in Asker]
    return f"| `{row.path}` | {' | '.join([row.rule.value, *marks])} |"
