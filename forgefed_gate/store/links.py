"""Links between a house of ours and an actor elsewhere."""

from forgefed_gate.domain.ids import ActivityId, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.roles import read_role
from forgefed_gate.store.database import Row, Transaction, number, text


async def save(tx: Transaction, link: Link) -> None:
    """Record a link as it now stands."""
    await tx.run(
        "INSERT INTO links (code, house, peer, kind, role, ends_at, cap, state, added_by,"
        " delegate, paused, leaving, opened_at, changed_at)"
        " VALUES (:code, :house, :peer, :kind, :role, :ends_at, :cap, :state, :add,"
        " :delegate, :paused, :leaving, :opened_at, :changed_at)"
        " ON CONFLICT (code) DO UPDATE SET role = excluded.role, ends_at = excluded.ends_at,"
        " cap = excluded.cap, state = excluded.state, delegate = excluded.delegate,"
        " paused = excluded.paused, leaving = excluded.leaving,"
        " changed_at = excluded.changed_at WHERE links.state <> 'ended'",
        code=link.code,
        house=link.house,
        peer=link.peer,
        kind=link.kind.value,
        role=link.role.word,
        ends_at=link.ends_at,
        cap=link.cap,
        state=link.state.value,
        add=link.add,
        delegate=link.delegate,
        paused=int(link.paused),
        leaving=link.leaving,
        opened_at=link.opened_at,
        changed_at=link.changed_at,
    )


async def find(tx: Transaction, code: str) -> Link | None:
    """Find a link by its code."""
    row = await tx.row("SELECT * FROM links WHERE code = :code", code=code)
    return _link(row) if row else None


async def hold(tx: Transaction, code: str) -> None:
    """Let nobody else come in by a link, or change it, until this transaction ends."""
    await tx.rows("SELECT code FROM links WHERE code = :code /* held */", code=code)


async def between(tx: Transaction, house: Slug, peer: ActorId) -> Link | None:
    """Find the open link of *house* with *peer*."""
    row = await tx.row(
        "SELECT * FROM links WHERE house = :house AND peer = :peer AND state <> 'ended'",
        house=house,
        peer=peer,
    )
    return _link(row) if row else None


async def by_add(tx: Transaction, house: Slug, add: ActivityId) -> Link | None:
    """Find the open link that began with the activity *add*, or is said to have ended by it."""
    row = await tx.row(
        "SELECT * FROM links WHERE (added_by = :add OR leaving = :add) AND house = :house"
        " AND state <> 'ended' ORDER BY code LIMIT 1",
        add=add,
        house=house,
    )
    return _link(row) if row else None


async def listing(tx: Transaction, house: Slug) -> list[Link]:
    """List the links of a house, the open ones first."""
    rows = await tx.rows(
        "SELECT * FROM links WHERE house = :house"
        " ORDER BY CASE state WHEN 'ended' THEN 1 ELSE 0 END, changed_at DESC, code",
        house=house,
    )
    return [_link(row) for row in rows]


async def active(tx: Transaction, house: Slug, *, now: Millis) -> list[Link]:
    """List the links of *house* that stand at *now*."""
    rows = await tx.rows(
        "SELECT * FROM links WHERE house = :house AND state = 'active' AND ends_at > :now"
        " ORDER BY code",
        house=house,
        now=now,
    )
    return [_link(row) for row in rows]


async def ran_out(tx: Transaction, *, now: Millis) -> list[Link]:
    """List the links of all houses that are open and past their end."""
    rows = await tx.rows(
        "SELECT * FROM links WHERE state <> 'ended' AND ends_at <= :now ORDER BY code", now=now
    )
    return [_link(row) for row in rows]


async def count(tx: Transaction, house: Slug, collection: str, *, now: Millis) -> int:
    """Count who stands in a collection of *house*."""
    found = await active(tx, house, now=now)
    return sum(link.kind.collection == collection for link in found)


def _link(row: Row) -> Link:
    delegate, leaving = row["delegate"], row["leaving"]
    return Link(
        code=text(row, "code"),
        house=Slug(text(row, "house")),
        peer=ActorId(text(row, "peer")),
        kind=Peer(text(row, "kind")),
        role=read_role(text(row, "role")),
        ends_at=Millis(number(row, "ends_at")),
        cap=number(row, "cap"),
        state=State(text(row, "state")),
        add=ActivityId(text(row, "added_by")),
        delegate=GrantId(str(delegate)) if delegate else None,
        paused=number(row, "paused") == 1,
        leaving=ActivityId(str(leaving)) if leaving else None,
        opened_at=Millis(number(row, "opened_at")),
        changed_at=Millis(number(row, "changed_at")),
    )
