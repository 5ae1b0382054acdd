"""Who hears which actor's news, and to whom we write no more."""

import json
from collections.abc import Collection

from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, Millis, Slug
from forgefed_gate.store.database import Transaction, number, text

COURTESY = 30 * DAY


async def add(
    tx: Transaction,
    target: str,
    actor: ActorId,
    *,
    project: Slug,
    follow: ActivityId,
    now: Millis,
) -> None:
    """Let *actor* hear the news of *target*."""
    await tx.run(
        "INSERT INTO followers (target, actor, project, follow, since)"
        " VALUES (:target, :actor, :project, :follow, :now)"
        " ON CONFLICT (target, actor) DO UPDATE SET follow = excluded.follow",
        target=target,
        actor=actor,
        project=project,
        follow=follow,
        now=now,
    )


async def drop(
    tx: Transaction,
    project: Slug,
    actor: ActorId,
    *,
    target: str | None = None,
    follow: ActivityId | None = None,
) -> int:
    """Send *actor* no more news: of *target*, of what they followed by *follow*, or of all."""
    return await tx.run(
        "DELETE FROM followers WHERE project = :project AND actor = :actor"
        " AND (CAST(:target AS TEXT) IS NULL OR target = :target)"
        " AND (CAST(:follow AS TEXT) IS NULL OR follow = :follow)",
        project=project,
        actor=actor,
        target=target,
        follow=follow,
    )


async def forget(tx: Transaction, actor: ActorId) -> None:
    """Send *actor*, who is there no more, no news of anybody."""
    await tx.run("DELETE FROM followers WHERE actor = :actor", actor=actor)


async def count(tx: Transaction, target: str) -> int:
    """Count who hears the news of *target*."""
    row = await tx.row("SELECT COUNT(*) AS n FROM followers WHERE target = :target", target=target)
    return number(row, "n") if row else 0


async def hush(
    tx: Transaction, project: Slug, actor: ActorId, *, quiet: bool, now: Millis
) -> None:
    """Write to *actor* no more for *project*, or again."""
    if quiet:
        await tx.run(
            "INSERT INTO hushed (project, actor, since) VALUES (:project, :actor, :now)"
            " ON CONFLICT DO NOTHING",
            project=project,
            actor=actor,
            now=now,
        )
    else:
        await tx.run(
            "DELETE FROM hushed WHERE project = :project AND actor = :actor",
            project=project,
            actor=actor,
        )


async def hushed(tx: Transaction, project: Slug, actor: ActorId) -> bool:
    """Say whether *actor* wants nothing from *project*."""
    return bool(await hushed_among(tx, [(project, actor)]))


async def hushed_among(
    tx: Transaction, places: Collection[tuple[Slug, ActorId]]
) -> set[tuple[Slug, ActorId]]:
    """Name those of *places* where the actor wants nothing from the project."""
    rows = await tx.rows(
        """
        SELECT project, actor FROM json_each(CAST(:given AS TEXT)) AS given
        JOIN hushed ON project = given.value ->> 0 AND actor = given.value ->> 1
        """,
        given=json.dumps([*places]),
    )
    return {(Slug(text(row, "project")), ActorId(text(row, "actor"))) for row in rows}


async def remember_courtesy(
    tx: Transaction, project: Slug, actor: ActorId, *, now: Millis
) -> None:
    """Remember that *actor* was asked to write privately."""
    await tx.run(
        "INSERT INTO courtesies (project, actor, at) VALUES (:project, :actor, :now)"
        " ON CONFLICT (project, actor) DO UPDATE SET at = excluded.at",
        project=project,
        actor=actor,
        now=now,
    )


async def was_courteous(tx: Transaction, project: Slug, actor: ActorId, *, now: Millis) -> bool:
    """Say whether *actor* was asked to write privately lately."""
    row = await tx.row(
        "SELECT 1 AS yes FROM courtesies"
        " WHERE project = :project AND actor = :actor AND at > :since",
        project=project,
        actor=actor,
        since=now - COURTESY,
    )
    return row is not None


async def forget_courtesies(tx: Transaction, *, now: Millis) -> None:
    """Forget who was asked to write privately so long ago that we would ask again."""
    await tx.run("DELETE FROM courtesies WHERE at <= :before", before=now - COURTESY)
