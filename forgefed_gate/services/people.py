"""People elsewhere: who an id or a handle belongs to, as their own server says."""

import re
from functools import partial
from urllib.parse import quote

from forgefed_gate.domain.errors import Forbidden, Malformed, NotFound, Refusal, Unreachable
from forgefed_gate.domain.ids import DAY, ActorId, authority_of, origin, recent
from forgefed_gate.protocol import discovery, fields, frontdoor
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import fetching
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import people
from forgefed_gate.store.people import Person

KINDS = (
    *("Person", "Service", "Application", "Group", "Organization"),
    *("Project", "Team", "Repository", "TicketTracker", "PatchTracker"),
)

BELIEVED_FOR = DAY
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")


async def look_up(gate: Gate, actor: ActorId) -> Person:
    """Know *actor*: from memory where that is a day old at most, else from their server."""
    known = await gate.database.read(partial(people.find, actor=actor))
    if known is not None and is_fresh(gate, known):
        return known
    try:
        return await refresh(gate, actor)
    except Unreachable:
        if known is None:
            raise
        return known


def is_fresh(gate: Gate, known: Person) -> bool:
    """Say whether what we know of somebody is new enough to go by."""
    return recent(known.refreshed_at, BELIEVED_FOR, now=gate.clock())


async def refresh(gate: Gate, actor: ActorId) -> Person:
    """Read *actor* anew from their server."""
    return await remember(gate, await fetching.document_by_id(gate, actor))


async def remember(gate: Gate, document: JsonObject) -> Person:
    """Keep what an actor document, which came from its own origin, says of its owner."""
    person = _person(gate, document)
    async with gate.database.transaction() as tx:
        await people.save(tx, person)
    return person


def _person(gate: Gate, document: JsonObject) -> Person:
    actor = ActorId(fields.required(document, "id"))
    inbox = fields.required(document, "inbox")
    frontdoor.canonical_url(inbox, addressing=gate.addressing)
    if origin(inbox) != origin(actor):
        raise Unreachable("inbox-origin", "Their inbox is not on their own server.")
    name = fields.text(document, "preferredUsername")
    user = name if NAME.match(name) else "someone"
    kinds = fields.kinds(document)
    return Person(
        actor=actor,
        handle=f"@{user}@{authority_of(actor)}",
        inbox=inbox,
        kind=next((kind for kind in KINDS if kind in kinds), "Other"),
        refreshed_at=gate.clock(),
    )


async def resolve(gate: Gate, who: str) -> Person:
    """
    Find whom *who*, a handle or an actor's URL, means.

    Their server is asked whose a handle is; memory answers only while it is away, or
    where we do not talk with it.
    """
    try:
        return await look_up(gate, await _actor_of(gate, who))
    except (Unreachable, Forbidden):
        known = await _known(gate, who)
        if known is None:
            raise
        return known


async def _actor_of(gate: Gate, who: str) -> ActorId:
    if "://" in who:
        frontdoor.canonical_url(who, addressing=gate.addressing)
        return ActorId(who)
    user, authority = discovery.split_handle(who)
    return await _web_finger(gate, user, authority)


async def _known(gate: Gate, who: str) -> Person | None:
    async with gate.database.snapshot() as tx:
        if "://" in who:
            return await people.find(tx, ActorId(who))
        user, authority = discovery.split_handle(who)
        return await people.find_by_handle(tx, f"@{user}@{authority}")


async def _web_finger(gate: Gate, user: str, authority: str) -> ActorId:
    await refuse_blocked_host(gate, f"https://{authority}/")
    resource = quote(f"acct:{user}@{authority}", safe=":@")
    schemes = ("http", "https") if gate.settings.allow_http else ("https",)
    refusal: Refusal = NotFound("unknown-handle", f"Nobody answers for @{user}@{authority}.")
    for scheme in schemes:
        url = f"{scheme}://{authority}/.well-known/webfinger?resource={resource}"
        try:
            answer = await gate.outbound.get(url, {"Accept": "application/jrd+json"})
            if answer.status == 200:  # noqa: PLR2004 - HTTP says so
                return ActorId(discovery.read_jrd(frontdoor.read_json(answer.body)))
        except (Unreachable, Malformed) as error:
            refusal = error
    raise refusal
