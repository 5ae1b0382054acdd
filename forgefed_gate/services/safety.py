"""What safety contacts keep of somebody who was blocked: a sealed copy, with an end."""

import json
from dataclasses import dataclass

from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.ids import DAY, ActorId, Millis, Slug, later
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import gather, projects
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import kept_evidence, reports
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.kept_evidence import KeptRow, SaidRow
from forgefed_gate.store.seal import seal

KEPT_DAYS = 365
MOST_SAID = 1_000
"""Revisions in one piece of evidence, the latest ones."""
PLACE = "kept_evidence|{}|words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A piece of evidence in a list: whom it is about, and how long it is kept."""

    id: str
    subject: ActorId
    kept_at: Millis
    ends_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEvidence:
    """A piece of evidence, opened: what was said, with its proof, and who reported what."""

    kept: Kept
    said: tuple[JsonObject, ...]
    reports: tuple[JsonObject, ...]


async def keep(gate: Gate, tx: Transaction, subject: ActorId, *, project: Slug) -> None:
    """
    Seal what was said in conversations with *subject*, and what was reported about them.

    The copy has a key of its own: what its author deletes or has erased later is gone
    from the conversation and not from here. Where there is nothing, nothing is kept.
    """
    now, name = gate.clock(), gate.token()
    said = await kept_evidence.said_with(tx, project, subject, limit=MOST_SAID)
    told = await _reports_about(gate, tx, project, {subject, *(row.message for row in said)})
    if not said and not told:
        return
    whole: JsonObject = {"said": [*await _open_all(gate, tx, said)], "reports": [*told]}
    key = await gate.vault.key_for(tx, owner=_owner(name), thread="", now=now)
    await kept_evidence.add(
        tx,
        KeptRow(
            id=name,
            project=project,
            subject=subject,
            words=seal(key, write_json(whole), place=PLACE.format(name)),
            kept_at=now,
            ends_at=later(now, KEPT_DAYS * DAY),
        ),
    )


def _owner(name: str) -> str:
    """Name whose key seals a piece of evidence: nobody's but its own."""
    return f"evidence {name}"


async def _open_all(gate: Gate, tx: Transaction, said: list[SaidRow]) -> list[JsonObject]:
    sealed = [
        (each, f"revisions|{row.message}|{row.number}|{column}")
        for row in said
        for column, each in (("words", row.words), ("evidence", row.evidence))
    ]
    opened = iter(await gate.vault.open_many(tx, sealed))
    return [_said(row, next(opened), next(opened)) for row in said]


def _said(row: SaidRow, words: bytes | None, proof: bytes | None) -> JsonObject:
    return {
        "thread": row.code,
        "message": row.message,
        "revision": row.number,
        "speaker": row.speaker,
        "at": iso(row.at),
        "words": words.decode() if words is not None else None,
        "proof": proof.decode() if proof is not None else None,
    }


async def _reports_about(
    gate: Gate, tx: Transaction, project: Slug, names: set[str]
) -> list[JsonObject]:
    rows = await reports.listing(tx, project)
    sealed = [(row.words, f"reports|{row.id}|words") for row in rows]
    opened = await gate.vault.open_many(tx, sealed)
    return [
        {"reporter": row.reporter, "at": iso(row.at), "text": words.decode()}
        for row, words in zip(rows, opened, strict=True)
        if words is not None and names & {*words.decode().split("\n")}
    ]


async def listing(gate: Gate, project: Slug, *, by: Principal) -> list[Kept]:
    """List what is kept for the safety contacts of *project*, unopened."""
    by.must(Act.READ_REPORTS, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        return [_kept(row) for row in await kept_evidence.listing(tx, project)]


async def show(gate: Gate, name: str, *, by: Principal) -> OpenedEvidence:
    """Open a piece of evidence for a safety contact, and write down who did."""
    async with gate.database.transaction() as tx:
        row = await kept_evidence.find(tx, name)
        by = await gather.as_of_now(tx, by)
        if row is None or not by.may(Act.READ_REPORTS, row.project):
            raise unknown("evidence", name)
        whole = await gate.vault.open_sealed(tx, row.words, place=PLACE.format(name))
        await projects.record(gate, tx, row.project, by=by, act="OpenEvidence", subject=name)
    found: dict[str, list[dict[str, Json]]] = json.loads(whole)
    return OpenedEvidence(
        kept=_kept(row), said=tuple(found["said"]), reports=tuple(found["reports"])
    )


async def forget(gate: Gate, tx: Transaction, *, now: Millis) -> None:
    """Forget what has come to its end, and the key that could open it."""
    for name in await kept_evidence.forget(tx, now=now):
        await gate.vault.destroy(tx, owner=_owner(name), now=now)


def _kept(row: KeptRow) -> Kept:
    return Kept(id=row.id, subject=row.subject, kept_at=row.kept_at, ends_at=row.ends_at)
