"""Whom the gate does not listen to: people by their id, servers by their host."""

from forgefed_gate.domain.ids import ActorId, Millis, authority_of
from forgefed_gate.store.database import Transaction, text


async def add(tx: Transaction, subject: str, *, now: Millis) -> bool:
    """Block a person or a host; blocking twice changes nothing."""
    return (
        await tx.run(
            "INSERT INTO blocks (subject, since) VALUES (:subject, :now) ON CONFLICT DO NOTHING",
            subject=subject,
            now=now,
        )
        == 1
    )


async def remove(tx: Transaction, subject: str) -> bool:
    """Lift a block."""
    return await tx.run("DELETE FROM blocks WHERE subject = :subject", subject=subject) == 1


async def listing(tx: Transaction) -> list[str]:
    """List every block."""
    rows = await tx.rows("SELECT subject FROM blocks ORDER BY since, subject")
    return [text(row, "subject") for row in rows]


async def covers(tx: Transaction, actor: ActorId) -> bool:
    """Say whether *actor* or their host is blocked."""
    row = await tx.row(
        "SELECT 1 AS yes FROM blocks WHERE subject = :actor OR subject = :host LIMIT 1",
        actor=actor,
        host=authority_of(actor),
    )
    return row is not None
