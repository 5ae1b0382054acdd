"""Revokes from elsewhere: what has to prove them, and that they count from when we take them."""

from forgefed_gate.domain.errors import Forbidden
from forgefed_gate.domain.ids import origin
from forgefed_gate.domain.intents import Arrival, GrantsEnded
from forgefed_gate.protocol import fields, proofs
from forgefed_gate.protocol.frontdoor import JsonObject, read_json
from forgefed_gate.services import keyring
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import delegations, people


async def require_proofs(gate: Gate, intent: Arrival, body: bytes, *, caller: str) -> None:
    """
    Refuse a Revoke of whole Grants for which their issuer does not stand by a proof.

    One that names its Grants needs none: their ids are on the server of whoever signed it.
    """
    if not isinstance(intent, GrantsEnded):
        return
    for whole in fields.many(read_json(body), "object"):
        if isinstance(whole, dict):
            await _require_proof(gate, intent, whole, caller=caller)


async def _require_proof(
    gate: Gate, intent: GrantsEnded, whole: JsonObject, *, caller: str
) -> None:
    method = proofs.verification_method(whole)
    if fields.optional(whole, "actor") != intent.actor or origin(method) != origin(intent.actor):
        raise Forbidden("not-issuer", "Only who issued a Grant can revoke it.")
    key = await keyring.find(gate, method, caller=caller)
    proofs.check(whole, key=key, now=gate.clock())


async def stop(gate: Gate, intent: Arrival) -> None:
    """
    Let what was revoked count no more, before whoever says so is told that we took it.

    Only their own Grants are touched, and none ever comes back. What follows from it is
    decided afterwards, as for everything that comes in. A Grant of theirs that is decided on
    at the same moment is waited for, or waits.
    """
    if not isinstance(intent, GrantsEnded):
        return
    async with gate.database.transaction() as tx:
        await people.hold(tx, intent.actor)
        await delegations.bury(tx, intent.grants, issuer=intent.actor, now=gate.clock())
