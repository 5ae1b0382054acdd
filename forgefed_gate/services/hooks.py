"""What webhooks of forges bring: proven, kept once, and left to the worker."""

import hashlib
from collections.abc import Mapping

from forgefed_gate.domain import observing
from forgefed_gate.domain.errors import Conflict, NotFound
from forgefed_gate.forge import hooks
from forgefed_gate.forge.base import HEARD
from forgefed_gate.forge.hooks import Event
from forgefed_gate.services import quota
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forges, forgotten, jobs
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.forges import Connection

OBSERVE = "observe"
LANES = 4
"""Looks at one repository at the same time: a forge that hangs holds up little of our work."""
PATH = "/hooks/forge/"
NAMED = "hook {}"
PLACE = "own_secrets|{}|sealed"


def hashed(token: str) -> str:
    """Name a webhook by what stands in the address that it calls, which is not kept."""
    return hashlib.sha256(token.encode()).hexdigest()


async def known(gate: Gate, token: str, *, caller: str) -> Connection:
    """
    Find whose webhook calls; raises `NotFound`, before anything of what it brings is read.

    All webhooks of a forge come from the same addresses: who guesses is counted by theirs,
    and takes nothing from a hook that we know.
    """
    async with gate.database.snapshot() as tx:
        found = await forges.by_hook(tx, hashed(token))
    if found is None:
        quota.spend_guess(gate, caller)
        raise _nothing()
    quota.spend_hook(gate, found.hook)
    return found


async def receive(gate: Gate, at: Connection, headers: Mapping[str, str], body: bytes) -> None:
    """
    Keep a delivery of the webhook of a connection, and the work that it makes, durably.

    A copy changes nothing. Raises `Unverified` where the secret of the hook did not sign
    it, and `Conflict` where its name came before with another body.
    """
    async with gate.database.snapshot() as tx:
        secret = await _secret(gate, tx, at.hook)
    event = hooks.read(headers, body, secret=secret)
    if event.repository != at.repository:
        raise _nothing()
    async with gate.database.transaction() as tx:
        if await forges.by_hook(tx, at.hook) is None:
            raise _nothing()
        await _keep(gate, tx, at, event)
    gate.work.set()


async def _keep(gate: Gate, tx: Transaction, at: Connection, event: Event) -> None:
    now, digest = gate.clock(), event.digest
    if not await forges.add_delivery(tx, at.hook, event.delivery, body_hash=digest, now=now):
        if await forges.body_hash(tx, at.hook, event.delivery) != digest:
            raise Conflict("id-reused", "This delivery came before, with another body.")
        return
    if event.issue is not None and event.kind in HEARD and observing.opens(event.action):
        await jobs.put(
            tx,
            f"{OBSERVE} {at.hook} {event.delivery}",
            OBSERVE,
            payload=f"{at.hook} {event.issue}".encode(),
            run_at=now,
            now=now,
            lane=f"{OBSERVE} {at.hook} {event.issue % LANES}",
        )


async def _secret(gate: Gate, tx: Transaction, hook: str) -> bytes:
    name = NAMED.format(hook)
    sealed = await forgotten.secret(tx, name)
    if sealed is None:
        raise _nothing()
    return gate.vault.open_own(sealed, place=PLACE.format(name))


async def keep_secret(gate: Gate, tx: Transaction, hook: str, secret: str) -> None:
    """Keep the secret of a webhook, sealed like the other secrets of our own."""
    name = NAMED.format(hook)
    sealed = gate.vault.seal_own(secret.encode(), place=PLACE.format(name))
    await gate.vault.vouch(tx, [sealed])
    await forgotten.add_secret(tx, name, sealed, now=gate.clock())


async def forget_secret(tx: Transaction, hook: str) -> None:
    """Forget the secret of a webhook that is no more."""
    await forgotten.forget_secret(tx, NAMED.format(hook))


def _nothing() -> NotFound:
    return NotFound("hook-unknown", "There is nothing here.")
