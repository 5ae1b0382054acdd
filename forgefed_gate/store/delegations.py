"""
Grants that travel along links, in the book of each house that they concern.

One that was revoked never comes back, and neither does one that was buried before it came.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import LiteralString

from forgefed_gate.domain.capabilities import DELEGATE, Allows, Capability, Known, Standing
from forgefed_gate.domain.delegation import along
from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.roles import read_role
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A Grant as it is put into the book of a house."""

    house: Slug
    grant: Capability
    ours: bool
    link: str | None


async def add(tx: Transaction, kept: Collection[Kept], *, now: Millis) -> None:
    """Keep Grants; one that is known stays as it was, revoked or not."""
    await tx.many(
        "INSERT INTO delegations (house, id, ours, actor, context, target, role, allows,"
        " starts_at, ends_at, delegates, capability, fulfills, result, believed_for, through,"
        " link, kept_at) VALUES (:house, :id, :ours, :actor, :context, :target, :role,"
        " :allows, :starts_at, :ends_at, :delegates, :capability, :fulfills, :result,"
        " :believed_for, :through, :link, :now) ON CONFLICT DO NOTHING",
        [
            {
                "house": each.house,
                "id": each.grant.id,
                "ours": int(each.ours),
                "actor": each.grant.actor,
                "context": each.grant.context,
                "target": each.grant.target,
                "role": each.grant.role.word if each.grant.role is not None else DELEGATE,
                "allows": each.grant.allows.value,
                "starts_at": each.grant.starts_at,
                "ends_at": each.grant.ends_at,
                "delegates": each.grant.delegates,
                "capability": each.grant.capability,
                "fulfills": each.grant.fulfills,
                "result": each.grant.result,
                "believed_for": each.grant.believed_for,
                "through": json.dumps(each.grant.through),
                "link": each.link,
                "now": now,
            }
            for each in kept
        ],
    )


async def find(tx: Transaction, house: Slug, grants: Collection[GrantId]) -> list[Known]:
    """Find Grants in the book of *house*."""
    rows = await tx.rows(
        "SELECT delegations.* FROM json_each(CAST(:ids AS TEXT)) AS named"
        " JOIN delegations ON delegations.id = named.value ->> 0 AND house = :house",
        house=house,
        ids=json.dumps([[grant] for grant in grants]),
    )
    return [known_of(row) for row in rows]


async def given_as(tx: Transaction, house: Slug, name: GrantId, *, now: Millis) -> Kept | None:
    """Find what *house* gave and did not take back, by its name."""
    row = await tx.row(
        "SELECT * FROM delegations WHERE house = :house AND id = :id AND ours = 1"
        " AND revoked_at IS NULL AND ends_at > :now",
        house=house,
        id=name,
        now=now,
    )
    if row is None:
        return None
    link = str(row["link"]) if row["link"] else None
    return Kept(house=house, grant=known_of(row).grant, ours=True, link=link)


async def gives(tx: Transaction, house: Slug, *, now: Millis) -> bool:
    """Say whether anything that *house* gave may be passed on by somebody at *now*."""
    row = await tx.row(
        "SELECT id FROM delegations WHERE house = :house AND ours = 1 AND allows <> 'invoke'"
        " AND revoked_at IS NULL AND ends_at > :now LIMIT 1",
        house=house,
        now=now,
    )
    return row is not None


async def link_of(tx: Transaction, house: Slug, grant: GrantId) -> str | None:
    """Name the link that a Grant in the book of *house* was given along, if it was."""
    row = await tx.row(
        "SELECT link FROM delegations WHERE house = :house AND id = :id", house=house, id=grant
    )
    return str(row["link"]) if row and row["link"] else None


async def welcomes(tx: Transaction, house: Slug, *, of: ActorId | None = None) -> list[Known]:
    """List by which Grants members let *house* give to them, the one that lasts longest last."""
    rows = await tx.rows(
        "SELECT * FROM delegations WHERE house = :house AND role = 'delegate' AND ours = 0"
        " AND link IS NULL AND (actor = :of OR :of = '') ORDER BY ends_at, id",
        house=house,
        of=of or "",
    )
    return [known_of(row) for row in rows]


async def held(
    tx: Transaction, house: Slug, me: ActorId, *, about: ActorId | None, now: Millis
) -> list[Capability]:
    """List what *house* may pass on, as far as its links let it: all, or about one thing."""
    rows = await tx.rows(
        "SELECT delegations.*, links.role AS link_role, links.ends_at AS link_ends_at"
        " FROM delegations JOIN links ON links.code = delegations.link"
        " WHERE delegations.house = :house AND target = :me AND ours = 0"
        " AND delegations.role <> 'delegate'"
        " AND allows <> 'invoke' AND revoked_at IS NULL AND delegations.ends_at > :now"
        " AND links.state = 'active' AND links.ends_at > :now"
        " AND (context = :about OR :about = '')",
        house=house,
        me=me,
        about=about or "",
        now=now,
    )
    return [
        along(
            known_of(row).grant,
            role=read_role(text(row, "link_role")),
            ends_at=Millis(number(row, "link_ends_at")),
        )
        for row in rows
    ]


async def ran_out(tx: Transaction, *, now: Millis) -> dict[Slug, list[Known]]:
    """List, by house, what came along a link to be passed on and has ended without a word."""
    rows = await tx.rows(
        "SELECT * FROM delegations WHERE link IS NOT NULL AND ours = 0 AND role <> 'delegate'"
        " AND allows <> 'invoke' AND revoked_at IS NULL AND ends_at <= :now ORDER BY house, id",
        now=now,
    )
    found: dict[Slug, list[Known]] = {}
    for row in rows:
        found.setdefault(Slug(text(row, "house")), []).append(known_of(row))
    return found


_GIVEN: LiteralString = (
    "SELECT * FROM delegations WHERE house = :house AND ours = 1 AND delegates IS NOT NULL"
    " AND revoked_at IS NULL"
)


async def given(
    tx: Transaction, house: Slug, *, about: ActorId | None = None, to: ActorId | None = None
) -> list[Capability]:
    """List what *house* passed on and did not take back: about one thing, to one, or all of it."""
    if to is not None:
        rows = await tx.rows(_GIVEN + " AND target = :to ORDER BY id", house=house, to=to)
    elif about is not None:
        rows = await tx.rows(
            _GIVEN + " AND context = :about ORDER BY id", house=house, about=about
        )
    else:
        rows = await tx.rows(_GIVEN + " ORDER BY id", house=house)
    grants = [known_of(row).grant for row in rows]
    return [grant for grant in grants if about is None or grant.context == about]


async def given_along(tx: Transaction, link: str) -> list[Capability]:
    """List what was given along a link and not taken back."""
    rows = await tx.rows(
        "SELECT * FROM delegations WHERE link = :link AND ours = 1 AND revoked_at IS NULL"
        " ORDER BY id",
        link=link,
    )
    return [known_of(row).grant for row in rows]


async def held_along(tx: Transaction, link: str) -> int:
    """Count what we hold to pass on by a link."""
    row = await tx.row(
        "SELECT COUNT(*) AS n FROM delegations WHERE link = :link AND ours = 0"
        " AND role <> 'delegate' AND revoked_at IS NULL",
        link=link,
    )
    return number(row, "n") if row else 0


async def starts(tx: Transaction, link: str) -> tuple[Capability, ...]:
    """List what a link rests on: what the giver gave itself, and what stands of it."""
    rows = await tx.rows(
        "SELECT * FROM delegations WHERE link = :link AND delegates IS NULL"
        " AND role <> 'delegate' AND revoked_at IS NULL ORDER BY starts_at, id",
        link=link,
    )
    return tuple(known_of(row).grant for row in rows)


async def revoke(
    tx: Transaction, house: Slug, grants: Collection[GrantId], *, now: Millis
) -> None:
    """End Grants for good; one that has ended keeps its first end."""
    await tx.many(
        "UPDATE delegations SET revoked_at = :now WHERE house = :house AND id = :id"
        " AND revoked_at IS NULL",
        [{"house": house, "id": grant, "now": now} for grant in grants],
    )


async def end_link(tx: Transaction, link: str, *, now: Millis) -> None:
    """End for good all that was given or held along a link."""
    await tx.run(
        "UPDATE delegations SET revoked_at = :now WHERE link = :link AND revoked_at IS NULL",
        link=link,
        now=now,
    )


async def bury(
    tx: Transaction, grants: Collection[GrantId], *, issuer: ActorId, now: Millis
) -> None:
    """
    Remember that somebody revoked Grants of theirs, in every book.

    Of those with whom nothing links us only what we know: nobody fills our table.
    """
    named = json.dumps([[grant] for grant in grants])
    await tx.run(
        "INSERT INTO buried_grants (id, issuer, buried_at)"
        " SELECT DISTINCT named.value ->> 0, :issuer, CAST(:now AS BIGINT)"
        " FROM json_each(CAST(:named AS TEXT)) AS named"
        " WHERE EXISTS (SELECT 1 FROM links WHERE peer = :issuer)"
        " OR EXISTS (SELECT 1 FROM delegations WHERE id = named.value ->> 0 AND actor = :issuer)"
        " ON CONFLICT DO NOTHING",
        named=named,
        issuer=issuer,
        now=now,
    )
    await tx.run(
        "UPDATE delegations SET revoked_at = :now WHERE actor = :issuer AND ours = 0"
        " AND revoked_at IS NULL"
        " AND id IN (SELECT value ->> 0 FROM json_each(CAST(:named AS TEXT)) AS named)",
        named=named,
        issuer=issuer,
        now=now,
    )


async def buried(tx: Transaction, grant: GrantId, issuer: ActorId) -> bool:
    """Say whether *issuer* revoked a Grant of that name."""
    row = await tx.row(
        "SELECT id FROM buried_grants WHERE id = :id AND issuer = :issuer",
        id=grant,
        issuer=issuer,
    )
    return row is not None


async def seen(tx: Transaction, grant: GrantId, *, alive_until: Millis | None) -> None:
    """Remember until when a Grant of somebody else is believed, in every book."""
    await tx.run(
        "UPDATE delegations SET alive_until = :until WHERE id = :id AND ours = 0",
        id=grant,
        until=alive_until,
    )


async def doubt(tx: Transaction) -> None:
    """Believe nobody any more without asking again: how long ago we asked, we cannot tell."""
    await tx.run("UPDATE delegations SET alive_until = NULL WHERE alive_until IS NOT NULL")


async def lives(
    tx: Transaction, asked: Collection[tuple[Slug, GrantId]], *, now: Millis
) -> dict[tuple[Slug, GrantId], Standing]:
    """
    Say how Grants stand that houses of ours gave; there may be no such Grant.

    One rests while the link does along which it was given, or along which came what it
    passes on, and ends with that.
    """
    rows = await tx.rows(
        """
        SELECT mine.house, mine.id, CASE
            WHEN mine.revoked_at IS NOT NULL OR mine.ends_at <= :now
            OR above.revoked_at IS NOT NULL OR above.ends_at <= :now THEN 'gone'
            WHEN mine.starts_at > :now OR along.paused = 1 OR came.paused = 1 THEN 'rests'
            ELSE 'stands'
        END AS life
        FROM json_each(CAST(:asked AS TEXT)) AS asked
        JOIN delegations AS mine
            ON mine.house = asked.value ->> 0 AND mine.id = asked.value ->> 1 AND mine.ours = 1
        LEFT JOIN links AS along ON along.code = mine.link
        LEFT JOIN delegations AS above ON above.house = mine.house AND above.id = mine.delegates
        LEFT JOIN links AS came ON came.code = above.link
        """,
        asked=json.dumps([*asked]),
        now=now,
    )
    return {
        (Slug(text(row, "house")), GrantId(text(row, "id"))): Standing(text(row, "life"))
        for row in rows
    }


def known_of(row: Row) -> Known:
    """Read a Grant, and what we know of how it stands."""
    role, revoked, alive = text(row, "role"), row["revoked_at"], row["alive_until"]
    return Known(
        grant=Capability(
            id=GrantId(text(row, "id")),
            actor=ActorId(text(row, "actor")),
            context=ActorId(text(row, "context")),
            target=ActorId(text(row, "target")),
            role=None if role == DELEGATE else read_role(role),
            allows=Allows(text(row, "allows")),
            starts_at=Millis(number(row, "starts_at")),
            ends_at=Millis(number(row, "ends_at")),
            delegates=_grant(row["delegates"]),
            capability=_grant(row["capability"]),
            fulfills=ActivityId(str(row["fulfills"])) if row["fulfills"] else None,
            result=str(row["result"]) if row["result"] else None,
            believed_for=number(row, "believed_for"),
            through=tuple(ActorId(each) for each in json.loads(text(row, "through"))),
        ),
        ours=number(row, "ours") == 1,
        target_type=str(row.get("target_type") or ""),
        revoked_at=Millis(int(revoked)) if revoked is not None else None,
        alive_until=Millis(int(alive)) if alive is not None else None,
        paused=bool(row.get("paused")),
        blocked=bool(row.get("blocked")),
    )


def _grant(value: object) -> GrantId | None:
    return GrantId(str(value)) if value else None
