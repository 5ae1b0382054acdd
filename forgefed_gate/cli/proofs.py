"""Conversations as files that prove themselves: writing one, checking one, and what is signed."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from forgefed_gate.cli.tables import counted, plain
from forgefed_gate.cli.verbs import PROGRAM, Answer, Call, Verb, file, name, on_gate, slug
from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import Slug, ThreadId
from forgefed_gate.domain.words import checking, keeping
from forgefed_gate.protocol import exports, testimony, verifying
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.verifying import GONE, Report
from forgefed_gate.services import exporting, projects

ON = {"on": True, "off": False}
PROVEN = {
    testimony.REQUEST: checking.BY_THEIR_SERVER,
    testimony.ATTESTATION: checking.BY_THE_DESK,
    testimony.NOTHING: checking.BY_NOTHING,
    GONE: checking.BY_THEIR_PLACE,
}


async def export(call: Call) -> Answer:
    """Write a conversation into a file that nobody else on this machine can read."""
    if call.asked.file and call.asked.file.exists():
        raise _exists(call.asked.file)  # before anything is opened
    found = await exporting.export(call.gate, ThreadId(call.asked.id), by=call.by)
    path: Path = call.asked.file or Path(found.name)
    _write(path, found.data)
    count = counted(found.messages, "message", "messages")
    return Answer(
        document={"id": call.asked.id, "file": str(path), "messages": found.messages},
        lines=(
            f"{path} holds {count}, with all that proves them.",
            "They are in the clear there: only you can read the file, so keep it well.",
            f"Anybody who gets it can check it: {PROGRAM} verify {path}",
        ),
    )


def _exists(path: Path) -> Conflict:
    return Conflict("file-exists", f"There is a file at {path} already.")


def _write(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise _exists(path) from error
    with os.fdopen(descriptor, "wb") as written:
        written.write(data)


def verify(asked: Namespace) -> Answer:
    """Check an export from the file alone: no gate, no settings, no network."""
    with asked.file.open("rb") as file_:
        report = verifying.examine(file_.read(exports.LARGEST + 1), expected=asked.key)
    return Answer(
        document=_document(report, asked.file),
        lines=tuple(map(plain, _faulty(report) if report.fault else _whole(report))),
        well=report.fault is None,
    )


def _document(report: Report, path: Path) -> JsonObject:
    fault = report.fault
    return {
        "file": str(path),
        "well": fault is None,
        "messages": report.messages,
        "proven": {kind: report.proofs[kind] for kind in PROVEN},
        "key": report.key,
        "fault": fault
        and {"code": fault.code, "message": fault.message, "sentence": fault.sentence},
    }


def _whole(report: Report) -> list[str]:
    thread = testimony.inside(report.about, "thread")
    who, project = testimony.text(thread, "contributor"), testimony.text(thread, "name")
    lines = [
        f"The conversation of {who} with {project}, as of {report.about['exported']}.",
        checking.as_it_was(report.messages),
    ]
    for kind, words in PROVEN.items():
        if count := report.proofs[kind]:
            lines.append(f"  {count} {words}.")
    return [*lines, checking.compare(report.key, testimony.text(thread, "desk"))]


def _faulty(report: Report) -> list[str]:
    return [report.fault.sentence] if report.fault else []


async def sign_notes(call: Call) -> Answer:
    """Let a project sign its talk, or no more."""
    on = ON[call.asked.answer]
    project = await projects.sign_notes(call.gate, Slug(call.asked.slug), on=on, by=call.by)
    say = keeping.signs_from_now if on else keeping.signs_no_more
    return Answer(
        document={"project": project.slug, "signs_notes": on}, lines=(say(project.name),)
    )


def _perhaps_file(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?",
        help="where to write it (else a file in this folder, named after the conversation)",
    )


def _perhaps_key(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--key",
        metavar="KEY",
        default="",
        help="the key that has to have signed it, as the desk shows it (z6Mk…)",
    )


def _on_or_off(parser: ArgumentParser) -> None:
    parser.add_argument("answer", choices=[*ON], help="whether talk is signed from now on")


VERBS = (
    Verb(
        words="project sign-notes",
        does="Sign what a project says in talk, so that it cannot be denied; or do not.",
        example="project sign-notes anvil on",
        run=on_gate(sign_notes),
        takes=(slug, _on_or_off),
    ),
    Verb(
        words="threads export",
        does="Write a conversation into a file that proves itself.",
        example="threads export Hk81… anvil-ABCDE.json",
        run=on_gate(export),
        takes=(name("conversation"), _perhaps_file),
    ),
    Verb(
        words="verify",
        does="Check an exported conversation: name the first message that was altered.",
        example="verify anvil-ABCDE.json",
        run=verify,
        takes=(file, _perhaps_key),
    ),
)
