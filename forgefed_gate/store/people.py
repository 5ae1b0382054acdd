"""People elsewhere, as their own servers describe them, and the keys they sign with."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, KeyId, Millis, Slug
from forgefed_gate.store.database import Row, Transaction, number, text

BOTS = {"Service", "Application"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody elsewhere: how to show them and where to write to them."""

    actor: ActorId
    handle: str
    inbox: str
    kind: str
    refreshed_at: Millis

    @property
    def bot(self) -> bool:
        """Whether they say of themselves that they are a machine."""
        return self.kind in BOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key as its owner's server publishes it: PEM, or a Multikey's multibase."""

    id: KeyId
    owner: ActorId
    material: str
    fetched_at: Millis


async def save(tx: Transaction, person: Person) -> None:
    """Remember somebody, or what changed about them."""
    await tx.run(
        "INSERT INTO people (actor, handle, inbox, kind, refreshed_at)"
        " VALUES (:actor, :handle, :inbox, :kind, :refreshed_at)"
        " ON CONFLICT (actor) DO UPDATE SET handle = excluded.handle, inbox = excluded.inbox,"
        " kind = excluded.kind, refreshed_at = excluded.refreshed_at",
        actor=person.actor,
        handle=person.handle,
        inbox=person.inbox,
        kind=person.kind,
        refreshed_at=person.refreshed_at,
    )


async def find(tx: Transaction, actor: ActorId) -> Person | None:
    """Find somebody."""
    row = await tx.row("SELECT * FROM people WHERE actor = :actor", actor=actor)
    return _person(row) if row else None


async def find_many(tx: Transaction, actors: Collection[ActorId]) -> dict[ActorId, Person]:
    """Find whom of *actors* we know."""
    rows = await tx.rows(
        "SELECT people.* FROM json_each(CAST(:actors AS TEXT)) AS named"
        " JOIN people ON people.actor = named.value ->> 0",
        actors=json.dumps([[actor] for actor in actors]),
    )
    return {person.actor: person for person in map(_person, rows)}


async def find_by_handle(tx: Transaction, handle: str) -> Person | None:
    """Find somebody whom we know by their handle."""
    row = await tx.row("SELECT * FROM people WHERE handle = :handle LIMIT 1", handle=handle)
    return _person(row) if row else None


async def followers_of(tx: Transaction, project: Slug) -> list[Person]:
    """List everybody who hears news of *project* and whom we know how to reach, once."""
    rows = await tx.rows(
        "SELECT * FROM people WHERE actor IN"
        " (SELECT actor FROM followers WHERE project = :project) ORDER BY actor",
        project=project,
    )
    return [_person(row) for row in rows]


async def hold(tx: Transaction, actor: ActorId) -> None:
    """Let nobody else decide about *actor* until this transaction ends."""
    await tx.rows("SELECT actor FROM people WHERE actor = :actor /* held */", actor=actor)


async def hold_all(tx: Transaction, actors: Collection[ActorId]) -> None:
    """Let nobody else decide about any of *actors*; held in order, nobody waits in a ring."""
    await tx.rows(
        "SELECT people.actor FROM people WHERE people.actor IN"
        " (SELECT value ->> 0 FROM json_each(CAST(:actors AS TEXT)) AS named)"
        " ORDER BY people.actor /* held */",
        actors=json.dumps([[actor] for actor in actors]),
    )


async def save_key(tx: Transaction, key: KeyRow) -> None:
    """Remember a key, or its new material."""
    await tx.run(
        "INSERT INTO peer_keys (id, owner, material, fetched_at)"
        " VALUES (:id, :owner, :material, :fetched_at)"
        " ON CONFLICT (id) DO UPDATE SET owner = excluded.owner,"
        " material = excluded.material, fetched_at = excluded.fetched_at",
        id=key.id,
        owner=key.owner,
        material=key.material,
        fetched_at=key.fetched_at,
    )


async def find_key(tx: Transaction, key_id: KeyId) -> KeyRow | None:
    """Find a key."""
    row = await tx.row("SELECT * FROM peer_keys WHERE id = :id", id=key_id)
    if row is None:
        return None
    return KeyRow(
        id=key_id,
        owner=ActorId(text(row, "owner")),
        material=text(row, "material"),
        fetched_at=Millis(number(row, "fetched_at")),
    )


async def forget_keys(tx: Transaction, owner: ActorId) -> None:
    """Forget the keys of *owner*, so that the next request reads them again."""
    await tx.run("DELETE FROM peer_keys WHERE owner = :owner", owner=owner)


async def forget_strangers(tx: Transaction, *, before: Millis) -> None:
    """Forget people and keys that were read before *before* and that nothing here is about."""
    await tx.run(
        """
        DELETE FROM people WHERE refreshed_at < :before AND actor NOT IN (
            SELECT contributor FROM threads UNION SELECT actor FROM knocks
            UNION SELECT target FROM grants UNION SELECT actor FROM followers
            UNION SELECT actor FROM maintainers UNION SELECT reporter FROM reports
            UNION SELECT actor FROM seats UNION SELECT author FROM consents
            UNION SELECT tracker FROM tickets
            UNION SELECT peer FROM links WHERE state <> 'ended'
            UNION SELECT actor FROM delegations UNION SELECT target FROM delegations
        )
        """,
        before=before,
    )
    await tx.run(
        "DELETE FROM peer_keys WHERE fetched_at < :before"
        " AND owner NOT IN (SELECT actor FROM people)",
        before=before,
    )


def _person(row: Row) -> Person:
    return Person(
        actor=ActorId(text(row, "actor")),
        handle=text(row, "handle"),
        inbox=text(row, "inbox"),
        kind=text(row, "kind"),
        refreshed_at=Millis(number(row, "refreshed_at")),
    )
