"""Gates that bear witness for each other: what one told of its audit log, it cannot untell."""

import logging
from http import HTTPStatus

from forgefed_gate.domain import tree
from forgefed_gate.domain.errors import Conflict, NotFound, Unreachable, Unverified
from forgefed_gate.domain.ids import authority_of, origin
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.domain.tree import EMPTY, Span
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import checkpoint, httpsig, witnessing
from forgefed_gate.protocol.checkpoint import Checkpoint
from forgefed_gate.protocol.httpsig import Delivery, Dialect
from forgefed_gate.services import checkpoints, keyring, local
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import audit, jobs, witnessed
from forgefed_gate.store.jobs import Job
from forgefed_gate.store.witnessed import Held

log = logging.getLogger(__name__)

PLAIN = {"Accept": "text/plain"}


async def keep(gate: Gate, delivery: Delivery, *, caller: str) -> None:
    """
    Keep what another gate tells of its log, if it follows from what it told before.

    Only those whom our settings name are listened to; of them, the request and the
    checkpoint in it are signed by one key. What contradicts an earlier checkpoint is a
    `Conflict`, and changes nothing.
    """
    claim = httpsig.read_claim(delivery, base_url=gate.places.base_url, now=gate.clock())
    keyring.require_name(gate, claim.key_id)
    if origin(claim.key_id) not in gate.settings.witness_for:
        raise NotFound("not-found", "There is nothing here.")
    await refuse_blocked_host(gate, claim.key_id)
    signed = await keyring.prove(gate, delivery, claim, caller=caller)
    told = witnessing.read(signed.body)
    found = checkpoint.proven(told.note, public=signed.key.public)
    if found.origin != checkpoints.log_of(authority_of(signed.by)):
        raise Unverified("checkpoint-of-another", "A gate tells of its own log only.")
    async with gate.database.transaction() as tx:
        held = await witnessed.hold(tx, found.origin)
        _follows(held, found, told.old, told.proof)
        new = Held(size=found.size, note=told.written)
        await witnessed.keep(tx, found.origin, new, now=gate.clock())


def _follows(held: Held, found: Checkpoint, old: int, proof: tuple[bytes, ...]) -> None:
    if old != held.size:
        raise Conflict("checkpoint-after-another", f"The latest that we hold is {held.size}.")
    before = checkpoint.read(held.note).checkpoint.root if held.note else EMPTY
    if not tree.consistent(before, found.root, old=old, size=found.size, proof=proof):
        log.error("another gate contradicts what it told of its audit log")
        raise Conflict(
            "checkpoint-contradicts", "This does not follow from what you told us before."
        )


async def held_of(gate: Gate, authority: str) -> str:
    """Give the latest that the gate at *authority* told us, for everybody to compare."""
    async with gate.database.snapshot() as tx:
        held = await witnessed.find(tx, checkpoints.log_of(authority))
    if held is None or not held.note:
        raise NotFound("not-found", "There is nothing here.")
    return held.note


async def seen(gate: Gate) -> Checkpoint | None:
    """Ask our witness for the latest that it holds of us; None where that is nothing."""
    url = f"{gate.settings.witness}/audit/witnessed/{gate.places.authority}"
    answer = await gate.outbound.get(url, PLAIN)
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    note = answer.body.decode(errors="replace") if answer.status == HTTPStatus.OK else ""
    found = checkpoints.proven(note, await local.own(gate, THE_GATE))
    if found is None or found.origin != checkpoints.origin(gate.places):
        raise Unreachable("witness-failed", "The witness did not say what it holds of us.")
    return found


async def report(gate: Gate, job: Job) -> None:
    """
    Tell our witness what our log came to, with the proof that it only grew.

    Raises `Conflict` where the witness holds more of it, or something else, than we do.
    """
    held = await seen(gate)
    old, before = (held.size, held.root) if held else (0, EMPTY)
    async with gate.database.snapshot() as tx:
        note = (await audit.head(tx)).checkpoint
        size = checkpoint.read(note).checkpoint.size
        if old > size or await audit.roots(tx, [Span(begin=0, end=old)]) != [before]:
            log.error("the witness holds another audit log of ours than we do")
            raise Conflict("witness-disagrees", "Our log is not the one that we told of.")
        proof = await audit.roots(tx, tree.consistency(old, size=size))
    if old < size:
        _taken(await _tell(gate, witnessing.write(note, old=old, proof=proof)))
    async with gate.database.transaction() as tx:
        if (await audit.hold(tx)).checkpoint == note:
            await jobs.done(tx, job)
        else:
            await jobs.retry(tx, job, run_at=gate.clock(), error="newer")


async def _tell(gate: Gate, body: bytes) -> Answer:
    """Bring it, signed by the key that signed the checkpoint, in the way that gates prefer."""
    url, me = f"{gate.settings.witness}/audit/witness", await local.own(gate, THE_GATE)
    signed = httpsig.sign(
        "POST", url, body=body, key=me.ed25519, now=gate.clock(), dialect=Dialect.RFC9421
    )
    return await gate.outbound.post(url, {**signed, "Content-Type": "text/plain"}, body)


def _taken(answer: Answer) -> None:
    if answer.status != HTTPStatus.OK:
        raise Unreachable("witness-failed", f"The witness answered {answer.status}.")
