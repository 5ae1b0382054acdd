"""Exports for tests: made from a story, read by the file alone, and spoiled."""

import json
from typing import Any

from story import ANSWER, HELLO, Story

from demo.village import Villager
from forgefed_gate.domain.ids import ThreadId
from forgefed_gate.domain.intents import Admit, Ask, Close, Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.protocol import exports, keys, verifying
from forgefed_gate.protocol.exports import Laid
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.protocol.verifying import Fault
from forgefed_gate.services import exporting

SECRET = "It is a long story."


async def conversation(story: Story) -> ThreadId:
    """Tell a whole one: both dialects, an edit, a deletion, decisions of ours, and talk."""
    hello = await story.write(HELLO)
    story.village.dialect = Dialect.RFC9421
    await story.write(ANSWER)
    [view] = await story.knocks()
    knock = view.knock
    await story.act(Ask(knock=knock.id, text="Which part?"))
    secret = await story.write(SECRET)
    await story.act(Admit(knock=knock.id, text="We look forward to it."))
    await edit(story, hello, "Hello, may I help with the lexer?")
    story.village.dialect = Dialect.CAVAGE
    await story.write("Here it is.")
    await story.act(Say(thread=knock.thread, text="Thank you!"))
    await delete(story, secret)
    await story.act(Close(thread=knock.thread))
    return knock.thread


async def edit(story: Story, note: str, text: str, *, by: Villager | None = None) -> None:
    """Change the words of a message of somebody's own."""
    who = by or story.bob
    written = story.village.note(who, story.desk, text)["object"] | {"id": note}
    answer = await story.deliver({"type": "Update", "to": [story.desk], "object": written}, by=who)
    assert answer.status == 202, answer.body


async def delete(story: Story, note: str) -> None:
    """Delete a message."""
    gone = {"id": note, "type": "Tombstone"}
    answer = await story.deliver({"type": "Delete", "to": [story.desk], "object": gone})
    assert answer.status == 202, answer.body


async def export(story: Story, thread: ThreadId) -> bytes:
    """Export a conversation as the operator."""
    return (await exporting.export(story.house.gate, thread, by=OPERATOR)).data


async def export_theirs(story: Story, thread: ThreadId) -> bytes:
    """Export a conversation as its contributor."""
    made = await exporting.export_theirs(story.house.gate, thread, party=story.bob.id)
    return made.data


def whole(data: bytes) -> dict[str, Any]:
    """Read an export as any program would."""
    return json.loads(data)


def fault(data: bytes, **asked: str) -> Fault | None:
    """Find the first fault of an export."""
    return verifying.examine(data, **asked).fault


def rewritten(document: dict[str, Any]) -> bytes:
    """Lay an export out again that was changed, without anybody's signature."""
    return Laid(
        conversation=exports.canonical(document["conversation"]),
        messages=tuple(exports.canonical(each) for each in document["messages"]),
        manifest=exports.canonical(document["manifest"]),
    ).write()


def resigned(document: dict[str, Any]) -> bytes:
    """Make a new export of a changed one, as somebody else does who has a key of their own."""
    actor = document["manifest"]["actor"]
    own = SigningKey(id=f"{actor}#ed25519-key", owner=actor, private=keys.new_ed25519())
    conversation = {k: v for k, v in document["conversation"].items() if k != "format"}
    return exports.write(conversation, document["messages"], key=own, now=1_795_348_800_000)
