"""What safety contacts keep of somebody who was blocked: a sealed copy, with an end."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.ids import DAY, ActorId, Millis, Slug, later
from forgefed_gate.domain.roles import Principal
from forgefed_gate.domain.words import keeping as words
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import iso
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import gather, openings, projects, reading
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import kept_evidence, reports
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.kept_evidence import KeptRow, SaidRow
from forgefed_gate.store.reports import ReportRow
from forgefed_gate.store.seal import seal

KEPT_DAYS = 365
MOST_SAID = 1_000
"""Revisions in one piece of evidence, the latest ones."""
PLACE = "kept_evidence|{}|words"
PART = "kept_evidence|{}|words|{}"
KINDS = ("said", "reports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A piece of evidence in a list: whom it is about, and how long it is kept."""

    id: str
    subject: ActorId
    kept_at: Millis
    ends_at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEvidence:
    """
    A piece of evidence, opened: what was said, with its proof, and who reported what.

    *gone* is how many of those who spoke or reported were forgotten since, with their part;
    where it is *shut*, nothing of it can be read.
    """

    kept: Kept
    said: tuple[JsonObject, ...]
    reports: tuple[JsonObject, ...]
    gone: int = 0
    shut: bool = False

    @property
    def missing(self) -> str:
        """Say what is not there any more, if anything is not."""
        if self.shut:
            return words.UNREADABLE
        return words.forgotten_since(self.gone) if self.gone else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One thing that is kept: who said it, whether in talk or in a report, and what."""

    author: str
    kind: str
    written: JsonObject


async def keep(gate: Gate, tx: Transaction, subject: ActorId, *, project: Slug) -> None:
    """
    Seal what was said in conversations with *subject*, and what was reported about them.

    The copy has a key of its own: what *subject* deletes or has erased later is gone from
    the conversation and not from here. What others said or reported in it is sealed inside
    by a key of theirs, which goes when they are forgotten. Where there is nothing, nothing is
    kept.
    """
    now, name = gate.clock(), gate.token()
    said = await kept_evidence.said_with(tx, project, subject, limit=MOST_SAID)
    told = await _reports_about(gate, tx, project, {subject, *(row.message for row in said)})
    if not said and not told:
        return
    entries = [*await _open_all(gate, tx, said), *told]
    ours = {subject, gate.places.desk(project)}
    whole = _as_kept([each for each in entries if each.author in ours])
    others = [each for each in entries if each.author not in ours]
    whole["parts"] = [*await _parts(gate, tx, name, others)]
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


def _as_kept(entries: Sequence[_Entry]) -> JsonObject:
    return {kind: [each.written for each in entries if each.kind == kind] for kind in KINDS}


async def _parts(
    gate: Gate, tx: Transaction, name: str, entries: Sequence[_Entry]
) -> list[JsonObject]:
    """
    Seal what each author said by a key that they have for this alone.

    The key is named by chance: who reported whom is not to be read from the outside.
    """
    found: list[JsonObject] = []
    for author in dict.fromkeys(each.author for each in entries):
        theirs = _as_kept([each for each in entries if each.author == author])
        thread = f"kept {gate.token()}"
        key = await gate.vault.key_for(tx, owner=author, thread=thread, now=gate.clock())
        sealed = seal(key, write_json(theirs), place=PART.format(name, thread))
        found.append({"key": thread, "sealed": base64.b64encode(sealed).decode()})
    return found


async def _open_all(gate: Gate, tx: Transaction, said: list[SaidRow]) -> list[_Entry]:
    sealed = [
        (each, f"revisions|{row.message}|{row.number}|{column}")
        for row in said
        for column, each in (("words", row.words), ("evidence", row.evidence))
    ]
    opened = iter(await gate.vault.open_many(tx, sealed))
    return [_said(place, row, next(opened), next(opened)) for place, row in enumerate(said)]


def _said(place: int, row: SaidRow, text: bytes | None, proof: bytes | None) -> _Entry:
    written: JsonObject = {
        "place": place,
        "thread": row.code,
        "message": row.message,
        "revision": row.number,
        "speaker": row.speaker,
        "at": iso(row.at),
        "words": text.decode() if text is not None else None,
        "proof": proof.decode() if proof is not None else None,
    }
    return _Entry(author=row.author, kind="said", written=written)


async def _reports_about(
    gate: Gate, tx: Transaction, project: Slug, names: set[str]
) -> list[_Entry]:
    rows = await reports.listing(tx, project)
    sealed = [(row.words, f"reports|{row.id}|words") for row in rows]
    opened = await gate.vault.open_many(tx, sealed)
    return [
        _report(place, row, text.decode())
        for place, (row, text) in enumerate(zip(rows, opened, strict=True))
        if text is not None and names & {*text.decode().split("\n")}
    ]


def _report(place: int, row: ReportRow, text: str) -> _Entry:
    written: JsonObject = {
        "place": place,
        "reporter": row.reporter,
        "at": iso(row.at),
        "text": text,
    }
    return _Entry(author=row.reporter, kind="reports", written=written)


async def listing(gate: Gate, project: Slug, *, by: Principal) -> list[Kept]:
    """List what is kept for the safety contacts of *project*, unopened."""
    reading.listable(by, KeptRow, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        return [_kept(row) for row in await kept_evidence.listing(tx, project)]


async def show(gate: Gate, name: str, *, by: Principal) -> OpenedEvidence:
    """Open a piece of evidence for a safety contact, and write down who did."""
    async with gate.database.transaction() as tx:
        known = await kept_evidence.find(tx, name)
        by = await gather.as_of_now(tx, by)
        row = await reading.readable(tx, by, known, otherwise=unknown("evidence", name))
        whole = await _opened(gate, tx, row, by)
        parts = await _opened_parts(gate, tx, name, whole) if whole else []
        await projects.record(gate, tx, row.project, by=by, act="OpenEvidence", subject=name)
    there = [json.loads(each) for each in (whole, *parts) if each is not None]
    return OpenedEvidence(
        kept=_kept(row),
        said=_in_order(each for part in there for each in part["said"]),
        reports=_in_order(each for part in there for each in part["reports"]),
        gone=parts.count(None),
        shut=whole is None,
    )


async def _opened(gate: Gate, tx: Transaction, row: KeptRow, by: Principal) -> bytes | None:
    """Open what is kept; None stands where it cannot be read, and damage is noted."""
    sealed = [(row.words, PLACE.format(row.id))]
    (whole,) = found = await gate.vault.open_many(tx, sealed)
    broken = await openings.damaged(gate, tx, sealed, found)
    opening = Reading(project=row.project, subject=row.id, by=by, broken=broken)
    await openings.note_damage_in(gate, tx, opening)
    return whole


async def _opened_parts(
    gate: Gate, tx: Transaction, name: str, whole: bytes
) -> list[bytes | None]:
    """Open what others said; None stands where they were forgotten since."""
    sealed = [
        (base64.b64decode(part["sealed"]), PART.format(name, part["key"]))
        for part in _parts_of(whole)
    ]
    return await gate.vault.open_many(tx, sealed)


def _parts_of(whole: bytes) -> list[dict[str, str]]:
    """List the parts of others; what was kept by older code has none."""
    found: dict[str, list[dict[str, str]]] = json.loads(whole)
    return found.get("parts", [])


def _in_order(entries: Iterable[dict[str, Json]]) -> tuple[JsonObject, ...]:
    """Put what several people said in the order in which it was said."""
    ordered = sorted(entries, key=lambda each: int(str(each.get("place", 0))))
    return tuple({k: each for k, each in entry.items() if k != "place"} for entry in ordered)


async def forget(gate: Gate, tx: Transaction, *, now: Millis) -> None:
    """Forget what has come to its end, and the keys that could open it."""
    for row in await kept_evidence.forget(tx, now=now):
        (whole,) = await gate.vault.open_many(tx, [(row.words, PLACE.format(row.id))])
        keys = [part["key"] for part in _parts_of(whole)] if whole else []
        await gate.vault.destroy_in(tx, keys, now=now)
        await gate.vault.destroy(tx, owner=_owner(row.id), now=now)


def _kept(row: KeptRow) -> Kept:
    return Kept(id=row.id, subject=row.subject, kept_at=row.kept_at, ends_at=row.ends_at)
