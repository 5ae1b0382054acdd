"""What an export is made from, and the links that give one out. Links are kept as hashes."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis, NoteId, Slug, ThreadId
from forgefed_gate.store.database import Transaction, blob, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """One revision of a message, sealed."""

    message: NoteId
    number: int
    words: bytes
    evidence: bytes
    at: Millis


async def revisions(tx: Transaction, thread: ThreadId) -> list[RevisionRow]:
    """List every revision in a conversation, in order."""
    rows = await tx.rows(
        "SELECT revisions.* FROM revisions JOIN messages ON messages.id = message"
        " WHERE thread = :thread ORDER BY position, number",
        thread=thread,
    )
    return [
        RevisionRow(
            message=NoteId(text(row, "message")),
            number=number(row, "number"),
            words=blob(row, "words"),
            evidence=blob(row, "evidence"),
            at=Millis(number(row, "at")),
        )
        for row in rows
    ]


async def grants(
    tx: Transaction, project: Slug, target: ActorId
) -> list[tuple[str, Millis | None]]:
    """List the signed Grants of somebody, the oldest first, and when each was revoked."""
    rows = await tx.rows(
        "SELECT document, revoked_at FROM grants WHERE project = :project AND target = :target"
        " ORDER BY starts_at, id",
        project=project,
        target=target,
    )
    return [
        (text(row, "document"), Millis(int(at)) if (at := row["revoked_at"]) is not None else None)
        for row in rows
    ]


async def add_link(
    tx: Transaction, link: str, *, thread: ThreadId, party: ActorId, expires_at: Millis
) -> None:
    """Keep a link that gives a conversation out once, to one of its parties."""
    await tx.run(
        "INSERT INTO export_links (hash, thread, party, expires_at)"
        " VALUES (:hash, :thread, :party, :expires_at)",
        hash=link,
        thread=thread,
        party=party,
        expires_at=expires_at,
    )


async def use_link(tx: Transaction, link: str, *, now: Millis) -> tuple[ThreadId, ActorId] | None:
    """Use a link up, and say which conversation it gives out to whom."""
    rows = await tx.rows(
        "DELETE FROM export_links WHERE hash = :hash AND expires_at > :now"
        " RETURNING thread, party",
        hash=link,
        now=now,
    )
    return (ThreadId(text(rows[0], "thread")), ActorId(text(rows[0], "party"))) if rows else None


async def parties(tx: Transaction) -> set[str]:
    """Name everybody who has a link."""
    rows = await tx.rows("SELECT DISTINCT party FROM export_links")
    return {text(row, "party") for row in rows}


async def end_links_of(tx: Transaction, party: ActorId) -> None:
    """End every link of *party*."""
    await tx.run("DELETE FROM export_links WHERE party = :party", party=party)


async def forget_links(tx: Transaction, *, now: Millis) -> None:
    """Forget links that ended."""
    await tx.run("DELETE FROM export_links WHERE expires_at <= :now", now=now)
