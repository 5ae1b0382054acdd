"""What a role on ForgeFed's ladder permits, and what an office in a project permits."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.ids import ActorId, Slug


class Role(IntEnum):
    """A rung of ForgeFed's ladder; each permits what the ones below permit."""

    VISIT = 1
    REPORT = 2
    TRIAGE = 3
    WRITE = 4
    MAINTAIN = 5
    ADMIN = 6

    @property
    def word(self) -> str:
        """The role as it is written on the wire."""
        return self.name.lower()


PERMITTED: dict[Role, str] = {
    Role.VISIT: "you can read along",
    Role.REPORT: "you can write to us, and offer issues and patches",
    Role.TRIAGE: "you can also sort, assign and close issues",
    Role.WRITE: "you can also merge and push",
    Role.MAINTAIN: "you can also change descriptions and settings",
    Role.ADMIN: "you can also decide who has access",
}
"""What a role permits, said to whoever has it."""


def read_role(word: str) -> Role:
    """Read a role as the wire writes it: short, prefixed, or as a full IRI of ForgeFed's own."""
    short = word.removeprefix("https://forgefed.org/ns#").removeprefix("forge:")
    if short == "develop":
        return Role.WRITE
    for role in Role:
        if role.word == short:
            return role
    known = ", ".join(role.word for role in Role)
    raise Malformed("role-unknown", f"There is no role “{word}”. The roles are: {known}.")


class Office(Enum):
    """What somebody does for a project."""

    OWNER = "owner"
    MAINTAINER = "maintainer"
    SCREENER = "screener"
    SAFETY = "safety"


class Act(Enum):
    """Something an office may entitle to."""

    SEE_KNOCKS = "see knocks"
    SEE_WHO = "see who knocks"
    ASK = "ask back"
    DECIDE = "decide on knocks"
    TALK = "talk in threads"
    GRANT = "grant and revoke"
    BLOCK = "block"
    ANNOUNCE = "announce"
    PUBLISH = "propose to publish"
    APPOINT = "appoint maintainers"
    READ_REPORTS = "read reports"
    ERASE = "erase people"
    LINK = "link with other projects and teams"


PERMITS: dict[Office, frozenset[Act]] = {
    Office.OWNER: frozenset(Act),
    Office.MAINTAINER: frozenset(Act) - {Act.APPOINT, Act.READ_REPORTS, Act.ERASE, Act.LINK},
    Office.SCREENER: frozenset({Act.SEE_KNOCKS, Act.ASK}),
    Office.SAFETY: frozenset({Act.BLOCK, Act.READ_REPORTS}),
}

HIGHEST_GRANT = {Office.OWNER: Role.ADMIN, Office.MAINTAINER: Role.TRIAGE}
"""The highest role that a holder of an office may grant."""


def read_office(word: str) -> Office:
    """Read an office from what a person typed."""
    try:
        return Office(word)
    except ValueError:
        known = ", ".join(office.value for office in Office)
        raise Malformed(
            "office-unknown", f"There is no role “{word}”. Choose one of: {known}."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who acts here: the operator, or a person with offices in projects."""

    name: str
    operator: bool = False
    offices: dict[Slug, frozenset[Office]] = field(default_factory=dict[Slug, frozenset[Office]])
    by_role: Role | None = None
    """The role by which they act, where a Grant lets them and no office."""

    def may(self, act: Act, project: Slug) -> bool:
        """Say whether an office of theirs in *project* permits *act*."""
        held = self.offices.get(project, frozenset())
        return self.operator or any(act in PERMITS[office] for office in held)

    def role_in(self, project: Slug) -> str:
        """Name the role in which they act for *project*: the highest office, or the operator's."""
        held = self.offices.get(project, frozenset())
        found = next((office.value for office in Office if office in held), "")
        if self.by_role is not None:
            return self.by_role.word
        return self.name if self.operator else found

    def highest_grant(self, project: Slug) -> Role:
        """The highest role they may grant in *project*; `VISIT` where they may grant none."""
        if self.operator:
            return Role.ADMIN
        held = self.offices.get(project, frozenset())
        return max((HIGHEST_GRANT.get(office, Role.VISIT) for office in held), default=Role.VISIT)

    def must(self, act: Act, project: Slug) -> None:
        """Refuse, in words, what their offices do not permit."""
        if not self.may(act, project):
            raise Forbidden(
                "not-your-office",
                f"Your role in {project} does not include: {act.value}. An owner can change that.",
            )


OPERATOR = Principal(name="operator", operator=True)


def person(actor: ActorId, offices: dict[Slug, frozenset[Office]]) -> Principal:
    """Name the principal that *actor* is, with the offices they hold."""
    return Principal(name=actor, offices=offices)
