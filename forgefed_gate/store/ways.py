"""Who came in through a team, by which Grants, and who else hangs on one of them."""

from dataclasses import dataclass

from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug
from forgefed_gate.store.database import Row, Transaction, number, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A Grant by which somebody may come in to a house of ours, though we did not give it."""

    house: Slug
    id: GrantId
    holder: ActorId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    """How many would be left without any Grant if one went: who came in, and who did not."""

    came: int
    not_yet: int


async def find(tx: Transaction, grant: str) -> Leaf | None:
    """Find such a Grant by its id, whether it stands or not."""
    row = await tx.row(
        "SELECT house, id, target FROM delegations WHERE id = :id AND ours = 0"
        " AND allows = 'invoke' AND delegates IS NOT NULL ORDER BY house LIMIT 1",
        id=grant,
    )
    return _leaf(row) if row else None


async def of_holder(tx: Transaction, house: Slug, holder: ActorId) -> list[Leaf]:
    """List by what *holder* may come in or could once, what was not taken back first."""
    rows = await tx.rows(
        "SELECT house, id, target FROM delegations WHERE house = :house AND target = :holder"
        " AND ours = 0 AND allows = 'invoke' AND COALESCE(delegates, '') <> ''"
        " ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, ends_at DESC, id LIMIT 8",
        house=house,
        holder=holder,
    )
    return [_leaf(row) for row in rows]


async def came_in(tx: Transaction, house: Slug) -> list[ActorId]:
    """List who came in through a team and has not been turned away, the latest first."""
    rows = await tx.rows(
        "SELECT actor FROM knocks WHERE project = :house AND stage = 'admitted'"
        " AND via IS NOT NULL AND NOT EXISTS (SELECT 1 FROM knocks AS later"
        " WHERE later.actor = knocks.actor AND later.project = knocks.project"
        " AND (later.opened_at > knocks.opened_at"
        " OR (later.opened_at = knocks.opened_at AND later.id > knocks.id)))"
        " ORDER BY changed_at DESC, id",
        house=house,
    )
    return [ActorId(text(row, "actor")) for row in rows]


async def dependents(
    tx: Transaction, house: Slug, grant: GrantId, *, besides: ActorId, now: Millis
) -> Dependents:
    """Count who has nothing but what follows from *grant*, *besides* one person."""
    row = await tx.row(
        """
        WITH RECURSIVE below (id) AS (
            SELECT CAST(:grant AS TEXT)
            UNION SELECT delegations.id FROM below JOIN delegations
                ON delegations.house = :house AND delegations.delegates = below.id
        ), lose AS (
            SELECT target FROM delegations LEFT JOIN below ON below.id = delegations.id
            WHERE house = :house AND target <> :besides
            AND ours = 0 AND allows = 'invoke' AND COALESCE(delegates, '') <> ''
            AND revoked_at IS NULL AND starts_at <= :now AND ends_at > :now
            AND target NOT IN (SELECT target FROM grants WHERE project = :house
                AND revoked_at IS NULL AND starts_at <= :now AND ends_at > :now)
            GROUP BY target HAVING COUNT(below.id) = COUNT(*)
        )
        SELECT COUNT(*) AS n, COALESCE(SUM(CASE WHEN target IN (SELECT actor FROM knocks
            WHERE project = :house AND stage = 'admitted' AND via IS NOT NULL)
            THEN 1 ELSE 0 END), 0) AS came FROM lose
        """,
        house=house,
        grant=grant,
        besides=besides,
        now=now,
    )
    assert row is not None, "a count is always a row"
    came = number(row, "came")
    return Dependents(came=came, not_yet=number(row, "n") - came)


def _leaf(row: Row) -> Leaf:
    return Leaf(
        house=Slug(text(row, "house")),
        id=GrantId(text(row, "id")),
        holder=ActorId(text(row, "target")),
    )
