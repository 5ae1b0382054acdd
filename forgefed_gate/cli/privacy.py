"""What the gate knows of people, and how it forgets them."""

from argparse import ArgumentParser, Namespace

from forgefed_gate.cli.tables import counted, table
from forgefed_gate.cli.verbs import Answer, Call, Verb, find_actor, on_gate, who
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import erasure, rotation
from forgefed_gate.store.erasing import Traces
from forgefed_gate.store.inventory import COLUMNS, ELSEWHERE, Column

KEYS_REMAIN = (
    "Backups made before the next change of keys still hold their words, locked. “privacy"
    " rotate-key” changes the key; destroy older copies of the key file afterwards."
)


def inventory(_: Namespace) -> Answer:
    """List every personal field."""
    held = [each for each in COLUMNS if each.personal]
    fields: list[Json] = [_column(each) for each in COLUMNS]
    lines = table(
        ("field", "what for", "until", "sealed"),
        [
            (f"{each.table}.{each.name}", each.purpose, each.until, "yes" if each.sealed else "no")
            for each in held
        ],
    )
    return Answer(
        document={"fields": fields, "elsewhere": [*ELSEWHERE]}, lines=(*lines, "", *ELSEWHERE)
    )


def _column(column: Column) -> JsonObject:
    return {
        "table": column.table,
        "column": column.name,
        "personal": column.personal,
        "purpose": column.purpose or None,
        "until": column.until or None,
        "sealed": column.sealed,
        "nothing": column.nothing or None,
    }


async def erase(call: Call) -> Answer:
    """Say what forgetting somebody would do, and do it where it was asked for twice."""
    actor = await find_actor(call.gate, call.asked.who)
    if not call.asked.yes:
        found = await erasure.foresee(call.gate, actor, by=call.by)
        return _answer(actor, found, deletes=0, done=False)
    erased = await erasure.erase_now(call.gate, actor, by=call.by)
    return _answer(actor, erased.traces, deletes=erased.deletes, done=True)


def _answer(actor: str, found: Traces, *, deletes: int, done: bool) -> Answer:
    held = _held(found)
    if done:
        lines = [
            f"Forgotten: {held} are erased, and what has to stay names nobody.",
            f"Their server is asked to delete {counted(deletes, 'message', 'messages')} of ours.",
            "We cannot make another server obey.",
            KEYS_REMAIN,
            *_of_evidence(found),
        ]
    else:
        lines = [
            f"This would erase {held} of {actor}, on both sides of each conversation.",
            "It cannot be undone. They are told, and their server is asked to delete our words.",
            *_of_evidence(found),
            "Nothing was done yet. Add --yes to do it.",
        ]
    document: JsonObject = {
        "id": actor,
        "erased": done,
        "projects": [*found.projects],
        "conversations": found.conversations,
        "messages": found.messages,
        "knocks": found.knocks,
        "grants": found.grants,
        "deletes": deletes,
        "evidence_until": iso(found.evidence_until) if found.evidence_until else None,
    }
    return Answer(document=document, lines=tuple(lines), well=done)


def _of_evidence(found: Traces) -> list[str]:
    """Say what an erasure does not reach, without a word of why it is kept."""
    if found.evidence_until is None:
        return []
    return [
        f"What safety contacts keep of them stays, and ends on {day(found.evidence_until)}.",
        "Please tell nobody that it is there; “safety list PROJECT” shows it to safety contacts.",
    ]


async def rotate_key(call: Call) -> Answer:
    """Change the key file."""
    call.operator_only()
    rotated = await rotation.rotate(call.gate)
    path = call.gate.settings.key_file
    return Answer(
        document={
            "key_file": str(path),
            "data_keys": rotated.data_keys,
            "own_secrets": rotated.own,
        },
        lines=(
            f"{path} is a new key. It seals {counted(rotated.data_keys, 'key', 'keys')} of people",
            f"and {counted(rotated.own, 'secret', 'secrets')} of ours.",
            "Now copy it to where the copy of the old one is, and destroy that one.",
            "Backups made before this moment open with the old key only: once it is gone",
            "everywhere, what was erased before is out of reach in them, and so is the rest.",
            "Make a new backup, and restart the server: it remembers the old key until then.",
        ),
    )


def _held(found: Traces) -> str:
    return ", ".join(
        (
            counted(found.conversations, "conversation", "conversations"),
            counted(found.messages, "message", "messages"),
            counted(found.knocks, "knock", "knocks"),
            counted(found.grants, "grant", "grants"),
        )
    )


def _yes(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it; without this it is only told")


VERBS = (
    Verb(
        words="privacy inventory",
        does="List every field that says something of people: what for, how long, sealed or not.",
        example="privacy inventory",
        run=inventory,
    ),
    Verb(
        words="privacy erase",
        does="Forget somebody: destroy the keys of their words and rename what has to stay.",
        example="privacy erase @bob@mastodon.example --yes",
        run=on_gate(erase),
        takes=(who, _yes),
    ),
    Verb(
        words="privacy rotate-key",
        does="Change the key file, so that what was erased is out of reach in older backups.",
        example="privacy rotate-key",
        run=on_gate(rotate_key),
    ),
)
