"""What was decided, by whom and why: names and codes, never words of people."""

import json
from collections.abc import Collection, Mapping

from forgefed_gate.domain.ids import DAY, Millis, Slug, later
from forgefed_gate.store.database import Transaction, number, text


async def add(
    tx: Transaction,
    token: str,
    *,
    project: Slug,
    principal: str,
    act: str,
    subject: str,
    verdict: str,
    reason: str,
    now: Millis,
) -> None:
    """Write down one decision."""
    await tx.run(
        "INSERT INTO record (id, at, project, principal, act, subject, verdict, reason)"
        " VALUES (:id, :now, :project, :principal, :act, :subject, :verdict, :reason)",
        id=token,
        now=now,
        project=project,
        principal=principal,
        act=act,
        subject=subject,
        verdict=verdict,
        reason=reason,
    )


async def principals(tx: Transaction, ids: Collection[str]) -> Mapping[str, str]:
    """Say who decided each of *ids* that is not forgotten."""
    rows = await tx.rows(
        "SELECT record.id, principal FROM json_each(CAST(:ids AS TEXT)) AS wanted"
        " JOIN record ON record.id = wanted.value ->> 0",
        ids=json.dumps([[each] for each in ids]),
    )
    return {text(row, "id"): text(row, "principal") for row in rows}


def believable(now: Millis) -> Millis:
    """
    Say how late the clock may have been before, if it says *now*.

    What was recorded later than that was recorded by a clock that ran wild: believed, it
    would end every Grant there is.
    """
    return later(now, 2 * DAY)


async def latest(tx: Transaction) -> Millis | None:
    """Say when the latest decision was made, by the clock of that moment; None before any."""
    row = await tx.row("SELECT at FROM record ORDER BY at DESC LIMIT 1")
    return Millis(number(row, "at")) if row else None


async def forget(tx: Transaction, *, before: Millis) -> None:
    """Forget decisions that are older than *before*."""
    await tx.run("DELETE FROM record WHERE at < :before", before=before)
