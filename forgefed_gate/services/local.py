"""Our own actors: making them, and having them ready to sign."""

import asyncio

from forgefed_gate.domain.errors import NotFound
from forgefed_gate.domain.ids import Millis, Slug
from forgefed_gate.domain.places import THE_GATE, Kind, Local
from forgefed_gate.protocol import keys
from forgefed_gate.protocol.documents import Persona
from forgefed_gate.services.gate import Gate, Own
from forgefed_gate.store import personas
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.personas import PersonaRow

OF_A_HOUSE = {
    Kind.PROJECT: (Kind.DESK, Kind.PROJECT, Kind.TICKETS, Kind.PATCHES),
    Kind.TEAM: (Kind.DESK, Kind.TEAM),
}


async def make_gate(gate: Gate) -> None:
    """Make the gate's own actor, if there is none yet."""
    async with gate.database.snapshot() as tx:
        if await personas.find(tx, THE_GATE) is not None:
            return
    row = await asyncio.to_thread(_fresh, gate, THE_GATE, gate.places.authority)
    async with gate.database.transaction() as tx:
        await personas.add(tx, row)


async def fresh_house(gate: Gate, slug: Slug, name: str, *, kind: Kind) -> list[PersonaRow]:
    """Draw keys for the actors of a new project or team, away from the event loop."""
    locals_ = [Local(kind=part, slug=slug) for part in OF_A_HOUSE[kind]]
    return [await asyncio.to_thread(_fresh, gate, local, name) for local in locals_]


def _fresh(gate: Gate, local: Local, name: str) -> PersonaRow:
    rsa, ed25519 = keys.new_rsa(), keys.new_ed25519()
    place = f"personas|{local.user}"
    return PersonaRow(
        local=local,
        name=name,
        rsa_public=keys.write_pem(rsa.public_key()),
        rsa_private=gate.vault.seal_own(keys.dump_private(rsa), place=f"{place}|rsa"),
        ed25519_public=keys.write_multibase(ed25519.public_key()),
        ed25519_private=gate.vault.seal_own(keys.dump_private(ed25519), place=f"{place}|ed25519"),
        created_at=gate.clock(),
    )


async def own(gate: Gate, local: Local) -> Own:
    """Have an actor of ours ready to sign; raises `NotFound` where there is no such actor."""
    if local not in gate.memory.own:
        async with gate.database.snapshot() as tx:
            gate.memory.own[local] = await own_in(gate, tx, local)
    return gate.memory.own[local]


async def own_in(gate: Gate, tx: Transaction, local: Local) -> Own:
    """Have an actor of ours ready to sign, as *tx* sees it."""
    if local in gate.memory.own:
        return gate.memory.own[local]
    row = await personas.find(tx, local)
    if row is None:
        raise NotFound("not-found", "There is nothing here.")
    return _ready(gate, row)


def _ready(gate: Gate, row: PersonaRow) -> Own:
    me = gate.places.actor(row.local)
    place = f"personas|{row.local.user}"
    rsa = gate.vault.open_own(row.rsa_private, place=f"{place}|rsa")
    ed25519 = gate.vault.open_own(row.ed25519_private, place=f"{place}|ed25519")
    return Own(
        id=me,
        persona=Persona(
            local=row.local,
            name=row.name,
            rsa_pem=row.rsa_public,
            ed25519_multibase=row.ed25519_public,
            created_at=Millis(row.created_at),
            house=row.house,
        ),
        rsa=keys.SigningKey(id=gate.places.rsa_key(me), owner=me, private=keys.load_private(rsa)),
        ed25519=keys.SigningKey(
            id=gate.places.ed25519_key(me), owner=me, private=keys.load_private(ed25519)
        ),
    )
