"""What leaves the gate: put in the queue with what caused it, signed and sent afterwards."""

import asyncio
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from forgefed_gate.domain.errors import Malformed, NotFound, Unreachable
from forgefed_gate.domain.ids import SECOND, ActorId, Millis, PieceId, Slug, origin
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.net.fetch import Answer
from forgefed_gate.protocol import httpsig
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.protocol.terms import ACTIVITY_JSON
from forgefed_gate.protocol.wire import write_json
from forgefed_gate.services import local, withholding
from forgefed_gate.services.blocklist import is_blocked_host
from forgefed_gate.services.gate import PRIVATE, Brought, Care, Gate, Letter, Opened, Sign
from forgefed_gate.store import blocks, followers, jobs, peers, publications
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.jobs import Job, NewJob
from forgefed_gate.store.people import Person
from forgefed_gate.store.seal import DataKey, seal, unreadable

PLACE = "jobs|{}|payload"
MOST_AT_ONCE = 1_000
"""How many jobs one statement puts in the queue."""
PUBLISHES = re.compile(r"deliver \S+/pieces/([^/ ]+)/create ")
NOT_SIGNED_WELL = {400, 401, 403}
OTHER = {Dialect.CAVAGE: Dialect.RFC9421, Dialect.RFC9421: Dialect.CAVAGE}
GONE = "gone"
FINAL = {GONE, "missing", "rejected"}
"""What a server says once and for all."""
ANSWERED = FINAL | {"refused"}
"""What only a server that works can say."""
PASSING = {401, 403, 408, 425, 429}
"""Refusals that may be over tomorrow: a key not read yet, a crowd, a pause."""
REFUSALS_OF_A_PROJECT = 5
"""After how many, in an hour and a bit, what a project says is left at the desk's words."""


async def enqueue(
    gate: Gate,
    tx: Transaction,
    *,
    sender: Local,
    to: Person,
    document: JsonObject,
    care: Care = PRIVATE,
) -> None:
    """Let *document* go to one person, as `enqueue_all` does."""
    await enqueue_all(gate, tx, sender=sender, people=[to], document=document, care=care)


async def enqueue_all(
    gate: Gate,
    tx: Transaction,
    *,
    sender: Local,
    people: Sequence[Person],
    document: JsonObject,
    care: Care = PRIVATE,
) -> None:
    """
    Let *document* go to the personal inbox of each of *people* once this transaction commits.

    It waits sealed under the key of whoever it is for. A blocked or hushed person is
    not written to, now or when its turn comes, and *care* says what may be told to whom.
    """
    each = [(to, document) for to in people]
    await enqueue_each(gate, tx, sender=sender, documents=each, care=care)


async def enqueue_each(
    gate: Gate,
    tx: Transaction,
    *,
    sender: Local,
    documents: Sequence[tuple[Person, JsonObject]],
    care: Care = PRIVATE,
) -> None:
    """Let many documents go, each to somebody, as `enqueue_all` does."""
    for first in range(0, len(documents), MOST_AT_ONCE):
        await _enqueue(gate, tx, sender, documents[first : first + MOST_AT_ONCE], care)


async def _enqueue(
    gate: Gate,
    tx: Transaction,
    sender: Local,
    documents: Sequence[tuple[Person, JsonObject]],
    care: Care,
) -> None:
    now = gate.clock()
    unwelcome = await _unwelcome(tx, {(sender.slug, to.actor) for to, _ in documents})
    welcome = [each for each in documents if (sender.slug, each[0].actor) not in unwelcome]
    if not welcome:
        return
    keys = await gate.vault.keys_for(tx, {(to.actor, "") for to, _ in welcome}, now=now)
    put = [_job(sender, to, said, care, key=keys[to.actor, ""], now=now) for to, said in welcome]
    await jobs.put_many(tx, put, now=now)
    gate.work.set()


def _job(
    sender: Local, to: Person, document: JsonObject, care: Care, *, key: DataKey, now: Millis
) -> NewJob:
    """
    Put one delivery in its lane.

    An inbox is a lane, and what a project says to it is another: most servers know no
    projects, and what they refuse must not hold up a word to people.
    """
    name = f"deliver {document['id']} {to.actor}"
    return NewJob(
        name=name,
        kind="deliver",
        lane=f"{to.inbox} {sender.user}" if sender.kind.forge else to.inbox,
        origin=origin(to.inbox),
        payload=seal(key, parcel(sender, to, document, care), place=PLACE.format(name)),
        run_at=now,
    )


def parcel(sender: Local, to: Person, document: JsonObject, care: Care = PRIVATE) -> bytes:
    """Write down all that a delivery has to know when its turn comes."""
    return write_json(
        {
            "kind": sender.kind.value,
            "slug": sender.slug,
            "to": to.actor,
            "inbox": to.inbox,
            "body": write_json(document).decode(),
            "ours": care.ours,
            "page": care.page,
        }
    )


async def deliver(gate: Gate, job: Job) -> Brought:
    """
    Try one delivery once, and say how it went: taken, or for nobody any more.

    Raises `Unreachable` otherwise, with a code of `FINAL` where trying again is in vain.
    What costs the same for many is done for many at once: opening, signing, and `end`.
    """
    opened = await gate.memory.opening.ask(job, partial(_open, gate))
    return await _bring(gate, job, *opened) if opened else Brought(job=job, taken=False)


async def _open(gate: Gate, batch: Sequence[Job]) -> list[Opened | NotFound | None]:
    """Open what many jobs deliver and nobody recalled, and how their servers want it signed."""
    return await gate.database.read(partial(_open_in, gate, batch=batch))


async def _open_in(
    gate: Gate, tx: Transaction, *, batch: Sequence[Job]
) -> list[Opened | NotFound | None]:
    sealed = [(job.payload, PLACE.format(job.name)) for job in batch]
    letters = [_read(each) for each in await gate.vault.open_many(tx, sealed)]
    places = {(each.sender.slug, each.to) for each in letters if each}
    unwelcome = await _unwelcome(tx, places)
    taken_back = await _taken_back(tx, [job.name for job in batch])
    origins = {origin(each.inbox) for each in letters if each}
    known = await peers.dialects(tx, origins, now=gate.clock())
    alive = await jobs.alive(tx, {job.name for job in batch}) - taken_back
    return [
        _opened(each, unwelcome, known) if job.name in alive else None
        for job, each in zip(batch, letters, strict=True)
    ]


async def _taken_back(tx: Transaction, names: Collection[str]) -> set[str]:
    """Find deliveries of what was withdrawn before its turn came: those words leave no more."""
    named = {name: PieceId(found[1]) for name in names if (found := PUBLISHES.match(name))}
    public = await publications.still_public(tx, [*named.values()]) if named else set[PieceId]()
    return {name for name, piece in named.items() if piece not in public}


def _opened(
    letter: Letter | None,
    unwelcome: Collection[tuple[Slug, ActorId]],
    known: Mapping[str, str],
) -> Opened | NotFound | None:
    """Give what is to be delivered, if it can be read and still has somebody to go to."""
    if letter is None:
        return unreadable()
    if (letter.sender.slug, letter.to) in unwelcome:
        return None
    return letter, known.get(origin(letter.inbox))


def _read(opened: bytes | None) -> Letter | None:
    if opened is None:
        return None
    payload: dict[str, Any] = json.loads(opened)
    return Letter(
        sender=Local(kind=Kind(payload["kind"]), slug=Slug(payload["slug"])),
        to=ActorId(payload["to"]),
        inbox=payload["inbox"],
        body=payload["body"].encode(),
        care=Care(ours=payload.get("ours", False), page=payload.get("page", "")),
    )


async def _bring(gate: Gate, job: Job, letter: Letter, known: str | None) -> Brought:
    if await is_blocked_host(gate, letter.inbox):
        return Brought(job=job, taken=False)
    letter = replace(letter, body=await withholding.body_of(gate, letter))
    dialect = Dialect(known or Dialect.CAVAGE)
    answer = await _post(gate, letter, dialect)
    if answer.status in NOT_SIGNED_WELL:
        dialect = OTHER[dialect]
        answer = await _post(gate, letter, dialect)
    try:
        judge(answer, now=gate.clock())
    except Unreachable as refusal:
        if _left_at_words(job, refusal, by=letter.sender.kind):
            return Brought(job=job, taken=True)
        raise
    learned = None if dialect == known else (origin(letter.inbox), dialect.value)
    return Brought(job=job, taken=True, learned=learned)


def _left_at_words(job: Job, refusal: Unreachable, *, by: Kind) -> bool:
    """
    Say whether a server refuses what a project says as one does that knows no projects.

    Mastodon finds no key in an actor of that type, and Fedify no sense in a `Grant`.
    Whoever lives there has the same in words from the desk, and nobody could mend it.
    """
    if not by.forge:
        return False
    tried_enough = job.attempts >= REFUSALS_OF_A_PROJECT
    return refusal.code == "rejected" or (refusal.code == "refused" and tried_enough)


async def _post(gate: Gate, letter: Letter, dialect: Dialect) -> Answer:
    sender, inbox, body = await local.own(gate, letter.sender), letter.inbox, letter.body
    sign = partial(
        httpsig.sign, "POST", inbox, body=body, key=sender.rsa, now=gate.clock(), dialect=dialect
    )
    signed = await gate.memory.signing.ask(sign, _sign_all)
    gate.crash.point("signed")
    answer = await gate.outbound.post(inbox, {**signed, "Content-Type": ACTIVITY_JSON}, body)
    gate.crash.point("sent")
    return answer


async def _sign_all(batch: Sequence[Sign]) -> list[Mapping[str, str] | Exception]:
    """Make signatures away from the event loop: many of them would hold up whoever asks us."""
    return await asyncio.to_thread(lambda: [_signed(sign) for sign in batch])


def _signed(sign: Sign) -> Mapping[str, str] | Exception:
    try:
        return sign()
    except Malformed as refusal:
        return refusal


async def end(gate: Gate, brought: Brought) -> None:
    """End the job of a delivery that is over, and remember what its server took."""
    await gate.memory.ending.ask(brought, partial(_end, gate))


async def _end(gate: Gate, batch: Sequence[Brought]) -> list[None]:
    ended = await gate.database.write(partial(_end_in, gate, batch=batch))
    for brought in batch:
        if brought.job.name not in ended:
            await gate.database.write(partial(jobs.done, job=brought.job))
    return [None] * len(batch)


async def _end_in(gate: Gate, tx: Transaction, *, batch: Sequence[Brought]) -> set[str]:
    learned = dict(brought.learned for brought in batch if brought.learned)
    ended = await jobs.done_many(tx, [brought.job for brought in batch])
    if learned:
        await peers.learn(tx, learned, now=gate.clock())
    return ended


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


async def _unwelcome(
    tx: Transaction, places: Collection[tuple[Slug, ActorId]]
) -> set[tuple[Slug, ActorId]]:
    """Name those to whom a project does not write: it blocked them, or they want nothing."""
    return await blocks.among(tx, places) | await followers.hushed_among(tx, places)
