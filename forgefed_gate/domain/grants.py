"""Grants: who may do what, until when, and whether one is good now."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.roles import Role


def issuer_of(grant: GrantId) -> ActorId:
    """Name the project or team of ours that issued a Grant: the id begins with it."""
    return ActorId(grant.partition("/grants/")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A direct Grant that we issued; our own database says whether it still stands."""

    id: GrantId
    project: Slug
    target: ActorId
    role: Role
    charter: str
    starts_at: Millis
    ends_at: Millis
    revoked_at: Millis | None = None
    fulfills: ActivityId | None = None
    asked: str | None = None
    """The hash of the charter that its holder was shown, to agree to before it is renewed."""

    @property
    def issuer(self) -> ActorId:
        """The project or team of ours that issued it."""
        return issuer_of(self.id)

    def stands(self, now: Millis) -> bool:
        """Say whether the Grant is good at *now*: begun, not ended, never revoked."""
        return self.revoked_at is None and self.starts_at <= now < self.ends_at

    def permits(self, role: Role, *, now: Millis) -> bool:
        """Say whether the Grant is good for an act that needs *role*."""
        return self.stands(now) and self.role >= role
