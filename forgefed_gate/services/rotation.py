"""Changing the key file: a new one beside it, every row sealed anew, and the old one gone."""

from dataclasses import dataclass
from pathlib import Path

from forgefed_gate.services import pseudonyms
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import forgotten, personas
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.keyfile import following, sync_folder, write_key_file
from forgefed_gate.store.personas import PersonaRow

AT_ONCE = 100
"""Keys wrapped in one transaction: whoever waits for the writer waits for no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """How many data keys were wrapped anew, and how many secrets of our own were sealed anew."""

    data_keys: int
    own: int


async def rotate(gate: Gate) -> Rotated:
    """
    Change the key file while the gate is at work, or finish a change that was begun.

    Whatever moment this process dies at, both files are there and everything can be read;
    the next call goes on. The old file goes in one step with the new one taking its place,
    when no row needs it and nobody is about to write one that would.
    """
    path = gate.settings.key_file
    if not following(path).exists():
        write_key_file(following(path))
    gate.vault.renew()
    data_keys, own = await _wrap_anew(gate), 0
    while not await _retired(gate):
        data_keys += await _wrap_anew(gate)
        own += await _seal_anew(gate)
    _take_its_place(path)
    return Rotated(data_keys=data_keys, own=own)


async def _wrap_anew(gate: Gate) -> int:
    count = 0
    while True:
        async with gate.database.transaction() as tx:
            done = await gate.vault.rewrap(tx, limit=AT_ONCE)
        if not done:
            return count
        count += done


async def _seal_anew(gate: Gate) -> int:
    """Seal each secret of our own anew, one in a transaction."""
    count = 0
    async with gate.database.snapshot() as tx:
        actors, secrets = await _left(gate, tx)
    for row in actors:
        async with gate.database.transaction() as tx:
            await personas.reseal(tx, _resealed(gate, row))
        count += 1
    for name, sealed in secrets:
        async with gate.database.transaction() as tx:
            anew = _again(gate, sealed, place=pseudonyms.PLACE.format(name))
            await forgotten.reseal(tx, name, anew)
        count += 1
    return count


async def _left(gate: Gate, tx: Transaction) -> tuple[list[PersonaRow], list[tuple[str, bytes]]]:
    """List the secrets of our own that another key file sealed."""
    current = gate.vault.sealed_by_current
    actors = [
        row
        for row in await personas.listing(tx)
        if not (current(row.rsa_private) and current(row.ed25519_private))
    ]
    return actors, [each for each in await forgotten.secrets(tx) if not current(each[1])]


async def _retired(gate: Gate) -> bool:
    """Let the old key file go, if no row needs it; from then on no row can."""
    async with gate.database.transaction() as tx:
        actors, secrets = await _left(gate, tx)
        return not actors and not secrets and await gate.vault.retire(tx)


def _resealed(gate: Gate, row: PersonaRow) -> PersonaRow:
    place = f"personas|{row.local.user}"
    return PersonaRow(
        local=row.local,
        name=row.name,
        rsa_public=row.rsa_public,
        rsa_private=_again(gate, row.rsa_private, place=f"{place}|rsa"),
        ed25519_public=row.ed25519_public,
        ed25519_private=_again(gate, row.ed25519_private, place=f"{place}|ed25519"),
        created_at=row.created_at,
    )


def _again(gate: Gate, sealed: bytes, *, place: str) -> bytes:
    return gate.vault.seal_own(gate.vault.open_own(sealed, place=place), place=place)


def _take_its_place(path: Path) -> None:
    following(path).replace(path)
    sync_folder(path.parent)
