"""How many people are in a house: ours, or one elsewhere as far as it tells."""

from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.protocol import fields, frontdoor
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import fetching
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import grants

OF_PEOPLE = ("members", "collaborators")
"""The collections that may say so; a Team of ForgeFed has the first, ours have the second."""


async def members_of(gate: Gate, house: Slug) -> int:
    """Count who is in a house of ours."""
    async with gate.database.snapshot() as tx:
        return await grants.count_standing(tx, house, now=gate.clock())


async def people_at(gate: Gate, actor: ActorId) -> int | None:
    """
    Ask how many people are in a house elsewhere; None where it does not tell.

    What it says is for people to weigh, and decides nothing.
    """
    try:
        return fields.total(await _collection(gate, await fetching.document_by_id(gate, actor)))
    except (Refusal, TimeoutError):
        return None


async def _collection(gate: Gate, document: JsonObject) -> JsonObject:
    """Fetch the collection of its people, which is on its own server."""
    named = [found for name in OF_PEOPLE if (found := fields.optional(document, name))]
    there = [url for url in named if frontdoor.same_origin(url, fields.required(document, "id"))]
    return await fetching.document_by_id(gate, there[0]) if there else {}
