"""What follows for links, carried out: Grants issued, kept, passed on and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.delegation import (
    Bury,
    Delegation,
    End,
    EndLink,
    Give,
    Hold,
    NotifyOfLink,
    Recipient,
    Reconcile,
    SaveLink,
    SendAdd,
    SendAnswer,
    SendRemove,
    reconcile,
)
from forgefed_gate.domain.effects import Tell
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import SECOND, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.links import ALLOWS
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import PERMITS, Act, Role
from forgefed_gate.domain.welcomes import willing
from forgefed_gate.domain.words import trust
from forgefed_gate.protocol import capabilities, proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import local, outbound, telling
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, grants, links, maintainers, people
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept

Each = TypeVar("Each")
MOST_AT_ONCE = 1_000
"""For how many documents we have room at a time, however large a team is."""
NEVER = Millis(1 << 52)
"""When what has no end of its own ends: after everything that it is made of."""
Sent = SendAdd | SendAnswer | SendRemove
Work = SaveLink | Sent | Give | Hold | Bury | End | EndLink | Reconcile
"""What is left of `Delegation` for a house alone, without anybody to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A house of ours, in one transaction: whose links and Grants these are."""

    gate: Gate
    tx: Transaction
    house: Project
    now: Millis

    @property
    def slug(self) -> Slug:
        """The short name of the house."""
        return self.house.slug


async def carry_out(case: Case, effect: Delegation) -> None:
    """Carry one effect out."""
    facts = case.facts
    side = Side(gate=case.gate, tx=case.tx, house=facts.project, now=facts.now)
    if isinstance(effect, NotifyOfLink):
        await _notify(case, effect)
    else:
        await _carry_out(side, effect)


async def on_member(case: Case, who: ActorId) -> None:
    """Let a member have what their Grant entitles them to, or take it back with their Grant."""
    facts = case.facts
    side = Side(gate=case.gate, tx=case.tx, house=facts.project, now=facts.now)
    await pass_on(side, to=who)


async def _carry_out(side: Side, effect: Work) -> None:
    tx, now = side.tx, side.now
    match effect:
        case SaveLink(link=link):
            await links.save(tx, link)
        case SendAdd() | SendAnswer() | SendRemove():
            [document] = await _proven(side, [_words(side, effect)])
            await _send(side, [(effect.link.peer, document)])
        case Give():
            await _give(side, [effect])
        case Hold(grant=grant, link=link):
            if grant.delegates is not None and link is None and not await _gives(side):
                return
            code = link.code if link else None
            kept = Kept(house=side.slug, grant=grant, ours=False, link=code)
            await delegations.add(tx, [kept], now=now)
        case Bury(grants=gone, issuer=issuer):
            await delegations.bury(tx, gone, issuer=issuer, now=now)
        case End(grant=grant):
            await end(side, [grant])
        case EndLink(link=link):
            await end(side, await delegations.given_along(tx, link.code))
            await delegations.end_link(tx, link.code, now=now)
        case Reconcile(context=context, to=to):
            await pass_on(side, about=context, to=to)


async def _gives(side: Side) -> bool:
    """Say whether anything could follow from what this house gave."""
    return await delegations.gives(side.tx, side.slug, now=side.now)


async def pass_on(side: Side, *, about: ActorId | None = None, to: ActorId | None = None) -> None:
    """
    Let everybody have the best of what this house may pass on, and nothing else.

    Only what is *about* one thing, or goes *to* one member, where that is said.
    """
    tx, slug, now = side.tx, side.slug, side.now
    held = await delegations.held(tx, slug, side.house.actor, about=about, now=now)
    given = await delegations.given(tx, slug, about=about, to=to)
    if not held and not given:
        return
    follows = reconcile(held, await _recipients(side, to), given, now=now)
    await _give(side, [each for each in follows if isinstance(each, Give)])
    await end(side, [each.grant for each in follows if isinstance(each, End)])


async def _recipients(side: Side, to: ActorId | None) -> list[Recipient]:
    tx, slug, now = side.tx, side.slug, side.now
    members = [
        Recipient(
            target=grant.target, role=grant.role, allows=Allows.INVOKE, ends_at=grant.ends_at
        )
        for grant in await _members(side, to)
    ]
    members = willing(members, await delegations.welcomes(tx, slug, of=to), now=now)
    if to is not None:
        return members
    return [*members, *_desk_of(side)] + [
        Recipient(
            target=link.peer,
            role=link.role,
            allows=ALLOWS[link.kind],
            ends_at=link.ends_at,
            link=link,
            capability=link.delegate,
        )
        for link in await links.active(tx, slug, now=now)
        if link.kind.gives
    ]


async def _members(side: Side, only: ActorId | None) -> list[Grant]:
    """Find the Grant that lasts longest of each member, or of one."""
    if only is None:
        return await grants.all_lasting(side.tx, side.slug, now=side.now)
    found = await grants.lasting(side.tx, side.slug, only, now=side.now)
    return [found] if found else []


def _desk_of(side: Side) -> list[Recipient]:
    """Let the people of a team act elsewhere as its desk, within what the team may pass on."""
    if side.house.kind is not Kind.TEAM:
        return []
    desk = side.gate.places.desk(side.slug)
    return [Recipient(target=desk, role=Role.ADMIN, allows=Allows.INVOKE, ends_at=NEVER)]


async def _give(side: Side, gives: Sequence[Give]) -> None:
    """Issue Grants, keep them, and send each to its target and to whom it is about."""
    for some in _parts(gives, MOST_AT_ONCE):
        await _give_some(side, some)


async def _give_some(side: Side, gives: Sequence[Give]) -> None:
    issued = [_issued(side, give) for give in gives]
    documents = await _proven(side, [capabilities.grant(grant) for grant in issued])
    kept = [
        Kept(house=side.slug, grant=grant, ours=True, link=give.link.code if give.link else None)
        for give, grant in zip(gives, issued, strict=True)
    ]
    await delegations.add(side.tx, kept, now=side.now)
    pairs = zip(issued, documents, strict=True)
    await _send(side, [(who, said) for grant, said in pairs for who in _concerned(side, grant)])


def _concerned(side: Side, grant: Capability) -> list[ActorId]:
    """Name who hears of a Grant of ours: its target, and whom it is about."""
    about = [grant.context] if grant.context != side.house.actor else []
    return [grant.target, *about]


def _issued(side: Side, give: Give) -> Capability:
    places, me = side.gate.places, side.house.actor
    id_ = places.grant(me, side.gate.token())
    above = give.parent
    return Capability(
        id=id_,
        actor=me,
        context=give.context,
        target=give.target,
        role=give.role,
        allows=give.allows,
        starts_at=_whole_second(side.now),
        ends_at=give.ends_at,
        delegates=above.id if above else None,
        capability=give.capability,
        fulfills=give.link.add if give.link else None,
        result=places.live(id_) if above else None,
        believed_for=capabilities.BELIEVED_FOR if above else 0,
        through=(*(above.through or (above.actor,)), me) if above else (me,),
    )


def _whole_second(moment: Millis) -> Millis:
    """Moments are written to the second: what we keep is what others read."""
    return Millis(moment - moment % SECOND)


async def end(side: Side, ended: Sequence[Capability]) -> None:
    """Revoke Grants of ours, and tell each who had some, and whom they were about."""
    tx, now = side.tx, side.now
    await delegations.revoke(tx, side.slug, [grant.id for grant in ended], now=now)
    gone = dict[ActorId, list[GrantId]]()
    for grant in ended:
        for who in _concerned(side, grant) if now < grant.ends_at else []:
            gone.setdefault(who, []).append(grant.id)
    said = [
        (who, _revoke(side, part, who))
        for who, all_ in gone.items()
        for part in _parts(all_, capabilities.MOST_REVOKED)
    ]
    for some in _parts(said, MOST_AT_ONCE):
        documents = await _proven(side, [document for _, document in some])
        await _send(side, [(who, each) for (who, _), each in zip(some, documents, strict=True)])


def _parts(all_: Sequence[Each], most: int) -> list[Sequence[Each]]:
    """Part what there is into pieces of at most so many."""
    return [all_[first : first + most] for first in range(0, len(all_), most)]


def _revoke(side: Side, gone: Sequence[GrantId], to: ActorId) -> JsonObject:
    me = side.house.actor
    activity = side.gate.places.activity(me, side.gate.token())
    return capabilities.revoke(gone, activity=activity, actor=me, to=to, at=side.now)


async def _proven(side: Side, documents: Sequence[JsonObject]) -> list[JsonObject]:
    key = (await local.own_in(side.gate, side.tx, side.house.local)).ed25519
    return [proofs.seal(each, key=key, now=side.now) for each in documents]


def _words(side: Side, effect: Sent) -> JsonObject:
    me, link = side.house.actor, effect.link
    activity = side.gate.places.activity(me, side.gate.token())
    match effect:
        case SendAdd():
            return capabilities.add(link, actor=me)
        case SendRemove():
            return capabilities.remove(link, activity=activity, actor=me)
        case SendAnswer(accepts=accepts):
            return render.answer(
                activity, actor=me, accepts=accepts, to=link.peer, object_=link.add
            )


async def _send(side: Side, said: Sequence[tuple[ActorId, JsonObject]]) -> None:
    """Send each document to somebody, as far as we know how to reach them."""
    known = await people.find_many(side.tx, {who for who, _ in said})
    reached = [(known[who], document) for who, document in said if who in known]
    sender = side.house.local
    await outbound.enqueue_each(side.gate, side.tx, sender=sender, documents=reached)


async def _notify(case: Case, effect: NotifyOfLink) -> None:
    """Tell those who may link, each once, in their own account."""
    peer = await people.find(case.tx, effect.link.peer)
    name, house = peer.handle if peer else effect.link.peer, case.facts.project.name
    page = case.gate.places.console_project(case.slug)
    text = trust.told(effect.what, house, name, page)
    told = {
        actor: None
        for actor, office in await maintainers.listing(case.tx, case.slug)
        if Act.LINK in PERMITS[office]
    }
    for actor in told:
        await telling.tell(case, Tell(to=actor, text=text))
