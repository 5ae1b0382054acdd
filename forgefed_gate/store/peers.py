"""What we learned of other servers: which way of signing they take."""

import json
from collections.abc import Collection, Mapping

from forgefed_gate.domain.ids import DAY, Millis
from forgefed_gate.store.database import Transaction, text

REMEMBERED_FOR = 30 * DAY
MOST = 10_000


async def dialects(tx: Transaction, origins: Collection[str], *, now: Millis) -> Mapping[str, str]:
    """Name the way of signing that each of *origins* took lately, where we know it."""
    rows = await tx.rows(
        """
        SELECT origin, dialect FROM json_each(CAST(:origins AS TEXT)) AS asked
        JOIN peers ON origin = asked.value ->> 0 WHERE learned_at > :since
        """,
        origins=json.dumps([[origin] for origin in origins]),
        since=now - REMEMBERED_FOR,
    )
    return {text(row, "origin"): text(row, "dialect") for row in rows}


async def learn(tx: Transaction, dialects: Mapping[str, str], *, now: Millis) -> None:
    """Remember what each origin took, and forget who was silent longest where too many are."""
    await tx.many(
        "INSERT INTO peers (origin, dialect, learned_at) VALUES (:origin, :dialect, :now)"
        " ON CONFLICT (origin) DO UPDATE SET dialect = excluded.dialect, learned_at = :now",
        [
            {"origin": origin, "dialect": dialect, "now": now}
            for origin, dialect in sorted(dialects.items())
        ],
    )
    await tx.run(
        "DELETE FROM peers WHERE origin IN"
        " (SELECT origin FROM peers ORDER BY learned_at DESC, origin LIMIT 1000 OFFSET :most)",
        most=MOST,
    )
