"""Grants as anybody may write them, and whether a chain of them justifies an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from forgefed_gate.domain.ids import DAY, SECOND, ActivityId, ActorId, GrantId, Millis, origin
from forgefed_gate.domain.roles import Role

LONGEST_CHAIN = 8
DELEGATE = "delegate"
"""What stands in place of a role where a Grant has none."""
LONGEST_GRANT = 186 * DAY
"""Six months, whichever they are: whoever trusts somebody looks again after that."""
FARTHEST_END = LONGEST_GRANT + DAY
"""How far ahead a Grant may end that comes in now: the clock of its issuer may be ahead."""
BURIED_FOR = FARTHEST_END + DAY
"""How long the name of a revoked Grant is remembered: longer than what bore it can last."""
LONGEST_BELIEF = 300 * SECOND
"""How long at most a Grant of another server is believed after it was last seen to stand."""

LONG_AGO = Millis(0)


class Allows(Enum):
    """What the target of a Grant may do with it."""

    INVOKE = "invoke"
    GATHER = "gatherAndConvey"
    DISTRIBUTE = "distribute"


PASSED_ON = {
    Allows.GATHER: frozenset(Allows),
    Allows.DISTRIBUTE: frozenset({Allows.DISTRIBUTE, Allows.INVOKE}),
    Allows.INVOKE: frozenset[Allows](),
}
"""What a Grant may allow that passes on one which allows this."""
MEANT_FOR = {Allows.GATHER: "Project", Allows.DISTRIBUTE: "Team"}
"""The type of actor that may pass a Grant on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """
    A Grant, as its document says: *actor* lets *target* do something in *context*.

    One without a role is a `delegate` Grant: *target* may pass Grants on to *actor*, and
    nothing else.
    """

    id: GrantId
    actor: ActorId
    context: ActorId
    target: ActorId
    role: Role | None
    allows: Allows
    starts_at: Millis
    ends_at: Millis
    delegates: GrantId | None = None
    capability: GrantId | None = None
    fulfills: ActivityId | None = None
    result: str | None = None
    believed_for: int = 0
    """For how many milliseconds its issuer lets others go without asking again."""
    through: tuple[ActorId, ...] = ()
    """Who passed it on, the resource first, its actor last; empty where it does not say."""

    def covers(self, now: Millis) -> bool:
        """Say whether *now* is in the time that it is for."""
        return self.starts_at <= now < self.ends_at

    def too_long(self, now: Millis) -> bool:
        """Say whether it was given for longer than anybody is trusted unseen, or still is."""
        return self.ends_at - self.starts_at > LONGEST_GRANT or self.ends_at > now + FARTHEST_END


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A Grant, and what we know of how it stands."""

    grant: Capability
    ours: bool = False
    """Whether our own database says that an actor of ours issued it."""
    target_type: str = ""
    """What its target is, as the target's own server says."""
    revoked_at: Millis | None = None
    alive_until: Millis | None = None
    """Until when its issuer's last word that it stands is believed; None before the first."""
    paused: bool = False
    """Whether the link that it hangs on is at rest."""
    blocked: bool = False
    """Whether we do not listen to whoever issued it, or to their server."""


class Standing(Enum):
    """What an issuer says of a Grant of theirs to whoever asks."""

    STANDS = "stands"
    RESTS = "rests"
    """Not now; it may stand again, so nobody must forget it."""
    GONE = "gone"


class Flaw(Enum):
    """Why a link of a chain does not hold; the value is a stable code."""

    NONE_NAMED = "no-grant"
    TOO_LONG = "grant-chain-long"
    REPEATED = "grant-repeated"
    FOREIGN_ROOT = "foreign-root"
    NOT_OURS = "grant-unknown"
    OURS_INSIDE = "grant-ours-inside"
    CONTEXT = "grant-context"
    TARGET = "grant-target"
    ORIGIN = "grant-origin"
    UNBROKEN = "grant-parent"
    EARLY = "grant-early"
    ENDED = "grant-ended"
    LONG = "grant-long"
    REVOKED = "grant-revoked"
    PAUSED = "grant-paused"
    BLOCKED = "grant-blocked"
    NO_PROOF = "grant-no-result"
    NOT_SEEN = "grant-unconfirmed"
    ALLOWS = "grant-allows"
    WAY = "grant-way"
    HANDS = "grant-hands"
    ROLE = "role-escalation"
    DELEGATE = "grant-delegate"
    TOO_LITTLE = "role-too-low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Whether *who* may do something in *resource* that needs a role."""

    who: ActorId
    resource: ActorId
    needs: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer to an `Ask`, with the chain that justifies it, or the link that failed."""

    chain: tuple[Known, ...]
    """From our own Grant to the one that was named."""
    flaw: Flaw | None = None
    failed: int = 0
    """Which link of the chain failed, where one did."""

    @property
    def granted(self) -> bool:
        """Whether the chain holds."""
        return self.flaw is None

    @property
    def role(self) -> Role | None:
        """What the chain permits, where it holds."""
        return self.chain[-1].grant.role if self.granted and self.chain else None

    @property
    def ends_at(self) -> Millis:
        """When the first of its Grants ends."""
        return min((known.grant.ends_at for known in self.chain), default=Millis(0))


def judge(chain: Sequence[Known], ask: Ask, *, now: Millis, since: Millis = LONG_AGO) -> Judgement:
    """
    Judge a chain of Grants, our own first: does it let somebody do this, now?

    Every link is judged at this moment, whatever was found before. Nothing is looked up:
    what is not known to stand does not stand. What had ended at *since* does not begin
    again because the clock was set back.
    """
    links = tuple(chain)
    if not links:
        return Judgement(chain=links, flaw=Flaw.NONE_NAMED)
    if len(links) > LONGEST_CHAIN:
        return Judgement(chain=links, flaw=Flaw.TOO_LONG, failed=len(links) - 1)
    if len({known.grant.id for known in links}) < len(links):
        return Judgement(chain=links, flaw=Flaw.REPEATED, failed=len(links) - 1)
    way = tuple(known.grant.actor for known in links)
    for place, known in enumerate(links):
        holder = way[place + 1] if place + 1 < len(links) else ask.who
        flaw = _says(links, place, holder, ask) or _came(known.grant, way[: place + 1])
        flaw = flaw or _stands(known, now=now, since=since)
        if flaw is not None:
            return Judgement(chain=links, flaw=flaw, failed=place)
    return _judge_leaf(links, ask)


def _judge_leaf(links: tuple[Known, ...], ask: Ask) -> Judgement:
    leaf, last = links[-1].grant, len(links) - 1
    if leaf.allows is not Allows.INVOKE:
        return Judgement(chain=links, flaw=Flaw.ALLOWS, failed=last)
    if leaf.role is None or leaf.role < ask.needs:
        return Judgement(chain=links, flaw=Flaw.TOO_LITTLE, failed=last)
    return Judgement(chain=links)


def _says(links: tuple[Known, ...], place: int, holder: ActorId, ask: Ask) -> Flaw | None:
    """Find what is wrong in what a Grant says, in its place in the chain."""
    known = links[place]
    grant = known.grant
    if grant.role is None:
        return Flaw.DELEGATE
    if grant.context != ask.resource:
        return Flaw.CONTEXT
    if grant.target != holder:
        return Flaw.TARGET
    if origin(grant.id) != origin(grant.actor):
        return Flaw.ORIGIN
    return _goes_on(known, links[place - 1], ask) if place else _begins(known, ask)


def _came(grant: Capability, way: tuple[ActorId, ...]) -> Flaw | None:
    """Find out whether it says rightly through whom it came, if it says so."""
    return None if not grant.through or grant.through == way else Flaw.WAY


def _begins(known: Known, ask: Ask) -> Flaw | None:
    """Authority over what is ours begins with a Grant in our own database, and nowhere else."""
    if known.grant.actor != ask.resource or known.grant.delegates is not None:
        return Flaw.FOREIGN_ROOT
    return None if known.ours else Flaw.NOT_OURS


def _goes_on(known: Known, above: Known, ask: Ask) -> Flaw | None:
    grant, parent = known.grant, above.grant
    if known.ours or grant.actor == ask.resource:
        return Flaw.OURS_INSIDE
    if grant.delegates != parent.id:
        return Flaw.UNBROKEN
    if above.target_type != MEANT_FOR.get(parent.allows):
        return Flaw.HANDS
    if grant.allows not in PASSED_ON[parent.allows]:
        return Flaw.ALLOWS
    if grant.role is None or parent.role is None or grant.role > parent.role:
        return Flaw.ROLE
    if grant.result is None or origin(grant.result) != origin(grant.actor):
        return Flaw.NO_PROOF
    return None


def _stands(known: Known, *, now: Millis, since: Millis) -> Flaw | None:
    """Find why a Grant does not stand at *now*."""
    grant = known.grant
    if known.revoked_at is not None:
        return Flaw.REVOKED
    if known.paused:
        return Flaw.PAUSED
    if known.blocked:
        return Flaw.BLOCKED
    if now < grant.starts_at:
        return Flaw.EARLY
    if max(now, since) >= grant.ends_at:
        return Flaw.ENDED
    if grant.ends_at - grant.starts_at > LONGEST_GRANT:
        return Flaw.LONG
    if known.ours:
        return None
    alive = known.alive_until is not None and now < known.alive_until <= now + LONGEST_BELIEF
    return None if alive else Flaw.NOT_SEEN
