"""Issues and merge requests: what was offered to a tracker, of ours or elsewhere."""

from forgefed_gate.domain.ids import ActorId, GrantId, Millis, NoteId, Slug, ThreadId
from forgefed_gate.domain.tracking import Ticket, TicketState
from forgefed_gate.store.database import Row, Transaction, number, text


async def save(tx: Transaction, ticket: Ticket) -> None:
    """Record one, or how it stands now."""
    await tx.run(
        "INSERT INTO tickets (offer, id, thread, tracker, ours, state, capability, via, context,"
        " contained, opened_at) VALUES (:offer, :id, :thread, :tracker, :ours, :state,"
        " :capability, :via, :context, :contained, :opened_at)"
        " ON CONFLICT (offer) DO UPDATE SET id = excluded.id,"
        " state = excluded.state, capability = excluded.capability, context = excluded.context,"
        " contained = excluded.contained",
        offer=ticket.offer,
        id=ticket.id,
        thread=ticket.thread,
        tracker=ticket.tracker,
        ours=int(ticket.ours),
        state=ticket.state.value,
        capability=ticket.capability,
        via=ticket.via,
        context=ticket.context,
        contained=int(ticket.contained),
        opened_at=ticket.opened_at,
    )


async def find(tx: Transaction, project: Slug, name: str) -> Ticket | None:
    """
    Find one of a project's by its id, by what offered it, or by the other side's conversation.

    What we offered was named by others: of two under one name, the first is meant.
    """
    row = await tx.row(
        "SELECT tickets.* FROM tickets JOIN threads ON threads.id = tickets.thread"
        " WHERE (tickets.id = :name OR offer = :name OR context = :name) AND project = :project"
        " ORDER BY tickets.opened_at, offer LIMIT 1",
        name=name,
        project=project,
    )
    return _ticket(row) if row else None


async def hosted(tx: Transaction, name: str) -> Ticket | None:
    """Find one that is hosted here and was taken, by its id."""
    row = await tx.row(
        "SELECT * FROM tickets WHERE id = :name AND ours = 1 AND state = 'open'", name=name
    )
    return _ticket(row) if row else None


async def of_thread(tx: Transaction, thread: ThreadId) -> list[Ticket]:
    """List those that are talked about in a conversation, the oldest first."""
    rows = await tx.rows(
        "SELECT * FROM tickets WHERE thread = :thread ORDER BY opened_at, offer", thread=thread
    )
    return [_ticket(row) for row in rows]


async def count_via(tx: Transaction, link: str, *, since: Millis) -> int:
    """Count who opened something since *since* because the team of a link stands for them."""
    row = await tx.row(
        "SELECT COUNT(DISTINCT contributor) AS n FROM tickets JOIN threads"
        " ON threads.id = tickets.thread WHERE via = :link AND tickets.opened_at >= :since",
        link=link,
        since=since,
    )
    return number(row, "n") if row else 0


async def opened_by(tx: Transaction, link: str, actor: ActorId) -> bool:
    """Say whether *actor* opened something before because the team of a link stands for them."""
    rows = await tx.rows(
        "SELECT 1 FROM tickets JOIN threads ON threads.id = tickets.thread"
        " WHERE via = :link AND contributor = :actor LIMIT 1",
        link=link,
        actor=actor,
    )
    return bool(rows)


async def forget_closed(tx: Transaction, *, before: Millis) -> None:
    """Forget those of conversations that were closed before *before*."""
    await tx.run(
        "DELETE FROM tickets WHERE thread IN"
        " (SELECT id FROM threads WHERE closed = 1 AND changed_at < :before)",
        before=before,
    )


def _ticket(row: Row) -> Ticket:
    id_, capability, via, context = (row[each] for each in ("id", "capability", "via", "context"))
    return Ticket(
        offer=NoteId(text(row, "offer")),
        id=str(id_) if id_ else None,
        thread=ThreadId(text(row, "thread")),
        tracker=text(row, "tracker"),
        ours=bool(row["ours"]),
        state=TicketState(text(row, "state")),
        capability=GrantId(str(capability)) if capability else None,
        via=str(via) if via else None,
        context=str(context) if context else None,
        contained=bool(row["contained"]),
        opened_at=Millis(number(row, "opened_at")),
    )
