"""The book of one simulated gate: the pure rules, carried out on dictionaries, not tables."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from forgefed_gate.domain import linking
from forgefed_gate.domain.capabilities import LONGEST_BELIEF, Allows, Capability, Known
from forgefed_gate.domain.delegation import (
    Bury,
    Delegation,
    End,
    EndLink,
    Give,
    Hold,
    LinkFacts,
    NotifyOfLink,
    Recipient,
    Reconcile,
    SaveLink,
    SendAdd,
    SendAnswer,
    SendRemove,
    along,
    reconcile,
)
from forgefed_gate.domain.effects import Decision
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.intents import (
    Added,
    Arrival,
    Granted,
    GrantsEnded,
    InviteAnswer,
    LinkUp,
    PauseLink,
    Removed,
    Unlink,
)
from forgefed_gate.domain.links import ALLOWS, Link, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Role
from forgefed_gate.services import links as gathering
from simulation.starts import starts


@dataclass(kw_only=True)
class Row:
    """A Grant in a book."""

    grant: Capability
    ours: bool
    link: str | None = None
    revoked_at: Millis | None = None
    alive_until: Millis | None = None


@dataclass(kw_only=True)
class Book:
    """What one house knows, and how it decides: nothing of it is lost in a crash."""

    me: ActorId
    team: bool
    kinds: dict[ActorId, str]
    """The type of every actor there is."""
    post: Callable[[ActorId, Arrival], None]
    """Put something into the lane that leads to somebody."""
    links: dict[str, Link] = field(default_factory=dict)
    rows: dict[GrantId, Row] = field(default_factory=dict)
    direct: dict[GrantId, Row] = field(default_factory=dict)
    buried: set[tuple[GrantId, ActorId]] = field(default_factory=set)
    numbers: count = field(default_factory=count)

    def name(self, what: str) -> str:
        """Draw an id of our own."""
        return f"{self.me}/{what}/{next(self.numbers)}"

    @property
    def house(self) -> Project:
        """See ourselves as the gate does."""
        return Project(
            slug=Slug(self.me),
            name="",
            handle="",
            page="",
            actor=self.me,
            kind=Kind.TEAM if self.team else Kind.PROJECT,
            signs_notes_since=None,
        )

    # What comes in, and what our people do

    def receive(self, intent: Arrival, now: Millis) -> Decision:
        """Decide on something that arrived, and carry the decision out."""
        return self._do(self._judged(intent, now), now)

    def act(self, act: LinkUp | Unlink | PauseLink, now: Millis) -> Decision:
        """Decide on something that our people do, and carry the decision out."""
        match act:
            case LinkUp(peer=peer):
                facts = self._facts(peer, peer, now)
                return self._do(linking.on_link(act, facts), now)
            case Unlink(link=code):
                return self._do(linking.on_unlink(self._facts_of(code, now)), now)
            case PauseLink(link=code, paused=paused):
                return self._do(linking.on_pause(self._facts_of(code, now), paused=paused), now)

    def _judged(self, intent: Arrival, now: Millis) -> Decision:
        match intent:
            case Granted():
                return linking.on_granted(intent, self._facts_about(intent, now))
            case GrantsEnded():
                return linking.on_ended(intent, self._facts_about(intent, now))
            case Added() | Removed():
                peer, kind = gathering._ends(intent, self.house)
                facts = self._facts(intent.actor, peer or intent.actor, now)
                facts = replace(facts, kind=kind)
                judged = linking.on_added if isinstance(intent, Added) else linking.on_removed
                return judged(intent, facts)
            case InviteAnswer():
                link = self._by_add(intent.invite)
                facts = self._facts(intent.actor, link.peer if link else intent.actor, now)
                facts = replace(facts, link=link)
                return linking.on_answer(intent.invite, facts, accepts=intent.accepts)
            case _:
                raise AssertionError(intent)

    def _facts(self, actor: ActorId, peer: ActorId, now: Millis) -> LinkFacts:
        return LinkFacts(
            now=now,
            house=Slug(self.me),
            me=self.me,
            team=self.team,
            actor=actor,
            code=self.name("link"),
            peer=peer,
            link=self.between(peer),
            starts=starts(self.rows.values(), self.between(peer)),
        )

    def _facts_of(self, code: str, now: Millis) -> LinkFacts:
        link = self.links[code]
        return replace(self._facts(link.peer, link.peer, now), link=link)

    def _facts_about(self, intent: Granted | GrantsEnded, now: Millis) -> LinkFacts:
        named, parent = gathering._named(intent)
        above = self.rows.get(parent) if parent else None
        return replace(
            self._facts(intent.actor, intent.actor, now),
            known=tuple(self.known(self.rows[each]) for each in named if each in self.rows),
            parent=self.known(above) if above else None,
            buried=len(named) == 1 and (named[0], intent.actor) in self.buried,
        )

    def known(self, row: Row) -> Known:
        """See a row as the rules do."""
        link = self.links.get(row.link or "")
        return Known(
            grant=row.grant,
            ours=row.ours,
            target_type=self.kinds.get(row.grant.target, ""),
            revoked_at=row.revoked_at,
            alive_until=row.alive_until,
            paused=link is not None and link.paused,
        )

    def between(self, peer: ActorId) -> Link | None:
        """Find the open link with *peer*."""
        open_ = (each for each in self.links.values() if each.peer == peer and each.state.open)
        return next(open_, None)

    def _by_add(self, add: ActivityId) -> Link | None:
        open_ = (each for each in self.links.values() if each.add == add and each.state.open)
        return next(open_, None)

    # What follows

    def _do(self, decision: Decision, now: Millis) -> Decision:
        for effect in decision.effects:
            self._carry_out(effect, now)
        return decision

    def _carry_out(self, effect: Delegation, now: Millis) -> None:
        match effect:
            case SaveLink(link=link):
                self._save(link)
            case SendAdd() | SendAnswer() | SendRemove():
                self.post(effect.link.peer, self._words(effect))
            case Give():
                self._give([effect], now)
            case Hold(grant=grant, link=link):
                row = Row(grant=grant, ours=False, link=link.code if link else None)
                self.rows.setdefault(grant.id, row)
            case Bury(grants=[*gone], issuer=issuer):
                _ = [self.bury(each, issuer, now) for each in gone]
            case End(grant=grant):
                self._end([grant], now)
            case EndLink(link=link):
                self._end_link(link, now)
            case Reconcile(context=context, to=to):
                self.pass_on(now, about=context, to=to)
            case NotifyOfLink():
                pass

    def _save(self, link: Link) -> None:
        old = self.links.get(link.code)
        if old is None:
            assert self.between(link.peer) is None, "an index lets nobody have two open links"
        if old is None or old.state.open:
            self.links[link.code] = link

    def _words(self, effect: SendAdd | SendAnswer | SendRemove) -> Arrival:
        link, activity = effect.link, ActivityId(self.name("activity"))
        where = f"{self.me}/{link.kind.collection}"
        match effect:
            case SendAdd():
                return Added(
                    activity=link.add,
                    actor=self.me,
                    what=link.peer,
                    target=where,
                    role=link.role,
                    ends_at=link.ends_at,
                )
            case SendAnswer(accepts=accepts):
                return InviteAnswer(
                    activity=activity, actor=self.me, invite=link.add, accepts=accepts
                )
            case SendRemove():
                return Removed(activity=activity, actor=self.me, what=link.peer, origin=where)

    def _give(self, gives: Iterable[Give], now: Millis) -> None:
        for give in gives:
            grant = self._issued(give, now)
            code = give.link.code if give.link else None
            self.rows[grant.id] = Row(grant=grant, ours=True, link=code)
            for who in dict.fromkeys([grant.target, grant.context]):
                if who != self.me:
                    self.post(who, Granted(activity=grant.id, actor=self.me, grant=grant))

    def _issued(self, give: Give, now: Millis) -> Capability:
        id_, above = GrantId(self.name("grants")), give.parent
        return Capability(
            id=id_,
            actor=self.me,
            context=give.context,
            target=give.target,
            role=give.role,
            allows=give.allows,
            starts_at=now,
            ends_at=give.ends_at,
            delegates=above.id if above else None,
            capability=give.capability,
            fulfills=give.link.add if give.link else None,
            result=f"{id_}/live" if above else None,
            believed_for=LONGEST_BELIEF if above else 0,
            through=(*(above.through or (above.actor,)), self.me) if above else (self.me,),
        )

    def _end(self, ended: Sequence[Capability], now: Millis) -> None:
        had: dict[tuple[ActorId, ActorId], list[GrantId]] = {}
        for grant in ended:
            row = self.rows[grant.id]
            row.revoked_at = row.revoked_at or now
            if now < grant.ends_at:
                had.setdefault((grant.target, grant.context), []).append(grant.id)
        for (target, context), gone in had.items():
            self._revoke(gone, [target] if context == self.me else [target, context])

    def _revoke(self, gone: list[GrantId], to: list[ActorId]) -> None:
        activity = ActivityId(self.name("activity"))
        for who in to:
            self.post(who, GrantsEnded(activity=activity, actor=self.me, grants=tuple(gone)))

    def _end_link(self, link: Link, now: Millis) -> None:
        along = [row for row in self.rows.values() if row.link == link.code]
        self._end([row.grant for row in along if row.ours and row.revoked_at is None], now)
        for row in along:
            row.revoked_at = row.revoked_at or now

    def bury(self, grant: GrantId, issuer: ActorId, now: Millis) -> None:
        """Never believe a Grant of somebody else again."""
        self.buried.add((grant, issuer))
        row = self.rows.get(grant)
        if row and not row.ours and row.grant.actor == issuer:
            row.revoked_at = row.revoked_at or now

    # What is passed on

    def pass_on(
        self, now: Millis, *, about: ActorId | None = None, to: ActorId | None = None
    ) -> None:
        """Let everybody have the best of what we may pass on."""
        follows = self.follows(now, about=about, to=to)
        self._give([each for each in follows if isinstance(each, Give)], now)
        self._end([each.grant for each in follows if isinstance(each, End)], now)

    def follows(
        self, now: Millis, *, about: ActorId | None = None, to: ActorId | None = None
    ) -> list[Give | End]:
        """Say what should be given and ended now."""
        return reconcile(
            self._held(now, about), self._recipients(now, to), self._given(about, to), now=now
        )

    def _held(self, now: Millis, about: ActorId | None) -> list[Capability]:
        found = [
            (row.grant, self.links[row.link or ""])
            for row in self.rows.values()
            if self._may_go_on(row, now) and about in {None, row.grant.context}
        ]
        return [along(grant, role=link.role, ends_at=link.ends_at) for grant, link in found]

    def _may_go_on(self, row: Row, now: Millis) -> bool:
        link = self.links.get(row.link or "")
        active = link is not None and link.state is State.ACTIVE and now < link.ends_at
        return active and self._to_pass_on(row) and now < row.grant.ends_at

    def _to_pass_on(self, row: Row) -> bool:
        grant = row.grant
        to_us = not row.ours and grant.target == self.me and grant.role is not None
        return to_us and grant.allows is not Allows.INVOKE and row.revoked_at is None

    def _given(self, about: ActorId | None, to: ActorId | None) -> list[Capability]:
        return [
            row.grant
            for row in self.rows.values()
            if row.ours and row.grant.delegates is not None and row.revoked_at is None
            and about in {None, row.grant.context} and to in {None, row.grant.target}
        ]  # fmt: skip

    def _recipients(self, now: Millis, to: ActorId | None) -> list[Recipient]:
        members = [
            Recipient(
                target=grant.target, role=grant.role, allows=Allows.INVOKE, ends_at=grant.ends_at
            )
            for grant in self.members(now)
            if to in {None, grant.target} and grant.role is not None
        ]
        return members if to else members + [
            Recipient(
                target=link.peer,
                role=link.role,
                allows=ALLOWS[link.kind],
                ends_at=link.ends_at,
                link=link,
                capability=link.delegate,
            )
            for link in self.links.values()
            if link.state is State.ACTIVE and now < link.ends_at and link.kind.gives
        ]  # fmt: skip

    def tick(self, now: Millis) -> None:
        """Do what the passing of time asks for."""
        for link in [*self.links.values()]:
            if link.state.open and link.ends_at <= now:
                self._do(linking.on_time(self._facts_of(link.code, now)), now)
        over = tuple(self.known(row) for row in self.rows.values() if self._ran_out(row, now))
        if over:
            blank = replace(self._facts(self.me, self.me, now), known=over)
            self._do(linking.on_time(blank), now)

    def _ran_out(self, row: Row, now: Millis) -> bool:
        return self._to_pass_on(row) and row.grant.ends_at <= now

    # Members

    def members(self, now: Millis) -> list[Capability]:
        """List for each member the Grant that has not ended and lasts longest."""
        standing = [
            row.grant
            for row in self.direct.values()
            if row.revoked_at is None and now < row.grant.ends_at
        ]
        standing.sort(key=lambda grant: (grant.ends_at, grant.id))
        return [*{grant.target: grant for grant in standing}.values()]

    def admit(self, who: ActorId, role: Role, ends_at: Millis, now: Millis) -> None:
        """Give somebody a direct Grant, be it their first or another one."""
        grant = Capability(
            id=GrantId(self.name("grants")),
            actor=self.me,
            context=self.me,
            target=who,
            role=role,
            allows=Allows.INVOKE,
            starts_at=now,
            ends_at=ends_at,
        )
        self.direct[grant.id] = Row(grant=grant, ours=True)
        self.post(who, Granted(activity=ActivityId(grant.id), actor=self.me, grant=grant))
        self.pass_on(now, to=who)

    def dismiss(self, who: ActorId, now: Millis) -> None:
        """Take back all that somebody was given directly."""
        for row in self.direct.values():
            if row.grant.target == who:
                row.revoked_at = row.revoked_at or now
        self.pass_on(now, to=who)
