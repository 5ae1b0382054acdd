"""Knocks and how they stand."""

from forgefed_gate.domain.ids import ActivityId, ActorId, KnockId, Millis, Slug, ThreadId
from forgefed_gate.domain.roles import read_role
from forgefed_gate.domain.screening import Knock, Stage
from forgefed_gate.store.database import Row, Transaction, number, text


async def save(tx: Transaction, knock: Knock) -> None:
    """Remember a knock as it now stands."""
    await tx.run(
        "INSERT INTO knocks (id, project, actor, thread, stage, charter, role, days,"
        " join_activity, invite_activity, opened_at, changed_at, invited_by, via)"
        " VALUES (:id, :project, :actor, :thread, :stage, :charter, :role, :days,"
        " :join_activity, :invite_activity, :opened_at, :changed_at, :invited_by, :via)"
        " ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, role = excluded.role,"
        " days = excluded.days, join_activity = excluded.join_activity,"
        " changed_at = excluded.changed_at",
        id=knock.id,
        project=knock.project,
        actor=knock.actor,
        thread=knock.thread,
        stage=knock.stage.value,
        charter=knock.charter,
        role=knock.role.word,
        days=knock.days,
        join_activity=knock.join,
        invite_activity=knock.invite,
        opened_at=knock.opened_at,
        changed_at=knock.changed_at,
        invited_by=knock.invited_by,
        via=knock.via,
    )


async def find(tx: Transaction, knock: KnockId) -> Knock | None:
    """Find a knock by its id."""
    row = await tx.row("SELECT * FROM knocks WHERE id = :id", id=knock)
    return _knock(row) if row else None


async def latest(tx: Transaction, project: Slug, actor: ActorId) -> Knock | None:
    """Find the latest knock of *actor* at *project*."""
    row = await tx.row(
        "SELECT * FROM knocks WHERE actor = :actor AND project = :project"
        " ORDER BY opened_at DESC, id DESC LIMIT 1",
        actor=actor,
        project=project,
    )
    return _knock(row) if row else None


async def of_thread(tx: Transaction, thread: ThreadId) -> Knock | None:
    """Find the latest knock that was made in a conversation."""
    row = await tx.row(
        "SELECT * FROM knocks WHERE thread = :thread ORDER BY opened_at DESC, id DESC LIMIT 1",
        thread=thread,
    )
    return _knock(row) if row else None


async def in_thread(tx: Transaction, thread: ThreadId) -> list[Knock]:
    """List every knock that was made in a conversation, the oldest first."""
    rows = await tx.rows(
        "SELECT * FROM knocks WHERE thread = :thread ORDER BY opened_at, id", thread=thread
    )
    return [_knock(row) for row in rows]


async def listing(tx: Transaction, project: Slug) -> list[Knock]:
    """List the knocks of *project*: those that wait for us first, the longest waiting first."""
    rows = await tx.rows(
        "SELECT * FROM knocks WHERE project = :project"
        " ORDER BY CASE stage WHEN 'held' THEN 0 WHEN 'returned' THEN 1 WHEN 'asked' THEN 2"
        " WHEN 'invited' THEN 3 ELSE 4 END, changed_at, id",
        project=project,
    )
    return [_knock(row) for row in rows]


async def withdraw_invitations(
    tx: Transaction, project: Slug, inviter: str, *, now: Millis
) -> None:
    """Take back what *inviter* offered in *project* and nobody has answered yet."""
    await tx.rows(
        "SELECT actor FROM people WHERE actor IN (SELECT actor FROM knocks"
        " WHERE project = :project AND stage = 'invited' AND invited_by = :inviter)"
        " ORDER BY actor /* held */",
        project=project,
        inviter=inviter,
    )
    await tx.run(
        "UPDATE knocks SET stage = 'withdrawn', changed_at = :now"
        " WHERE project = :project AND stage = 'invited' AND invited_by = :inviter",
        project=project,
        inviter=inviter,
        now=now,
    )


async def count_via(tx: Transaction, link: str, *, since: Millis) -> int:
    """Count who came by a link since a moment."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT actor) AS n FROM knocks WHERE via = :link AND opened_at > :since",
        link=link,
        since=since,
    )
    return number(row, "n") if row else 0


async def count_admitted_via(tx: Transaction, link: str) -> int:
    """Count who ever came in by a link."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT actor) AS n FROM knocks WHERE via = :link AND stage = 'admitted'",
        link=link,
    )
    return number(row, "n") if row else 0


def _knock(row: Row) -> Knock:
    join, invite, inviter = row["join_activity"], row["invite_activity"], row["invited_by"]
    return Knock(
        id=KnockId(text(row, "id")),
        project=Slug(text(row, "project")),
        actor=ActorId(text(row, "actor")),
        thread=ThreadId(text(row, "thread")),
        stage=Stage(text(row, "stage")),
        charter=text(row, "charter"),
        role=read_role(text(row, "role")),
        days=number(row, "days"),
        join=ActivityId(str(join)) if join else None,
        invite=ActivityId(str(invite)) if invite else None,
        opened_at=Millis(number(row, "opened_at")),
        changed_at=Millis(number(row, "changed_at")),
        invited_by=str(inviter) if inviter else None,
        via=str(row["via"]) if row["via"] else None,
    )
