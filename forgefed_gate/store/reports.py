"""Reports that other servers passed on, for the safety contacts. Words are sealed."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.store.database import Transaction, blob, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A report as it is stored."""

    id: str
    project: Slug
    reporter: ActorId
    words: bytes
    at: Millis


async def add(tx: Transaction, report: ReportRow) -> None:
    """Keep a report."""
    await tx.run(
        "INSERT INTO reports (id, project, reporter, words, at)"
        " VALUES (:id, :project, :reporter, :words, :at)",
        id=report.id,
        project=report.project,
        reporter=report.reporter,
        words=report.words,
        at=report.at,
    )


async def count(tx: Transaction, project: Slug, *, since: Millis) -> int:
    """Count the reports about *project* that came *since* then."""
    row = await tx.row(
        "SELECT COUNT(*) AS n FROM reports WHERE project = :project AND at > :since",
        project=project,
        since=since,
    )
    return number(row, "n") if row else 0


async def listing(tx: Transaction, project: Slug) -> list[ReportRow]:
    """List the reports about *project*, the newest first."""
    rows = await tx.rows(
        "SELECT * FROM reports WHERE project = :project ORDER BY at DESC, id", project=project
    )
    return [
        ReportRow(
            id=text(row, "id"),
            project=project,
            reporter=ActorId(text(row, "reporter")),
            words=blob(row, "words"),
            at=Millis(number(row, "at")),
        )
        for row in rows
    ]


async def depart(tx: Transaction, actor: ActorId) -> None:
    """Note that *actor* is gone: whoever gets their name did not report this."""
    await tx.run("UPDATE reports SET orphaned = 1 WHERE reporter = :actor", actor=actor)


async def forget(tx: Transaction, *, before: Millis) -> None:
    """Forget reports that came before *before*."""
    await tx.run("DELETE FROM reports WHERE at < :before", before=before)
