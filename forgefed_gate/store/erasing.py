"""Every row that names somebody: found, deleted, or kept under another name."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from forgefed_gate.domain.forgetting import Decided
from forgefed_gate.domain.ids import ActorId, Millis, NoteId, Slug, origin
from forgefed_gate.store.database import Transaction, number, text

Rename = Callable[[str], str]
"""Gives the salted hash that takes the place of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """How much we hold of somebody, and in which projects."""

    projects: tuple[Slug, ...]
    conversations: int
    messages: int
    knocks: int
    grants: int
    evidence_until: Millis | None = None
    """When the last of what safety contacts keep of them ends, which outlives an erasure."""

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.projects)


async def traces(tx: Transaction, actor: ActorId) -> Traces:
    """Count what we hold of *actor*."""
    row = await tx.row(
        "SELECT (SELECT COUNT(*) FROM threads WHERE contributor = :actor) AS conversations,"
        " (SELECT COUNT(*) FROM messages WHERE author = :actor) AS messages,"
        " (SELECT COUNT(*) FROM knocks WHERE actor = :actor) AS knocks,"
        " (SELECT COUNT(*) FROM grants WHERE target = :actor) AS grants,"
        " (SELECT COALESCE(MAX(ends_at), 0) FROM kept_evidence WHERE subject = :actor) AS ends_at",
        actor=actor,
    )
    assert row is not None, "a count is always a row"
    ends_at = number(row, "ends_at")
    return Traces(
        projects=await _projects(tx, actor),
        conversations=number(row, "conversations"),
        messages=number(row, "messages"),
        knocks=number(row, "knocks"),
        grants=number(row, "grants"),
        evidence_until=Millis(ends_at) if ends_at else None,
    )


async def _projects(tx: Transaction, actor: ActorId) -> tuple[Slug, ...]:
    """Name the projects that know *actor*, the one that they talked with last first."""
    rows = await tx.rows(
        """
        SELECT project, MAX(at) AS latest FROM (
            SELECT project, changed_at AS at FROM threads WHERE contributor = :actor
            UNION ALL SELECT project, opened_at FROM knocks WHERE actor = :actor
            UNION ALL SELECT project, starts_at FROM grants WHERE target = :actor
            UNION ALL SELECT project, 0 FROM followers WHERE actor = :actor
            UNION ALL SELECT project, 0 FROM maintainers WHERE actor = :actor
            UNION ALL SELECT project, 0 FROM reports WHERE reporter = :actor
            UNION ALL SELECT threads.project, 0 FROM messages
                JOIN threads ON threads.id = messages.thread WHERE author = :actor
            UNION ALL SELECT threads.project, 0 FROM seats
                JOIN threads ON threads.id = seats.thread WHERE actor = :actor
            UNION ALL SELECT publications.project, 0 FROM consents
                JOIN publications ON publications.id = publication WHERE author = :actor
            UNION ALL SELECT publications.project, 0 FROM excerpts
                JOIN publications ON publications.id = publication WHERE author = :actor
        ) AS known GROUP BY project ORDER BY latest DESC, project
        """,
        actor=actor,
    )
    return tuple(Slug(text(row, "project")) for row in rows)


async def our_notes(tx: Transaction, actor: ActorId) -> list[tuple[Slug, NoteId]]:
    """List what desks wrote or passed on to *actor*, in the order in which it was written."""
    rows = await tx.rows(
        """
        SELECT project, told.id FROM (
            SELECT messages.id, thread, position FROM messages
            JOIN threads ON threads.id = messages.thread
            WHERE contributor = :actor AND speaker IN ('project', 'gate') AND aside = 0
            UNION ALL SELECT copies.id, thread, position FROM copies
            JOIN messages ON messages.id = message WHERE reader = :actor
        ) AS told JOIN threads ON threads.id = told.thread ORDER BY thread, position, told.id
        """,
        actor=actor,
    )
    return [(Slug(text(row, "project")), NoteId(text(row, "id"))) for row in rows]


async def passed_on(tx: Transaction, actor: ActorId) -> list[NoteId]:
    """List the messages that go with *actor* and that others have copies of."""
    rows = await tx.rows(
        "SELECT DISTINCT message FROM copies WHERE reader <> :actor AND message IN"
        " (SELECT id FROM messages WHERE author = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor)) ORDER BY message",
        actor=actor,
    )
    return [NoteId(text(row, "message")) for row in rows]


async def left_behind(tx: Transaction, actor: ActorId) -> list[tuple[Slug, ActorId]]:
    """List who was added to the conversations of *actor*, which end with them."""
    rows = await tx.rows(
        "SELECT DISTINCT project, seats.actor FROM seats JOIN threads ON threads.id = seats.thread"
        " WHERE contributor = :actor AND taken_at IS NOT NULL AND ended_at IS NULL"
        " ORDER BY project, seats.actor",
        actor=actor,
    )
    return [(Slug(text(row, "project")), ActorId(text(row, "actor"))) for row in rows]


async def decisions(tx: Transaction, actor: ActorId) -> list[tuple[Slug, Decided]]:
    """List what projects, or the whole gate, decided about *actor*."""
    rows = await tx.rows(
        """
        SELECT project, 'blocked' AS decided FROM blocks WHERE subject = :actor
        UNION SELECT project, stage FROM knocks
        WHERE actor = :actor AND stage IN ('admitted', 'declined')
        UNION SELECT project, 'admitted' FROM grants WHERE target = :actor
        ORDER BY project, decided
        """,
        actor=actor,
    )
    return [(Slug(text(row, "project")), Decided(text(row, "decided"))) for row in rows]


async def threads_of(tx: Transaction, actor: ActorId) -> list[str]:
    """List the conversations of *actor*."""
    rows = await tx.rows("SELECT id FROM threads WHERE contributor = :actor", actor=actor)
    return [text(row, "id") for row in rows]


async def drop_work(tx: Transaction, actor: ActorId, *, origin: str) -> None:
    """Forget the work that waits because of *actor*: what they sent, and what is for them."""
    await tx.run(
        "DELETE FROM jobs WHERE name IN (SELECT 'process ' || id FROM inbox WHERE actor = :actor)",
        actor=actor,
    )
    await tx.run("DELETE FROM jobs WHERE name = :name", name=f"forget {actor}")
    await drop_deliveries(tx, actor, origin=origin)


async def drop_deliveries(tx: Transaction, actor: ActorId, *, origin: str) -> None:
    """Forget what waits to be delivered to *actor* at the server *origin*."""
    rows = await tx.rows("SELECT name FROM jobs WHERE origin = :origin", origin=origin)
    theirs = [name for row in rows if (name := text(row, "name")).endswith(f" {actor}")]
    await tx.run(
        "DELETE FROM jobs WHERE name IN"
        " (SELECT value ->> 0 FROM json_each(CAST(:names AS TEXT)) AS dropped)",
        names=json.dumps([[name] for name in theirs]),
    )


async def forget_words(tx: Transaction, actor: ActorId) -> None:
    """Forget what *actor* said anywhere, and what was said to them in their conversations."""
    await tx.run(
        "DELETE FROM revisions WHERE message IN (SELECT id FROM messages WHERE author = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor))",
        actor=actor,
    )
    await tx.run(
        "UPDATE messages SET deleted = 1 WHERE author = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor)",
        actor=actor,
    )


async def forget_company(tx: Transaction, actor: ActorId) -> None:
    """
    Forget who was in conversations with *actor*, what was passed on, and who opened their words.

    What others were given of somebody else's words stays theirs.
    """
    await tx.run(
        "DELETE FROM unreadable WHERE EXISTS (SELECT 1 FROM messages WHERE (author = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor))"
        " AND SUBSTR(place, 1, LENGTH(messages.id) + 11) = 'revisions|' || messages.id || '|')",
        actor=actor,
    )
    await tx.run(
        "DELETE FROM copies WHERE reader = :actor OR message IN (SELECT id FROM messages"
        " WHERE author = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor))",
        actor=actor,
    )
    await tx.run(
        "DELETE FROM seats WHERE actor = :actor"
        " OR thread IN (SELECT id FROM threads WHERE contributor = :actor)",
        actor=actor,
    )
    await tx.run(
        "DELETE FROM openings WHERE subject IN"
        " (SELECT id FROM threads WHERE contributor = :actor)",
        actor=actor,
    )
    await tx.run(
        "DELETE FROM tickets WHERE thread IN (SELECT id FROM threads WHERE contributor = :actor)",
        actor=actor,
    )
    await tx.run("DELETE FROM export_links WHERE party = :actor", actor=actor)


async def forget_acquaintance(tx: Transaction, actor: ActorId) -> None:
    """Forget how to reach *actor*, what they follow, and where they are signed in."""
    await tx.run("DELETE FROM people WHERE actor = :actor", actor=actor)
    await tx.run("DELETE FROM peer_keys WHERE owner = :actor", actor=actor)
    await tx.run("DELETE FROM followers WHERE actor = :actor", actor=actor)
    await tx.run("DELETE FROM hushed WHERE actor = :actor", actor=actor)
    await tx.run("DELETE FROM courtesies WHERE actor = :actor", actor=actor)
    await tx.run("DELETE FROM blocks WHERE subject = :actor", actor=actor)
    await tx.run("DELETE FROM forget_codes WHERE actor = :actor", actor=actor)


async def _rename_grants(tx: Transaction, actor: ActorId, name: str, *, now: Millis) -> None:
    """End every Grant that somebody still has, of ours or through a team."""
    await tx.run(
        "UPDATE delegations SET target = :name, capability = NULL, revoked_at ="
        " COALESCE(revoked_at, :now) WHERE target = :actor",
        actor=actor,
        name=name,
        now=now,
    )
    await tx.run("DELETE FROM delegations WHERE actor = :actor AND ours = 0", actor=actor)
    await tx.run("DELETE FROM buried_grants WHERE issuer = :actor", actor=actor)
    await tx.run(
        "UPDATE links SET peer = :name, added_by = '' WHERE peer = :actor", actor=actor, name=name
    )
    await tx.run(
        "UPDATE grants SET target = :name, fulfills = NULL, document = '{}',"
        " revoked_at = COALESCE(revoked_at, :now) WHERE target = :actor",
        actor=actor,
        name=name,
        now=now,
    )


async def rename(tx: Transaction, actor: ActorId, rename: Rename, *, now: Millis) -> None:
    """Let what has to stay of *actor* stay under another name, and let what is open end."""
    name = rename(actor)
    await _rename_conversations(tx, actor, rename, now=now)
    await tx.run(
        "UPDATE knocks SET actor = :name, join_activity = NULL, changed_at = :now, stage ="
        " CASE WHEN stage IN ('admitted', 'declined') THEN stage ELSE 'withdrawn' END"
        " WHERE actor = :actor",
        actor=actor,
        name=name,
        now=now,
    )
    await tx.run(
        "UPDATE knocks SET invited_by = :name WHERE invited_by = :actor", actor=actor, name=name
    )
    await _rename_grants(tx, actor, name, now=now)
    await tx.run(
        "UPDATE reports SET reporter = :name WHERE reporter = :actor", actor=actor, name=name
    )
    await tx.run("UPDATE data_keys SET owner = :name WHERE owner = :actor", actor=actor, name=name)
    await tx.run(
        "UPDATE inbox SET actor = :name, request = NULL, settled_at = COALESCE(settled_at, :now),"
        " verdict = COALESCE(verdict, 'refuse'), reason = COALESCE(reason, 'forgotten')"
        " WHERE actor = :actor",
        actor=actor,
        name=name,
        now=now,
    )
    await _rename_at_work(tx, actor, name)
    await _rename_in_record(tx, actor, rename)


async def _rename_at_work(tx: Transaction, actor: ActorId, name: str) -> None:
    """What they did for a project, and what safety contacts keep of them until it ends."""
    await tx.run("UPDATE threads SET assigned = NULL WHERE assigned = :actor", actor=actor)
    await tx.run(
        "UPDATE openings SET reader = :name WHERE reader = :actor", actor=actor, name=name
    )
    await tx.run(
        "UPDATE publications SET proposer = :name WHERE proposer = :actor", actor=actor, name=name
    )
    await tx.run(
        "UPDATE kept_evidence SET subject = :name WHERE subject = :actor", actor=actor, name=name
    )


async def _rename_conversations(
    tx: Transaction, actor: ActorId, rename: Rename, *, now: Millis
) -> None:
    """The ids of their messages name them too."""
    rows = await tx.rows(
        "SELECT id FROM messages WHERE author = :actor AND speaker IN ('contributor', 'party')",
        actor=actor,
    )
    ids = [{"old": text(row, "id"), "new": rename(text(row, "id"))} for row in rows]
    await tx.many("UPDATE messages SET id = :new WHERE id = :old", ids)
    await tx.many("UPDATE commitments SET message = :new WHERE message = :old", ids)
    await tx.run(
        "UPDATE messages SET author = :name WHERE author = :actor",
        actor=actor,
        name=rename(actor),
    )
    await tx.run(
        "UPDATE threads SET contributor = :name, latest_theirs = NULL, closed = 1,"
        " changed_at = :now WHERE contributor = :actor",
        actor=actor,
        name=rename(actor),
        now=now,
    )


async def _rename_in_record(tx: Transaction, actor: ActorId, rename: Rename) -> None:
    """What they did names activities on their server, which name them."""
    rows = await tx.rows(
        "SELECT id, subject FROM record WHERE principal = :actor OR subject = :actor", actor=actor
    )
    await tx.many(
        "UPDATE record SET subject = :subject WHERE id = :id",
        [
            {"id": text(row, "id"), "subject": rename(text(row, "subject"))}
            for row in rows
            if origin(text(row, "subject")) == origin(actor)
        ],
    )
    await tx.run(
        "UPDATE record SET principal = :name WHERE principal = :actor",
        actor=actor,
        name=rename(actor),
    )
