"""The facts that a decision needs, read in the transaction that will carry it out."""

import json
from dataclasses import replace
from typing import Any

from forgefed_gate.domain.charter import Charter, Clause
from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.facts import Facts, Fresh, Project
from forgefed_gate.domain.ids import ActorId, KnockId, NoteId, Slug, ThreadId
from forgefed_gate.domain.intents import (
    Arrival,
    Follow,
    Join,
    Leave,
    Message,
    Revision,
    Shut,
    Unfollow,
    Unshut,
    Withdrawal,
)
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Principal, person, read_role
from forgefed_gate.domain.screening import Knock
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks, followers, grants, knocks, maintainers, people, projects
from forgefed_gate.store import threads as threads_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.people import Person

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 5


async def project_in(gate: Gate, tx: Transaction, slug: Slug) -> Project:
    """Name a project; raises `NotFound` where there is none."""
    row = await projects.find(tx, slug)
    if row is None:
        raise NotFound("project-unknown", f"There is no project “{slug}” here.")
    desk = Local(kind=Kind.DESK, slug=slug)
    return Project(
        slug=slug,
        name=row.name,
        handle=gate.places.handle(desk),
        page=gate.places.page(slug),
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


def fresh(gate: Gate, project: Slug) -> Fresh:
    """Draw the ids that a decision may need."""
    number = int(gate.token(), 16)
    places, token = gate.places, gate.token
    code = "".join(
        CODE_LETTERS[number // len(CODE_LETTERS) ** place % len(CODE_LETTERS)]
        for place in range(CODE_LENGTH)
    )
    return Fresh(
        thread=ThreadId(token()),
        code=code,
        knock=KnockId(token()),
        grant=places.grant(project, token()),
        invite=places.activity(places.project(project), token()),
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
    return Facts(
        now=now,
        project=await project_in(gate, tx, project),
        charter=charter,
        fresh=fresh(gate, project),
        actor=actor,
        by=by,
        blocked=await blocks.covers(tx, actor, project=project),
        bot=known is not None and known.bot,
        ours=project in offices,
        knock=knock,
        shown=await _shown(tx, knock, charter),
        grant=await grants.standing(tx, project, actor, now=now),
        latest_thread=await threads_store.latest(tx, project, actor),
        hushed=await followers.hushed(tx, project, actor),
        courteous=await followers.was_courteous(tx, project, actor, now=now),
    )


async def facts_for(gate: Gate, tx: Transaction, intent: Arrival, project: Slug) -> Facts:
    """Gather what a decision about an arrival may know."""
    facts = await facts_about(gate, tx, project, intent.actor)
    match intent:
        case Message(note=note):
            thread = await _thread_of(gate, tx, intent, project)
            latest = await grants.latest(tx, project, intent.actor)
            kept_for = await _kept_for(tx, note)
            return replace(facts, thread=thread, kept_for=kept_for, latest_grant=latest)
        case Revision(note=note) | Withdrawal(note=note):
            return replace(facts, author=await _author_of(tx, note, project))
        case Follow() | Unfollow() | Join() | Leave() | Shut() | Unshut():
            named = gate.places.read(intent.target) or gate.places.read_actor(intent.target)
            return replace(facts, names_us=named is not None and named.slug == project)
        case _:
            return facts


async def _kept_for(tx: Transaction, note: NoteId) -> Slug | None:
    """Find the project whose conversation holds a message."""
    row = await threads_store.message(tx, note)
    thread = await threads_store.find(tx, row.thread) if row else None
    return thread.project if thread else None


async def _thread_of(
    gate: Gate, tx: Transaction, message: Message, project: Slug
) -> Thread | None:
    """Find the conversation with *project* that a message continues: one of its author's own."""
    for name in (message.in_reply_to, message.conversation):
        if name is None:
            continue
        token = name.removeprefix(gate.places.thread(ThreadId("")))
        found = await threads_store.by_note(tx, name, message.actor)
        found = found or await threads_store.find(tx, ThreadId(token))
        if found and (found.contributor, found.project) == (message.actor, project):
            return found
    return None


async def _author_of(tx: Transaction, note: NoteId, project: Slug) -> ActorId | None:
    """Find the contributor who wrote the message that an edit or a deletion names."""
    row = await threads_store.message(tx, note)
    thread = await threads_store.find(tx, row.thread) if row else None
    if row is None or thread is None or thread.project != project:
        return None
    if row.speaker is not Speaker.CONTRIBUTOR:
        return None
    return ActorId(row.author)


async def recipients(tx: Transaction, project: Slug) -> list[Person]:
    """List the followers of *project* that we know how to reach."""
    found = [await people.find(tx, actor) for actor in await followers.of_project(tx, project)]
    return [person for person in found if person]
