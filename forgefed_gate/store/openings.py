"""When somebody's words were opened, by whom and in which role; and which could not be opened."""

import json
from collections.abc import Collection, Mapping
from typing import LiteralString

from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.domain.openings import Opening
from forgefed_gate.store.database import Row, Transaction, number, text

_OF_SOMEBODY: LiteralString = """
    SELECT openings.id, role, openings.at FROM openings JOIN threads ON threads.id = subject
        WHERE contributor = :actor AND threads.project = :project AND orphaned = 0
        AND (subject = :subject OR :subject = '')
    UNION SELECT openings.id, role, openings.at FROM openings JOIN seats ON thread = subject
        WHERE actor = :actor AND project = :project AND ended_at IS NULL
        AND openings.at >= taken_at AND role <> 'screener'
        AND (subject = :subject OR :subject = '')
    UNION SELECT openings.id, role, openings.at FROM openings
        JOIN reports ON 'reports|' || reports.project = subject
        WHERE reporter = :actor AND reports.project = :project AND orphaned = 0
        AND openings.at >= reports.at AND (subject = :subject OR :subject = '')
    ORDER BY at DESC, id
"""
"""
Their conversations, those they were added to since then, and their reports since they came.

A screener does not see what somebody said who was added.
"""

_KNOWN: LiteralString = """
    SELECT id FROM openings WHERE subject = :subject AND reader = :reader AND role = :role
    AND at > :since AND at <= :until
    AND NOT EXISTS (SELECT 1 FROM seats WHERE thread = subject AND taken_at > openings.at)
    AND NOT EXISTS (
        SELECT 1 FROM reports
        WHERE 'reports|' || reports.project = subject AND reports.at > openings.at
    )
    LIMIT 1
"""
"""Whoever came after a reading is told of the next one, however soon it is."""


async def add(
    tx: Transaction, id_: str, *, project: Slug, subject: str, reader: str, opening: Opening
) -> None:
    """Write down that *reader* opened *subject*: a conversation, or a project's reports."""
    await tx.run(
        "INSERT INTO openings (id, project, subject, reader, role, at)"
        " VALUES (:id, :project, :subject, :reader, :role, :at)",
        id=id_,
        project=project,
        subject=subject,
        reader=reader,
        role=opening.role,
        at=opening.at,
    )


async def known(
    tx: Transaction, subject: str, *, reader: str, role: str, since: Millis, until: Millis
) -> bool:
    """Say whether *reader* opened *subject* in that role within a time."""
    row = await tx.row(
        _KNOWN,
        subject=subject,
        reader=reader,
        role=role,
        since=since,
        until=until,
    )
    return row is not None


async def of(tx: Transaction, subject: str) -> list[Opening]:
    """List when *subject* was opened, the latest first."""
    rows = await tx.rows(
        "SELECT role, at FROM openings WHERE subject = :subject ORDER BY at DESC, id",
        subject=subject,
    )
    return [_opening(row) for row in rows]


async def of_somebody(
    tx: Transaction, project: Slug, actor: ActorId, *, subject: str = ""
) -> list[Opening]:
    """List when what *actor* wrote to *project* was opened, or only in *subject*."""
    rows = await tx.rows(_OF_SOMEBODY, actor=actor, project=project, subject=subject)
    return [_opening(row) for row in rows]


async def readers(tx: Transaction, ids: Collection[str]) -> Mapping[str, str]:
    """Say who did each of *ids* that is not forgotten."""
    rows = await tx.rows(
        "SELECT openings.id, reader FROM json_each(CAST(:ids AS TEXT)) AS wanted"
        " JOIN openings ON openings.id = wanted.value ->> 0",
        ids=json.dumps([[each] for each in ids]),
    )
    return {text(row, "id"): text(row, "reader") for row in rows}


async def forget(tx: Transaction, *, before: Millis) -> None:
    """Forget who opened what before *before*."""
    await tx.run("DELETE FROM openings WHERE at < :before", before=before)
    await tx.run("DELETE FROM unreadable WHERE at < :before", before=before)


async def add_unreadable(tx: Transaction, place: str, *, now: Millis) -> bool:
    """Note that what is sealed at *place* cannot be opened, and say whether that is news."""
    added = await tx.run(
        "INSERT INTO unreadable (place, at) VALUES (:place, :now) ON CONFLICT (place) DO NOTHING",
        place=place,
        now=now,
    )
    return added == 1


async def known_unreadable(tx: Transaction, places: Collection[str]) -> set[str]:
    """Say of which *places* it is known that they cannot be opened."""
    rows = await tx.rows(
        "SELECT place FROM json_each(CAST(:places AS TEXT)) AS asked"
        " JOIN unreadable ON unreadable.place = asked.value ->> 0",
        places=json.dumps([[place] for place in places]),
    )
    return {text(row, "place") for row in rows}


def _opening(row: Row) -> Opening:
    return Opening(role=text(row, "role"), at=Millis(number(row, "at")))
