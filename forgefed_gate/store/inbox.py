"""What came in, known by who sent it, to whom, and its id."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from forgefed_gate.domain.ids import ActivityId, ActorId, Millis
from forgefed_gate.store.database import Transaction, packed, text

_ADD: LiteralString = """
    INSERT INTO inbox (id, actor, recipient, body_hash, received_at, batch, request)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, CAST(value ->> 4 AS BIGINT), :batch,
        substr(:requests, CAST(value ->> 5 AS INTEGER), CAST(value ->> 6 AS INTEGER))
    FROM json_each(CAST(:deliveries AS TEXT)) AS listed WHERE 1 = 1
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One delivery, its request sealed."""

    id: str
    actor: ActorId
    recipient: ActorId
    body_hash: str
    request: bytes
    received_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A delivery that is not settled yet."""

    actor: ActorId
    recipient: ActorId
    request: bytes


def name(actor: ActorId, activity: ActivityId, recipient: ActorId) -> str:
    """Name a delivery; an id alone names nothing, since anybody may claim it."""
    whole = f"{actor}\n{activity}\n{recipient}"
    return hashlib.sha256(whole.encode()).hexdigest()


async def add(tx: Transaction, deliveries: Sequence[Delivered], *, batch: str) -> set[str]:
    """Keep *deliveries* in one statement, and name those that were new."""
    requests, spans = packed([delivery.request for delivery in deliveries])
    listed = [
        [each.id, each.actor, each.recipient, each.body_hash, each.received_at, *span]
        for each, span in zip(deliveries, spans, strict=True)
    ]
    ids = {delivery.id for delivery in deliveries}
    added = await tx.run(_ADD, deliveries=json.dumps(listed), requests=requests, batch=batch)
    if added == len(ids):
        return ids
    rows = await tx.rows(
        "SELECT inbox.id FROM json_each(CAST(:ids AS TEXT)) AS given"
        " JOIN inbox ON inbox.id = given.value ->> 0 WHERE batch = :batch",
        ids=json.dumps([[id_] for id_ in ids]),
        batch=batch,
    )
    return {text(row, "id") for row in rows}


async def body_hash(tx: Transaction, delivery: str) -> str | None:
    """Give the hash of the body that a delivery had when it first came."""
    row = await tx.row("SELECT body_hash FROM inbox WHERE id = :id", id=delivery)
    return text(row, "body_hash") if row else None


async def waiting(tx: Transaction, delivery: str) -> Waiting | None:
    """Find a delivery that is not settled yet."""
    row = await tx.row(
        "SELECT actor, recipient, request FROM inbox WHERE id = :id AND settled_at IS NULL",
        id=delivery,
    )
    if row is None:
        return None
    request = row["request"]
    assert isinstance(request, bytes), "an unsettled delivery keeps its request"
    return Waiting(
        actor=ActorId(text(row, "actor")),
        recipient=ActorId(text(row, "recipient")),
        request=request,
    )


async def settle(
    tx: Transaction, delivery: str, *, verdict: str, reason: str, now: Millis
) -> None:
    """Record the decision on a delivery, and forget what it said."""
    await tx.run(
        "UPDATE inbox SET settled_at = :now, verdict = :verdict, reason = :reason, request = NULL"
        " WHERE id = :id",
        id=delivery,
        verdict=verdict,
        reason=reason,
        now=now,
    )


async def forget(tx: Transaction, *, before: Millis) -> int:
    """Forget settled deliveries that are older than anybody will repeat."""
    return await tx.run(
        "DELETE FROM inbox WHERE received_at < :before AND settled_at IS NOT NULL", before=before
    )
