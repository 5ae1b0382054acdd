"""People elsewhere who say what they have to say again and again, until it was taken."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from story import ANSWER, HELLO, draw_rsa

from demo.village import Village, Villager
from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import ActorId, KeyId
from forgefed_gate.domain.places import Places
from forgefed_gate.domain.screening import Stage
from forgefed_gate.protocol.keys import SigningKey

OTHER_WORDS = "Hello, may I help with the lexer?"
PAUSE = 0.03
"""Seconds after which somebody tries again who was not answered."""
MOST_COPIES = 5

Says = tuple[str, dict[str, Any]]
"""To which actor, and what."""

_numbers = count(1)


@dataclass(kw_only=True)
class Resident:
    """Somebody with something to say, in order, and all that has to come of it."""

    who: Villager
    says: list[Says]
    copies: list[list[float]] = field(default_factory=list)
    """After how many seconds each copy of each thing goes out."""
    words: dict[str, str | None] = field(default_factory=dict)
    """What their messages say in the end; None is one that they deleted."""
    answers: list[tuple[str, str | None]] = field(default_factory=list)
    """What comes back: the type, and what it is an answer to."""
    stage: Stage | None = None
    """Where their knock stands."""
    threads: int = 1
    follows: bool = False
    member: bool = False
    known: bool = True
    """Whether the gate has read who they are before; more than sixty it would not in a minute."""
    noticed: int = 0
    """How many notices their words are to the people of the project."""


def wave(village: Village, places: Places, rng: random.Random) -> list[Resident]:
    """Let one of each kind of resident move in, in any order."""
    moved_in = [kind(village, places) for kind in KINDS]
    rng.shuffle(moved_in)
    for resident in moved_in:
        resident.copies = [_delays(rng) for _ in resident.says]
    return moved_in


def _delays(rng: random.Random) -> list[float]:
    """Draw when each copy of an activity goes out: the first at once, others with it or later."""
    others = rng.randint(0, MOST_COPIES - 1)
    return [0.0, *(rng.choice([0, 0, PAUSE, 10 * PAUSE]) for _ in range(others))]


def _moves_in(village: Village) -> Villager:
    name = f"u{next(_numbers)}"
    me = ActorId(f"{village.base_url}/users/{name}")
    key = SigningKey(id=KeyId(f"{me}#main-key"), owner=me, private=draw_rsa())
    village.people[name] = Villager(id=me, name=name, key=key)
    return village.people[name]


def _stranger(village: Village, places: Places) -> Resident:
    """Say hello once."""
    who, desk = _moves_in(village), places.desk("anvil")
    hello = village.note(who, desk, HELLO)
    note = hello["object"]["id"]
    return Resident(
        who=who,
        known=False,
        says=[(desk, hello)],
        words={note: HELLO},
        answers=[("Create", note)],
        stage=Stage.ASKED,
    )


def _knocker(village: Village, places: Places) -> Resident:
    """Say hello, and answer what is asked."""
    came, (desk, hello) = _with_first_words(village, places)
    answer = village.note(came.who, desk, ANSWER, in_reply_to=hello["object"]["id"])
    note = answer["object"]["id"]
    came.says.append((desk, answer))
    came.words[note] = ANSWER
    came.answers.append(("Create", note))
    came.stage, came.noticed = Stage.HELD, 1
    return came


def _editor(village: Village, places: Places) -> Resident:
    """Say hello, and then in other words."""
    came, (desk, hello) = _with_first_words(village, places)
    note = hello["object"]
    again = {**note, "content": f"<p>{OTHER_WORDS}</p>"}
    came.says.append((desk, {"id": f"{note['id']}#edit", "type": "Update", "object": again}))
    came.words[note["id"]] = OTHER_WORDS
    return came


def _deleter(village: Village, places: Places) -> Resident:
    """Say hello, and take it back."""
    came, (desk, hello) = _with_first_words(village, places)
    note = hello["object"]["id"]
    gone = {"id": note, "type": "Tombstone"}
    came.says.append((desk, {"id": f"{note}#delete", "type": "Delete", "object": gone}))
    came.words[note] = None
    return came


def _with_first_words(village: Village, places: Places) -> tuple[Resident, Says]:
    came = _stranger(village, places)
    came.known = True
    return came, came.says[0]


def _member(village: Village, places: Places) -> Resident:
    """Begin a conversation, and go on with it."""
    came, (desk, hello) = _with_first_words(village, places)
    more = village.note(came.who, desk, OTHER_WORDS, in_reply_to=hello["object"]["id"])
    came.says.append((desk, more))
    came.words[more["object"]["id"]] = OTHER_WORDS
    came.stage, came.member, came.noticed = None, True, 1
    return came


def _follower(village: Village, places: Places) -> Resident:
    """Want to hear the news."""
    who, desk = _moves_in(village), places.desk("anvil")
    follow = {"id": f"{who.id}/follows/1", "type": "Follow", "object": desk}
    return Resident(
        who=who,
        says=[(desk, follow)],
        answers=[("Accept", follow["id"])],
        threads=0,
        follows=True,
    )


def _unfollower(village: Village, places: Places) -> Resident:
    """Want to hear the news, and then no more."""
    came = _follower(village, places)
    came.known = False
    [(desk, follow)] = came.says
    undo = {"id": f"{follow['id']}#undo", "type": "Undo", "object": follow}
    came.says.append((desk, {**undo, "object": {**follow, "actor": came.who.id}}))
    came.follows = False
    return came


def _joiner(village: Village, places: Places) -> Resident:
    """Ask to take part, as another forge does."""
    who, project = _moves_in(village), places.project("anvil")
    join = {"id": f"{who.id}/joins/1", "type": "Join", "object": project, "to": [project]}
    return Resident(
        who=who,
        says=[(project, {**join, "instrument": "report"})],
        answers=[("Create", None)],
        stage=Stage.ASKED,
    )


KINDS: tuple[Callable[[Village, Places], Resident], ...] = (
    _stranger,
    _knocker,
    _editor,
    _deleter,
    _member,
    _follower,
    _unfollower,
    _joiner,
)


@dataclass(kw_only=True)
class Crowd:
    """Residents at their writing desks: every activity goes out one to five times."""

    village: Village
    taken: Counter[str] = field(default_factory=Counter)
    """How often each activity was acknowledged."""

    async def speak(self, residents: list[Resident]) -> None:
        """Let everybody say what they have to say, all at once, until all of it was taken."""
        await asyncio.gather(*(self._speak(resident) for resident in residents))

    async def heard(self, *, more_than: int) -> None:
        """Wait until more than so many copies were acknowledged."""
        while self.taken.total() <= more_than:  # noqa: ASYNC110 - a counter sets no event
            await asyncio.sleep(PAUSE)

    async def _speak(self, resident: Resident) -> None:
        """Say one thing when the last was taken; its copies may still be under way."""
        under_way: list[asyncio.Task[None]] = []
        for (to, activity), delays in zip(resident.says, resident.copies, strict=True):
            copies = [
                asyncio.create_task(self._insist(resident.who, to, activity, delay=delay))
                for delay in delays
            ]
            under_way += copies
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*under_way)

    async def _insist(
        self, who: Villager, to: str, activity: dict[str, Any], *, delay: float
    ) -> None:
        """Send one copy until it is acknowledged."""
        await asyncio.sleep(delay)
        while not await self._taken(who, to, activity):  # noqa: ASYNC110 - nobody tells them
            await asyncio.sleep(PAUSE)
        self.taken[activity["id"]] += 1

    async def _taken(self, who: Villager, to: str, activity: dict[str, Any]) -> bool:
        try:
            answer = await self.village.send(who, f"{to}/inbox", activity)
        except Unreachable:
            return False
        assert answer.status in {202, 429, 503}, (activity["type"], answer.status, answer.body)
        return answer.status == 202
