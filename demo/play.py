"""The play: how a stranger and a project meet, one step and one sentence at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from demo.stage import ANVIL, PATIENCE, Stage
from forgefed_gate.domain.ids import KeyId, NoteId, ThreadId
from forgefed_gate.domain.intents import ActOfOurs, Admit, Ask, Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.screening import Stage as Turn
from forgefed_gate.protocol import keys, proofs
from forgefed_gate.protocol.frontdoor import read_json
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.services import projects, review, views

HELLO = "Hello! I have read your parser and think that I can make it faster. May I help?"
ANSWER = (
    "I agree. I have written parsers for ten years and would start with the one for dates."
    " I have two evenings a week."
)
QUESTION = "That sounds good. Have you seen that dates may come in two calendars?"
REPLY = "I have, and there is a test for both. I would keep them."
WELCOME = "We look forward to the faster dates."
FINDING = "I found it: the table of months is built anew for every date. Shall I send a patch?"
THANKS = "Yes, please! That explains a lot."


@dataclass(frozen=True, slots=True)
class Step:
    """What the audience is told, and what happens while they read it."""

    sentence: str
    happens: Callable[[Stage], Awaitable[None]]


async def open_project(stage: Stage) -> None:
    """Open a project, with the default charter."""
    await projects.add(stage.gate, ANVIL, "Anvil", by=OPERATOR)


async def find_desk(stage: Stage) -> None:
    """Find the actor behind the handle, as any server does."""
    base, authority = stage.gate.places.base_url, stage.gate.places.authority
    resource = quote(f"acct:{ANVIL}@{authority}", safe=":@")
    answer = await stage.outside.get(f"{base}/.well-known/webfinger?resource={resource}", {})
    assert stage.desk.encode() in answer.body, "the handle leads to the desk"


async def write_first(stage: Stage) -> None:
    """Write to the desk; the first answer comes by itself."""
    await _write(stage, HELLO)


async def read_answer(stage: Stage) -> None:
    """Read in the answer what both sides can expect, and how to knock."""
    answer = stage.bob.notes()[-1]["content"]
    assert "I agree" in answer, "the words that agree"
    assert "Who can read this" in answer, "and who can read it"


async def knock(stage: Stage) -> None:
    """Answer the questions, and get a receipt."""
    await _write(stage, ANSWER)
    assert (await _knock(stage)).stage is Turn.HELD, "it waits for people"


async def ask_back(stage: Stage) -> None:
    """Ask something more; the reply brings the knock back into the queue."""
    await _hear(stage, Ask(knock=(await _knock(stage)).id, text=QUESTION))
    assert (await _knock(stage)).stage is Turn.RETURNED, "it is his turn"


async def answer_back(stage: Stage) -> None:
    """Answer what was asked."""
    await _write(stage, REPLY)
    assert (await _knock(stage)).stage is Turn.HELD, "it is theirs again"


async def admit(stage: Stage) -> None:
    """Admit him, with a word of welcome."""
    await _hear(stage, Admit(knock=(await _knock(stage)).id, text=WELCOME))


async def check_grant(stage: Stage) -> None:
    """Prove the Grant with the project's public key, as another forge would."""
    await stage.until(lambda: bool(stage.bob.of_type("Grant")))
    (grant,) = stage.bob.of_type("Grant")
    proofs.check(grant, key=await _public_key(stage), now=stage.gate.clock())
    assert (grant["object"], grant["target"]) == ("report", stage.bob.id), "his, and no more"


async def report(stage: Stage) -> None:
    """Write as a member: it reaches people directly, and nothing answers by itself."""
    answer = await stage.village.write(stage.bob, stage.desk, FINDING)
    assert answer.status == 202, answer.body  # noqa: PLR2004 - HTTP says so
    async with asyncio.timeout(PATIENCE):
        while FINDING not in await _words(stage):  # noqa: ASYNC110 - nobody is told, so we look
            await asyncio.sleep(0.02)


async def thank(stage: Stage) -> None:
    """Answer him as the desk."""
    await _hear(stage, Say(thread=await _thread(stage), text=THANKS))


async def look_from_outside(stage: Stage) -> None:
    """Ask for a private note, and for one that never was: both answers are the same."""
    private = stage.bob.notes()[-1]["id"]
    missing = stage.gate.places.note(ANVIL, "A" * 22)
    answers = [await _ask_for(stage, note) for note in (private, missing)]
    assert answers[0] == answers[1], "nobody learns that it exists"
    assert answers[0][0] == 404, "and nobody gets it"  # noqa: PLR2004 - HTTP says so


PLAY = (
    Step(
        "A gate opens on this machine, and on it a project, Anvil, with its charter.", open_project
    ),
    Step("Bob, who lives on another server, finds Anvil by the handle of its desk.", find_desk),
    Step("He writes to the desk in private and asks whether he may help.", write_first),
    Step("The gate answers at once: what each side can expect, and three questions.", read_answer),
    Step("Bob answers and says “I agree”: that is a knock, and he gets a receipt.", knock),
    Step("Somebody of Anvil reads it and would like to know one thing more.", ask_back),
    Step("Bob replies, and his knock is back in the queue.", answer_back),
    Step("They admit him. The welcome comes in the same conversation.", admit),
    Step(
        "With it comes a Grant for 180 days, signed so that any forge can check it.", check_grant
    ),
    Step("Now Bob’s messages reach the people of Anvil directly: he tells what he found.", report),
    Step("They answer as the desk; which of them wrote stays among them.", thank),
    Step(
        "Somebody else asks the gate for that message, and learns nothing at all.",
        look_from_outside,
    ),
)


async def _write(stage: Stage, text: str) -> None:
    """Let Bob write to the desk, and wait for what comes back."""
    before = len(stage.bob.notes())
    answer = await stage.village.write(stage.bob, stage.desk, text)
    assert answer.status == 202, answer.body  # noqa: PLR2004 - HTTP says so
    await stage.until(lambda: len(stage.bob.notes()) > before)


async def _hear(stage: Stage, act: ActOfOurs) -> None:
    """Let the people of Anvil act, and wait until Bob hears of it."""
    before = len(stage.bob.notes())
    await review.act(stage.gate, act, by=OPERATOR, via="console")
    await stage.until(lambda: len(stage.bob.notes()) > before)


async def _knock(stage: Stage) -> Knock:
    (only,) = await views.knock_list(stage.gate, ANVIL, by=OPERATOR)
    return only.knock


async def _thread(stage: Stage) -> ThreadId:
    (only,) = await views.thread_list(stage.gate, ANVIL, by=OPERATOR)
    return only.thread.id


async def _words(stage: Stage) -> list[str | None]:
    view = await views.thread(stage.gate, await _thread(stage), by=OPERATOR)
    return [message.words for message in view.messages]


async def _public_key(stage: Stage) -> ActorKey:
    """Read the key that signs Grants from the project's own document."""
    project = stage.gate.places.project(ANVIL)
    answer = await stage.outside.get(project, {"Accept": ACTIVITY_JSON})
    listed: Any = read_json(answer.body)["assertionMethod"]
    public = keys.read_multibase(listed[0]["publicKeyMultibase"])
    return ActorKey(id=KeyId(listed[0]["id"]), owner=project, public=public)


async def _ask_for(stage: Stage, note: NoteId) -> tuple[int, bytes]:
    answer = await stage.outside.get(note, {"Accept": ACTIVITY_JSON})
    return answer.status, answer.body
