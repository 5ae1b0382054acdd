"""What follows for links, carried out: Grants issued, kept, passed on and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

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
from forgefed_gate.domain.ids import SECOND, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.links import ALLOWS
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import PERMITS, Act, Role
from forgefed_gate.domain.words import trust
from forgefed_gate.protocol import capabilities, proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local, outbound, telling
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.store import delegations, grants, links, maintainers, people
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept

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
            await _send(side, await _words(side, effect), [effect.link.peer])
        case Give():
            await _give(side, [effect])
        case Hold(grant=grant, link=link):
            code = link.code if link else None
            kept = Kept(house=side.slug, grant=grant, ours=False, link=code, document="")
            await delegations.add(tx, [kept], now=now)
        case Bury(grant=grant, issuer=issuer):
            await delegations.bury(tx, grant, issuer=issuer, now=now)
        case End(grant=grant):
            await end(side, [grant])
        case EndLink(link=link):
            await end(side, await delegations.given_along(tx, link.code))
            await delegations.end_link(tx, link.code, now=now)
        case Reconcile(context=context):
            await pass_on(side, about=context)


async def pass_on(side: Side, *, about: ActorId | None = None, to: ActorId | None = None) -> None:
    """
    Let everybody have the best of what this house may pass on, and nothing else.

    Only what is *about* one thing, or goes *to* one member, where that is said.
    """
    tx, slug, now = side.tx, side.slug, side.now
    me = side.house.actor
    follows = reconcile(
        await delegations.held(tx, slug, me, about=about, now=now),
        await _recipients(side, to),
        await delegations.given(tx, slug, about=about, to=to),
        now=now,
    )
    await _give(side, [each for each in follows if isinstance(each, Give)])
    await end(side, [each.grant for each in follows if isinstance(each, End)])


async def _recipients(side: Side, to: ActorId | None) -> list[Recipient]:
    tx, slug, now = side.tx, side.slug, side.now
    members = [
        Recipient(
            target=grant.target, role=grant.role, allows=Allows.INVOKE, ends_at=grant.ends_at
        )
        for grant in await grants.all_standing(tx, slug, target=to, now=now)
    ]
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


def _desk_of(side: Side) -> list[Recipient]:
    """Let the people of a team act elsewhere as its desk, within what the team may pass on."""
    if side.house.kind is not Kind.TEAM:
        return []
    desk = side.gate.places.desk(side.slug)
    return [Recipient(target=desk, role=Role.ADMIN, allows=Allows.INVOKE, ends_at=NEVER)]


async def _give(side: Side, gives: Sequence[Give]) -> None:
    """Issue Grants, keep them, and send each to its target and to whom it is about."""
    me = await _me(side)
    kept: list[Kept] = []
    for give in gives:
        grant = _issued(side, give)
        document = proofs.seal(capabilities.grant(grant), key=me.ed25519, now=side.now)
        code = give.link.code if give.link else None
        written = write_json(document).decode()
        kept.append(Kept(house=side.slug, grant=grant, ours=True, link=code, document=written))
        about = [grant.context] if grant.context != me.id else []
        await _send(side, document, [grant.target, *about])
    if kept:
        await delegations.add(side.tx, kept, now=side.now)


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
    had: dict[tuple[ActorId, ActorId], list[GrantId]] = {}
    for grant in ended:
        if now < grant.ends_at:
            had.setdefault((grant.target, grant.context), []).append(grant.id)
    for (target, context), gone in had.items():
        to = [target] if context == side.house.actor else [target, context]
        await _send(side, await _revoke(side, gone, to), to)


async def _revoke(side: Side, gone: list[GrantId], to: list[ActorId]) -> JsonObject:
    me = await _me(side)
    activity = side.gate.places.activity(me.id, side.gate.token())
    document = capabilities.revoke(gone, activity=activity, actor=me.id, to=to, at=side.now)
    return proofs.seal(document, key=me.ed25519, now=side.now)


async def _words(side: Side, effect: Sent) -> JsonObject:
    me, link = await _me(side), effect.link
    activity = side.gate.places.activity(me.id, side.gate.token())
    match effect:
        case SendAdd():
            document = capabilities.add(link, actor=me.id)
        case SendRemove():
            document = capabilities.remove(link, activity=activity, actor=me.id)
        case SendAnswer(accepts=accepts):
            document = render.answer(
                activity, actor=me.id, accepts=accepts, to=link.peer, object_=link.add
            )
    return proofs.seal(document, key=me.ed25519, now=side.now)


async def _me(side: Side) -> Own:
    return await local.own_in(side.gate, side.tx, side.house.local)


async def _send(side: Side, document: JsonObject, to: Sequence[ActorId]) -> None:
    sender = side.house.local
    known = [person for who in to if (person := await people.find(side.tx, who))]
    await outbound.enqueue_all(side.gate, side.tx, sender=sender, people=known, document=document)


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
