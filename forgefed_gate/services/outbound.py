"""What leaves the gate: put in the queue with what caused it, signed and sent afterwards."""

import json
import re
from typing import Any

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.ids import SECOND, ActorId, Slug, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local
from forgefed_gate.services.blocklist import is_blocked_host
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.store import blocks, followers, jobs, peers
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job
from forgefed_gate.store.people import Person
from forgefed_gate.store.seal import seal

PLACE = "jobs|{}|payload"
NOT_SIGNED_WELL = {400, 401, 403}
OTHER = {Dialect.CAVAGE: Dialect.RFC9421, Dialect.RFC9421: Dialect.CAVAGE}
PASSING = {401, 403, 408, 425, 429}
"""Refusals that may be over tomorrow: a key not read yet, a crowd, a pause."""
REFUSALS_OF_A_PROJECT = 5
"""After how many, in an hour and a bit, what a project says is left at the desk's words."""


async def enqueue(
    gate: Gate, tx: Transaction, *, sender: Local, to: Person, document: JsonObject
) -> None:
    """
    Let *document* go to the personal inbox of *to* once this transaction has committed.

    It waits sealed under the key of whoever it is for. A blocked or hushed person is
    not written to, now or when its turn comes. An inbox is a lane, and what a project
    says to it is another: most servers know no projects, and what they refuse must not
    hold up a word to people.
    """
    if await _unwelcome(tx, sender.slug, to.actor):
        return
    now, name = gate.clock(), f"deliver {document['id']} {to.actor}"
    lane = f"{to.inbox} {sender.user}" if sender.kind is Kind.PROJECT else to.inbox
    payload = {
        "kind": sender.kind.value,
        "slug": sender.slug,
        "to": to.actor,
        "inbox": to.inbox,
        "body": write_json(document).decode(),
    }
    key = await gate.vault.key_for(tx, owner=to.actor, thread="", now=now)
    sealed = seal(key, write_json(payload), place=PLACE.format(name))
    await jobs.put(tx, name, "deliver", lane=lane, payload=sealed, run_at=now, now=now)
    gate.work.set()


async def deliver(gate: Gate, job: Job) -> None:
    """
    Try one delivery once.

    Returns where it was taken, no longer has anybody to go to, or is left at the words
    that say the same. Raises `Unreachable` otherwise, with the code `gone` or `rejected`
    where trying again is in vain.
    """
    async with gate.database.snapshot() as tx:
        opened = await gate.vault.open_sealed(tx, job.payload, place=PLACE.format(job.name))
        payload: dict[str, Any] = json.loads(opened)
        if await _unwelcome(tx, Slug(payload["slug"]), ActorId(payload["to"])):
            return
        at = origin(payload["inbox"])
        known = await peers.dialect(tx, at, now=gate.clock())
    if await is_blocked_host(gate, at):
        return
    sender = await local.own(gate, Local(kind=Kind(payload["kind"]), slug=Slug(payload["slug"])))
    dialect = Dialect(known) if known else Dialect.CAVAGE
    body = payload["body"].encode()
    answer = await _post(gate, sender, payload["inbox"], body, dialect)
    if answer.status in NOT_SIGNED_WELL:
        dialect = OTHER[dialect]
        answer = await _post(gate, sender, payload["inbox"], body, dialect)
    try:
        judge(answer)
    except Unreachable as refusal:
        if _left_at_words(job, refusal, by=Kind(payload["kind"])):
            return
        raise
    if dialect != known:
        async with gate.database.transaction() as tx:
            await peers.learn(tx, at, dialect, now=gate.clock())


def _left_at_words(job: Job, refusal: Unreachable, *, by: Kind) -> bool:
    """
    Say whether a server refuses what a project says as one does that knows no projects.

    Mastodon finds no key in an actor of that type, and Fedify no sense in a `Grant`.
    Whoever lives there has the same in words from the desk, and nobody could mend it.
    """
    if by is not Kind.PROJECT:
        return False
    tried_enough = job.attempts >= REFUSALS_OF_A_PROJECT
    return refusal.code == "rejected" or (refusal.code == "refused" and tried_enough)


async def _post(gate: Gate, sender: Own, inbox: str, body: bytes, dialect: Dialect) -> Answer:
    signed = httpsig.sign(
        "POST", inbox, body=body, key=sender.rsa, now=gate.clock(), dialect=dialect
    )
    return await gate.outbound.post(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body)


def judge(answer: Answer) -> None:
    """
    Return where a delivery was taken, and say otherwise what kind of failure it is.

    Whoever refuses the thing itself will refuse it tomorrow: that is final, so that what
    waits behind it is not held back.
    """
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP says so
        return
    if status in {404, 410}:
        code = "gone"
    elif status in {401, 403}:
        code = "refused"
    elif 400 <= status < 500 and status not in PASSING:  # noqa: PLR2004 - HTTP says so
        code = "rejected"
    else:
        code = "failed"
    raise Unreachable(code, f"Their server answered {status}.", asked=_asked(answer))


def _asked(answer: Answer) -> int | None:
    """Say how many milliseconds a peer asks us to wait, where it says so in seconds."""
    seconds = answer.headers.get("retry-after", "")
    return int(seconds) * SECOND if re.fullmatch("[0-9]{1,9}", seconds) else None


async def _unwelcome(tx: Transaction, project: Slug, actor: ActorId) -> bool:
    blocked = await blocks.covers(tx, actor, project=project)
    return blocked or await followers.hushed(tx, project, actor)
