"""What is to be public from a conversation: proposing it, and taking it back."""

from argparse import ArgumentParser
from pathlib import Path

from forgefed_gate.cli.tables import indented, table
from forgefed_gate.cli.verbs import VIA, Answer, Call, Verb, command, name, on_gate, slug
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.ids import NoteId, PieceId, Slug, ThreadId
from forgefed_gate.domain.publishing import Stage
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import proposals, publishing
from forgefed_gate.services.proposals import Listed, ProposalView
from forgefed_gate.services.publishing import Draft

STAGES = {
    Stage.PENDING: "its authors are asked; nothing of it is public",
    Stage.PUBLISHED: "public, with the yes of everybody who wrote it",
    Stage.WITHDRAWN: "withdrawn; its page is blank",
    Stage.ENDED: "ended; nothing of it was public",
}

SEALED = "(sealed: “publish show” opens it)"


async def propose(call: Call) -> Answer:
    """Ask the authors of some messages whether they may be public."""
    thread = ThreadId(call.asked.thread)
    draft = await _draft(call, thread)
    made = await publishing.propose(call.gate, thread, draft, by=call.by, via=VIA)
    return await _answer(
        call, made.piece.id, "Proposed. Everybody whose words are in it is asked."
    )


async def redact(call: Call) -> Answer:
    """Put other words in place of those that were proposed."""
    piece = PieceId(call.asked.id)
    before = await proposals.show(call.gate, piece, by=call.by)
    draft = await _draft(call, before.publication.piece.thread)
    await publishing.redact(call.gate, piece, draft, by=call.by, via=VIA)
    return await _answer(call, piece, "Changed. Every answer so far is void; all are asked anew.")


async def list_pieces(call: Call) -> Answer:
    """List the pieces of a project."""
    found = await proposals.listing(call.gate, Slug(call.asked.slug), by=call.by)
    rows: list[Json] = [_piece(each) for each in found]
    lines = table(
        ("id", "state", "yes", "title", "changed"),
        [
            (
                each.id,
                each.stage.value,
                _count(each),
                SEALED if each.stage is Stage.PENDING else each.title or "-",
                day(each.changed_at),
            )
            for each in found
        ],
    )
    return Answer(
        document={"pieces": rows},
        lines=tuple(lines if found else ["Nothing was proposed to be public yet."]),
    )


async def show(call: Call) -> Answer:
    """Show a piece."""
    return await _answer(call, PieceId(call.asked.id))


async def withdraw(call: Call) -> Answer:
    """Take a proposal back, or blank what is public."""
    await publishing.take_back(call.gate, PieceId(call.asked.id), by=call.by, via=VIA)
    return await _answer(call, PieceId(call.asked.id), "Taken back. Its authors are told.")


async def _answer(call: Call, piece: PieceId, *before: str) -> Answer:
    view = await proposals.show(call.gate, piece, by=call.by)
    said: list[Json] = [{"as": label, "text": excerpt.text} for label, excerpt in view.excerpts]
    lines = [*before, f"{piece}: {STAGES[view.publication.piece.stage]}"]
    if view.unreadable:
        lines += ["", view.unreadable]
    elif view.excerpts:
        lines += ["", view.publication.piece.title]
    for label, excerpt in view.excerpts:
        lines += ["", f"{label}:", *indented(excerpt.text)]
    if view.excerpts:
        lines += ["", *_answers(view)]
    if view.public:
        lines.append(f"Everybody can read it: {view.page}")
    if view.pending:
        lines.append(f"Take it back: {command(call.asked)} publish withdraw {piece}")
    return Answer(document={**_piece(view.listed), "excerpts": said}, lines=tuple(lines))


def _answers(view: ProposalView) -> list[str]:
    return [f"{each.handle}: {'yes' if each.given else 'not yet'}" for each in view.answers]


async def _draft(call: Call, thread: ThreadId) -> Draft:
    """Read which messages are meant, by the numbers that `threads show` gives them."""
    notes = await proposals.notes_in(call.gate, thread, by=call.by)
    chosen: list[tuple[NoteId, str | None]] = []
    for asked in call.asked.message:
        number, other, text = asked.partition("=")
        if not number.isdecimal() or not 1 <= int(number) <= len(notes):
            raise Malformed("message-unknown", f"There is no message {number} in it.")
        chosen.append((notes[int(number) - 1], _words(text) if other else None))
    return Draft(title=call.asked.title, chosen=tuple(chosen))


def _words(text: str) -> str:
    return Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text


def _count(piece: Listed) -> str:
    given = sum(each.given for each in piece.answers)
    return f"{given} of {len(piece.answers)}"


def _piece(piece: Listed) -> JsonObject:
    asked: list[Json] = [{"handle": each.handle, "given": each.given} for each in piece.answers]
    return {
        "id": piece.id,
        "project": piece.project,
        "thread": piece.thread,
        "stage": piece.stage.value,
        "title": piece.title or None,
        "authors": asked,
        "page": piece.page if piece.public else None,
        "asked_at": iso(piece.asked_at),
        "changed_at": iso(piece.changed_at),
    }


def _thread(parser: ArgumentParser) -> None:
    parser.add_argument("thread", metavar="THREAD", help="the id of a conversation")


def _title(parser: ArgumentParser) -> None:
    parser.add_argument("--title", metavar="T", required=True, help="the title it would have")


def _messages(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--message",
        metavar="N[=TEXT]",
        action="append",
        required=True,
        help="a message by its number, as it is or as TEXT (@FILE to read one), which may leave"
        " words of it out and add none but […]",
    )


VERBS = (
    Verb(
        words="publish propose",
        does="Ask everybody who wrote some messages whether they may be public.",
        example='publish propose Hk81… --title "How it went" --message 2 --message "4=Short."',
        run=on_gate(propose),
        takes=(_thread, _title, _messages),
    ),
    Verb(
        words="publish redact",
        does="Leave other words out of what you proposed; everybody is asked anew.",
        example='publish redact Pq7c… --title "How it was fixed" --message "2=Shorter."',
        run=on_gate(redact),
        takes=(name("piece"), _title, _messages),
    ),
    Verb(
        words="publish list",
        does="List what a project proposed to be public, and what is.",
        example="publish list anvil",
        run=on_gate(list_pieces),
        takes=(slug,),
    ),
    Verb(
        words="publish show",
        does="Show a piece: its text, who has said yes, and where it stands.",
        example="publish show Pq7c…",
        run=on_gate(show),
        takes=(name("piece"),),
    ),
    Verb(
        words="publish withdraw",
        does="Take a proposal back, or blank what is public; its authors are told.",
        example="publish withdraw Pq7c…",
        run=on_gate(withdraw),
        takes=(name("piece"),),
    ),
)
