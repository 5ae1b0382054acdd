"""One decision being carried out."""

from dataclasses import dataclass

from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import Slug
from forgefed_gate.services.gate import Gate
from forgefed_gate.store.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decision being carried out: what it was about, and what proves who said so."""

    gate: Gate
    tx: Transaction
    facts: Facts
    evidence: bytes
    decision: str = ""
    """What is decided about somebody, by its stable code; nothing where people only talk."""

    @property
    def slug(self) -> Slug:
        """The project in question."""
        return self.facts.project.slug
