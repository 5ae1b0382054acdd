"""Why the word of a team does not let somebody in, told to them of their own chain alone."""

from collections.abc import Callable

from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.reasons import came_through

Told = Callable[[str, Flaw, str], str]
"""Says it, given the name of the project, what is wrong, and who gave the Grant."""


def in_words(facts: Facts, told: Told) -> str:
    """
    Say which Grant of their own chain does not hold; nothing where no team stood for them.

    Whoever holds a Grant knows whom it came from; of any other one they are told nothing.
    """
    way, name = facts.standing, facts.project.name
    if way is None or way.flaw is None:
        return ""
    if way.chain:
        return told(name, way.flaw, way.chain[way.failed].grant.actor)
    return told(name, Flaw.REVOKED, "your team") if came_through(facts.knock) else ""
