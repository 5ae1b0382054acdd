"""What somebody who was forgotten is called from then on: a hash whose salt is sealed."""

import hashlib
import secrets
from functools import partial

from forgefed_gate.domain.forgetting import PREFIX, Decided
from forgefed_gate.domain.ids import ActorId, Slug
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forgotten
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.erasing import Rename

SALT = "salt"
PLACE = "own_secrets|{}|sealed"
_SIZE = 16
_SALT = 32


async def prepare(gate: Gate) -> None:
    """Have a salt, durably, before anybody is named by it."""
    async with gate.database.transaction() as tx:
        fresh = gate.vault.seal_own(secrets.token_bytes(_SALT), place=PLACE.format(SALT))
        await forgotten.add_secret(tx, SALT, fresh, now=gate.clock())


async def rename(gate: Gate, tx: Transaction) -> Rename:
    """Give the function that names whoever is forgotten; there is a salt by now."""
    salt = await _salt(gate, tx)
    assert salt is not None, "it was prepared before"
    return partial(_hashed, salt)


async def blocked(gate: Gate, tx: Transaction, project: Slug, actor: ActorId) -> bool:
    """Say whether *actor* was blocked when they were forgotten, and still is."""
    name = await name_of(gate, tx, actor)
    if name is None:
        return False
    return any(
        each.decided is Decided.BLOCKED and each.project in {"", project}
        for each in await forgotten.kept(tx, name, now=gate.clock())
    )


async def name_of(gate: Gate, tx: Transaction, name: str) -> str | None:
    """Give what *name* became or would become; None where nobody was ever forgotten."""
    salt = await _salt(gate, tx)
    return None if salt is None else _hashed(salt, name)


async def _salt(gate: Gate, tx: Transaction) -> bytes | None:
    """The salt never changes, so what was read once is remembered."""
    memory = gate.memory
    if memory.forgetting is None:
        sealed = await forgotten.secret(tx, SALT)
        if sealed is None:
            return None
        memory.forgetting = gate.vault.open_own(sealed, place=PLACE.format(SALT))
    return memory.forgetting


def _hashed(salt: bytes, name: str) -> str:
    return PREFIX + hashlib.blake2b(name.encode(), key=salt, digest_size=_SIZE).hexdigest()
