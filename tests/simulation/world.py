"""A world of simulated gates: one clock, lanes that lose and repeat, gates that die and return."""

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from forgefed_gate.domain.capabilities import LONGEST_CHAIN, Ask, Capability, Judgement, Standing
from forgefed_gate.domain.ids import DAY, MINUTE, SECOND, ActorId, GrantId, Millis
from forgefed_gate.domain.intents import Arrival, Granted
from forgefed_gate.domain.patience import next_wait
from forgefed_gate.domain.roles import Role
from simulation import asking
from simulation.book import Book

NOON = 1_795_348_800_000
SKEW = 10 * MINUTE
Lane = tuple[ActorId, ActorId]


@dataclass(kw_only=True)
class Gate:
    """A gate with one house: its book outlives a crash, the rest does not."""

    book: Book
    rogue: bool = False
    skew: int = 0
    up: bool = True
    taken: set[tuple[ActorId, str]] = field(default_factory=set)
    """What came in already."""
    latest: int = 0
    """The latest moment of which something was written down."""


@dataclass(kw_only=True)
class Letter:
    """Something on its way."""

    intent: Arrival
    put_at: int
    attempts: int = 0


@dataclass(kw_only=True)
class World:
    """All gates, all that is on its way, and the true time."""

    chance: random.Random
    loss: float = 0.2
    now: int = NOON
    gates: dict[ActorId, Gate] = field(default_factory=dict)
    people: list[ActorId] = field(default_factory=list)
    kinds: dict[ActorId, str] = field(default_factory=dict)
    lanes: dict[Lane, deque[Letter]] = field(default_factory=lambda: defaultdict(deque))
    cut: set[frozenset[ActorId]] = field(default_factory=set)
    """Between whom nothing passes."""
    agenda: list[tuple[int, int, Lane]] = field(default_factory=list)
    numbers: count = field(default_factory=count)
    issued: dict[GrantId, Capability] = field(default_factory=dict)
    """Every Grant that was ever sent, as it was sent first."""
    wallets: dict[ActorId, list[GrantId]] = field(default_factory=lambda: defaultdict(list))
    """What people were given, to be named by them."""
    watchers: list[Callable[[Gate], None]] = field(default_factory=list)
    touched: dict[ActorId, None] = field(default_factory=dict)
    """Whose books may have changed since somebody looked."""

    def settle(self, me: ActorId, *, team: bool, rogue: bool = False) -> Gate:
        """Open a gate with a project or a team."""
        self.kinds[me] = "Team" if team else "Project"

        def post(to: ActorId, intent: Arrival) -> None:
            self.post(me, to, intent)

        book = Book(me=me, team=team, kinds=self.kinds, post=post)
        skew = self.chance.randrange(-SKEW, SKEW, SECOND)
        gate = Gate(book=book, rogue=rogue, skew=skew)
        self.gates[me] = gate
        return gate

    def clock(self, me: ActorId) -> Millis:
        """Tell the time by the clock of a gate, and remember that it did."""
        gate = self.gates[me]
        self.touched[me] = None
        gate.latest = max(gate.latest, self.now + gate.skew)
        return Millis(self.now + gate.skew)

    def restart(self, gate: Gate) -> None:
        """Let a gate that crashed come back: it knows what is in its book, and nothing else."""
        gate.up = True
        asking.doubt(gate.book)

    def set_clock(self, gate: Gate, skew: int) -> None:
        """Set the clock of a gate; it notices where that went back."""
        if skew < gate.skew:
            asking.doubt(gate.book)
        gate.skew = skew

    # Lanes: in order, each letter until it is taken

    def post(self, from_: ActorId, to: ActorId, intent: Arrival) -> None:
        """Put a letter into the lane between two actors."""
        if isinstance(intent, Granted):
            self.issued.setdefault(intent.grant.id, intent.grant)
            if to not in self.gates:
                self.wallets[to].append(intent.grant.id)
        if to not in self.gates:
            return
        lane = self.lanes[from_, to]
        lane.append(Letter(intent=intent, put_at=self.now))
        if len(lane) == 1:
            self._plan((from_, to), self.chance.randrange(SECOND, 20 * SECOND, SECOND))

    def _plan(self, lane: Lane, wait: int) -> None:
        heapq.heappush(self.agenda, (self.now + wait, next(self.numbers), lane))

    def _try(self, lane: Lane) -> None:
        """Bring the first letter of a lane, or put it off; some arrive more than once."""
        letter = self.lanes[lane][0]
        lost = not self.reach(*lane) or self.chance.random() < self.loss
        if lost or (intent := self.met(lane[1], letter.intent)) is None:
            self._put_off(lane, letter)
            return
        self.take(*lane, intent)
        if self.chance.random() < self.loss / 2:
            self._put_off(lane, letter)
            return
        self.lanes[lane].popleft()
        if self.lanes[lane]:
            self._plan(lane, self.chance.randrange(SECOND, 5 * SECOND, SECOND))

    def _put_off(self, lane: Lane, letter: Letter) -> None:
        letter.attempts += 1
        wait = next_wait(
            letter.attempts, waited=self.now - letter.put_at, chance=self.chance.random()
        )
        self._plan(lane, (wait or DAY) // SECOND * SECOND)

    def met(self, me: ActorId, intent: Arrival) -> Arrival | None:
        """Find out where a Grant begins, as its receiver would; None while somebody is away."""
        if not isinstance(intent, Granted):
            return intent
        below = intent.grant
        for _ in range(LONGEST_CHAIN):
            if below.delegates is None:
                return replace(intent, rooted=below.actor == intent.grant.context)
            above = self.issued.get(below.delegates)
            if above is None:
                return intent
            if not self.reach(me, above.actor):
                return None
            served = self._serves(self.gates[above.actor], above.id)
            if not served or (above.target, above.context) != (below.actor, below.context):
                return intent
            below = above
        return intent

    def _serves(self, gate: Gate, name: GrantId) -> bool:
        row = gate.book.rows.get(name)
        now = self.clock(gate.book.me)
        return gate.rogue or (
            row is not None and row.revoked_at is None and now < row.grant.ends_at
        )

    def take(self, from_: ActorId, to: ActorId, intent: Arrival) -> None:
        """Let a gate take something in, once."""
        gate = self.gates[to]
        name = (intent.actor, intent.activity)
        if name in gate.taken and not self.gates[from_].rogue:
            return
        gate.taken.add(name)
        gate.book.receive(intent, self.clock(to))

    def reach(self, one: ActorId, other: ActorId) -> bool:
        """Say whether two gates can talk now."""
        both_up = self.gates[one].up and self.gates[other].up
        return both_up and frozenset({one, other}) not in self.cut

    # Time

    def pass_by(self, milliseconds: int) -> None:
        """Let time go by, and what is due meanwhile happen."""
        until = self.now + milliseconds
        while self.agenda and self.agenda[0][0] <= until:
            self.now, _, lane = heapq.heappop(self.agenda)
            self._try(lane)
            self.watch()
        self.now = until

    def calm(self) -> None:
        """Let everybody be back, and all that is under way arrive."""
        self.cut.clear()
        self.loss = 0.0
        while self.agenda:
            self.pass_by(self.agenda[0][0] - self.now)

    def watch(self) -> None:
        """Let those who watch look at what may have changed."""
        for me in self.touched:
            for look in self.watchers:
                look(self.gates[me])
        self.touched.clear()

    # Acts

    def attempt(
        self, who: ActorId, resource: ActorId, needs: Role, *, named: GrantId | None = None
    ) -> Judgement:
        """Let somebody try to do something at a resource, whose gate asks around first."""
        book, now = self.gates[resource].book, self.clock(resource)
        for grant in asking.doubtful(book, who, now):
            asking.hear(book, grant, self._ask(resource, grant), now=now)
        ask = Ask(who=who, resource=resource, needs=needs)
        since = Millis(self.gates[resource].latest)
        return asking.authorise(book, ask, named=named, now=now, since=since)

    def _ask(self, asker: ActorId, grant: Capability) -> Standing | None:
        """Ask the issuer of a Grant how it stands; a rogue says what suits it."""
        gate = self.gates.get(grant.actor)
        if gate is None or not self.reach(asker, grant.actor):
            return None
        if self.chance.random() < self.loss / 2:
            return None
        if gate.rogue:
            return Standing.STANDS
        return asking.live(gate.book, grant.id, self.clock(grant.actor))
