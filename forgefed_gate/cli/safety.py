"""What safety contacts keep of people who were blocked: the list, and one piece opened."""

from forgefed_gate.cli.tables import indented, table
from forgefed_gate.cli.verbs import Answer, Call, Verb, command, name, on_gate, slug
from forgefed_gate.domain.ids import Slug
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import safety
from forgefed_gate.services.safety import Kept


async def list_kept(call: Call) -> Answer:
    """List what is kept, unopened."""
    found = await safety.listing(call.gate, Slug(call.asked.slug), by=call.by)
    rows: list[Json] = [_kept(kept) for kept in found]
    lines = table(
        ("id", "about", "since", "until"),
        [(kept.id, kept.subject, day(kept.kept_at), day(kept.ends_at)) for kept in found],
    )
    lines.append(f"Open one, which is written down: {command(call.asked)} safety show ID")
    return Answer(
        document={"evidence": rows}, lines=tuple(lines if found else ["Nothing is kept."])
    )


async def show(call: Call) -> Answer:
    """Open a piece of evidence."""
    found = await safety.show(call.gate, call.asked.id, by=call.by)
    kept = found.kept
    lines = [f"About {kept.subject}, kept until {day(kept.ends_at)}. That you opened it is noted."]
    lines += ["", found.missing] if found.missing else []
    for report in found.reports:
        lines += ["", f"reported by {report['reporter']}, {report['at']}"]
        lines += indented(str(report["text"]))
    for said in found.said:
        lines += ["", f"{said['speaker']}, {said['at']} ({said['thread']})"]
        lines += indented(str(said["words"] or "(this message cannot be read)"))
    return Answer(
        document={
            **_kept(kept),
            "said": [*found.said],
            "reports": [*found.reports],
            "gone": found.gone,
        },
        lines=tuple(lines),
    )


def _kept(kept: Kept) -> JsonObject:
    return {
        "id": kept.id,
        "about": kept.subject,
        "kept_at": iso(kept.kept_at),
        "ends_at": iso(kept.ends_at),
    }


VERBS = (
    Verb(
        words="safety list",
        does="List what is kept of people who were blocked, for safety contacts.",
        example="safety list anvil",
        run=on_gate(list_kept),
        takes=(slug,),
    ),
    Verb(
        words="safety show",
        does="Open a piece of it: what was said, with its proof; that you did is written down.",
        example="safety show Qm4x…",
        run=on_gate(show),
        takes=(name("piece of evidence"),),
    ),
)
