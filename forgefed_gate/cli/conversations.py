"""Knocks and conversations: reading them, deciding, answering."""

from argparse import ArgumentParser

from forgefed_gate.cli import standing
from forgefed_gate.cli.tables import indented, table
from forgefed_gate.cli.verbs import (
    VIA,
    Answer,
    Call,
    Verb,
    command,
    days,
    name,
    on_gate,
    perhaps_text,
    slug,
    text,
    words_of,
)
from forgefed_gate.domain.effects import Decision, IssueGrant
from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.ids import KnockId, Slug, ThreadId
from forgefed_gate.domain.intents import ActOfOurs, Admit, Ask, Close, Decline, HandOver, Say
from forgefed_gate.domain.roles import read_role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.threads import Message
from forgefed_gate.protocol.frontdoor import Json, JsonObject
from forgefed_gate.protocol.times import day, iso
from forgefed_gate.services import handing, references, review, views
from forgefed_gate.services.views import KnockView, ThreadView, Who


async def list_knocks(call: Call) -> Answer:
    """List the knocks of a project."""
    found = await views.knock_list(call.gate, Slug(call.asked.slug), by=call.by)
    rows: list[Json] = [_knock(view) for view in found]
    lines = table(
        ("id", "code", "stage", "who", "since"),
        [
            (
                view.knock.id,
                view.code,
                view.knock.stage.value,
                view.who.handle,
                day(view.knock.changed_at),
            )
            for view in found
        ],
    )
    held = next((view for view in found if view.knock.stage is Stage.HELD), None)
    if held is not None:
        lines.append(f"Knock held: {command(call.asked)} knocks show {held.knock.id}")
    return Answer(
        document={"knocks": rows}, lines=tuple(lines if found else ["Nobody has knocked yet."])
    )


async def show_knock(call: Call) -> Answer:
    """Show a knock and its conversation."""
    view, thread = await views.knock(call.gate, KnockId(call.asked.id), by=call.by)
    shown = await references.of_knock(call.gate, view.knock.id, by=call.by)
    knock, me = view.knock, command(call.asked)
    lines = [
        f"{view.who.handle} knocks at {knock.project} ({view.code})",
        f"It is {knock.stage.value} since {iso(knock.changed_at)}.",
        f"Would be admitted as {knock.role.word}, for {knock.days} days.",
        *_messages(thread),
        *([shown.said, shown.proves_not] if shown else []),
    ]
    if knock.stage is Stage.HELD:
        lines += [
            f"Next: {me} knocks admit {knock.id}",
            f"  or: {me} knocks ask {knock.id} TEXT",
            f"  or: {me} knocks decline {knock.id} [--clause ID] [TEXT]",
        ]
    return Answer(
        document={
            "knock": _knock(view),
            "thread": _open_thread(thread),
            "shown": standing.shown(shown),
        },
        lines=tuple(lines),
    )


async def admit(call: Call) -> Answer:
    """Admit somebody who knocked."""
    role = read_role(call.asked.role) if call.asked.role else None
    what = Admit(
        knock=KnockId(call.asked.id), text=words_of(call.asked), role=role, days=call.asked.days
    )
    decision = await _act(call, what)
    grant = next(each.grant for each in decision.effects if isinstance(each, IssueGrant))
    return Answer(
        document={
            "id": what.knock,
            "stage": Stage.ADMITTED.value,
            "grant": grant.id,
            "role": grant.role.word,
            "ends_at": iso(grant.ends_at),
        },
        lines=(
            f"Admitted as {grant.role.word} until {day(grant.ends_at)}.",
            "They are told, and this conversation goes on from here.",
        ),
    )


async def ask(call: Call) -> Answer:
    """Ask somebody who knocked something more."""
    what = Ask(knock=KnockId(call.asked.id), text=words_of(call.asked))
    await _act(call, what)
    return Answer(
        document={"id": what.knock, "stage": Stage.RETURNED.value},
        lines=("Asked. It is their turn; the knock comes back when they answer.",),
    )


async def decline(call: Call) -> Answer:
    """Decline a knock."""
    what = Decline(
        knock=KnockId(call.asked.id),
        text=words_of(call.asked),
        clause=call.asked.clause,
        not_now=call.asked.not_now,
    )
    await _act(call, what)
    return Answer(
        document={"id": what.knock, "stage": Stage.DECLINED.value},
        lines=("Declined, with a kind note that names the way back. Nothing public shows it.",),
    )


async def list_threads(call: Call) -> Answer:
    """List the conversations of a project."""
    found = await views.thread_list(call.gate, Slug(call.asked.slug), by=call.by)
    rows: list[Json] = [_thread(view) for view in found]
    lines = table(
        ("id", "code", "state", "who", "changed"),
        [
            (
                view.thread.id,
                view.thread.code,
                _state(view),
                view.who.handle,
                day(view.thread.changed_at),
            )
            for view in found
        ],
    )
    lines.append(f"Read one: {command(call.asked)} threads show ID")
    return Answer(
        document={"threads": rows},
        lines=tuple(lines if found else ["There is no conversation yet."]),
    )


async def show_thread(call: Call) -> Answer:
    """Show a conversation."""
    view = await views.thread(call.gate, ThreadId(call.asked.id), by=call.by)
    thread = view.thread
    return Answer(
        document=_open_thread(view),
        lines=(
            f"{view.who.handle} and {thread.project} ({thread.code}): {_state(view)}",
            *_messages(view, earlier=call.asked.earlier),
            *_hint(call, view),
            f"Answer: {command(call.asked)} threads say {thread.id} TEXT",
        ),
    )


async def say(call: Call) -> Answer:
    """Write in a conversation, as the desk."""
    what = Say(thread=ThreadId(call.asked.id), text=words_of(call.asked))
    await _act(call, what)
    return Answer(document={"id": what.thread}, lines=("Said. It is on its way.",))


async def close(call: Call) -> Answer:
    """Close a conversation."""
    what = Close(thread=ThreadId(call.asked.id), ending=Ending(call.asked.ending))
    await _act(call, what)
    return Answer(
        document={"id": what.thread, "closed": True},
        lines=("Closed, and they are told. It opens again when they write.",),
    )


async def hand_over(call: Call) -> Answer:
    """Hand a conversation to one of the others, or to everybody."""
    name = ThreadId(call.asked.id)
    to = await handing.heir_of(call.gate, name, call.asked.to, by=call.by)
    await _act(call, HandOver(thread=name, to=to))
    told = f"{call.asked.to} is told, and from now on alone." if to else "Everybody is told again."
    return Answer(
        document={"id": name, "assigned": to},
        lines=(f"Handed over. {told} Whoever wrote it is not told.",),
    )


async def _act(call: Call, what: ActOfOurs) -> Decision:
    return await review.act(call.gate, what, by=call.by, via=VIA)


def _who(who: Who) -> JsonObject:
    return {"id": who.actor, "handle": who.handle}


def _knock(view: KnockView) -> JsonObject:
    knock = view.knock
    return {
        "id": knock.id,
        "project": knock.project,
        "code": view.code,
        "stage": knock.stage.value,
        "who": _who(view.who),
        "role": knock.role.word,
        "days": knock.days,
        "thread": knock.thread,
        "charter": knock.charter,
        "opened_at": iso(knock.opened_at),
        "changed_at": iso(knock.changed_at),
    }


def _thread(view: ThreadView) -> JsonObject:
    thread = view.thread
    return {
        "id": thread.id,
        "project": thread.project,
        "code": thread.code,
        "state": _state(view),
        "who": _who(view.who),
        "knock": view.knock.id if view.knock else None,
        "grant": view.grant.id if view.grant else None,
        "assigned": thread.assigned,
        "opened_at": iso(thread.opened_at),
        "changed_at": iso(thread.changed_at),
    }


def _open_thread(view: ThreadView) -> JsonObject:
    said: list[Json] = [
        _message(number, message) for number, message in enumerate(view.messages, start=1)
    ]
    return {**_thread(view), "messages": said}


def _message(number: int, message: Message) -> JsonObject:
    """Show a message under its number: the id on the wire would name its author."""
    return {
        "id": str(number),
        "speaker": message.speaker.value,
        "who": message.author,
        "words": message.words,
        "at": iso(message.at),
        "edited": message.edited,
        "deleted": message.deleted,
        "earlier": [{"words": each.words, "at": iso(each.at)} for each in message.earlier],
    }


def _state(view: ThreadView) -> str:
    if view.knock is not None and view.knock.stage.open:
        return view.knock.stage.value
    return "closed" if view.thread.closed else "open"


def _hint(call: Call, view: ThreadView) -> list[str]:
    """Say how to read what edited messages said before, where there are some."""
    if call.asked.earlier or not any(message.earlier for message in view.messages):
        return []
    return [f"Earlier words: {command(call.asked)} threads show {view.thread.id} --earlier"]


def _messages(view: ThreadView, *, earlier: bool = False) -> list[str]:
    lines: list[str] = []
    for message in view.messages:
        for each in message.earlier if earlier else ():
            lines += ["", f"{message.speaker.value}, {iso(each.at)}, before an edit"]
            lines += indented(each.words)
        edited = ", edited" if message.edited else ""
        who = message.author or message.speaker.value
        lines += ["", f"{who}, {iso(message.at)}{edited}"]
        lines += indented("(deleted)" if message.words is None else message.words)
    return [*lines, ""]


def _role(parser: ArgumentParser) -> None:
    parser.add_argument("--role", metavar="R", help="report unless the charter says otherwise")


def _clause(parser: ArgumentParser) -> None:
    parser.add_argument("--clause", metavar="C", help="the id of the promise that it is about")


def _not_now(parser: ArgumentParser) -> None:
    parser.add_argument("--not-now", action="store_true", help="say that it is about the time")


def _earlier(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--earlier", action="store_true", help="show what edited messages said before, too"
    )


def _ending(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ending",
        choices=[ending.value for ending in Ending],
        default=Ending.THANKS.value,
        help="which sentence ends it",
    )


def _to(parser: ArgumentParser) -> None:
    parser.add_argument("to", metavar="WHO", nargs="?", default="", help="nobody means everybody")


VERBS = (
    Verb(
        words="knocks list",
        does="List who knocks at a project, those that wait for you first.",
        example="knocks list anvil",
        run=on_gate(list_knocks),
        takes=(slug,),
    ),
    Verb(
        words="knocks show",
        does="Show a knock and all that was said.",
        example="knocks show Xq3v…",
        run=on_gate(show_knock),
        takes=(name("knock"),),
    ),
    Verb(
        words="knocks admit",
        does="Let somebody in: they get a signed Grant, and your words if you add some.",
        example="knocks admit Xq3v… --days 90 Welcome, we look forward to your patch.",
        run=on_gate(admit),
        takes=(name("knock"), _role, days(), perhaps_text),
    ),
    Verb(
        words="knocks ask",
        does="Ask somebody who knocked something more; then it is their turn.",
        example="knocks ask Xq3v… Which version did you see this with?",
        run=on_gate(ask),
        takes=(name("knock"), text),
    ),
    Verb(
        words="knocks decline",
        does="Decline kindly, naming a promise of the charter if you like.",
        example="knocks decline Xq3v… --clause own-words",
        run=on_gate(decline),
        takes=(name("knock"), _clause, _not_now, perhaps_text),
    ),
    Verb(
        words="threads list",
        does="List the conversations of a project.",
        example="threads list anvil",
        run=on_gate(list_threads),
        takes=(slug,),
    ),
    Verb(
        words="threads show",
        does="Show a conversation.",
        example="threads show Hk81…",
        run=on_gate(show_thread),
        takes=(name("conversation"), _earlier),
    ),
    Verb(
        words="threads say",
        does="Write in a conversation; your words go out as the project's desk.",
        example="threads say Hk81… Thank you, that fixed it.",
        run=on_gate(say),
        takes=(name("conversation"), text),
    ),
    Verb(
        words="threads close",
        does="Close a conversation; it opens again when they write.",
        example="threads close Hk81…",
        run=on_gate(close),
        takes=(name("conversation"), _ending),
    ),
    Verb(
        words="threads hand-over",
        does="Let one maintainer be told of a conversation, or everybody; no reason is asked.",
        example="threads hand-over Hk81… @mara@mastodon.example",
        run=on_gate(hand_over),
        takes=(name("conversation"), _to),
    ),
)
