"""Who else is in a conversation: adding, removing, listing."""

from argparse import ArgumentParser

from forgefed_gate.cli.tables import table
from forgefed_gate.cli.verbs import VIA, Answer, Call, Verb, name, on_gate, who
from forgefed_gate.domain.ids import ThreadId
from forgefed_gate.domain.intents import AddParty, RemoveParty
from forgefed_gate.protocol.frontdoor import Json
from forgefed_gate.services import people, review, views
from forgefed_gate.services.views import PartyView


async def add(call: Call) -> Answer:
    """Ask a contributor whether somebody may be added to their conversation."""
    them = await people.resolve(call.gate, call.asked.who)
    thread = ThreadId(call.asked.id)
    what = AddParty(thread=thread, who=them.actor, history=call.asked.history)
    await review.act(call.gate, what, by=call.by, via=VIA)
    return Answer(
        document={"id": thread, "who": them.actor, "state": "asked"},
        lines=("Asked. They are added when whom this is with says yes, and not before.",),
    )


async def remove(call: Call) -> Answer:
    """Take somebody out of a conversation."""
    them = await people.resolve(call.gate, call.asked.who)
    thread = ThreadId(call.asked.id)
    await review.act(call.gate, RemoveParty(thread=thread, who=them.actor), by=call.by, via=VIA)
    return Answer(
        document={"id": thread, "who": them.actor, "state": "removed"},
        lines=("Removed. Not a byte more goes to them, and what waited for them is dropped.",),
    )


async def listing(call: Call) -> Answer:
    """List who was added to a conversation."""
    found = await views.party_list(call.gate, ThreadId(call.asked.id), by=call.by)
    rows: list[Json] = [
        {"id": each.seat.code, "who": each.who.actor, "state": _state(each)} for each in found
    ]
    lines = table(
        ("code", "who", "state"),
        [(each.seat.code, each.who.handle, _state(each)) for each in found],
    )
    nobody = ["Nobody was added: it is between them and the project."]
    return Answer(document={"parties": rows}, lines=tuple(lines if found else nobody))


def _state(view: PartyView) -> str:
    return f"after message {view.seat.since}" if view.seat.taken else "asked"


def _history(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--history", action="store_true", help="offer them what the project wrote before, too"
    )


VERBS = (
    Verb(
        words="threads add",
        does="Ask a contributor whether somebody may be added to their conversation.",
        example="threads add Hk81… @ann@their.server",
        run=on_gate(add),
        takes=(name("conversation"), who, _history),
    ),
    Verb(
        words="threads remove",
        does="Take somebody out of a conversation, at once.",
        example="threads remove Hk81… @ann@their.server",
        run=on_gate(remove),
        takes=(name("conversation"), who),
    ),
    Verb(
        words="threads parties",
        does="List who was added to a conversation, and whom its contributor was asked about.",
        example="threads parties Hk81…",
        run=on_gate(listing),
        takes=(name("conversation"),),
    ),
)
