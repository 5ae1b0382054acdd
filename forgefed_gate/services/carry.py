"""Effects carried out: each becomes rows and queued work, in the transaction that decided it."""

from forgefed_gate.domain.delegation import Delegation
from forgefed_gate.domain.effects import (
    AddFollower,
    AnswerJoin,
    Assign,
    Blank,
    CloseThread,
    Do,
    DropFollower,
    DropOffices,
    Effect,
    EndGrant,
    EndSeat,
    Fulfil,
    Hush,
    IssueGrant,
    Keep,
    Notify,
    Obey,
    OpenThread,
    ProposeSeat,
    PublishNews,
    RefreshActor,
    Remark,
    RememberCourtesy,
    Revise,
    SaveKnock,
    SaveReport,
    SendInvite,
    Tell,
)
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.references import Show
from forgefed_gate.domain.tracking import Tracking
from forgefed_gate.protocol import proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import (
    audit,
    linking,
    local,
    outbound,
    references,
    relay,
    telling,
    ticketing,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.store import (
    followers,
    grants,
    knocks,
    maintainers,
    news,
    parties,
    people,
    reports,
    sessions,
    threads,
)
from forgefed_gate.store.news import News
from forgefed_gate.store.reports import ReportRow
from forgefed_gate.store.seal import seal


async def carry_out(case: Case, effect: Effect) -> None:
    """Carry one effect out."""
    if isinstance(effect, Delegation | Tracking):
        await _carry_out_between_forges(case, effect)
        return
    tx, facts, slug = case.tx, case.facts, case.slug
    match effect:
        case OpenThread():
            await threads.open_thread(tx, effect.thread)
        case Keep():
            await telling.keep(case, effect)
        case Remark():
            await telling.remark(case, effect)
        case Assign():
            await telling.assign(case, effect)
        case CloseThread():
            await threads.close(tx, effect.thread, now=facts.now)
            await ticketing.tell_settled(case, effect.thread, resolved=True)
        case SaveKnock():
            await knocks.save(tx, effect.knock)
            await ticketing.on_knock(case, effect.knock)
            await references.on_knock(case, effect.knock)
        case Tell():
            await telling.tell(case, effect)
        case Notify():
            await telling.notify(case, effect)
        case IssueGrant() | EndGrant() | SendInvite() | AnswerJoin():
            await _send_as_project(case, effect)
        case AddFollower():
            await _accept_follow(case, effect)
        case DropFollower(target=target, follow=follow):
            dropped = _followed(case, target) if target else None
            await followers.drop(tx, slug, facts.actor, target=dropped, follow=follow)
        case Revise():
            await telling.revise(case, effect)
        case Blank(note=note):
            await threads.blank(tx, note)
            await relay.take_back(case.gate, tx, note)
        case _:
            await _carry_out_rarely(case, effect)


async def _carry_out_between_forges(case: Case, effect: Delegation | Tracking) -> None:
    if isinstance(effect, Delegation):
        await linking.carry_out(case, effect)
    else:
        await ticketing.carry_out(case, effect)


Elsewhere = RefreshActor | Obey | Do | Fulfil
Seating = ProposeSeat | EndSeat | Show
Rare = RememberCourtesy | Hush | DropOffices | SaveReport | PublishNews | Seating | Elsewhere
"""What is left of `Effect` above: the checker finds one that nobody carries out."""


async def _carry_out_rarely(case: Case, effect: Rare) -> None:
    tx, facts, slug = case.tx, case.facts, case.slug
    match effect:
        case RememberCourtesy():
            await followers.remember_courtesy(tx, slug, facts.actor, now=facts.now)
        case Hush():
            await followers.hush(tx, slug, facts.actor, quiet=effect.quiet, now=facts.now)
        case DropOffices():
            await _drop_offices(case)
        case SaveReport():
            await _save_report(case, effect)
        case PublishNews():
            await _publish_news(case, effect)
        case ProposeSeat(seat=seat):
            await parties.propose(tx, seat)
        case EndSeat(seat=seat):
            await relay.let_go(tx, seat, now=facts.now)
        case Show():
            await references.keep(case, effect)
        case RefreshActor() | Obey() | Do() | Fulfil():
            raise AssertionError("done by whoever asked for the decision")


async def _send_as_project(
    case: Case, effect: IssueGrant | EndGrant | SendInvite | AnswerJoin
) -> None:
    """Send what the project itself says, signed as an object too, so that it can be shown on."""
    gate, tx, now = case.gate, case.tx, case.facts.now
    project = case.facts.project.local
    me = await local.own_in(gate, tx, project)
    activity = gate.places.activity(me.id, gate.token())
    match effect:
        case IssueGrant(grant=grant):
            to, document = grant.target, render.grant(grant)
        case EndGrant(grant=grant, fulfills=fulfills):
            await _end_grant(case, grant)
            to, document = (
                grant.target,
                render.revoke(grant, activity=activity, fulfills=fulfills, at=now),
            )
        case SendInvite():
            to, document = (
                effect.who,
                render.invite(effect.invite, project=me.id, who=effect.who, role=effect.role),
            )
        case AnswerJoin():
            to, document = (
                effect.to,
                render.answer(
                    activity,
                    actor=me.id,
                    accepts=effect.accepts,
                    to=effect.to,
                    object_=effect.join,
                ),
            )
    proven = proofs.seal(document, key=me.ed25519, now=now)
    if isinstance(effect, IssueGrant):
        await grants.add(tx, effect.grant, document=write_json(proven).decode())
    await _send(case, project, to, proven)
    if isinstance(effect, IssueGrant | EndGrant):
        await linking.on_member(case, to)


async def _end_grant(case: Case, grant: Grant) -> None:
    """Revoke a Grant, and with it what its holder invited others to by no office of theirs."""
    tx, now = case.tx, case.facts.now
    await grants.revoke(tx, grant.id, now=now)
    if case.slug not in await maintainers.offices(tx, grant.target):
        await knocks.withdraw_invitations(tx, case.slug, grant.target, now=now)


async def _send(case: Case, sender: Local, to: ActorId, document: JsonObject) -> None:
    person = await people.find(case.tx, to)
    if person is not None:
        await outbound.enqueue(case.gate, case.tx, sender=sender, to=person, document=document)


def _followed(case: Case, target: str) -> str:
    """Name the actor of ours that a Follow of *target* leads to."""
    followed = case.gate.places.read_actor(target)
    return case.gate.places.actor(followed) if followed else target


async def _accept_follow(case: Case, follower: AddFollower) -> None:
    gate, facts = case.gate, case.facts
    followed = gate.places.read_actor(follower.target)
    if followed is None:
        return
    me = await local.own_in(gate, case.tx, followed)
    await followers.add(
        case.tx,
        me.id,
        facts.actor,
        project=case.slug,
        follow=follower.follow,
        now=facts.now,
    )
    document = render.answer(
        gate.places.activity(me.id, gate.token()),
        actor=me.id,
        accepts=True,
        to=facts.actor,
        object_=render.followed(follower.follow, actor=facts.actor, target=follower.target),
    )
    proven = proofs.seal(document, key=me.ed25519, now=facts.now)
    await _send(case, followed, facts.actor, proven)


async def _drop_offices(case: Case) -> None:
    """End what somebody may do here: every office, every seat, and where they sign in."""
    tx, actor, now = case.tx, case.facts.actor, case.facts.now
    for project in await maintainers.offices(tx, actor):
        await maintainers.remove(tx, project, actor)
        await knocks.withdraw_invitations(tx, project, actor, now=now)
        deed = Deed(
            project=project,
            principal=actor,
            role=audit.OUTSIDE,
            act="DropOffices",
            subject=actor,
            reason="departed",
            at=now,
        )
        await audit.write_down(case.gate, tx, deed)
    await parties.depart(tx, actor, now=now)
    await reports.depart(tx, actor)
    await sessions.end_all_of(tx, actor)


async def _save_report(case: Case, report: SaveReport) -> None:
    token, facts = case.gate.token(), case.facts
    key = await case.gate.vault.key_for(case.tx, owner=facts.actor, thread="", now=facts.now)
    whole = "\n".join([*report.about, report.text])
    row = ReportRow(
        id=token,
        project=case.slug,
        reporter=facts.actor,
        words=seal(key, whole.encode(), place=f"reports|{token}|words"),
        at=facts.now,
    )
    await reports.add(case.tx, row)


async def _publish_news(case: Case, published: PublishNews) -> None:
    gate, now = case.gate, case.facts.now
    desk = Local(kind=Kind.DESK, slug=case.slug)
    note = gate.places.note(case.slug, gate.token())
    await news.add(
        case.tx, News(id=note, project=case.slug, words=published.text, published_at=now)
    )
    document = render.news(note, desk=gate.places.actor(desk), text=published.text, at=now)
    readers = await people.followers_of(case.tx, case.slug)
    await outbound.enqueue_all(gate, case.tx, sender=desk, people=readers, document=document)
