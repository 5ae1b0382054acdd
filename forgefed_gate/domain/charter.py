"""A project's two-sided rules, in a form that can be hashed and agreed to."""

import hashlib
import json
from dataclasses import dataclass, replace

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.roles import Role

LONGEST_GRANT = 180
"""How many days a Grant may last."""

SHORTEST_ANSWER = 20
"""How many characters an answer needs besides the words that agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One promise, with a short name by which a decision can point at it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """What contributors and project promise each other; agreeing means agreeing to its hash."""

    expects: tuple[Clause, ...]
    offers: tuple[Clause, ...]
    questions: tuple[str, ...]
    agreement: str = "I agree"
    wait_days: int | None = 7
    role: Role = Role.REPORT
    grant_days: int = LONGEST_GRANT
    greet_followers: bool = False
    renew_active: bool = False

    @property
    def hash(self) -> str:
        """The SHA-256 of the canonical form, in hexadecimal."""
        return hashlib.sha256(canonical(self)).hexdigest()

    def clause(self, name: str) -> Clause:
        """Find the clause called *name*, on either side."""
        for clause in self.expects + self.offers:
            if clause.id == name:
                return clause
        known = ", ".join(clause.id for clause in self.expects + self.offers)
        raise Malformed("clause-unknown", f"The charter has no clause “{name}”. It has: {known}.")


def canonical(charter: Charter) -> bytes:
    """
    Write *charter* in its one canonical form.

    Strings, small integers and ASCII keys only, so sorted keys without spaces are the
    canonical JSON of RFC 8785. What came later is written only where it is switched on, so
    that a charter of before keeps its hash.
    """
    form: dict[str, object] = {
        "agreement": charter.agreement,
        "expects": [{"id": clause.id, "text": clause.text} for clause in charter.expects],
        "grantDays": charter.grant_days,
        "greetFollowers": charter.greet_followers,
        "offers": [{"id": clause.id, "text": clause.text} for clause in charter.offers],
        "questions": list(charter.questions),
        "role": charter.role.word,
        "waitDays": charter.wait_days,
    }
    if charter.renew_active:
        form["renewActive"] = True
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _folded(text: str) -> str:
    return " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())


def agrees(charter: Charter, text: str) -> bool:
    """Say whether *text* holds the words that agree, in any case and spacing."""
    return _folded(charter.agreement) in _folded(text)


def only_agrees(charter: Charter, text: str) -> bool:
    """Say whether *text* is the words that agree and nothing else, but for a yes or a stop."""
    said = _folded(text).strip(" .!\"“”„'").removeprefix("yes").lstrip(" ,:")
    return said == _folded(charter.agreement).strip(" .!\"“”„'")


def says_enough(charter: Charter, text: str) -> bool:
    """Say whether *text* holds an answer besides the words that agree."""
    rest = _folded(text).replace(_folded(charter.agreement), " ")
    return len("".join(rest.split())) >= SHORTEST_ANSWER


def default_charter(name: str) -> Charter:
    """The charter that a new project starts with: open at once, and kind to both sides."""
    return Charter(
        expects=(
            Clause(id="kindness", text="Be kind, and assume that others mean well."),
            Clause(id="own-words", text="Write in your own words, and offer what you understand."),
            Clause(id="patience", text="One thing at a time: wait for an answer before the next."),
        ),
        offers=(
            Clause(id="answer", text="A person reads what you write and answers you."),
            Clause(id="privacy", text="Nothing you write here is published without your yes."),
            Clause(id="credit", text="Every kind of work counts, under the name you choose."),
        ),
        questions=(
            f"What would you like to help {name} with?",
            "What brought you here, and what have you tried so far?",
            "How do you like to work, and is there anything we should know?",
        ),
    )


LINKED = Clause(
    id="linked-projects",
    text="You can take part in projects that we are linked with, without a knock there. For that,"
    " they learn that you are a member, in which role and until when.",
)
"""What whoever joins a team agrees to besides: those it is linked with learn who is in it."""


def default_team_charter(name: str) -> Charter:
    """The charter that a new team starts with: a project's, and what being trusted brings."""
    alone = default_charter(name)
    return replace(alone, offers=(*alone.offers, LINKED))
