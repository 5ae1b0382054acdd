"""Who is signed in. Only hashes of links and cookies are kept."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis
from forgefed_gate.store.database import Transaction, text


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session that is alive."""

    hash: str
    principal: str
    csrf: str


async def add_link(tx: Transaction, link: str, principal: str, *, expires_at: Millis) -> None:
    """Keep a link that signs *principal* in once."""
    await tx.run(
        "INSERT INTO signin_links (hash, principal, expires_at)"
        " VALUES (:hash, :principal, :expires_at)",
        hash=link,
        principal=principal,
        expires_at=expires_at,
    )


async def use_link(tx: Transaction, link: str, *, now: Millis) -> str | None:
    """Use a link up, and say whom it signs in."""
    rows = await tx.rows(
        "DELETE FROM signin_links WHERE hash = :hash AND expires_at > :now RETURNING principal",
        hash=link,
        now=now,
    )
    return text(rows[0], "principal") if rows else None


async def add(tx: Transaction, session: SessionRow, *, now: Millis, expires_at: Millis) -> None:
    """Begin a session."""
    await tx.run(
        "INSERT INTO sessions (hash, principal, csrf, seen_at, expires_at)"
        " VALUES (:hash, :principal, :csrf, :now, :expires_at)",
        hash=session.hash,
        principal=session.principal,
        csrf=session.csrf,
        now=now,
        expires_at=expires_at,
    )


async def find(tx: Transaction, session: str, *, now: Millis, idle: int) -> SessionRow | None:
    """Find a session that is alive: not past its end, and not idle for longer than *idle*."""
    row = await tx.row(
        "SELECT * FROM sessions WHERE hash = :hash AND expires_at > :now AND seen_at > :since",
        hash=session,
        now=now,
        since=now - idle,
    )
    if row is None:
        return None
    return SessionRow(hash=session, principal=text(row, "principal"), csrf=text(row, "csrf"))


async def touch(tx: Transaction, session: str, *, now: Millis) -> None:
    """Note that a session was used."""
    await tx.run("UPDATE sessions SET seen_at = :now WHERE hash = :hash", hash=session, now=now)


async def end(tx: Transaction, session: str) -> None:
    """End a session."""
    await tx.run("DELETE FROM sessions WHERE hash = :hash", hash=session)


async def end_all_of(tx: Transaction, principal: str) -> None:
    """End every session and link of *principal*."""
    await tx.run("DELETE FROM sessions WHERE principal = :principal", principal=principal)
    await tx.run("DELETE FROM signin_links WHERE principal = :principal", principal=principal)


async def principals(tx: Transaction) -> set[str]:
    """Name everybody who is signed in, or has a link to do so."""
    rows = await tx.rows("SELECT principal FROM sessions UNION SELECT principal FROM signin_links")
    return {text(row, "principal") for row in rows}


async def forget(tx: Transaction, *, now: Millis) -> None:
    """Forget links and sessions that ended."""
    await tx.run("DELETE FROM sessions WHERE expires_at <= :now", now=now)
    await tx.run("DELETE FROM signin_links WHERE expires_at <= :now", now=now)
