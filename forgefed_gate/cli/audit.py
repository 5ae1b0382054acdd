"""The audit log: whether it is what it was, what is in it, and what it came to."""

from argparse import ArgumentParser
from base64 import b64encode

from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import Answer, Call, Verb, on_gate, slug
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.words import auditing as words
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.protocol.frontdoor import Json
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import auditor, checkpoints, ledger, witness
from forgefed_gate.services.gate import Gate


async def verify(call: Call) -> Answer:
    """Hold the log against all that was told of it; whoever finds something says so by status."""
    call.operator_only()
    witness_, elsewhere = await _witness(call.gate)
    found = await auditor.verify(call.gate, elsewhere=elsewhere)
    finding, span = found.finding, found.finding.span if found.finding else None
    lines = [finding.sentence if finding else words.whole(found.size, found.told)]
    if found.waiting:
        lines.append(words.waiting(found.waiting))
    if witness_ == "silent":
        lines.append(words.SILENT_WITNESS)
    return Answer(
        document={
            "well": finding is None,
            "entries": found.size,
            "checkpoints": found.told,
            "waiting": found.waiting,
            "witness": witness_,
            "first": span.begin if span else None,
            "last": span.end - 1 if span else None,
            "found": finding.sentence if finding else None,
        },
        lines=tuple(lines),
        well=finding is None,
    )


async def _witness(gate: Gate) -> tuple[str, list[Checkpoint]]:
    """Ask the witness, if there is one: what it says, and whether it says anything."""
    if not gate.settings.witness:
        return "none", []
    try:
        seen = await witness.seen(gate)
    except Unreachable:
        return "silent", []
    return "asked", [seen] if seen else []


async def list_entries(call: Call) -> Answer:
    """List what was done in a project, and by whom where that is not forgotten."""
    found = await ledger.listing(
        call.gate, Slug(call.asked.slug), by=call.by, limit=call.asked.limit
    )
    rows: list[Json] = [
        {
            "entry": each.position,
            "at": iso(each.at),
            "role": each.role,
            "act": each.act,
            "verdict": each.verdict,
            "reason": each.reason,
            "who": each.who,
        }
        for each in found
    ]
    lines = table(
        ("entry", "at", "role", "act", "verdict", "reason", "who"),
        [
            (
                str(each.position),
                iso(each.at),
                each.role,
                each.act,
                each.verdict,
                each.reason,
                each.who or words.FORGOTTEN,
            )
            for each in found
        ],
    )
    return Answer(document={"entries": rows}, lines=tuple(lines if found else [words.NOTHING_YET]))


async def make_checkpoint(call: Call) -> Answer:
    """Take in what waits, sign what the log came to, and show it."""
    call.operator_only()
    made = await checkpoints.step(call.gate)
    note = await checkpoints.latest(call.gate)
    return Answer(
        document={
            "origin": checkpoints.origin(call.gate.places),
            "size": made.size if made else 0,
            "root": b64encode(made.root).decode() if made else None,
            "note": note or None,
        },
        lines=tuple(note.splitlines() or [words.NOTHING_YET]),
    )


def _limit(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--limit", metavar="N", type=int, default=50, help="how many, the latest first (50)"
    )


VERBS = (
    Verb(
        words="audit verify",
        does="Find any entry of the audit log that was changed, moved or taken away.",
        example="audit verify",
        run=on_gate(verify),
    ),
    Verb(
        words="audit list",
        does="List what was done in a project, the latest first.",
        example="audit list anvil --limit 20",
        run=on_gate(list_entries),
        takes=(slug, _limit),
    ),
    Verb(
        words="audit checkpoint",
        does="Sign what the audit log came to, now; serve does so every few minutes.",
        example="audit checkpoint",
        run=on_gate(make_checkpoint),
    ),
)
