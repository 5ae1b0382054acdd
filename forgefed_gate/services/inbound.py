"""An activity on its way in: proven and kept at once, decided and carried out afterwards."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from forgefed_gate.domain import signing
from forgefed_gate.domain.capabilities import Flaw
from forgefed_gate.domain.effects import (
    Decision,
    Do,
    Fulfil,
    Obey,
    RefreshActor,
    Revise,
    Tell,
    refuse,
)
from forgefed_gate.domain.errors import Malformed, TooMany, Unverified
from forgefed_gate.domain.facts import Facts
from forgefed_gate.domain.ids import ActorId, NoteId, authority_of
from forgefed_gate.domain.intents import (
    Added,
    Arrival,
    Departure,
    Ignored,
    Join,
    Message,
    Report,
    Revision,
    Withdrawal,
)
from forgefed_gate.domain.offers import EditTicket, OpenTicket
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.verdict import decide
from forgefed_gate.protocol import activitystreams, httpsig
from forgefed_gate.protocol.frontdoor import read_json
from forgefed_gate.protocol.httpsig import Claim, Delivery, Signed
from forgefed_gate.services import (
    audit,
    carry,
    commands,
    evidence,
    gather,
    intake,
    keyring,
    local,
    meeting,
    people,
    publishing,
    quota,
    revoking,
    shown,
    stewarding,
    telling,
    tickets,
    wishes,
)
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Arrived, Gate, Kept
from forgefed_gate.store import inbox, jobs, threads
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job

DELETION = b'"Delete"'
"""No server writes a deletion without it, and looking for it costs less than reading a body."""

SOME = 1
"""Decisions for which others wait: more would share a flush of the disk, and hold up a 202."""

BLOCKED = "blocked"
"""Of what somebody sends who is blocked, nothing is kept but that it came."""
COUNTED = Message | Revision | Join | Report | Added | OpenTicket | EditTicket
"""What makes work for people, and counts as a knock until its sender is a member."""


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
    await revoking.require_proofs(gate, intent, signed.body, caller=caller)
    if isinstance(intent, Ignored) or recipient.kind is Kind.GATE or _on_a_piece(gate, intent):
        return
    await intake.keep(gate, _arrived(signed, intent, recipient, me.id))
    await revoking.stop(gate, intent)


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
    deletes = DELETION in claim.delivery.body
    if deletes and not await keyring.knows(gate, claim.key_id) and await _never_had(gate, claim):
        return None
    try:
        return await keyring.prove(gate, claim.delivery, claim, caller=caller)
    except (Unverified, TooMany):
        if not deletes or activitystreams.read_deletion(claim.delivery.body) is None:
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
        counts_as_knock=isinstance(intent, COUNTED),
        evidence=evidence.of_request(signed),
    )


async def process(gate: Gate, job: Job) -> None:
    """
    Decide on one kept delivery and carry the decision out, in one transaction.

    What has to be fetched for it is fetched before. The job ends in the same
    transaction, so that a crash repeats all of it or nothing, and whoever lost the job to
    somebody else meanwhile does nothing.
    """
    kept = await gate.database.read(partial(_take_out, gate, job=job))
    if kept is None:
        await gate.database.write(partial(jobs.done, job=job))
        return
    if not kept.met:
        copies = shown.copies_in(read_json(evidence.body_of(kept.proof)))
        met = await meeting.meet(gate, kept.intent, kept.recipient, copies=copies)
        kept = replace(kept, intent=met)
    if gate.database.writers > 1:
        decision = await _settle_alone(gate, kept)
    else:
        decision = await gate.memory.deciding.ask(kept, partial(_settle_all, gate))
    gate.crash.point("effects-committed")
    if decision and RefreshActor() in decision.effects:
        keyring.forget(gate, kept.intent.actor)
        await people.refresh(gate, kept.intent.actor)


async def _take_out(gate: Gate, tx: Transaction, *, job: Job) -> Kept | None:
    """Take out what a job is about; None where whoever sent it was forgotten meanwhile."""
    delivery = job.payload.decode()
    waiting = await inbox.waiting(tx, delivery)
    if waiting is None:
        return None
    place = intake.PLACE.format(delivery)
    proof = await gate.vault.open_sealed(tx, waiting.request, place=place)
    intent = activitystreams.recall_activity(
        evidence.body_of(proof), by=waiting.actor, recipient=waiting.recipient
    )
    recipient = gate.places.read(waiting.recipient)
    assert recipient is not None, "only actors of ours are delivered to"
    met = await meeting.is_over(gate, tx, intent, recipient)
    return Kept(job=job, intent=intent, recipient=recipient, proof=proof, met=met)


async def _settle_all(gate: Gate, batch: Sequence[Kept]) -> Sequence[Decision | Exception | None]:
    """Settle many in one transaction; should one of them fail, each in one of its own."""
    answers = list[Decision | Exception | None]()
    while rest := batch[len(answers) :]:
        try:
            async with gate.at_leisure:
                answers += await gate.database.write(partial(_settle_some, gate, batch=rest))
        except Exception as error:  # noqa: BLE001 - whose it is, shows when each is tried alone
            if len(batch) == 1:
                return [error]
            answers += await _settle_all(gate, rest[:1])
    return answers


async def _settle_alone(gate: Gate, kept: Kept) -> Decision | None:
    async with gate.at_leisure:
        return await gate.database.write(partial(_settle, gate, kept=kept))


async def _settle_some(
    gate: Gate, tx: Transaction, *, batch: Sequence[Kept]
) -> list[Decision | None]:
    """Settle them until somebody waits to write, a stranger who wants their 202, say."""
    settled = list[Decision | None]()
    for kept in batch:
        if len(settled) >= SOME and gate.database.awaited:
            break
        settled.append(await _settle(gate, tx, kept=kept))
    return settled


async def _settle(gate: Gate, tx: Transaction, *, kept: Kept) -> Decision | None:
    """Decide, carry it out, and end the job; None where somebody else has it by now."""
    if not await jobs.done(tx, kept.job):
        return None
    kept = replace(kept, intent=await tickets.meant(tx, kept.intent, kept.recipient.slug))
    decision = await _decide(gate, tx, kept)
    await _write_down(gate, tx, kept, decision)
    gate.crash.point("decided")
    return decision


async def _decide(gate: Gate, tx: Transaction, kept: Kept) -> Decision:
    intent = kept.intent
    facts = await gather.facts_for(gate, tx, intent, kept.recipient.slug)
    decision = _explained(gate, decide(intent, facts), intent, kept.recipient)
    decided = signing.named(decision)
    case = Case(gate=gate, tx=tx, facts=facts, evidence=kept.proof, decision=decided)
    for effect in decision.effects:
        match effect:
            case Obey(text=text):
                echo = await commands.obey(gate, tx, text, facts=facts)
                answer = Tell(to=facts.actor, text=echo, in_reply_to=_note_of(intent))
                await carry.carry_out(case, answer)
            case Do():
                if code := await stewarding.do(case, effect):
                    return refuse(code)
            case Fulfil(wish=wish):
                if said := await wishes.fulfil(case, wish):
                    await carry.carry_out(case, _answer(said, facts, _note_of(intent)))
            case Revise(note=note) if await telling.revised_enough(tx, note):
                return refuse("too-many-revisions")
            case RefreshActor():
                await people_store.forget_keys(tx, intent.actor)
            case _:
                await carry.carry_out(case, effect)
    if isinstance(intent, Revision | EditTicket | Withdrawal | Departure):
        await publishing.end_what_changed(case)
    return decision


def _explained(gate: Gate, decision: Decision, intent: Arrival, house: Local) -> Decision:
    """Name what was wrong with a chain that was shown, where nothing of it was kept."""
    if decision.reason != Flaw.NONE_NAMED.value:
        return decision
    code = shown.why_not(gate, house.slug, intent.capability, by=intent.actor)
    return replace(decision, reason=code)


def _answer(said: str, facts: Facts, note: NoteId | None) -> Tell:
    """Answer a wish where it was uttered, and keep the answer in no conversation."""
    thread = facts.thread.id if facts.thread else None
    return Tell(to=facts.actor, text=said, in_reply_to=note, thread=thread, kept=False)


def _note_of(intent: Arrival) -> NoteId | None:
    return intent.note if isinstance(intent, Message) else None


async def _write_down(gate: Gate, tx: Transaction, kept: Kept, decision: Decision) -> None:
    now, verdict, intent = gate.clock(), decision.verdict.value, kept.intent
    await inbox.settle(
        tx, kept.job.payload.decode(), verdict=verdict, reason=decision.reason, now=now
    )
    if decision.reason == BLOCKED:
        return
    deed = Deed(
        project=kept.recipient.slug,
        principal=intent.actor,
        role=audit.OUTSIDE,
        act=type(intent).__name__,
        subject=intent.activity,
        verdict=verdict,
        reason=decision.reason,
        at=now,
    )
    await audit.write_down(gate, tx, deed, soon=audit.moves_a_grant(decision))
