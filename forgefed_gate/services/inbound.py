"""An activity on its way in: proven and kept at once, decided and carried out afterwards."""

from contextlib import suppress

from forgefed_gate.domain import signing
from forgefed_gate.domain.effects import Decision, Fulfil, Obey, RefreshActor, Revise, Tell, refuse
from forgefed_gate.domain.errors import Forbidden, Malformed, TooMany, Unverified
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, NoteId, authority_of
from forgefed_gate.domain.intents import (
    Arrival,
    Departure,
    Granted,
    Ignored,
    Join,
    Message,
    Report,
    Revision,
    Withdrawal,
)
from forgefed_gate.domain.offers import OpenTicket
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.verdict import decide
from forgefed_gate.protocol import activitystreams, httpsig
from forgefed_gate.protocol.httpsig import Claim, Delivery, Signed
from forgefed_gate.services import (
    audit,
    authority,
    carry,
    commands,
    evidence,
    gather,
    intake,
    keyring,
    local,
    people,
    publishing,
    quota,
    telling,
    tickets,
    wishes,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Arrived, Gate
from forgefed_gate.store import inbox, jobs, threads
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job

BLOCKED = "blocked"
"""Of what somebody sends who is blocked, nothing is kept but that it came."""


async def receive(gate: Gate, delivery: Delivery, recipient: Local, *, caller: str) -> None:
    """
    Take in one delivery: establish who sent it, then keep it.

    Nothing is decided here. Whoever is told that it was taken may rely on it: it is
    durable. A delivery we have seen before is taken again without effect, because
    peers retry. What we do not know, and what the gate itself is told, is forgotten.
    *caller* is the address that it came from, which is kept nowhere.
    """
    me = await local.own(gate, recipient)
    claim = httpsig.read_claim(delivery, base_url=gate.places.base_url, now=gate.clock())
    keyring.require_name(gate, claim.key_id)
    await refuse_blocked_host(gate, claim.key_id)
    signed = await _prove(gate, claim, caller=caller)
    if signed is None:
        return
    gate.crash.point("verified")
    if delivery.method != "POST":
        raise Malformed("method-not-post", "Activities are delivered by POST.")
    intent = activitystreams.read_activity(signed, recipient=me.id, addressing=gate.addressing)
    quota.spend_message(gate, intent.actor)
    if isinstance(intent, Ignored) or recipient.kind is Kind.GATE or _on_a_piece(gate, intent):
        return
    await intake.keep(gate, _arrived(signed, intent, recipient, me.id))


def _on_a_piece(gate: Gate, intent: Arrival) -> bool:
    """Find a reply to something published: it has no place for replies, and none is kept."""
    if not isinstance(intent, Message) or intent.private or intent.in_reply_to is None:
        return False
    return gate.places.names_piece(intent.in_reply_to)


async def _prove(gate: Gate, claim: Claim, *, caller: str) -> Signed | None:
    """
    Prove who sent a delivery; None is a deletion that has nothing to delete here.

    One that is not proven is answered in the same way: whom we know is nobody's business.
    """
    if not await keyring.knows(gate, claim.key_id) and await _never_had(gate, claim):
        return None
    try:
        return await keyring.prove(gate, claim.delivery, claim, caller=caller)
    except (Unverified, TooMany):
        if activitystreams.read_deletion(claim.delivery.body) is None:
            raise
        return None


async def _never_had(gate: Gate, claim: Claim) -> bool:
    """
    Find a deletion of something that we do not hold, by somebody whom we do not know.

    Such deletions come from everywhere when an account ends. They cost no fetch. Of
    somebody whom we know there may be words that wait to be decided on.
    """
    deletion = activitystreams.read_deletion(claim.delivery.body)
    if deletion is None:
        return False
    if authority_of(deletion.gone) != authority_of(claim.key_id):
        return True
    async with gate.database.snapshot() as tx:
        for who in (deletion.gone, deletion.actor):
            if await people_store.find(tx, ActorId(who)) is not None:
                return False
        return await threads.message(tx, NoteId(deletion.gone)) is None


def _arrived(signed: Signed, intent: Arrival, recipient: Local, me: ActorId) -> Arrived:
    return Arrived(
        name=inbox.name(signed.by, intent.activity, me),
        signed=signed,
        recipient=me,
        project=recipient.slug,
        counts_as_knock=isinstance(intent, Message | Revision | Join | Report | OpenTicket),
        evidence=evidence.of_request(signed),
    )


async def process(gate: Gate, job: Job) -> None:
    """
    Decide on one kept delivery and carry the decision out, in one transaction.

    What has to be fetched for it is fetched before. The job ends in the same
    transaction, so that a crash repeats all of it or nothing, and whoever lost the job to
    somebody else meanwhile does nothing.
    """
    delivery = job.payload.decode()
    async with gate.database.snapshot() as tx:
        waiting = await inbox.waiting(tx, delivery)
        place = intake.PLACE.format(delivery)
        proof = waiting and await gate.vault.open_sealed(tx, waiting.request, place=place)
    if waiting is None or proof is None:
        await _let_go(gate, job)
        return
    body = evidence.body_of(proof)
    intent = activitystreams.recall_activity(body, by=waiting.actor, recipient=waiting.recipient)
    recipient = gate.places.read(waiting.recipient)
    assert recipient is not None, "only actors of ours are delivered to"
    await _meet(gate, intent, recipient)
    async with gate.at_leisure, gate.database.transaction() as tx:
        if not await jobs.done(tx, job):
            return
        intent = await tickets.meant(tx, intent, recipient.slug)
        decision = await _decide(gate, tx, intent, recipient=recipient, proof=proof)
        await _settle(gate, tx, delivery, intent=intent, decision=decision, project=recipient)
        gate.crash.point("decided")
    gate.crash.point("effects-committed")
    if RefreshActor() in decision.effects:
        keyring.forget(gate, intent.actor)
        await people.refresh(gate, intent.actor)


async def _let_go(gate: Gate, job: Job) -> None:
    """End a job that is about nothing any more: whoever sent it was forgotten meanwhile."""
    async with gate.database.transaction() as tx:
        await jobs.done(tx, job)


async def _meet(gate: Gate, intent: Arrival, recipient: Local) -> None:
    """Know who sent it, unless they left, or we talk with their server no more."""
    if isinstance(intent, Departure):
        return
    with suppress(Forbidden):
        await people.look_up(gate, intent.actor)
        if isinstance(intent, Granted) and gate.places.read(intent.grant.context) is None:
            await people.look_up(gate, intent.grant.context)
    await authority.confirm(gate, recipient.slug, intent.actor)


async def _decide(
    gate: Gate, tx: Transaction, intent: Arrival, *, recipient: Local, proof: bytes
) -> Decision:
    facts = await gather.facts_for(gate, tx, intent, recipient.slug)
    decision = decide(intent, facts)
    decided = signing.named(decision)
    case = Case(gate=gate, tx=tx, facts=facts, evidence=proof, decision=decided)
    for effect in decision.effects:
        match effect:
            case Obey(text=text):
                echo = await commands.obey(gate, tx, text, facts=facts)
                answer = Tell(to=facts.actor, text=echo, in_reply_to=_note_of(intent))
                await carry.carry_out(case, answer)
            case Fulfil(wish=wish):
                if said := await wishes.fulfil(case, wish):
                    await carry.carry_out(case, _answer(said, facts, _note_of(intent)))
            case Revise(note=note) if await telling.revised_enough(tx, note):
                return refuse("too-many-revisions")
            case RefreshActor():
                await people_store.forget_keys(tx, intent.actor)
            case _:
                await carry.carry_out(case, effect)
    if isinstance(intent, Revision | Withdrawal | Departure):
        await publishing.end_what_changed(case)
    return decision


def _answer(said: str, facts: Facts, note: NoteId | None) -> Tell:
    """Answer a wish where it was uttered, and keep the answer in no conversation."""
    thread = facts.thread.id if facts.thread else None
    return Tell(to=facts.actor, text=said, in_reply_to=note, thread=thread, kept=False)


def _note_of(intent: Arrival) -> NoteId | None:
    return intent.note if isinstance(intent, Message) else None


async def _settle(
    gate: Gate,
    tx: Transaction,
    delivery: str,
    *,
    intent: Arrival,
    decision: Decision,
    project: Local,
) -> None:
    now, verdict = gate.clock(), decision.verdict.value
    await inbox.settle(tx, delivery, verdict=verdict, reason=decision.reason, now=now)
    if decision.reason == BLOCKED:
        return
    deed = Deed(
        project=project.slug,
        principal=intent.actor,
        role=audit.OUTSIDE,
        act=type(intent).__name__,
        subject=intent.activity,
        verdict=verdict,
        reason=decision.reason,
        at=now,
    )
    await audit.write_down(gate, tx, deed, soon=audit.moves_a_grant(decision))
