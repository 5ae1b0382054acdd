"""A history that is written down beforehand, so that it can be played by gates of two kinds."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from forgefed_gate.domain.capabilities import Capability, Known
from forgefed_gate.domain.ids import DAY, MINUTE, ActivityId, ActorId, Millis
from forgefed_gate.domain.intents import LinkUp, PauseLink, Unlink
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.roles import Role
from simulation.book import Book
from simulation.history import KINDS
from simulation.world import NOON, World

HOUSES = (
    ActorId("https://anvil.example/projects/anvil"),
    ActorId("https://bellows.example/projects/bellows"),
    ActorId("https://coop.example/teams/coop"),
    ActorId("https://dyke.example/teams/dyke"),
)
PEOPLE = tuple(ActorId(f"https://village.example/users/u{n}") for n in range(3))
ROLES = (Role.REPORT, Role.TRIAGE, Role.WRITE)
WEIGHTS = {
    "link": 6,
    "agree": 8,
    "admit": 4,
    "settle": 7,
    "dismiss": 1,
    "unlink": 2,
    "pause": 1,
    "cut": 2,
    "wait": 2,
}
"""What may happen, and how often."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happens, to *me* and *other*."""

    what: str
    me: ActorId
    other: ActorId
    who: ActorId
    kind: Peer
    role: Role
    ends_at: Millis
    number: int

    @property
    def link_up(self) -> LinkUp:
        """The act by which *me* offers a link or agrees to one."""
        return LinkUp(
            project=slug_of(self.me),
            peer=self.other,
            kind=self.kind,
            role=self.role,
            ends_at=self.ends_at,
            cap=10,
            add=ActivityId(f"{self.me}/activities/{self.number:04}"),
        )


def slug_of(house: ActorId):
    """Name a house as its own gate does."""
    return house.rpartition("/")[2]


def kind_of(house: ActorId) -> str:
    """Say of what type a house is."""
    return "Team" if "/teams/" in house else "Project"


def written(seed: int, length: int) -> list[Step]:
    """Write a history; it begins with an offer between some, and ends in peace."""
    chance, names, weights = random.Random(seed), [*WEIGHTS], [*WEIGHTS.values()]
    some = ["link", "link", "settle", "agree", "agree", "admit", "admit", "settle"]
    steps = some + chance.choices(names, weights, k=length)
    return [_step(what, number, chance) for number, what in enumerate(steps)]


def _step(what: str, number: int, chance: random.Random) -> Step:
    me, other = chance.sample(HOUSES, 2)
    return Step(
        what=what,
        me=me,
        other=other,
        who=chance.choice(PEOPLE),
        kind=chance.choice(KINDS[kind_of(me), kind_of(other)]),
        role=chance.choice(ROLES),
        ends_at=Millis(NOON + chance.choice([3, 20, 60]) * DAY),
        number=number,
    )


Written = tuple[list[tuple], Counter[tuple]]


def in_words(links: Iterable[Link], grants: Iterable[Known]) -> Written:
    """Write down what a book says that was not ended, without the names that its gate drew."""
    open_ = [
        (each.peer, each.kind.value, each.role, each.ends_at, each.state.value, each.paused)
        for each in links
        if each.state.open
    ]
    standing = [each for each in grants if each.revoked_at is None]
    return sorted(open_), Counter((each.ours, *_said(each.grant)) for each in standing)


def _said(grant: Capability) -> tuple:
    """List what a Grant says but for names and the moment that it was issued at."""
    whose = (grant.actor, grant.context, grant.target, grant.through)
    return (*whose, grant.role, grant.allows, grant.ends_at, grant.delegates is None)


class Pure:
    """Simulated gates that play a written history."""

    def __init__(self) -> None:
        self.world = World(chance=random.Random(0), loss=0.0, people=[*PEOPLE])
        for house in HOUSES:
            self.world.settle(house, team=kind_of(house) == "Team").skew = 0

    def play(self, steps: Iterable[Step]) -> None:
        """Play all of it, and let everything arrive."""
        for step in steps:
            self._do(step, self.world.gates[step.me].book)
        self._settle()

    def _do(self, step: Step, book: Book) -> None:
        now, link = Millis(self.world.now), book.between(step.other)
        match step.what:
            case "link":
                book.act(step.link_up, now)
            case "agree":
                self._agree(step)
            case "admit" if step.who not in {member.target for member in book.members(now)}:
                book.admit(step.who, step.role, step.ends_at, now)
            case "dismiss":
                book.dismiss(step.who, now)
            case "unlink" if link:
                book.act(Unlink(link=link.code), now)
            case "pause" if link:
                book.act(PauseLink(link=link.code, paused=not link.paused), now)
            case "cut":
                self.world.cut.add(frozenset({step.me, step.other}))
            case "settle":
                self.world.pass_by(MINUTE)
            case "wait":
                self._wait()

    def _agree(self, step: Step) -> None:
        """Let everybody agree to what they were asked for."""
        for gate in self.world.gates.values():
            for link in [*gate.book.links.values()]:
                if link.state is State.ASKED:
                    act = agreement(step, gate.book.me, link)
                    gate.book.act(act, Millis(self.world.now))

    def _wait(self) -> None:
        self._settle()
        self.world.pass_by(5 * DAY)
        for gate in self.world.gates.values():
            gate.book.tick(Millis(self.world.now))

    def _settle(self) -> None:
        self.world.calm()

    def books(self) -> dict[ActorId, Written]:
        """Write down every book."""
        return {me: _words(gate.book) for me, gate in self.world.gates.items()}


def _words(book: Book) -> Written:
    return in_words(book.links.values(), [book.known(row) for row in book.rows.values()])


def agreement(step: Step, me: ActorId, link: Link) -> LinkUp:
    """Agree to a link, with the role and the end that a step names."""
    return LinkUp(
        project=slug_of(me),
        peer=link.peer,
        kind=link.kind,
        role=step.role,
        ends_at=step.ends_at,
        cap=10,
        add=ActivityId(f"{me}/activities/none"),
    )
