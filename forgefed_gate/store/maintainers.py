"""Who does what for which project."""

import json
from collections.abc import Collection

from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.domain.roles import Office
from forgefed_gate.store.database import Transaction, text


async def add(
    tx: Transaction, project: Slug, actor: ActorId, *, office: Office, now: Millis
) -> bool:
    """Give *actor* an office; one that they hold already changes nothing."""
    return (
        await tx.run(
            "INSERT INTO maintainers (project, actor, office, since)"
            " VALUES (:project, :actor, :office, :now) ON CONFLICT DO NOTHING",
            project=project,
            actor=actor,
            office=office.value,
            now=now,
        )
        == 1
    )


async def remove(tx: Transaction, project: Slug, actor: ActorId) -> int:
    """Take all offices in *project* from *actor* and say how many they were."""
    return await tx.run(
        "DELETE FROM maintainers WHERE project = :project AND actor = :actor",
        project=project,
        actor=actor,
    )


async def among(
    tx: Transaction, places: Collection[tuple[Slug, ActorId]]
) -> set[tuple[Slug, ActorId]]:
    """Find in which of the (project, person) *places* the person holds an office."""
    rows = await tx.rows(
        "SELECT DISTINCT project, actor FROM json_each(CAST(:places AS TEXT)) AS place"
        " JOIN maintainers ON actor = place.value ->> 1 AND project = place.value ->> 0",
        places=json.dumps([*places]),
    )
    return {(Slug(text(row, "project")), ActorId(text(row, "actor"))) for row in rows}


async def listing(tx: Transaction, project: Slug) -> list[tuple[ActorId, Office]]:
    """List who holds which office in *project*."""
    rows = await tx.rows(
        "SELECT actor, office FROM maintainers WHERE project = :project ORDER BY since, actor",
        project=project,
    )
    return [(ActorId(text(row, "actor")), Office(text(row, "office"))) for row in rows]


async def everybody(tx: Transaction) -> list[tuple[Slug, ActorId]]:
    """List who works for which project."""
    rows = await tx.rows("SELECT DISTINCT project, actor FROM maintainers")
    return [(Slug(text(row, "project")), ActorId(text(row, "actor"))) for row in rows]


async def offices(tx: Transaction, actor: ActorId) -> dict[Slug, frozenset[Office]]:
    """List the offices of *actor*, project by project."""
    rows = await tx.rows(
        "SELECT project, office FROM maintainers WHERE actor = :actor", actor=actor
    )
    held: dict[Slug, frozenset[Office]] = {}
    for row in rows:
        project = Slug(text(row, "project"))
        held[project] = held.get(project, frozenset()) | {Office(text(row, "office"))}
    return held
