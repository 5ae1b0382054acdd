"""The facts that a decision needs, read in the transaction that will carry it out."""

import json
from dataclasses import replace
from typing import Any

from forgefed_gate.domain.capabilities import Judgement
from forgefed_gate.domain.charter import Charter, Clause
from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.facts import Facts, Fresh, Project
from forgefed_gate.domain.ids import (
    CODE_LENGTH,
    CODE_LETTERS,
    DAY,
    ActorId,
    GrantId,
    KnockId,
    NoteId,
    Slug,
    ThreadId,
    authority_of,
    later,
)
from forgefed_gate.domain.intents import (
    Added,
    Arrival,
    Follow,
    Granted,
    GrantsEnded,
    InviteAnswer,
    Join,
    Leave,
    Message,
    Removed,
    Revision,
    Shut,
    TakeBack,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.links import Link
from forgefed_gate.domain.offers import EditTicket, OfferAnswer, OpenTicket, ResolveTicket
from forgefed_gate.domain.parties import Candidate
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.publishing import Stage
from forgefed_gate.domain.roles import OPERATOR, Principal, person, read_role
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.services import authority, links, mandates, pseudonyms, tickets
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import (
    blocks,
    copies,
    delegations,
    followers,
    grants,
    knocks,
    maintainers,
    news,
    parties,
    people,
    projects,
    publications,
)
from forgefed_gate.store import links as links_store
from forgefed_gate.store import threads as threads_store
from forgefed_gate.store import tickets as tickets_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.publications import PieceRow


async def project_in(gate: Gate, tx: Transaction, slug: Slug) -> Project:
    """Name a project; raises `NotFound` where there is none."""
    row = await projects.find(tx, slug)
    if row is None:
        raise NotFound("project-unknown", f"There is no project “{slug}” here.")
    desk, house = (Local(kind=kind, slug=slug) for kind in (Kind.DESK, row.kind))
    return Project(
        slug=slug,
        name=row.name,
        handle=gate.places.handle(desk),
        page=gate.places.page(slug),
        actor=gate.places.actor(house),
        kind=row.kind,
        signs_notes_since=row.signs_notes_since,
    )


async def _shown(tx: Transaction, knock: Knock | None, charter: Charter) -> Charter | None:
    """Read the charter that a knock was shown, where another one is in force by now."""
    if knock is None or knock.charter == charter.hash:
        return None
    row = await projects.charter_by_hash(tx, knock.project, knock.charter)
    return recall_charter(row.document) if row else None


async def charter_in(tx: Transaction, slug: Slug) -> Charter:
    """Read the charter in force."""
    row = await projects.charter(tx, slug)
    if row is None:
        raise NotFound("charter-missing", f"“{slug}” has no charter yet.")
    return recall_charter(row.document)


def recall_charter(document: str) -> Charter:
    """Read a charter back from its canonical form."""
    form: dict[str, Any] = json.loads(document)
    return Charter(
        expects=tuple(Clause(**clause) for clause in form["expects"]),
        offers=tuple(Clause(**clause) for clause in form["offers"]),
        questions=tuple(form["questions"]),
        agreement=form["agreement"],
        wait_days=form["waitDays"],
        role=read_role(form["role"]),
        grant_days=form["grantDays"],
        greet_followers=form["greetFollowers"],
        renew_active=form.get("renewActive", False),
    )


def fresh_code(gate: Gate) -> str:
    """Draw a code that people can type."""
    number = int(gate.token(), 16)
    return "".join(
        CODE_LETTERS[number // len(CODE_LETTERS) ** place % len(CODE_LETTERS)]
        for place in range(CODE_LENGTH)
    )


def fresh(gate: Gate, house: ActorId) -> Fresh:
    """Draw the ids that a decision may need."""
    places, token = gate.places, gate.token
    return Fresh(
        code=fresh_code(gate),
        thread=ThreadId(token()),
        knock=KnockId(token()),
        grant=places.grant(house, token()),
        invite=places.activity(house, token()),
    )


async def as_of_now(tx: Transaction, by: Principal) -> Principal:
    """Name *by* with the offices that they hold now, and let nobody change those meanwhile."""
    if by.operator:
        return by
    actor = ActorId(by.name)
    await people.hold(tx, actor)
    return person(actor, await maintainers.offices(tx, actor))


async def facts_about(
    gate: Gate, tx: Transaction, project: Slug, actor: ActorId, *, by: Principal = OPERATOR
) -> Facts:
    """Gather what is known of *actor* and *project*, and let nobody else decide meanwhile."""
    await people.hold(tx, actor)
    known, now = await people.find(tx, actor), gate.clock()
    offices = await maintainers.offices(tx, actor)
    charter, knock = await charter_in(tx, project), await knocks.latest(tx, project, actor)
    house = await project_in(gate, tx, project)
    return Facts(
        now=now,
        project=house,
        charter=charter,
        fresh=fresh(gate, house.actor),
        actor=actor,
        by=by,
        blocked=await blocks.covers(tx, actor, project=project)
        or await pseudonyms.blocked(gate, tx, project, actor),
        bot=known is not None and known.bot,
        ours=project in offices,
        knock=knock,
        shown=await _shown(tx, knock, charter),
        grant=await grants.standing(tx, project, actor, now=now),
        latest_thread=await threads_store.latest(tx, project, actor),
        hushed=await followers.hushed(tx, project, actor),
        courteous=await followers.was_courteous(tx, project, actor, now=now),
    )


async def candidate(tx: Transaction, project: Slug, who: ActorId) -> Candidate:
    """Say what counts of somebody who may be added to a conversation."""
    known = await people.find(tx, who)
    blocked = await blocks.covers(tx, who, project=project)
    hushed = await followers.hushed(tx, project, who)
    ours = project in await maintainers.offices(tx, who)
    return Candidate(
        handle=known.handle if known else who,
        server=authority_of(who),
        welcome=known is not None and not (blocked or hushed or ours or known.bot),
    )


async def facts_for(gate: Gate, tx: Transaction, intent: Arrival, project: Slug) -> Facts:
    """Gather what a decision about an arrival may know."""
    facts = await facts_about(gate, tx, project, intent.actor)
    mandate = await mandates.mandate(tx, intent, facts)
    if mandate is not None:
        return replace(facts, mandate=mandate)
    match intent:
        case Message() | OpenTicket():
            return await _about_words(gate, tx, intent, facts)
        case Revision(note=note):
            return replace(facts, author=await _author_of(tx, note, project, speaks=True))
        case Withdrawal(note=note):
            return replace(facts, author=await _author_of(tx, note, project))
        case Granted() | GrantsEnded() | Added() | Removed():
            about = await links.facts_for(gate, tx, intent, facts.project, code=facts.fresh.code)
            return replace(facts, links=about)
        case ResolveTicket() | EditTicket():
            facts = await _with_standing(tx, facts, named=intent.capability)
            return await tickets.about_act(gate, tx, intent, facts)
        case OfferAnswer():
            return await tickets.about_answer(tx, intent, facts)
        case TakeBack(what=what):
            return await tickets.about_take_back(tx, what, facts)
        case InviteAnswer():
            answered = await links.facts_of_answer(gate, tx, intent, facts.project)
            return replace(facts, links=answered)
        case Join(capability=named) if named is not None:
            facts = await _shown_by(tx, facts, named)
            return replace(facts, names_us=_names(gate, intent.target, project))
        case Follow() | Unfollow() | Join() | Leave() | Shut() | Unshut():
            return replace(facts, names_us=_names(gate, intent.target, project))
        case _:
            return facts


async def _about_words(
    gate: Gate, tx: Transaction, intent: Message | OpenTicket, facts: Facts
) -> Facts:
    """Add what is known of words, and of whoever wrote them."""
    project = facts.project.slug
    asked = await publications.of_author(tx, intent.actor, Stage.PENDING)
    facts = replace(
        await _with_standing(tx, facts, named=intent.capability),
        kept_for=await _kept_for(gate, tx, intent.note),
        asked=_in(project, asked),
        latest_grant=await grants.latest(tx, project, intent.actor),
    )
    if isinstance(intent, OpenTicket):
        return await _about_ticket(gate, tx, intent, facts)
    facts = await _placed(gate, tx, intent, facts)
    return await tickets.about_comment(gate, tx, intent, facts)


def _names(gate: Gate, target: str, project: Slug) -> bool:
    named = gate.places.read(target) or gate.places.read_actor(target)
    return named is not None and named.slug == project


async def _with_standing(tx: Transaction, facts: Facts, *, named: GrantId | None = None) -> Facts:
    """Add by which chain of Grants, and along which link, they may write, where we gave none."""
    return facts if facts.grant is not None else await _shown_by(tx, facts, named)


async def _shown_by(tx: Transaction, facts: Facts, named: GrantId | None) -> Facts:
    house, now = facts.project, facts.now
    standing = await authority.authorise(tx, house, facts.actor, named=named, now=now)
    if not standing.granted:
        return replace(facts, standing=standing)
    return replace(facts, standing=standing, via=await _via(tx, facts, standing))


async def _via(tx: Transaction, facts: Facts, judged: Judgement) -> str | None:
    """Name the link that lets somebody in today along a chain that holds, where one does."""
    code = await delegations.link_of(tx, facts.project.slug, judged.chain[0].grant.id)
    link = await links_store.find(tx, code) if code else None
    return link.code if link and await _may_come_in(tx, facts, link) else None


async def _about_ticket(gate: Gate, tx: Transaction, offer: OpenTicket, facts: Facts) -> Facts:
    """Add what is known of the Grant that an offer names, and of its tracker."""
    about = await tickets.about_offer(gate, tx, offer, facts)
    if about.judged is not None and about.judged.granted:
        about = replace(about, via=await _via(tx, facts, about.judged))
    return replace(facts, tickets=about)


async def _may_come_in(tx: Transaction, facts: Facts, link: Link) -> bool:
    """
    Say whether a link lets somebody in today, whom our own people did not turn away.

    What they decided about a person counts for more than what a team says of them. Whoever
    comes at the same moment is counted when we are done.
    """
    latest = await grants.latest(tx, facts.project.slug, facts.actor)
    said_no = await knocks.said_no(tx, facts.project.slug, facts.actor)
    if said_no or (latest is not None and latest.revoked_at is not None):
        return False
    if await tickets_store.opened_by(tx, link.code, facts.actor):
        return True
    await links_store.hold(tx, link.code)
    yesterday = later(facts.now, -DAY)
    today = await knocks.count_via(tx, link.code, since=yesterday)
    today += await tickets_store.count_via(tx, link.code, since=yesterday)
    return today < link.cap


def _in(project: Slug, pieces: list[PieceRow]) -> bool:
    return any(each.project == project for each in pieces)


async def _kept_for(gate: Gate, tx: Transaction, note: NoteId) -> Slug | None:
    """Find the project whose conversation holds a message, or held it before it was erased."""
    erased = await pseudonyms.name_of(gate, tx, note)
    row = await threads_store.message(tx, note)
    if row is None and erased is not None:
        row = await threads_store.message(tx, NoteId(erased))
    thread = await threads_store.find(tx, row.thread) if row else None
    return thread.project if thread else None


async def _thread_of(
    gate: Gate, tx: Transaction, message: Message, project: Slug
) -> Thread | None:
    """Find the conversation with *project* that a message continues, if its author is in it."""
    for name in (message.in_reply_to, message.conversation):
        if name is None:
            continue
        token = name.removeprefix(gate.places.thread(ThreadId("")))
        copy = await copies.find(tx, name)
        ticket = await tickets_store.find(tx, project, name)
        found = await threads_store.by_note(tx, name, message.actor)
        found = found or await threads_store.find(
            tx, copy.message.thread if copy else ticket.thread if ticket else ThreadId(token)
        )
        if (
            found
            and found.project == project
            and await parties.admits(tx, found.id, message.actor)
        ):
            return found
    return await _outside_of_any(gate, tx, message, project)


async def _outside_of_any(
    gate: Gate, tx: Transaction, message: Message, project: Slug
) -> Thread | None:
    """
    What answers a private note that is kept nowhere goes on in their latest conversation.

    Whoever has none of their own, and a seat in just one, goes on there.
    """
    answered = message.in_reply_to or ""
    ours = answered.startswith(gate.places.note(project, ""))
    if not ours or await news.find(tx, NoteId(answered)) is not None:
        return None
    found = [
        each for each in await parties.threads_of(tx, message.actor) if each.project == project
    ]
    own = [each for each in found if each.contributor == message.actor]
    return next(iter(own), found[0] if len(found) == 1 else None)


async def _placed(gate: Gate, tx: Transaction, message: Message, facts: Facts) -> Facts:
    """Add which conversation a message belongs to, and as whose it is said there."""
    project, actor = facts.project.slug, message.actor
    thread = await _thread_of(gate, tx, message, project)
    added = thread is not None and thread.contributor != actor
    return replace(
        facts,
        thread=thread,
        seat=await parties.seat(tx, thread.id, actor) if thread and added else None,
        seated=await parties.seated(tx, project, actor),
    )


async def _author_of(
    tx: Transaction, note: NoteId, project: Slug, *, speaks: bool = False
) -> ActorId | None:
    """
    Find the party who wrote the message that an edit or a deletion names.

    Whoever was taken out may delete what they said, and *speaks* there no more.
    """
    row = await threads_store.message(tx, note)
    thread = await threads_store.find(tx, row.thread) if row else None
    if row is None or thread is None or thread.project != project:
        return None
    if row.speaker not in {Speaker.CONTRIBUTOR, Speaker.PARTY}:
        return None
    if speaks and not await parties.admits(tx, thread.id, row.author):
        return None
    return ActorId(row.author)
