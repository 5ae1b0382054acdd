"""Documents that others publish: asked for in our name, believed from their origin only."""

import asyncio
from functools import partial

from forgefed_gate.domain.errors import Unreachable
from forgefed_gate.domain.places import THE_GATE
from forgefed_gate.net.fetch import read_document
from forgefed_gate.protocol import fields, frontdoor, httpsig, jsonld
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.protocol.httpsig import Dialect
from forgefed_gate.services import local
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate, Own

ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
SLOWEST_READING = 2.0


async def document(gate: Gate, url: str) -> JsonObject:
    """
    Fetch the ActivityPub document at *url*, which has no fragment.

    Raises `Unreachable` with a stable code, `Malformed` where it cannot be read, and
    `Forbidden` where we do not talk with that server.
    """
    frontdoor.canonical_url(url, addressing=gate.addressing)
    await refuse_blocked_host(gate, url)
    me = await local.own(gate, THE_GATE)
    answer = await gate.outbound.get(url, {"Accept": ACCEPT}, sign=partial(_sign, gate, me))
    found = frontdoor.read_json(read_document(answer, asked=url))
    return await _plainly(found) if jsonld.needs_reading(found) else found


async def document_by_id(gate: Gate, url: str) -> JsonObject:
    """Fetch what has the id *url*; what names another id of that origin is asked there."""
    found = await document(gate, url)
    named = fields.optional(found, "id")
    if named != url and frontdoor.same_origin(named, url):
        found = await document(gate, named)
    if fields.optional(found, "id") != named or not frontdoor.same_origin(named, url):
        raise Unreachable("id-mismatch", "The document is about something else.")
    return found


def _sign(gate: Gate, me: Own, url: str) -> dict[str, str]:
    return httpsig.sign(
        "GET", url, body=None, key=me.rsa, now=gate.clock(), dialect=Dialect.CAVAGE
    )


async def _plainly(found: JsonObject) -> JsonObject:
    """Read a document that uses prefixes or aliases, away from the event loop and not for long."""
    async with asyncio.timeout(SLOWEST_READING):
        return await asyncio.to_thread(jsonld.plain, found)
