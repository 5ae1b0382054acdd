"""Effects carried out: each becomes rows and queued work, in the transaction that decided it."""

from dataclasses import dataclass

from forgefed_gate.domain import signing
from forgefed_gate.domain.effects import (
    AddFollower,
    AnswerJoin,
    Assign,
    Blank,
    CloseThread,
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
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import HOUR, ActorId, Millis, NoteId, Slug, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import PERMITS, Act
from forgefed_gate.domain.threads import MOST_REVISIONS, Speaker
from forgefed_gate.domain.words import endings, talk
from forgefed_gate.protocol import proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.render import PrivateNote
from forgefed_gate.protocol.testimony import Said, Setting
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import audit, evidence, local, outbound, relay
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.gate import Gate
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
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.news import News
from forgefed_gate.store.reports import ReportRow
from forgefed_gate.store.seal import seal

NEEDED = {
    talk.KNOCK_WAITS: Act.SEE_KNOCKS,
    talk.THREAD_WAITS: Act.TALK,
    talk.REPORT_WAITS: Act.READ_REPORTS,
}
"""What somebody has to be entitled to, to be told of something that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decision being carried out: what it was about, and what proves who said so."""

    gate: Gate
    tx: Transaction
    facts: Facts
    evidence: bytes
    decision: str = ""
    """What is decided about somebody, by its stable code; nothing where people only talk."""

    @property
    def slug(self) -> Slug:
        """The project in question."""
        return self.facts.project.slug


async def carry_out(case: Case, effect: Effect) -> None:
    """Carry one effect out."""
    tx, facts, slug = case.tx, case.facts, case.slug
    match effect:
        case OpenThread():
            await threads.open_thread(tx, effect.thread)
        case Keep():
            await _keep(case, effect)
        case Remark():
            await remark(case, effect)
        case Assign():
            await _assign(case, effect)
        case CloseThread():
            await threads.close(tx, effect.thread, now=facts.now)
        case SaveKnock():
            await knocks.save(tx, effect.knock)
        case Tell():
            await _tell(case, effect)
        case Notify():
            await _notify(case, effect)
        case IssueGrant() | EndGrant() | SendInvite() | AnswerJoin():
            await _send_as_project(case, effect)
        case AddFollower():
            await _accept_follow(case, effect)
        case DropFollower(target=target, follow=follow):
            dropped = _followed(case, target) if target else None
            await followers.drop(tx, slug, facts.actor, target=dropped, follow=follow)
        case Revise():
            await _revise(case, effect)
        case Blank(note=note):
            await threads.blank(tx, note)
            await relay.take_back(case.gate, tx, note)
        case _:
            await _carry_out_rarely(case, effect)


Elsewhere = RefreshActor | Obey | Fulfil
Seating = ProposeSeat | EndSeat
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
        case RefreshActor() | Obey() | Fulfil():
            raise AssertionError("done by whoever asked for the decision")


async def _assign(case: Case, assign: Assign) -> None:
    """Let somebody look after a conversation, and tell them, unless they took it themselves."""
    await threads.assign(case.tx, assign.thread, assign.to)
    thread = await threads.find(case.tx, assign.thread)
    if thread is not None and assign.to is not None and assign.to != case.facts.by.name:
        link = case.gate.places.console_thread(thread.id)
        await _tell(case, Tell(to=assign.to, text=endings.handed_to_you(thread.code, link)))


async def _keep(case: Case, keep: Keep) -> None:
    await threads.add_message(
        case.tx,
        keep.note,
        thread=keep.thread,
        speaker=keep.speaker,
        author=case.facts.actor,
        now=case.facts.now,
    )
    await _seal_theirs(case, keep.note, 1, text=keep.text, thread=keep.thread)
    if keep.speaker is Speaker.CONTRIBUTOR:
        await threads.heard(case.tx, keep.thread, keep.note, now=case.facts.now)
    await relay.pass_on(case.gate, case.tx, keep.note, text=keep.text, facts=case.facts)


async def revised_enough(tx: Transaction, note: NoteId) -> bool:
    """Say whether a message has as many revisions as we keep of one."""
    row = await threads.message(tx, note)
    return row is not None and row.revision >= MOST_REVISIONS


async def _revise(case: Case, revise: Revise) -> None:
    row = await threads.message(case.tx, revise.note)
    if row is not None and not row.deleted:
        number = row.revision + 1
        await _seal_theirs(case, revise.note, number, text=revise.text, thread=row.thread)
        await relay.correct(case.gate, case.tx, revise.note, text=revise.text)


async def remark(case: Case, remark: Remark) -> NoteId:
    """Put a remark into a conversation, and give its id: who has no copy does not see it."""
    note = case.gate.places.note(case.slug, case.gate.token())
    internal = Setting(thread="", speaker=Speaker.GATE)
    await _keep_ours(case, note, remark.text, thread=remark.thread, setting=internal, aside=True)
    return note


async def _keep_ours(
    case: Case,
    note: NoteId,
    text: str,
    *,
    thread: ThreadId,
    setting: Setting,
    aside: bool = False,
) -> None:
    gate, tx, speaker, now = case.gate, case.tx, setting.speaker, case.facts.now
    author = case.facts.by.name if speaker is Speaker.PROJECT else gate.places.desk(case.slug)
    await threads.add_message(
        tx, note, thread=thread, speaker=speaker, author=author, now=now, aside=aside
    )
    said = Said(message=note, number=1, words=text, salt=gate.token())
    by, slug = case.evidence, case.slug
    proof = await evidence.of_ours(gate, tx, said, setting, project=slug, by=by)
    now = case.facts.now
    await evidence.keep(gate, tx, said, proof, thread=thread, author=author, now=now)


async def _seal_theirs(
    case: Case, note: NoteId, number: int, *, text: str, thread: ThreadId
) -> None:
    said = Said(message=note, number=number, words=text, salt=case.gate.token())
    proof = evidence.of_theirs(case.evidence, said)
    await evidence.keep(
        case.gate,
        case.tx,
        said,
        proof,
        thread=thread,
        author=case.facts.actor,
        now=case.facts.now,
    )


async def _tell(case: Case, tell: Tell) -> None:
    """Write to somebody as the desk, and keep in the conversation what was written."""
    gate, desk = case.gate, Local(kind=Kind.DESK, slug=case.slug)
    note = gate.places.note(case.slug, gate.token())
    if tell.thread is not None and tell.kept:
        place = gate.places.thread(tell.thread)
        setting = Setting(thread=place, speaker=tell.speaker, decision=case.decision)
        kept = tell.kept_as or tell.text
        await _keep_ours(case, note, kept, thread=tell.thread, setting=setting)
        await relay.pass_on(gate, case.tx, note, text=kept, facts=case.facts)
    person = await people.find(case.tx, tell.to)
    if person is None:
        return
    written = PrivateNote(
        id=note,
        desk=gate.places.actor(desk),
        to=person.actor,
        handle=person.handle,
        text=tell.text,
        at=case.facts.now,
        in_reply_to=tell.in_reply_to,
        conversation=gate.places.thread(tell.thread) if tell.thread else None,
    )
    document = render.private_note(written)
    if case.decision or await _signs(case, tell.thread):
        me = await local.own_in(gate, case.tx, desk)
        document = proofs.seal(document, key=me.ed25519, now=case.facts.now)
    await outbound.enqueue(gate, case.tx, sender=desk, to=person, document=document)


async def _signs(case: Case, name: ThreadId | None) -> bool:
    """Say whether what is told in a conversation can be shown on and not be denied."""
    since = case.facts.project.signs_notes_since
    thread = await threads.find(case.tx, name) if since is not None and name else None
    return signing.signs(since, thread)


async def _notify(case: Case, notify: Notify) -> None:
    """Send a link, and a code where one helps, to whoever may act; nobody is told twice."""
    places, thread = case.gate.places, notify.thread
    if thread is None:
        told = await reports.count(case.tx, case.slug, since=Millis(case.facts.now - HOUR)) > 1
        text = talk.report_notice(notify.what, places.console_project(case.slug))
    else:
        told = notify.what == talk.THREAD_WAITS and await _waits_already(case, thread)
        text = talk.notice(notify.what, notify.code, places.console_thread(thread))
    for actor in [] if told else await _on_duty(case, notify.what, thread):
        await _tell(case, Tell(to=actor, text=text))


async def _waits_already(case: Case, thread: ThreadId) -> bool:
    """Two messages in a row since they were admitted: the first one was told of."""
    knock = await knocks.of_thread(case.tx, thread)
    since = knock.changed_at if knock else Millis(0)
    spoke = await threads.last_speakers(case.tx, thread, since=since, limit=2)
    return spoke == [Speaker.CONTRIBUTOR] * 2


async def _on_duty(case: Case, what: str, thread: ThreadId | None) -> list[ActorId]:
    """List whom a notice leads to something that they may read: who has taken it on, or all."""
    held = await maintainers.listing(case.tx, case.slug)
    able = [actor for actor, office in held if NEEDED[what] in PERMITS[office]]
    found = await threads.find(case.tx, thread) if thread else None
    one = found.assigned if found else None
    return list(dict.fromkeys(able)) if one is None or one not in able else [one]


async def _send_as_project(
    case: Case, effect: IssueGrant | EndGrant | SendInvite | AnswerJoin
) -> None:
    """Send what the project itself says, signed as an object too, so that it can be shown on."""
    gate, tx, now = case.gate, case.tx, case.facts.now
    project = Local(kind=Kind.PROJECT, slug=case.slug)
    me = await local.own_in(gate, tx, project)
    activity = gate.places.activity(me.id, gate.token())
    match effect:
        case IssueGrant(grant=grant):
            to, document = grant.target, render.grant(grant, places=gate.places)
        case EndGrant(grant=grant, fulfills=fulfills):
            await grants.revoke(tx, grant.id, now=now)
            to, document = (
                grant.target,
                render.revoke(
                    grant, activity=activity, fulfills=fulfills, places=gate.places, at=now
                ),
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
