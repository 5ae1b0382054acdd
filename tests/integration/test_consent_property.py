"""Whatever happens in whichever order: no byte is public without the yes of all who wrote it."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import databases
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pieces import public_bytes, stands, theirs, thread_of
from story import Story, draw_rsa, open_story

from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.publishing import Piece, Stage
from forgefed_gate.domain.roles import OPERATOR, Office, Principal
from forgefed_gate.protocol import keys
from forgefed_gate.services import consenting, publishing
from forgefed_gate.services.publishing import Draft
from forgefed_gate.services.tidy import tidy

WORDS = st.sampled_from(["", "x", "y", "longer words"])
WHO = st.sampled_from(["bob", "mara"])
HOW = ("consent", "consent", "consent", "page", "page", "old code", "other's code")
EXAMPLES = {"sqlite": 40, "postgresql": 10}
MARKS = 200
"""More than are ever drawn in one run."""


def supply(who: str) -> str:
    """Write a message of which every draft leaves most out."""
    marks = " ".join(f"mark{number}of{who}" for number in range(MARKS))
    return f"first x y longer words {marks}"


class Publishing(RuleBasedStateMachine):
    """
    One conversation of bob's in which mara of the project speaks too.

    What the gate says is compared with what was said in this room: *agreed* holds, for each
    author, the exact text that they said yes to since anything last changed; *void* says
    that what is asked for rests on words that are gone, so that no yes may count.
    """

    engine = "sqlite"
    by_two: set[str]
    """The pieces of two authors that were public once, over all examples."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.marks: list[str] = []
        self.ever_public: set[str] = set()
        self.name, self.void = "", False
        self.agreed: dict[str, object] = {}
        self.may_be_public: set[str] = set()

    @initialize(bob=WORDS, mara=WORDS)
    def begin(self, bob, mara) -> None:
        self.runner.run(self._begin())
        self.propose_now(bob, mara)

    async def _begin(self) -> None:
        folder = Path(self.folder.name)
        database = await self.stack.enter_async_context(databases.fresh(self.engine, folder))
        self.story: Story = await self.stack.enter_async_context(open_story(folder, database))
        story = self.story
        mara = await story.appoint("mara", Office.MAINTAINER)
        self.people = {"bob": story.bob, "mara": mara}
        self.fan = story.village.settle("fan")
        await story.deliver({"type": "Follow", "object": story.desk}, by=self.fan)
        await story.admit()
        self.thread = await thread_of(story, story.bob)
        await story.write(supply("bob"))
        text = supply("mara")
        await story.act(Say(thread=self.thread, text=text), by=await story.principal(mara))
        self.notes = {
            "bob": (await theirs(story, self.thread))[-1],
            "mara": (await theirs(story, self.thread, "project"))[-1],
        }

    def marked(self, who: str, words: str) -> str:
        """Quote words that were quoted nowhere else, so that they are found wherever they are."""
        self.marks.append(f"mark{len(self.marks)}of{who}")
        return f"{words} {self.marks[-1]}"

    def draft(self, bob: str, mara: str | None) -> Draft:
        chosen = [(self.notes["bob"], self.marked("bob", bob))]
        if mara is not None:
            chosen.append((self.notes["mara"], self.marked("mara", mara)))
        self.marks.append(f"title{len(self.marks)}")
        return Draft(title=f"The {self.marks[-1]}.", chosen=tuple(chosen))

    def stands(self) -> Piece:
        return self.runner.run(stands(self.story, self.name)).piece

    def shown(self) -> object:
        piece = self.stands()
        return (piece.title, tuple((each.author, each.text) for each in piece.excerpts))

    def note_yes(self, who: str) -> None:
        """Remember a yes to exactly what stands there, if it is asked for at all."""
        self.agreed[who] = self.before
        authors = {author for author, _ in self.before[1]}
        asked = [name for name, each in self.people.items() if each.id in authors]
        if asked and not self.void and all(self.agreed.get(each) == self.before for each in asked):
            self.may_be_public |= {text for _, text in self.before[1]} | {self.before[0]}

    def try_to(self, what) -> bool:
        """Let something happen that may be refused, and all that follows."""
        try:
            self.runner.run(what)
        except Refusal:
            return False
        self.runner.run(self.story.house.work())
        return True

    @rule(bob=WORDS, mara=st.none() | WORDS)
    def propose(self, bob, mara) -> None:
        self.propose_now(bob, mara)

    def propose_now(self, bob: str, mara: str | None) -> None:
        draft = self.draft(bob, mara)
        gate = self.story.house.gate
        made = self.runner.run(
            publishing.propose(gate, self.thread, draft, by=OPERATOR, via="test")
        )
        self.runner.run(self.story.house.work())
        self.name, self.agreed, self.void = made.piece.id, {}, False

    @precondition(lambda self: self.name)
    @rule(bob=WORDS, mara=st.none() | WORDS)
    def redact(self, bob, mara) -> None:
        draft, gate = self.draft(bob, mara), self.story.house.gate
        if self.try_to(publishing.redact(gate, self.name, draft, by=OPERATOR, via="test")):
            self.agreed, self.void = {}, False

    @precondition(lambda self: self.name)
    @rule(who=WHO, how=st.sampled_from(HOW))
    def consent(self, who, how) -> None:
        self.answer(who, how)

    @precondition(lambda self: self.name)
    @rule(who=WHO)
    def agree(self, who) -> None:
        self.answer(who, "consent")

    @precondition(lambda self: self.name)
    @rule(first=WHO)
    def all_agree(self, first) -> None:
        """Let everybody say yes, to a new piece where there is nothing left to say it to."""
        if self.void or self.stands().stage is not Stage.PENDING:
            self.propose_now("x", "y")
        for who in sorted(self.people, key=first.__ne__):
            self.answer(who, "page")

    def answer(self, who: str, how: str) -> None:
        self.before = self.shown()
        person = self.people[who]
        if how == "page":
            if self.runner.run(self._yes_on_page(person)):
                self.note_yes(who)
            return
        by = self.people["mara" if who == "bob" else "bob"] if how == "other's code" else person
        asked = self.runner.run(stands(self.story, self.name))
        mine = asked.of(by.id)
        code = mine.code if mine and how != "old code" else "ZZZZZ"
        self.runner.run(self.story.write(f"consent {code}", by=person))
        if how == "consent" and mine and asked.piece.stage is Stage.PENDING:
            self.note_yes(who)

    async def _yes_on_page(self, person) -> bool:
        me, gate = Principal(name=person.id), self.story.house.gate
        try:
            asked = await consenting.asked(gate, self.name, by=me)
            await consenting.say_yes(gate, self.name, asked.mine.hash, chosen="", by=me)
        except Refusal:
            return False
        await self.story.house.work()
        return True

    @precondition(lambda self: self.name)
    @rule(who=WHO)
    def refuse(self, who) -> None:
        asked = self.runner.run(stands(self.story, self.name))
        mine = asked.of(self.people[who].id)
        if mine:
            self.runner.run(self.story.write(f"no {mine.code}", by=self.people[who]))
            if asked.piece.stage is Stage.PENDING:
                self.agreed, self.void = {}, self.void and who != "bob"

    @rule(what=st.sampled_from(["edit", "delete", "erase"]), words=WORDS)
    def meddle(self, what, words) -> None:
        match what:
            case "edit":
                self.edit(words)
            case "delete":
                self.delete()
            case _:
                self.erase()

    def edit(self, words: str) -> None:
        inner = {"id": self.notes["bob"], "type": "Note", "attributedTo": self.story.bob.id}
        content = f"{words} {supply('bob')}"
        update = {"type": "Update", "object": inner | {"content": content}}
        self.runner.run(self.story.deliver(update))
        self.agreed, self.void = {}, True

    def delete(self) -> None:
        gone = {"id": self.notes["bob"], "type": "Tombstone"}
        self.runner.run(self.story.deliver({"type": "Delete", "object": gone}))
        self.agreed, self.void = {}, True
        self.notes["bob"] = self.runner.run(self._say_something_new())

    async def _say_something_new(self) -> str:
        return await self.story.write(supply("bob"), in_reply_to=self.notes["mara"])

    def erase(self) -> None:
        """Destroy every key of bob's, as forgetting somebody does."""
        self.runner.run(self._erase())
        self.agreed, self.void = {}, True
        self.notes["bob"] = self.runner.run(self._say_something_new())

    async def _erase(self) -> None:
        gate = self.story.house.gate
        async with gate.database.transaction() as tx:
            await gate.vault.destroy(tx, owner=self.story.bob.id, now=gate.clock())

    @precondition(lambda self: self.name)
    @rule(who=st.sampled_from(["bob", "mara", "operator"]))
    def withdraw(self, who) -> None:
        asked = self.runner.run(stands(self.story, self.name))
        mine = asked.of(self.people[who].id) if who in self.people else None
        gate = self.story.house.gate
        if who == "operator":
            if not self.try_to(publishing.take_back(gate, self.name, by=OPERATOR, via="test")):
                return
        elif mine:
            self.runner.run(self.story.write(f"withdraw {mine.code}", by=self.people[who]))
        else:
            return
        self.agreed = {}
        self.may_be_public -= {text for _, text in self.texts(asked)} | {asked.piece.title}

    @staticmethod
    def texts(asked) -> list[tuple[str, str]]:
        return [(each.author, each.text) for each in asked.piece.excerpts]

    @rule(days=st.sampled_from([1, 31]))
    def let_time_pass(self, days) -> None:
        self.story.house.clock.pass_by(days * DAY)
        self.runner.run(tidy(self.story.house.gate))
        if days == 31:
            self.agreed, self.void = {}, True

    @invariant()
    def nothing_is_public_that_somebody_did_not_say_yes_to(self) -> None:
        if not hasattr(self, "notes"):
            return
        world = self.runner.run(public_bytes(self.story))
        sent = str([each for each in self.fan.came if each["type"] != "Accept"])
        for mark in self.marks:
            allowed = any(mark in text for text in self.may_be_public)
            self.ever_public |= {mark} if allowed else set()
            assert allowed or mark not in world
            assert mark in self.ever_public or mark not in sent
        self.note_public(world)

    def note_public(self, world: str) -> None:
        """Count what two people said yes to, which is where the world can read it."""
        piece = self.stands()
        if piece.stage is Stage.PUBLISHED:
            assert all(each.text in world for each in piece.excerpts)
            if len(piece.authors) > 1:
                self.by_two.add(piece.id)

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()


@pytest.mark.parametrize("engine", databases.ENGINES)
def test_no_byte_is_public_without_the_yes_of_each_author_to_exactly_it(engine, monkeypatch):
    """Proposing, redacting, answering, editing, deleting, erasing, waiting: in any order."""
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    machine = type("On", (Publishing,), {"engine": engine, "by_two": set()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[engine],
            stateful_step_count=15,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=[*HealthCheck],
        ),
    )
    assert machine.by_two
