"""Pieces on their way out of a conversation: proposed, answered, and seen by the world."""

import re

from story import ANVIL, Story

from forgefed_gate.domain.ids import SECOND
from forgefed_gate.domain.publishing import Publication
from forgefed_gate.domain.roles import OPERATOR, Principal
from forgefed_gate.services import consenting, pieces, publishing
from forgefed_gate.services.publishing import Draft
from forgefed_gate.store import publications

TITLE = "How the parser was fixed"
SECRET = "I would like to fix the parser"
"""Words that stand in what Bob answers, and may be public only by his yes."""
PUBLIC = (
    *("/actor", "/actor/outbox", "/nodeinfo/2.1"),
    *(
        f"/{kind}/anvil{part}"
        for kind in ("desks", "projects")
        for part in ("", "/outbox", "/followers")
    ),
)
CODE = re.compile(r"consent ([2-9A-Z]{5})\b")


async def thread_of(story: Story, who) -> str:
    """Name the conversation of somebody."""
    return next(
        view.thread.id for view in await story.threads() if view.thread.contributor == who.id
    )


async def theirs(story: Story, thread: str, speaker: str = "contributor") -> list[str]:
    """Name the messages that somebody wrote in a conversation."""
    views = [view for view in await story.threads() if view.thread.id == thread]
    return [each.id for each in views[0].messages if each.speaker.value == speaker]


async def propose(
    story: Story, *chosen, who=None, title: str = TITLE, by: Principal = OPERATOR
) -> Publication:
    """Propose messages of a conversation, by default all that its contributor wrote."""
    thread = await thread_of(story, who or story.bob)
    picked = chosen or tuple((note, None) for note in await theirs(story, thread))
    story.house.clock.pass_by(SECOND)
    made = await publishing.propose(
        story.house.gate, thread, Draft(title=title, chosen=picked), by=by, via="cli"
    )
    await story.house.work()
    return made


async def redact(story: Story, name: str, *chosen, title: str = TITLE, by=OPERATOR) -> Publication:
    """Put other words in place of those that were proposed."""
    story.house.clock.pass_by(SECOND)
    made = await publishing.redact(
        story.house.gate, name, Draft(title=title, chosen=chosen), by=by, via="cli"
    )
    await story.house.work()
    return made


def code_for(who) -> str:
    """Read the code that somebody was asked under, from what came last."""
    return next(
        found[1] for note in reversed(who.notes()) if (found := CODE.search(note["content"]))
    )


def last(who) -> str:
    """Read what came last to somebody."""
    return who.notes()[-1]["content"]


async def stands(story: Story, name: str) -> Publication:
    """Read a publication as it stands."""
    gate = story.house.gate
    async with gate.database.snapshot() as tx:
        found = await pieces.find(gate, tx, name)
    assert found is not None
    return found


async def stage(story: Story, name: str) -> str:
    """Say where a piece stands."""
    return (await stands(story, name)).piece.stage.value


async def public_bytes(story: Story) -> str:
    """Read everything of the gate and the project that the world can see."""
    gate = story.house.gate
    async with gate.database.snapshot() as tx:
        names = [row.id for row in await publications.listing(tx, ANVIL)]
    answers = [await story.get(path) for path in PUBLIC]
    answers += [await story.get(path, Accept="text/html") for path in ("/", "/@anvil")]
    assert {answer.status_code for answer in answers} == {200}
    seen = [answer.text for answer in answers]
    for name in names:
        seen.append((await story.get(f"/desks/anvil/pieces/{name}")).text)
        page = await story.get(f"/@anvil/pieces/{name}", Accept="text/html")
        seen.append(page.text)
    return "\n".join(seen)


async def say_yes(story: Story, who, name: str, chosen: str = "") -> str:
    """Say yes on an author's own page."""
    gate, me = story.house.gate, Principal(name=who.id)
    asked = await consenting.asked(gate, name, by=me)
    answer = await consenting.say_yes(gate, name, asked.mine.hash, chosen=chosen, by=me)
    await story.house.work()
    return answer
