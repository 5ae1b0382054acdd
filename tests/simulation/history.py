"""One random history: what people do, what befalls the gates, and what must hold all the while."""

import random
from collections import Counter
from dataclasses import dataclass, field

from forgefed_gate.domain.ids import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    ActivityId,
    ActorId,
    GrantId,
    Millis,
)
from forgefed_gate.domain.intents import LinkUp, PauseLink, Unlink
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.roles import Role
from simulation import oracle, quiet, rogue
from simulation.oracle import Memory
from simulation.world import SKEW, Gate, World

KINDS = {
    ("Project", "Project"): [Peer.PARENT, Peer.CHILD, Peer.COMPONENT],
    ("Project", "Team"): [Peer.TEAM],
    ("Team", "Project"): [Peer.RESOURCE],
    ("Team", "Team"): [Peer.SUBTEAM, Peer.OVER],
}
ROLES = [Role.VISIT, Role.REPORT, Role.TRIAGE, Role.WRITE]
ENDS = [HOUR, DAY, 10 * DAY, 60 * DAY, 100 * DAY]
STEPS, STEPS_OF_EACH = 40, 6
SHARE_OF_LIES = 0.3
SHARE_OF_TRUST = 0.8
WEIGHTS = {
    "link": 12,
    "agree": 14,
    "admit": 8,
    "act": 22,
    "wait": 18,
    "unlink": 5,
    "dismiss": 3,
    "pause": 4,
    "cut": 4,
    "heal": 4,
    "crash": 3,
    "restart": 4,
    "jump": 2,
    "tick": 3,
}


SIZES = (2, 3, 4, 5, 6, 7, 8)


def drawn(seed: int, gates: int = 0) -> "History":
    """Draw the world of a history: how many gates, and whether one of them was taken over."""
    chance = random.Random(seed)
    size = gates or chance.choice(SIZES)
    return History(seed=seed, size=size, rogues=size > 2 and chance.random() < SHARE_OF_LIES)


@dataclass(kw_only=True)
class History:
    """One world and all that happens in it, drawn from a seed."""

    seed: int
    size: int
    rogues: bool = False
    chance: random.Random = field(init=False)
    world: World = field(init=False)
    memory: Memory = field(init=False)
    pairs: list[tuple[ActorId, ActorId]] = field(init=False)
    passed: Counter[int] = field(default_factory=Counter)
    """How many acts passed, by how long their chains were."""
    refused: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed} {self.size} {self.rogues}")
        self.world = World(chance=self.chance, loss=self.chance.choice([0.0, 0.2, 0.5]))
        self.memory = Memory(world=self.world)
        self.world.watchers.append(self.memory.look)
        self._settle()

    def _settle(self) -> None:
        share = self.chance.choice([0.3, 0.6])
        for n in range(self.size):
            team = n > 0 and self.chance.random() > share
            me = ActorId(f"https://g{n}.example/{'teams' if team else 'projects'}/h{n}")
            self.world.settle(me, team=team, rogue=self.rogues and n == self.size - 1)
        people = range(max(2, self.size // 2))
        self.world.people = [ActorId(f"https://v.example/users/u{n}") for n in people]
        everybody = [*self.world.gates]
        near = range(1, self.size if self.size <= 8 else 3)
        self.pairs = [
            (me, everybody[(n + by) % self.size]) for n, me in enumerate(everybody) for by in near
        ]

    # What may happen

    def run(self) -> None:
        """Let things happen, then let all calm down, and see how everything stands; twice."""
        if self.chance.random() < SHARE_OF_TRUST:
            self._begin()
        names, weights = [*WEIGHTS], [*WEIGHTS.values()]
        for what in self.chance.choices(names, weights, k=STEPS + STEPS_OF_EACH * self.size):
            getattr(self, f"_{what}")()
            self.world.watch()
            if self.rogues and self.chance.random() < SHARE_OF_LIES:
                rogue.misbehave(self.world, self.chance)
        quiet.come(self.world)
        quiet.check(self.world, self.memory)
        self.world.pass_by(self.chance.choice([HOUR, DAY, 20 * DAY]))
        quiet.come(self.world)
        quiet.check(self.world, self.memory)

    def _begin(self) -> None:
        """Let there be some trust before anything goes wrong."""
        for _ in range(self.size * 2):
            self._link()
            self._admit()
        self.world.pass_by(6 * HOUR)
        for _ in range(self.size * 2):
            self._agree()
        self.world.pass_by(6 * HOUR)

    def _now(self, gate: Gate) -> Millis:
        return self.world.clock(gate.book.me)

    def _somebody_up(self) -> Gate:
        up = [gate for gate in self.world.gates.values() if gate.up]
        return self.chance.choice(up or [*self.world.gates.values()])

    def _link(self) -> None:
        me, peer = self.chance.choice(self.pairs)
        if self.chance.random() < 0.5:
            me, peer = peer, me
        gate = self.world.gates[me]
        kind = self.chance.choice(KINDS[self.world.kinds[me], self.world.kinds[peer]])
        self._link_up(gate, peer, kind)

    def _agree(self) -> None:
        asked = [
            (gate, link)
            for gate in self.world.gates.values()
            for link in gate.book.links.values()
            if gate.up and link.state is State.ASKED
        ]
        if asked:
            gate, link = self.chance.choice(asked)
            self._link_up(gate, link.peer, link.kind)

    def _link_up(self, gate: Gate, peer: ActorId, kind: Peer) -> None:
        now = self._now(gate)
        act = LinkUp(
            project=gate.book.house.slug,
            peer=peer,
            kind=kind,
            role=max(self.chance.choices(ROLES, k=2)),
            ends_at=Millis(now + max(self.chance.choices(ENDS, k=2))),
            cap=10,
            add=ActivityId(gate.book.name("activity")),
        )
        gate.book.act(act, now)

    def _open_link(self, gate: Gate) -> Link | None:
        found = [link for link in gate.book.links.values() if link.state.open]
        return self.chance.choice(found) if found else None

    def _unlink(self) -> None:
        gate = self._somebody_up()
        if link := self._open_link(gate):
            gate.book.act(Unlink(link=link.code), self._now(gate))

    def _pause(self) -> None:
        gate = self._somebody_up()
        if link := self._open_link(gate):
            gate.book.act(PauseLink(link=link.code, paused=not link.paused), self._now(gate))

    def _admit(self) -> None:
        gate, who = self._somebody_up(), self.chance.choice(self.world.people)
        now = self._now(gate)
        ends = Millis(now + max(self.chance.choices(ENDS, k=2)))
        gate.book.admit(who, max(self.chance.choices(ROLES, k=2)), ends, now)

    def _dismiss(self) -> None:
        gate = self._somebody_up()
        if members := gate.book.members(self._now(gate)):
            gate.book.dismiss(self.chance.choice(members).target, self._now(gate))

    def _tick(self) -> None:
        gate = self._somebody_up()
        gate.book.tick(self._now(gate))

    def _wait(self) -> None:
        wait = self.chance.choice([10 * SECOND, MINUTE, 4 * MINUTE, HOUR, 6 * HOUR, 3 * DAY])
        self.world.pass_by(wait)

    def _cut(self) -> None:
        self.world.cut.add(frozenset(self.chance.choice(self.pairs)))

    def _heal(self) -> None:
        if self.world.cut:
            self.world.cut.remove(self.chance.choice(sorted(self.world.cut, key=sorted)))

    def _crash(self) -> None:
        self._somebody_up().up = False

    def _restart(self) -> None:
        down = [gate for gate in self.world.gates.values() if not gate.up]
        if down:
            self.world.restart(self.chance.choice(down))

    def _jump(self) -> None:
        gate = self._somebody_up()
        self.world.set_clock(gate, self.chance.randrange(-SKEW, SKEW, SECOND))

    # Acts, each judged a second time

    def _act(self) -> None:
        who = self.chance.choice(self.world.people)
        resources = [me for me, kind in self.world.kinds.items() if kind == "Project"]
        wallet = self.world.wallets[who]
        named = self.chance.choice(wallet) if wallet and self.chance.random() < 0.9 else None
        resource = self.world.issued[named].context if named else self.chance.choice(resources)
        if self.chance.random() < 0.5:
            named = None
        gate = self.world.gates.get(resource)
        if gate is not None and gate.up and not gate.rogue and not gate.book.team:
            self._try(who, resource, named)

    def _try(self, who: ActorId, resource: ActorId, named: GrantId | None) -> None:
        needs = min(self.chance.choices(ROLES, k=2))
        judged = self.world.attempt(who, resource, needs, named=named)
        self.world.watch()
        self.refused += not judged.granted
        if not judged.granted:
            return
        self.passed[len(judged.chain)] += 1
        leaf = judged.chain[-1].grant.id
        wrong = oracle.why_not(self.memory, who, resource, needs, leaf)
        assert wrong is None, f"{who} passed at {resource}: {wrong}"
