"""What follows for links, carried out: Grants issued, kept, passed on and taken back."""

from collections.abc import Sequence

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
from forgefed_gate.domain.ids import SECOND, ActorId, GrantId, Millis
from forgefed_gate.domain.links import ALLOWS
from forgefed_gate.domain.roles import PERMITS, Act
from forgefed_gate.protocol import capabilities, proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local, outbound, telling
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Own
from forgefed_gate.store import delegations, grants, links, maintainers, people
from forgefed_gate.store.delegations import Kept


async def carry_out(case: Case, effect: Delegation) -> None:
    """Carry one effect out."""
    tx, now = case.tx, case.facts.now
    match effect:
        case SaveLink(link=link):
            await links.save(tx, link)
        case SendAdd() | SendAnswer() | SendRemove():
            await _send(case, await _words(case, effect), [effect.link.peer])
        case Give():
            await _give(case, [effect])
        case Hold(grant=grant, link=link):
            code = link.code if link else None
            kept = Kept(house=case.slug, grant=grant, ours=False, link=code, document="")
            await delegations.add(tx, [kept], now=now)
        case Bury(grant=grant, issuer=issuer):
            await delegations.bury(tx, grant, issuer=issuer, now=now)
        case End(grant=grant):
            await _end(case, [grant])
        case EndLink(link=link):
            await _end(case, await delegations.given_along(tx, link.code))
            await delegations.end_link(tx, link.code, now=now)
        case Reconcile(context=context):
            await pass_on(case, about=context)
        case NotifyOfLink():
            await _notify(case, effect)


async def pass_on(case: Case, *, about: ActorId | None = None, to: ActorId | None = None) -> None:
    """
    Let everybody have the best of what this house may pass on, and nothing else.

    Only what is *about* one thing, or goes *to* one member, where that is said.
    """
    tx, slug, now = case.tx, case.slug, case.facts.now
    me = case.facts.project.actor
    follows = reconcile(
        await delegations.held(tx, slug, me, about=about, now=now),
        await _recipients(case, to),
        await delegations.given(tx, slug, about=about, to=to),
        now=now,
    )
    await _give(case, [each for each in follows if isinstance(each, Give)])
    await _end(case, [each.grant for each in follows if isinstance(each, End)])


async def _recipients(case: Case, to: ActorId | None) -> list[Recipient]:
    tx, slug, now = case.tx, case.slug, case.facts.now
    members = [
        Recipient(
            target=grant.target, role=grant.role, allows=Allows.INVOKE, ends_at=grant.ends_at
        )
        for grant in await grants.all_standing(tx, slug, target=to, now=now)
    ]
    if to is not None:
        return members
    return members + [
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


async def _give(case: Case, gives: Sequence[Give]) -> None:
    """Issue Grants, keep them, and send each to its target and to whom it is about."""
    me = await _me(case)
    kept: list[Kept] = []
    for give in gives:
        grant = _issued(case, give)
        document = proofs.seal(capabilities.grant(grant), key=me.ed25519, now=case.facts.now)
        code = give.link.code if give.link else None
        written = write_json(document).decode()
        kept.append(Kept(house=case.slug, grant=grant, ours=True, link=code, document=written))
        about = [grant.context] if grant.context != me.id else []
        await _send(case, document, [grant.target, *about])
    if kept:
        await delegations.add(case.tx, kept, now=case.facts.now)


def _issued(case: Case, give: Give) -> Capability:
    places, facts = case.gate.places, case.facts
    me = facts.project.actor
    id_ = places.grant(me, case.gate.token())
    above = give.parent
    return Capability(
        id=id_,
        actor=me,
        context=give.context,
        target=give.target,
        role=give.role,
        allows=give.allows,
        starts_at=_whole_second(facts.now),
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


async def _end(case: Case, ended: Sequence[Capability]) -> None:
    """Revoke Grants of ours, and tell each who had some, and whom they were about."""
    tx, now = case.tx, case.facts.now
    await delegations.revoke(tx, case.slug, [grant.id for grant in ended], now=now)
    had: dict[tuple[ActorId, ActorId], list[GrantId]] = {}
    for grant in ended:
        if now < grant.ends_at:
            had.setdefault((grant.target, grant.context), []).append(grant.id)
    for (target, context), gone in had.items():
        to = [target] if context == case.facts.project.actor else [target, context]
        await _send(case, await _revoke(case, gone, to), to)


async def _revoke(case: Case, gone: list[GrantId], to: list[ActorId]) -> JsonObject:
    me = await _me(case)
    activity = case.gate.places.activity(me.id, case.gate.token())
    document = capabilities.revoke(gone, activity=activity, actor=me.id, to=to, at=case.facts.now)
    return proofs.seal(document, key=me.ed25519, now=case.facts.now)


async def _words(case: Case, effect: SendAdd | SendAnswer | SendRemove) -> JsonObject:
    me, link = await _me(case), effect.link
    activity = case.gate.places.activity(me.id, case.gate.token())
    match effect:
        case SendAdd():
            document = capabilities.add(link, actor=me.id)
        case SendRemove():
            document = capabilities.remove(link, activity=activity, actor=me.id)
        case SendAnswer(accepts=accepts):
            document = render.answer(
                activity, actor=me.id, accepts=accepts, to=link.peer, object_=link.add
            )
    return proofs.seal(document, key=me.ed25519, now=case.facts.now)


async def _me(case: Case) -> Own:
    return await local.own_in(case.gate, case.tx, case.facts.project.local)


async def _send(case: Case, document: JsonObject, to: Sequence[ActorId]) -> None:
    sender = case.facts.project.local
    known = [person for who in to if (person := await people.find(case.tx, who))]
    await outbound.enqueue_all(case.gate, case.tx, sender=sender, people=known, document=document)


async def _notify(case: Case, effect: NotifyOfLink) -> None:
    """Tell those who may link, each once, in their own account."""
    peer = await people.find(case.tx, effect.link.peer)
    text = effect.what.format(peer=peer.handle if peer else effect.link.peer)
    told = {
        actor: None
        for actor, office in await maintainers.listing(case.tx, case.slug)
        if Act.LINK in PERMITS[office]
    }
    for actor in told:
        await telling.tell(case, Tell(to=actor, text=text))
