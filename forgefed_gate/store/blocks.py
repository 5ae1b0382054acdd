"""Whom we do not listen to: people by id, servers by host; everywhere or in one project."""

import json
from collections.abc import Collection

from forgefed_gate.domain.ids import ActorId, Millis, Slug, authority_of
from forgefed_gate.store.database import Transaction, text


async def add(tx: Transaction, subject: str, *, project: Slug, now: Millis) -> bool:
    """Block a person or a host, and say whether that is new; no *project* is the whole gate."""
    added = await tx.run(
        "INSERT INTO blocks (project, subject, since) VALUES (:project, :subject, :now)"
        " ON CONFLICT DO NOTHING",
        project=project,
        subject=subject,
        now=now,
    )
    return added == 1


async def remove(tx: Transaction, subject: str, *, project: Slug) -> bool:
    """Lift a block."""
    lifted = await tx.run(
        "DELETE FROM blocks WHERE project = :project AND subject = :subject",
        project=project,
        subject=subject,
    )
    return lifted == 1


async def listing(tx: Transaction, project: Slug) -> list[str]:
    """List the blocks of a project, or of the whole gate where *project* is empty."""
    rows = await tx.rows(
        "SELECT subject FROM blocks WHERE project = :project ORDER BY since, subject",
        project=project,
    )
    return [text(row, "subject") for row in rows]


async def covers(tx: Transaction, actor: ActorId, *, project: Slug) -> bool:
    """Say whether *project*, or the whole gate, blocked *actor* or their host."""
    return bool(await among(tx, [(project, actor)]))


async def among(
    tx: Transaction, places: Collection[tuple[Slug, ActorId]]
) -> set[tuple[Slug, ActorId]]:
    """Name those of *places* whose project, or the whole gate, blocked the actor or their host."""
    rows = await tx.rows(
        """
        SELECT DISTINCT given.value ->> 0 AS project, given.value ->> 1 AS actor
        FROM json_each(CAST(:given AS TEXT)) AS given
        JOIN blocks ON blocks.project IN ('', given.value ->> 0)
        AND blocks.subject IN (given.value ->> 1, given.value ->> 2)
        """,
        given=json.dumps([[project, actor, authority_of(actor)] for project, actor in places]),
    )
    return {(Slug(text(row, "project")), ActorId(text(row, "actor"))) for row in rows}
