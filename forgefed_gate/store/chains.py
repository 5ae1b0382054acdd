"""
The chains of Grants by which somebody may do something in a house, all in one query.

A clock can be set back: a Grant that we have seen to end counts as revoked.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import LiteralString

from forgefed_gate.domain.capabilities import LONGEST_CHAIN, Known
from forgefed_gate.domain.grants import issuer_of
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug
from forgefed_gate.store.database import Row, Transaction, Value, text
from forgefed_gate.store.delegations import known_of
from forgefed_gate.store.record import believable

OF_EACH_SERVER = 4
"""How many leaves of one server are looked at: of two teams, each replacing one by another."""
MOST_LEAVES = 16

_REMEMBERED = 1000
_COLUMNS = (
    *("id", "ours", "actor", "context", "target", "role", "allows", "starts_at", "ends_at"),
    *("delegates", "capability", "fulfills", "result", "believed_for", "through"),
    *("revoked_at", "alive_until", "target_type", "paused", "blocked"),
)
_values = itemgetter(*_COLUMNS)

_LEAVES_OF: LiteralString = """
    WITH RECURSIVE ranked AS (
        SELECT leaf.id, leaf.delegates, leaf.ends_at, above.id AS follows, ROW_NUMBER() OVER
            (PARTITION BY authority_of(leaf.actor)
            ORDER BY CASE WHEN above.id IS NULL THEN 1 ELSE 0 END,
            leaf.ends_at DESC, leaf.id) AS place
        FROM delegations AS leaf LEFT JOIN delegations AS above
            ON above.house = :house AND above.id = leaf.delegates
            AND above.target = leaf.actor AND above.revoked_at IS NULL AND above.ends_at > :now
        WHERE leaf.house = :house AND leaf.target = :who
        AND leaf.ours = 0 AND leaf.allows = 'invoke' AND COALESCE(leaf.delegates, '') <> ''
        AND leaf.revoked_at IS NULL AND leaf.starts_at <= :now AND leaf.ends_at > :now
    ),
    shown AS (
        SELECT id, delegates FROM ranked WHERE place <= :of_each
        ORDER BY CASE WHEN follows IS NULL THEN 1 ELSE 0 END, place, ends_at DESC, id LIMIT :most
    ),
"""
"""
No server crowds out the Grants of another, however many its actors say that they gave.

Those come first that follow from a Grant which we know was given to their issuer: anybody
may say of a Grant that it follows from one that nobody has seen.
"""

_NAMED: LiteralString = """
    WITH RECURSIVE shown AS (
        SELECT id, delegates FROM delegations WHERE house = :house AND id = :named
    ),
"""

_UPWARDS: LiteralString = """
    up (leaf, id, delegates, depth) AS (
        SELECT id, id, delegates, 0 FROM shown
        UNION ALL
        SELECT up.leaf, above.id, above.delegates, up.depth + 1 FROM up
        JOIN delegations AS above ON above.house = :house AND above.id = up.delegates
        WHERE up.depth < :longest
    ),
    seen AS (SELECT COALESCE(MAX(at), 0) AS at FROM record WHERE at <= :believable)
    SELECT up.leaf, up.depth, each.id, each.ours, each.actor, each.context, each.target,
        each.role, each.allows, each.starts_at, each.ends_at, each.delegates, each.capability,
        each.fulfills, each.result, each.believed_for, each.through, each.alive_until,
        people.kind AS target_type, links.paused, COALESCE(each.revoked_at, CASE
            WHEN each.ends_at > :now AND each.ends_at <= seen.at THEN each.ends_at
        END) AS revoked_at,
        CASE WHEN each.ours = 0 AND EXISTS (SELECT 1 FROM blocks
            WHERE blocks.project IN ('', :house)
            AND blocks.subject IN (each.actor, authority_of(each.actor))
        ) THEN 1 ELSE 0 END AS blocked
    FROM up JOIN seen ON 1 = 1
    JOIN delegations AS each ON each.house = :house AND each.id = up.id
    LEFT JOIN people ON people.actor = each.target
    LEFT JOIN links ON links.code = each.link
    UNION ALL
    SELECT given.id, 0, given.id, 1, NULL, NULL, given.target,
        given.role, 'invoke', given.starts_at, given.ends_at, NULL, NULL,
        given.fulfills, NULL, 0, '[]', NULL,
        NULL, 0, COALESCE(given.revoked_at, CASE
            WHEN given.ends_at > :now AND given.ends_at <= seen.at THEN given.ends_at
        END), 0
    FROM grants AS given JOIN seen ON 1 = 1
"""

_GIVEN_TO: LiteralString = """
    WHERE given.project = :house AND given.target = :who AND given.revoked_at IS NULL
    AND given.starts_at <= :now AND given.ends_at > :now
"""

_GIVEN_AS: LiteralString = "WHERE given.id = :named"

BY_HOLDER: LiteralString = _LEAVES_OF + _UPWARDS + _GIVEN_TO
BY_NAME: LiteralString = _NAMED + _UPWARDS + _GIVEN_AS


async def of_holder(
    tx: Transaction, house: Slug, *, who: ActorId, now: Millis
) -> list[list[Known]]:
    """Find the chains of *who*, as far as *house* knows them, the best first."""
    rows = await tx.rows(
        BY_HOLDER,
        house=house,
        who=who,
        now=now,
        believable=believable(now),
        of_each=OF_EACH_SERVER,
        most=MOST_LEAVES,
        longest=LONGEST_CHAIN,
    )
    return _chains(rows)


async def of_name(
    tx: Transaction, house: Slug, *, named: GrantId, now: Millis
) -> list[list[Known]]:
    """Find the chain that ends in the Grant *named*; none where *house* does not know it."""
    rows = await tx.rows(
        BY_NAME,
        house=house,
        named=named,
        now=now,
        believable=believable(now),
        longest=LONGEST_CHAIN,
    )
    return _chains(rows)


def _chains(rows: Sequence[Row]) -> list[list[Known]]:
    """Put each chain in order, its root first; the higher its role, the sooner it is judged."""
    found = dict[str, list[Row]]()
    for row in rows:
        found.setdefault(text(row, "leaf"), []).append(row)
    chains = [
        [_known(row) for row in sorted(each, key=itemgetter("depth"), reverse=True)]
        for each in found.values()
    ]
    return sorted(chains, key=_merit)


def _known(row: Row) -> Known:
    """Read a link of a chain; a Grant that we gave directly is a chain of one."""
    if row["actor"] is not None:
        return _read(_values(row))
    issuer = issuer_of(GrantId(text(row, "id")))
    return known_of({**row, "actor": issuer, "context": issuer})


@lru_cache(_REMEMBERED)
def _read(values: Sequence[Value]) -> Known:
    """Read what was read before: the upper Grants of a chain are those of a whole team."""
    return known_of(dict(zip(_COLUMNS, values, strict=True)))


def _merit(chain: Sequence[Known]) -> tuple[int, int, int]:
    leaf = chain[-1].grant
    return (-(leaf.role or 0), len(chain), -leaf.ends_at)
