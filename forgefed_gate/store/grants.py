"""
The Grants that we issued. One that was revoked, or seen to end, never comes back.

A clock can be set back, so a Grant is good only if it ends after all that we have done
(`record`) as well as after now.
"""

import json
from collections.abc import Collection

from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.roles import read_role
from forgefed_gate.store.database import Row, Transaction, number, text
from forgefed_gate.store.record import believable


async def add(tx: Transaction, grant: Grant, *, document: str) -> None:
    """Remember a Grant, with the signed document that was sent."""
    await tx.run(
        "INSERT INTO grants (id, project, target, role, charter, starts_at, ends_at, fulfills,"
        " document) VALUES (:id, :project, :target, :role, :charter, :starts_at, :ends_at,"
        " :fulfills, :document)",
        id=grant.id,
        project=grant.project,
        target=grant.target,
        role=grant.role.word,
        charter=grant.charter,
        starts_at=grant.starts_at,
        ends_at=grant.ends_at,
        fulfills=grant.fulfills,
        document=document,
    )


async def revoke(tx: Transaction, grant: GrantId, *, now: Millis) -> bool:
    """End a Grant for good; one that has ended keeps its first end."""
    return (
        await tx.run(
            "UPDATE grants SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL",
            id=grant,
            now=now,
        )
        == 1
    )


async def find(tx: Transaction, grant: str) -> Grant | None:
    """Find a Grant by its id."""
    row = await tx.row("SELECT * FROM grants WHERE id = :id", id=grant)
    return _grant(row) if row else None


async def document(tx: Transaction, grant: GrantId) -> str:
    """Give the signed document of a Grant, as it was sent."""
    row = await tx.row("SELECT document FROM grants WHERE id = :id", id=grant)
    assert row is not None, "whoever asks has found the Grant"
    return text(row, "document")


async def standing(
    tx: Transaction, project: Slug, target: ActorId, *, now: Millis
) -> Grant | None:
    """Find the Grant of *target* that is good at *now* and lasts longest."""
    row = await tx.row(
        "SELECT * FROM grants WHERE target = :target AND project = :project"
        " AND revoked_at IS NULL AND starts_at <= :now AND ends_at > :now"
        " AND ends_at > (SELECT COALESCE(MAX(at), 0) FROM record WHERE at <= :believable)"
        " ORDER BY ends_at DESC LIMIT 1",
        target=target,
        project=project,
        now=now,
        believable=believable(now),
    )
    return _grant(row) if row else None


async def lasting(tx: Transaction, project: Slug, target: ActorId, *, now: Millis) -> Grant | None:
    """Find the Grant of *target* that lasts longest; by a clock set back it may not have begun."""
    row = await tx.row(
        "SELECT * FROM grants WHERE target = :target AND project = :project"
        " AND revoked_at IS NULL AND ends_at > :now"
        " AND ends_at > (SELECT COALESCE(MAX(at), 0) FROM record WHERE at <= :believable)"
        " ORDER BY ends_at DESC LIMIT 1",
        target=target,
        project=project,
        now=now,
        believable=believable(now),
    )
    return _grant(row) if row else None


async def all_lasting(tx: Transaction, project: Slug, *, now: Millis) -> list[Grant]:
    """List for each member what `lasting` finds."""
    rows = await tx.rows(
        "SELECT * FROM grants WHERE project = :project AND revoked_at IS NULL AND ends_at > :now"
        " AND ends_at > (SELECT COALESCE(MAX(at), 0) FROM record WHERE at <= :believable)"
        " ORDER BY ends_at, id",
        project=project,
        now=now,
        believable=believable(now),
    )
    return [*{grant.target: grant for grant in map(_grant, rows)}.values()]


async def all_of(tx: Transaction, project: Slug, target: ActorId, *, now: Millis) -> list[Grant]:
    """List the Grants of *target* that were not revoked and have not ended."""
    rows = await tx.rows(
        "SELECT * FROM grants WHERE target = :target AND project = :project"
        " AND revoked_at IS NULL AND ends_at > :now ORDER BY ends_at, id",
        target=target,
        project=project,
        now=now,
    )
    return [_grant(row) for row in rows]


async def latest(tx: Transaction, project: Slug, target: ActorId) -> Grant | None:
    """Find the latest Grant of *target*, whether it is good or not."""
    row = await tx.row(
        "SELECT * FROM grants WHERE target = :target AND project = :project"
        " ORDER BY starts_at DESC, ends_at DESC, id LIMIT 1",
        target=target,
        project=project,
    )
    return _grant(row) if row else None


async def ending(tx: Transaction, *, now: Millis, before: Millis) -> list[Grant]:
    """List the Grants that end between *now* and *before*, and whose end nobody was told of."""
    rows = await tx.rows(
        "SELECT * FROM grants WHERE ends_at > :now AND ends_at <= :before"
        " AND revoked_at IS NULL AND noted_at IS NULL ORDER BY ends_at, id",
        now=now,
        before=before,
    )
    return [_grant(row) for row in rows]


async def note_end(tx: Transaction, grant: GrantId, *, now: Millis) -> bool:
    """Take on to tell of the end of a Grant, unless somebody has; it is told of once."""
    noted = "UPDATE grants SET noted_at = :now WHERE id = :id AND noted_at IS NULL"
    return await tx.run(noted, id=grant, now=now) == 1


async def ask_again(tx: Transaction, grant: GrantId, *, charter: str) -> None:
    """Remember which charter the holder of a Grant was shown, to agree to."""
    await tx.run("UPDATE grants SET asked = :charter WHERE id = :id", id=grant, charter=charter)


async def members(
    tx: Transaction, places: Collection[tuple[Slug, ActorId]], *, now: Millis
) -> set[tuple[Slug, ActorId]]:
    """Find which of the (project, person) *places* have a Grant at *now* that lets them write."""
    rows = await tx.rows(
        "SELECT DISTINCT project, target FROM json_each(CAST(:places AS TEXT)) AS place"
        " JOIN grants ON target = place.value ->> 1 AND project = place.value ->> 0"
        " WHERE role <> 'visit' AND revoked_at IS NULL AND starts_at <= :now AND ends_at > :now"
        " AND ends_at > (SELECT COALESCE(MAX(at), 0) FROM record WHERE at <= :believable)",
        places=json.dumps([*places]),
        now=now,
        believable=believable(now),
    )
    return {(Slug(text(row, "project")), ActorId(text(row, "target"))) for row in rows}


async def listing(tx: Transaction, project: Slug) -> list[Grant]:
    """List every Grant of *project*, the newest first."""
    rows = await tx.rows(
        "SELECT * FROM grants WHERE project = :project ORDER BY starts_at DESC, id",
        project=project,
    )
    return [_grant(row) for row in rows]


async def count_standing(tx: Transaction, project: Slug, *, now: Millis) -> int:
    """Count the Grants that are good at *now*."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT target) AS n FROM grants WHERE project = :project"
        " AND revoked_at IS NULL AND starts_at <= :now AND ends_at > :now"
        " AND ends_at > (SELECT COALESCE(MAX(at), 0) FROM record WHERE at <= :believable)",
        project=project,
        now=now,
        believable=believable(now),
    )
    return number(row, "n") if row else 0


def _grant(row: Row) -> Grant:
    revoked, fulfills, asked = row["revoked_at"], row["fulfills"], row["asked"]
    return Grant(
        id=GrantId(text(row, "id")),
        project=Slug(text(row, "project")),
        target=ActorId(text(row, "target")),
        role=read_role(text(row, "role")),
        charter=text(row, "charter"),
        starts_at=Millis(number(row, "starts_at")),
        ends_at=Millis(number(row, "ends_at")),
        revoked_at=Millis(int(revoked)) if revoked is not None else None,
        fulfills=ActivityId(str(fulfills)) if fulfills else None,
        asked=str(asked) if asked else None,
    )
