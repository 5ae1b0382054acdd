"""Forgetting somebody: their keys destroyed, their words gone, and what has to stay renamed."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

from forgefed_gate.domain.errors import Conflict, Forbidden, Malformed, TryLater
from forgefed_gate.domain.forgetting import BLOCK_LASTS, Kept, end_of
from forgefed_gate.domain.ids import ActorId, Millis, NoteId, Slug, later, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR, Act, Principal
from forgefed_gate.domain.words import forgetting as words
from forgefed_gate.protocol import proofs, render
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.render import PrivateNote
from forgefed_gate.protocol.times import day
from forgefed_gate.services import (
    audit,
    evidence,
    gather,
    keyring,
    linking,
    local,
    outbound,
    pseudonyms,
    publishing,
    quota,
    relay,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.carry import Case
from forgefed_gate.services.evidence import Attested
from forgefed_gate.services.gate import Care, Gate
from forgefed_gate.services.linking import Side
from forgefed_gate.store import (
    blocks,
    delegations,
    erasing,
    followers,
    forgotten,
    grants,
    jobs,
    maintainers,
    people,
    references,
    sessions,
)
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.erasing import Rename, Traces
from forgefed_gate.store.people import Person
from forgefed_gate.store.seal import seal

FAREWELL = "farewell"
"""No conversation: what seals the last words to everybody who is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was held of somebody, and how many of our notes their server was asked to delete."""

    traces: Traces
    deletes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaver:
    """Somebody who is being forgotten, what they are called from now on, and who may say so."""

    gate: Gate
    tx: Transaction
    actor: ActorId
    rename: Rename
    now: Millis
    person: Person | None
    reachable: frozenset[Slug]
    """The projects from which they still want to hear something."""

    @property
    def name(self) -> str:
        """The salted hash that takes their place."""
        return self.rename(self.actor)


async def foresee(gate: Gate, actor: ActorId, *, by: Principal) -> Traces:
    """Say what forgetting *actor* would erase, and change nothing."""
    if gate.places.read(actor) is not None:
        raise Malformed("not-a-person", "That is an actor of this gate, and nobody to forget.")
    async with gate.database.snapshot() as tx:
        found = await erasing.traces(tx, actor)
        _permit(by, found)
        await _refuse_office(tx, actor)
    return found


async def erase_now(gate: Gate, actor: ActorId, *, by: Principal) -> Erased:
    """Forget *actor*, as the operator or the owner of all projects that know them decided."""
    await foresee(gate, actor, by=by)
    await prepare(gate)
    async with gate.database.transaction() as tx:
        by = await gather.as_of_now(tx, by)
        _permit(by, await erasing.traces(tx, actor))
        erased = await erase(gate, tx, actor, by=by)
    await sweep(gate, actor)
    return erased


async def prepare(gate: Gate) -> None:
    """Have ready what `erase` needs."""
    await pseudonyms.prepare(gate)


async def erase(
    gate: Gate,
    tx: Transaction,
    actor: ActorId,
    *,
    by: Principal,
    asked_at: Slug | None = None,
) -> Erased:
    """
    Forget *actor* in every project, in this one transaction.

    Every key of theirs is destroyed and every key of a conversation with them, so that our
    answers go with their words, and so do those of whoever was added. What was passed on or
    published is taken back before that. What must stay is renamed to a salted hash. The
    farewell goes out last, sealed under a key of ours. What waits to be decided on is let
    go of first: whoever is deciding on it just now holds it, and then asks for the person.
    """
    await _refuse_office(tx, actor)
    await erasing.drop_work(tx, actor, origin=origin(actor))
    await people.hold(tx, actor)
    found, notes = await erasing.traces(tx, actor), await erasing.our_notes(tx, actor)
    last = asked_at or next(iter(found.projects), None)
    leaver = await _leaver(gate, tx, actor, {*found.projects, *filter(None, [asked_at])})
    await _end_grants(leaver, found.projects)
    await _keep_decisions(leaver)
    await _take_back(leaver, found.projects)
    await _forget(leaver)
    deletes = [each for each in notes if leaver.person and each[0] in leaver.reachable]
    await _delete_notes(leaver, deletes)
    if last is not None:
        await _say_farewell(leaver, last)
    await _write_down(leaver, by=by, project=last or Slug(""))
    return Erased(traces=found, deletes=len(deletes))


async def sweep(gate: Gate, actor: ActorId) -> None:
    """Forget what memory holds of *actor*, and what the engine's files hold of deleted rows."""
    keyring.forget(gate, actor)
    quota.forget(gate, actor)
    with suppress(TryLater):
        await gate.database.scrub()


def _permit(by: Principal, found: Traces) -> None:
    """Let the operator erase anybody, and an owner whom only their own projects know."""
    if by.operator:
        return
    if not found.any or not all(by.may(Act.ERASE, project) for project in found.projects):
        raise Forbidden(
            "operator-only",
            "Erasing is about the whole gate. An owner can do it for somebody whom only their own"
            " projects know; please ask the operator.",
        )


async def _refuse_office(tx: Transaction, actor: ActorId) -> None:
    if held := await maintainers.offices(tx, actor):
        raise Conflict("holds-office", words.holds_office(", ".join(sorted(held))))


async def _leaver(
    gate: Gate, tx: Transaction, actor: ActorId, projects: Collection[Slug]
) -> _Leaver:
    """Find how to reach *actor* one last time, if we know that and they want to hear it."""
    places = {(project, actor) for project in projects}
    unwelcome = await blocks.among(tx, places) | await followers.hushed_among(tx, places)
    return _Leaver(
        gate=gate,
        tx=tx,
        actor=actor,
        rename=await pseudonyms.rename(gate, tx),
        now=gate.clock(),
        person=await people.find(tx, actor),
        reachable=frozenset(project for project, _ in places - unwelcome),
    )


async def _end_grants(leaver: _Leaver, projects: Iterable[Slug]) -> None:
    """Revoke what stands, and say so."""
    gate, tx, now = leaver.gate, leaver.tx, leaver.now
    for slug in projects:
        house = await gather.project_in(gate, tx, slug)
        project, me = house.local, await local.own_in(gate, tx, house.local)
        while grant := await grants.standing(tx, slug, leaver.actor, now=now):
            await grants.revoke(tx, grant.id, now=now)
            activity = gate.places.activity(me.id, gate.token())
            document = render.revoke(grant, activity=activity, fulfills=None, at=now)
            await _send(leaver, project, proofs.seal(document, key=me.ed25519, now=now))
        given = await delegations.given(tx, slug, to=leaver.actor)
        await linking.end(Side(gate=gate, tx=tx, house=house, now=now), given)


async def _keep_decisions(leaver: _Leaver) -> None:
    now, days = leaver.now, leaver.gate.settings.closed_threads_days
    kept = [
        Kept(project=project, decided=decided, ends_at=end_of(decided, now=now, usual_days=days))
        for project, decided in await erasing.decisions(leaver.tx, leaver.actor)
    ]
    await forgotten.keep(leaver.tx, leaver.name, kept, now=now)


async def _take_back(leaver: _Leaver, projects: Iterable[Slug]) -> None:
    """Take back what is public by their consent, and what others got of their conversations."""
    gate, tx, actor = leaver.gate, leaver.tx, leaver.actor
    attested = Attested(by=OPERATOR.name, via="forget", at=leaver.now)
    for slug in projects:
        facts = await gather.facts_about(gate, tx, slug, actor)
        proof = evidence.of_attestation(attested)
        await publishing.forget(Case(gate=gate, tx=tx, facts=facts, evidence=proof))
    for message in await erasing.passed_on(tx, actor):
        await relay.take_back(gate, tx, message, from_all=True)
    for slug, other in await erasing.left_behind(tx, actor):
        await _tell_other(leaver, slug, other)
    reached = {origin(actor), *([origin(leaver.person.inbox)] if leaver.person else [])}
    for server in reached:
        await erasing.drop_deliveries(tx, actor, origin=server)


async def _tell_other(leaver: _Leaver, slug: Slug, other: ActorId) -> None:
    """Tell somebody who was added that the conversation is gone, and their words in it."""
    gate, tx = leaver.gate, leaver.tx
    person = await people.find(tx, other)
    if person is None:
        return
    project = await gather.project_in(gate, tx, slug)
    note = _last_note(leaver, slug, person, words.conversation_gone(project.name))
    document = render.private_note(note)
    desk = Local(kind=Kind.DESK, slug=slug)
    ours = Care(ours=True)
    await outbound.enqueue(gate, tx, sender=desk, to=person, document=document, care=ours)


async def _forget(leaver: _Leaver) -> None:
    vault, tx, actor, now = leaver.gate.vault, leaver.tx, leaver.actor, leaver.now
    await vault.destroy(tx, owner=actor, now=now)
    await vault.destroy_in(tx, await erasing.threads_of(tx, actor), now=now)
    await erasing.forget_words(tx, actor)
    await erasing.forget_company(tx, actor)
    await references.forget_person(tx, actor)
    await erasing.forget_acquaintance(tx, actor)
    await sessions.end_all_of(tx, actor)
    await erasing.rename(tx, actor, leaver.rename, now=now)


async def _delete_notes(leaver: _Leaver, notes: Iterable[tuple[Slug, NoteId]]) -> None:
    """Ask their server to delete what desks wrote to them."""
    places = leaver.gate.places
    for slug, note in notes:
        desk = places.desk(slug)
        activity = places.activity(desk, leaver.gate.token())
        document = render.deletion(
            note, activity=activity, desk=desk, to=leaver.actor, at=leaver.now
        )
        await _send(leaver, Local(kind=Kind.DESK, slug=slug), document)


async def _say_farewell(leaver: _Leaver, slug: Slug) -> None:
    """Say one last word, which is kept nowhere."""
    gate, now, person = leaver.gate, leaver.now, leaver.person
    if person is None:
        return
    project = await gather.project_in(gate, leaver.tx, slug)
    until = day(later(now, BLOCK_LASTS))
    text = words.farewell(project.name, until, gate.settings.deliveries_days)
    note = _last_note(leaver, slug, person, text)
    await _send(leaver, Local(kind=Kind.DESK, slug=slug), render.private_note(note))


def _last_note(leaver: _Leaver, slug: Slug, person: Person, text: str) -> PrivateNote:
    places = leaver.gate.places
    return PrivateNote(
        id=places.note(slug, leaver.gate.token()),
        desk=places.desk(slug),
        to=person.actor,
        handle=person.handle,
        text=text,
        at=leaver.now,
        in_reply_to=None,
        conversation=None,
    )


async def _send(leaver: _Leaver, sender: Local, document: JsonObject) -> None:
    """Send one of the last things; neither its job nor its key names whom it is for."""
    gate, tx, person, now = leaver.gate, leaver.tx, leaver.person, leaver.now
    if person is None or sender.slug not in leaver.reachable:
        return
    name = f"deliver {document['id']} {leaver.name}"
    key = await gate.vault.key_for(
        tx, owner=gate.places.desk(sender.slug), thread=FAREWELL, now=now
    )
    parcel = outbound.parcel(sender, person, document, Care(ours=True))
    sealed = seal(key, parcel, place=outbound.PLACE.format(name))
    at = origin(person.inbox)
    lane = f"{at} {leaver.name} {sender.kind.value}"
    await jobs.put(tx, name, "deliver", lane=lane, origin=at, payload=sealed, run_at=now, now=now)
    gate.work.set()


async def _write_down(leaver: _Leaver, *, by: Principal, project: Slug) -> None:
    theirs = by.name == leaver.actor
    deed = Deed(
        project=project,
        principal=leaver.name if theirs else by.name,
        role=audit.OUTSIDE if theirs else by.role_in(project),
        act="Forget",
        subject=leaver.name,
        reason="forgotten",
        at=leaver.now,
    )
    await audit.write_down(leaver.gate, leaver.tx, deed)
