"""What is said in a conversation: kept with what proves it, sent to whom it is for, told of."""

from forgefed_gate.domain import signing
from forgefed_gate.domain.effects import (
    Assign,
    Keep,
    Notify,
    Remark,
    Revise,
    Tell,
)
from forgefed_gate.domain.ids import HOUR, ActorId, Millis, NoteId, ThreadId
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import PERMITS, Act
from forgefed_gate.domain.threads import MOST_REVISIONS, Speaker
from forgefed_gate.domain.words import endings, talk
from forgefed_gate.protocol import proofs, render
from forgefed_gate.protocol.render import PrivateNote
from forgefed_gate.protocol.testimony import Said, Setting
from forgefed_gate.services import containers, evidence, local, outbound, relay, tickets
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Care
from forgefed_gate.store import (
    knocks,
    maintainers,
    people,
    reports,
    threads,
)
from forgefed_gate.store.database import Transaction

NEEDED = {
    talk.KNOCK_WAITS: Act.SEE_KNOCKS,
    talk.THREAD_WAITS: Act.TALK,
    talk.REPORT_WAITS: Act.READ_REPORTS,
}
"""What somebody has to be entitled to, to be told of something that waits."""


async def keep(case: Case, kept: Keep) -> None:
    """Keep what a party said, and let the other parties have it."""
    await threads.add_message(
        case.tx,
        kept.note,
        thread=kept.thread,
        speaker=kept.speaker,
        author=case.facts.actor,
        now=case.facts.now,
    )
    await _seal_theirs(case, kept.note, 1, text=kept.text, thread=kept.thread)
    if kept.speaker is Speaker.CONTRIBUTOR:
        await threads.heard(case.tx, kept.thread, kept.note, now=case.facts.now)
    await relay.pass_on(
        case.gate,
        case.tx,
        kept.note,
        speaker=kept.speaker,
        text=kept.text,
        facts=case.facts,
    )


async def revised_enough(tx: Transaction, note: NoteId) -> bool:
    """Say whether a message has as many revisions as we keep of one."""
    row = await threads.message(tx, note)
    return row is not None and row.revision >= MOST_REVISIONS


async def revise(case: Case, revise: Revise) -> None:
    """Keep what a message says from now on, beside what it said before."""
    row = await threads.message(case.tx, revise.note)
    if row is not None and not row.deleted:
        number = row.revision + 1
        await _seal_theirs(case, revise.note, number, text=revise.text, thread=row.thread)
        await relay.correct(case.gate, case.tx, revise.note, text=revise.text)


async def remark(case: Case, remark: Remark) -> NoteId:
    """Put a remark into a conversation, and give its id: who has no copy does not see it."""
    note = case.gate.places.note(case.slug, case.gate.token())
    internal = Setting(thread="", speaker=Speaker.GATE)
    await keep_ours(case, note, remark.text, thread=remark.thread, setting=internal, aside=True)
    return note


async def tell(case: Case, tell: Tell) -> None:
    """Write to somebody as the desk, and keep in the conversation what was written."""
    gate, desk = case.gate, Local(kind=Kind.DESK, slug=case.slug)
    note = tell.note or gate.places.note(case.slug, gate.token())
    if tell.thread is not None and tell.kept:
        place = gate.places.thread(tell.thread)
        setting = Setting(thread=place, speaker=tell.speaker, decision=case.decision)
        kept = tell.kept_as or tell.text
        await keep_ours(case, note, kept, thread=tell.thread, setting=setting)
        await relay.pass_on(gate, case.tx, note, speaker=tell.speaker, text=kept, facts=case.facts)
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
    create = render.private_note(written)
    document = await tickets.as_comment(case.tx, create, tell.thread, case.facts)
    if case.decision or await _signs(case, tell.thread):
        me = await local.own_in(gate, case.tx, desk)
        document = proofs.seal(document, key=me.ed25519, now=case.facts.now)
    ours = not tell.page and (tell.thread is None or not tell.kept)
    care = Care(ours=ours, page=tell.page)
    await outbound.enqueue(gate, case.tx, sender=desk, to=person, document=document, care=care)
    if tell.thread is not None and tell.kept:
        await containers.add(case, tell.thread)


async def notify(case: Case, notify: Notify) -> None:
    """Send a link, and a code where one helps, to whoever may act; nobody is told twice."""
    places, thread = case.gate.places, notify.thread
    if thread is None:
        told = await reports.count(case.tx, case.slug, since=Millis(case.facts.now - HOUR)) > 1
        text = talk.report_notice(notify.what, places.console_project(case.slug))
    else:
        told = notify.what == talk.THREAD_WAITS and await _waits_already(case, thread)
        text = talk.notice(notify.what, notify.code, places.console_thread(thread))
    for actor in [] if told else await _on_duty(case, notify.what, thread):
        await tell(case, Tell(to=actor, text=text))


async def assign(case: Case, assign: Assign) -> None:
    """Let somebody look after a conversation, and tell them, unless they took it themselves."""
    await threads.assign(case.tx, assign.thread, assign.to)
    thread = await threads.find(case.tx, assign.thread)
    if thread is not None and assign.to is not None and assign.to != case.facts.by.name:
        link = case.gate.places.console_thread(thread.id)
        await tell(case, Tell(to=assign.to, text=endings.handed_to_you(thread.code, link)))


async def keep_ours(
    case: Case,
    note: NoteId,
    text: str,
    *,
    thread: ThreadId,
    setting: Setting,
    aside: bool = False,
) -> None:
    """Keep what was said on our side, with the desk's signature under it."""
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


async def _signs(case: Case, name: ThreadId | None) -> bool:
    """Say whether what is told in a conversation can be shown on and not be denied."""
    since = case.facts.project.signs_notes_since
    thread = await threads.find(case.tx, name) if since is not None and name else None
    return signing.signs(since, thread)


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
