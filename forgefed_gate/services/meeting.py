"""Whom a delivery comes from and what it leans on, asked about before it is decided on."""

from contextlib import suppress
from dataclasses import replace

from forgefed_gate.domain.errors import Forbidden, Refusal
from forgefed_gate.domain.intents import Arrival, Departure, Granted
from forgefed_gate.domain.places import Local
from forgefed_gate.services import authority, people, quota, shown, stewarding
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.mandates import Managing
from forgefed_gate.services.shown import Copies
from forgefed_gate.store import delegations, links
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction


async def is_over(gate: Gate, tx: Transaction, intent: Arrival, recipient: Local) -> bool:
    """Say whether there is nobody to ask before a decision."""
    known = await people_store.find(tx, intent.actor)
    if known is None or not people.is_fresh(gate, known) or isinstance(intent, Granted):
        return False
    if intent.capability is not None:
        return False
    return not await authority.doubts(tx, recipient.slug, intent.actor, now=gate.clock())


async def meet(gate: Gate, intent: Arrival, recipient: Local, *, copies: Copies) -> Arrival:
    """
    Know who sent it, unless they left, or we talk with their server no more.

    A chain of Grants that they name is looked for, and whoever issued it is asked; what
    manages a house takes one of our own, and nobody has to be asked for that. Gives back
    what arrived, with what was found out.
    """
    if isinstance(intent, Departure):
        return intent
    with suppress(Forbidden):
        await people.look_up(gate, intent.actor)
    if intent.capability is not None and not isinstance(intent, Managing):
        named, house = intent.capability, recipient.slug
        await shown.complete(gate, house, named, by=intent.actor, copies=copies)
    if isinstance(intent, Granted):
        intent = await _meet_gift(gate, intent, recipient)
    await stewarding.meet(gate, recipient.slug, intent)
    await authority.confirm(gate, recipient.slug, intent.actor, named=intent.capability)
    return intent


async def _meet_gift(gate: Gate, intent: Granted, recipient: Local) -> Granted:
    """
    Know whom a Grant is about that somebody linked with us gives us, and where it begins.

    Of nobody else's Grants anybody is asked.
    """
    grant = intent.grant
    async with gate.database.snapshot() as tx:
        link = await links.between(tx, recipient.slug, intent.actor)
        known = await delegations.find(tx, recipient.slug, [grant.id])
    if link is None or link.kind.gives or known:
        return intent
    if not await shown.is_rooted(gate, grant):
        return intent
    if gate.places.read(grant.context) is None:
        with suppress(Refusal):
            quota.spend_question(gate, grant.context)
            await people.look_up(gate, grant.context)
    return replace(intent, rooted=True)
