"""What somebody elsewhere asks to be done with a house of ours, by a Grant that they name."""

from dataclasses import dataclass

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.intents import ActOfOurs
from forgefed_gate.domain.roles import Office, Role

NEEDS = Role.ADMIN
"""The role that decides about who has access, as ForgeFed's ladder says."""
LIKE = Office.MAINTAINER
"""The office whose holders may do what such a Grant lets somebody do, and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What somebody asks for, and whether the Grant that they named lets them."""

    acts: tuple[ActOfOurs, ...]
    """What it comes to here; nothing, where what they name is not here."""
    judgement: Judgement | None
    """None where they named no Grant."""
    offices: frozenset[Office] = frozenset()
    """What they are in the house besides, which counts only together with a Grant."""
