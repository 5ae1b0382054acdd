"""What leaves the gate: put in the queue with what caused it, signed and sent afterwards."""

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import SECOND, ActorId, Millis, Slug, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.store import blocks, followers, jobs, peers
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job
from forgefed_gate.store.people import Person
from forgefed_gate.store.seal import seal

PLACE = "jobs|{}|payload"
NOT_SIGNED_WELL = {400, 401, 403}
OTHER = {Dialect.CAVAGE: Dialect.RFC9421, Dialect.RFC9421: Dialect.CAVAGE}
GONE = "gone"
FINAL = {GONE, "missing", "rejected"}
"""What a server says once and for all."""
ANSWERED = FINAL | {"refused"}
"""What only a server that works can say."""
PASSING = {401, 403, 408, 425, 429}
"""Refusals that may be over tomorrow: a key not read yet, a crowd, a pause."""


async def enqueue(
    gate: Gate, tx: Transaction, *, sender: Local, to: Person, document: JsonObject
) -> None:
    """
    Let *document* go to the personal inbox of *to* once this transaction has committed.

    It waits sealed under the key of whoever it is for. A blocked or hushed person is
    not written to, now or when its turn comes.
    """
    if await _unwelcome(tx, sender.slug, to.actor):
        return
    now, name = gate.clock(), f"deliver {document['id']} {to.actor}"
    key = await gate.vault.key_for(tx, owner=to.actor, thread="", now=now)
    sealed = seal(key, parcel(sender, to, document), place=PLACE.format(name))
    at = origin(to.inbox)
    await jobs.put(
        tx, name, "deliver", lane=to.inbox, origin=at, payload=sealed, run_at=now, now=now
    )
    gate.work.set()


def parcel(sender: Local, to: Person, document: JsonObject) -> bytes:
    """Write down all that a delivery has to know when its turn comes."""
    return write_json(
        {
            "kind": sender.kind.value,
            "slug": sender.slug,
            "to": to.actor,
            "inbox": to.inbox,
            "body": write_json(document).decode(),
        }
    )


async def deliver(gate: Gate, job: Job) -> bool:
    """
    Try one delivery once.

    Returns True where it was taken, and False where it no longer has anybody to go to.
    Raises `Unreachable` otherwise, with a code of `FINAL` where trying again is in vain.
    """
    async with gate.database.snapshot() as tx:
        opened = await gate.vault.open_sealed(tx, job.payload, place=PLACE.format(job.name))
        payload: dict[str, Any] = json.loads(opened)
        if await _unwelcome(tx, Slug(payload["slug"]), ActorId(payload["to"])):
            return False
        at = origin(payload["inbox"])
        known = await peers.dialect(tx, at, now=gate.clock())
    sender = await local.own(gate, Local(kind=Kind(payload["kind"]), slug=Slug(payload["slug"])))
    dialect = Dialect(known) if known else Dialect.CAVAGE
    body = payload["body"].encode()
    answer = await _post(gate, sender, payload["inbox"], body, dialect)
    if answer.status in NOT_SIGNED_WELL:
        dialect = OTHER[dialect]
        answer = await _post(gate, sender, payload["inbox"], body, dialect)
    judge(answer, now=gate.clock())
    if dialect != known:
        async with gate.database.transaction() as tx:
            await peers.learn(tx, at, dialect, now=gate.clock())
    return True


async def _post(gate: Gate, sender: Own, inbox: str, body: bytes, dialect: Dialect) -> Answer:
    signed = httpsig.sign(
        "POST", inbox, body=body, key=sender.rsa, now=gate.clock(), dialect=dialect
    )
    return await gate.outbound.post(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body)


def judge(answer: Answer, *, now: Millis) -> None:
    """
    Return where a delivery was taken, and say otherwise what kind of failure it is.

    Whoever refuses the thing itself will refuse it tomorrow: that is final, so that what
    waits behind it is not held back.
    """
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP says so
        return
    if status == 410:  # noqa: PLR2004 - HTTP says so
        code = GONE
    elif status == 404:  # noqa: PLR2004 - HTTP says so
        code = "missing"
    elif status in {401, 403}:
        code = "refused"
    elif 400 <= status < 500 and status not in PASSING:  # noqa: PLR2004 - HTTP says so
        code = "rejected"
    else:
        code = "failed"
    raise Unreachable(code, f"Their server answered {status}.", asked=_asked(answer, now=now))


def _asked(answer: Answer, *, now: Millis) -> int | None:
    """Say how many milliseconds a peer asks us to wait, be it for a while or until a moment."""
    words = answer.headers.get("retry-after", "")
    if re.fullmatch("[0-9]{1,9}", words):
        return int(words) * SECOND
    try:
        moment = parsedate_to_datetime(words)
        return max(round(moment.timestamp() * SECOND) - now, 0)
    except (ValueError, OverflowError):
        return None


async def _unwelcome(tx: Transaction, project: Slug, actor: ActorId) -> bool:
    blocked = await blocks.covers(tx, actor, project=project)
    return blocked or await followers.hushed(tx, project, actor)
