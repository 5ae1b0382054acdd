"""Which repositories projects are connected with, what webhooks brought, what was labelled."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.observing import Mode
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """
    A project and a repository beside each other.

    *hook* is a hash of what stands in the address that the webhook calls, and *number* the
    webhook's own; the repository's *name* is the one last seen.
    """

    hook: str
    project: Slug
    forge: str
    kind: str
    repository: int
    name: str
    mode: Mode
    number: int
    connected_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An issue that got our label, or is about to: *done* once it is known to be on."""

    begun_at: Millis
    done: bool


async def connect(tx: Transaction, made: Connection) -> bool:
    """Keep a connection; False where the repository is in one, which stays."""
    added = await tx.run(
        """
        INSERT INTO connections
            (hook, project, forge, kind, repository, name, mode, number, connected_at)
        VALUES (:hook, :project, :forge, :kind, :repository, :name, :mode, :number, :now)
        ON CONFLICT DO NOTHING
        """,
        hook=made.hook,
        project=made.project,
        forge=made.forge,
        kind=made.kind,
        repository=made.repository,
        name=made.name,
        mode=made.mode.value,
        number=made.number,
        now=made.connected_at,
    )
    return added == 1


async def by_hook(tx: Transaction, hook: str) -> Connection | None:
    """Find the connection that a webhook belongs to."""
    row = await tx.row("SELECT * FROM connections WHERE hook = :hook", hook=hook)
    return _connection(row) if row else None


async def of_repository(tx: Transaction, forge: str, repository: int) -> Connection | None:
    """Find the connection of a repository."""
    row = await tx.row(
        "SELECT * FROM connections WHERE forge = :forge AND repository = :repository",
        forge=forge,
        repository=repository,
    )
    return _connection(row) if row else None


async def listing(tx: Transaction) -> list[Connection]:
    """List every connection, by project."""
    rows = await tx.rows("SELECT * FROM connections ORDER BY project, connected_at, hook")
    return [_connection(row) for row in rows]


async def rename(tx: Transaction, hook: str, name: str) -> None:
    """Keep the name that a repository has by now."""
    await tx.run("UPDATE connections SET name = :name WHERE hook = :hook", name=name, hook=hook)


async def disconnect(tx: Transaction, hook: str) -> bool:
    """Forget a connection, and what its webhook brought; False where there is none any more."""
    await tx.run("DELETE FROM hook_deliveries WHERE hook = :hook", hook=hook)
    return await tx.run("DELETE FROM connections WHERE hook = :hook", hook=hook) == 1


async def add_delivery(
    tx: Transaction, hook: str, id_: str, *, body_hash: str, now: Millis
) -> bool:
    """Remember a delivery; one that is known changes nothing."""
    added = await tx.run(
        """
        INSERT INTO hook_deliveries (hook, id, body_hash, received_at)
        VALUES (:hook, :id, :body_hash, :now) ON CONFLICT DO NOTHING
        """,
        hook=hook,
        id=id_,
        body_hash=body_hash,
        now=now,
    )
    return added == 1


async def body_hash(tx: Transaction, hook: str, id_: str) -> str:
    """Give the hash of the body that came under a name, or an empty text."""
    row = await tx.row(
        "SELECT body_hash FROM hook_deliveries WHERE hook = :hook AND id = :id", hook=hook, id=id_
    )
    return text(row, "body_hash") if row else ""


async def forget_deliveries(tx: Transaction, *, before: Millis) -> None:
    """Forget what webhooks brought before *before*."""
    await tx.run("DELETE FROM hook_deliveries WHERE received_at < :before", before=before)


async def labelled(tx: Transaction, at: Connection, issue: int) -> Labelled | None:
    """Say how far an issue came with our label."""
    row = await tx.row(
        """
        SELECT begun_at, done_at FROM labelled
        WHERE forge = :forge AND repository = :repository AND issue = :issue
        """,
        forge=at.forge,
        repository=at.repository,
        issue=issue,
    )
    if row is None:
        return None
    return Labelled(begun_at=Millis(number(row, "begun_at")), done=row["done_at"] is not None)


async def begin_label(tx: Transaction, at: Connection, issue: int, *, now: Millis) -> None:
    """Write down that an issue is about to get our label."""
    await tx.run(
        """
        INSERT INTO labelled (forge, repository, issue, begun_at)
        VALUES (:forge, :repository, :issue, :now) ON CONFLICT DO NOTHING
        """,
        forge=at.forge,
        repository=at.repository,
        issue=issue,
        now=now,
    )


async def end_label(tx: Transaction, at: Connection, issue: int, *, now: Millis) -> None:
    """Write down that an issue got our label: from now on it is nobody's but the project's."""
    await tx.run(
        """
        UPDATE labelled SET done_at = :now
        WHERE forge = :forge AND repository = :repository AND issue = :issue
        AND done_at IS NULL
        """,
        forge=at.forge,
        repository=at.repository,
        issue=issue,
        now=now,
    )


def _connection(row: Row) -> Connection:
    return Connection(
        hook=text(row, "hook"),
        project=Slug(text(row, "project")),
        forge=text(row, "forge"),
        kind=text(row, "kind"),
        repository=number(row, "repository"),
        name=text(row, "name"),
        mode=Mode(text(row, "mode")),
        number=number(row, "number"),
        connected_at=Millis(number(row, "connected_at")),
    )
