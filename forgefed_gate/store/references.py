"""Grants that are shown: links to our own, and what people showed us of others', sealed."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, GrantId, KnockId, Millis
from forgefed_gate.store.database import Transaction, blob, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """What somebody showed with a knock: where it is, or what was found when it was looked at."""

    knock: KnockId
    sealed: bytes
    looked_at: Millis | None


async def add_link(
    tx: Transaction, link: str, *, grant: GrantId, holder: ActorId, expires_at: Millis
) -> None:
    """Keep a link that shows a Grant of ours to whoever has it."""
    await tx.run(
        "INSERT INTO show_links (hash, shown, holder, expires_at)"
        " VALUES (:hash, :shown, :holder, :expires_at)",
        hash=link,
        shown=grant,
        holder=holder,
        expires_at=expires_at,
    )


async def linked(tx: Transaction, link: str, *, now: Millis) -> GrantId | None:
    """Say which Grant a link shows at *now*."""
    row = await tx.row(
        "SELECT shown FROM show_links WHERE hash = :hash AND expires_at > :now", hash=link, now=now
    )
    return GrantId(text(row, "shown")) if row else None


async def keep(tx: Transaction, knock: KnockId, sealed: bytes) -> bool:
    """Keep where it is what somebody shows; what was looked at stays, and this is False."""
    kept = await tx.run(
        "INSERT INTO shown_grants (knock, sealed) VALUES (:knock, :sealed)"
        " ON CONFLICT (knock) DO UPDATE SET sealed = excluded.sealed"
        " WHERE shown_grants.looked_at IS NULL",
        knock=knock,
        sealed=sealed,
    )
    return kept == 1


async def settle(tx: Transaction, knock: KnockId, sealed: bytes, *, now: Millis) -> None:
    """Keep what was found, instead of where it was."""
    await tx.run(
        "UPDATE shown_grants SET sealed = :sealed, looked_at = :now"
        " WHERE knock = :knock AND looked_at IS NULL",
        knock=knock,
        sealed=sealed,
        now=now,
    )


async def find(tx: Transaction, knock: KnockId) -> ShownRow | None:
    """Find what somebody showed with a knock."""
    row = await tx.row("SELECT * FROM shown_grants WHERE knock = :knock", knock=knock)
    if row is None:
        return None
    looked = row["looked_at"]
    return ShownRow(
        knock=knock,
        sealed=blob(row, "sealed"),
        looked_at=Millis(int(looked)) if looked is not None else None,
    )


async def forget_person(tx: Transaction, actor: ActorId) -> None:
    """Forget what *actor* showed, and the links by which they show something."""
    await tx.run("DELETE FROM show_links WHERE holder = :actor", actor=actor)
    await tx.run(
        "DELETE FROM shown_grants WHERE knock IN (SELECT id FROM knocks WHERE actor = :actor)",
        actor=actor,
    )


async def forget(tx: Transaction, *, closed_before: Millis, now: Millis) -> None:
    """Forget links that ended, and what was shown in conversations that closed long ago."""
    await tx.run("DELETE FROM show_links WHERE expires_at <= :now", now=now)
    await tx.run(
        "DELETE FROM shown_grants WHERE knock IN (SELECT knocks.id FROM knocks JOIN threads"
        " ON threads.id = knocks.thread WHERE closed = 1 AND threads.changed_at < :before)",
        before=closed_before,
    )
