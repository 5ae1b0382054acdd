"""Our own actors and their keys; private keys are sealed."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.store.database import Row, Transaction, blob, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaRow:
    """An actor of ours: who it is, and its two pairs of keys."""

    local: Local
    name: str
    rsa_public: str
    rsa_private: bytes
    ed25519_public: str
    ed25519_private: bytes
    created_at: Millis
    house: Kind = Kind.PROJECT
    """Whether it belongs to a project or to a team."""


async def add(tx: Transaction, persona: PersonaRow) -> None:
    """Add an actor; one that exists keeps its keys."""
    await tx.run(
        "INSERT INTO personas (account, kind, slug, name, rsa_public, rsa_private,"
        " ed25519_public, ed25519_private, created_at)"
        " VALUES (:account, :kind, :slug, :name, :rsa_public, :rsa_private,"
        " :ed25519_public, :ed25519_private, :created_at) ON CONFLICT DO NOTHING",
        account=persona.local.user,
        kind=persona.local.kind.value,
        slug=persona.local.slug,
        name=persona.name,
        rsa_public=persona.rsa_public,
        rsa_private=persona.rsa_private,
        ed25519_public=persona.ed25519_public,
        ed25519_private=persona.ed25519_private,
        created_at=persona.created_at,
    )


async def find(tx: Transaction, local: Local) -> PersonaRow | None:
    """Find an actor of ours."""
    row = await tx.row(
        "SELECT personas.*, projects.kind AS house FROM personas LEFT JOIN projects USING (slug)"
        " WHERE account = :account",
        account=local.user,
    )
    return _persona(row) if row else None


async def listing(tx: Transaction) -> list[PersonaRow]:
    """List our actors."""
    rows = await tx.rows(
        "SELECT personas.*, projects.kind AS house FROM personas LEFT JOIN projects USING (slug)"
        " ORDER BY account"
    )
    return [_persona(row) for row in rows]


async def reseal(tx: Transaction, persona: PersonaRow) -> None:
    """Keep the private keys of an actor, which are the same as before, sealed anew."""
    await tx.run(
        "UPDATE personas SET rsa_private = :rsa, ed25519_private = :ed25519"
        " WHERE account = :account",
        account=persona.local.user,
        rsa=persona.rsa_private,
        ed25519=persona.ed25519_private,
    )


def _persona(row: Row) -> PersonaRow:
    return PersonaRow(
        local=Local(kind=Kind(text(row, "kind")), slug=Slug(text(row, "slug"))),
        name=text(row, "name"),
        rsa_public=text(row, "rsa_public"),
        rsa_private=blob(row, "rsa_private"),
        ed25519_public=text(row, "ed25519_public"),
        ed25519_private=blob(row, "ed25519_private"),
        created_at=Millis(number(row, "created_at")),
        house=Kind(str(row["house"])) if row["house"] else Kind.PROJECT,
    )
