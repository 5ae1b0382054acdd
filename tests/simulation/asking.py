"""How a simulated gate judges who may do what, and answers who asks how a Grant stands."""

from collections.abc import Iterator

from forgefed_gate.domain.capabilities import (
    LONGEST_BELIEF,
    LONGEST_CHAIN,
    Allows,
    Ask,
    Capability,
    Flaw,
    Judgement,
    Known,
    Standing,
    judge,
)
from forgefed_gate.domain.ids import GrantId, Millis, later
from simulation.book import Book, Row

SHOWN = 8
"""So many Grants of one holder are looked at."""


def live(book: Book, grant: GrantId, now: Millis) -> Standing | None:
    """Say how a Grant of the book's house stands; None where there is none."""
    row = book.rows.get(grant)
    if row is None or not row.ours:
        return None
    above = book.rows.get(row.grant.delegates or GrantId(""))
    rests = any(each and each.link and book.links[each.link].paused for each in (row, above))
    if row.revoked_at is not None or row.grant.ends_at <= now:
        return Standing.GONE
    return Standing.STANDS if row.grant.covers(now) and not rests else Standing.RESTS


def chain(book: Book, leaf: GrantId) -> list[Known]:
    """Find the chain that ends in *leaf*, its root first, as far as the book knows it."""
    found: list[Known] = []
    name: GrantId | None = leaf
    while name in book.rows and len(found) <= LONGEST_CHAIN:
        row = book.rows[name]
        found.insert(0, book.known(row))
        name = row.grant.delegates
    return found


def leaves(book: Book, holder: str, now: Millis) -> list[Capability]:
    """List what *holder* may do here, as it is said to follow from Grants of ours."""
    found = [row.grant for row in book.rows.values() if _is_leaf(row, holder, now)]
    return sorted(found, key=lambda grant: (-grant.ends_at, grant.id))[:SHOWN]


def _is_leaf(row: Row, holder: str, now: Millis) -> bool:
    grant = row.grant
    fits = grant.target == holder and not row.ours and grant.allows is Allows.INVOKE
    return fits and bool(grant.delegates) and row.revoked_at is None and grant.covers(now)


def authorise(
    book: Book, ask: Ask, *, named: GrantId | None = None, now: Millis, since: Millis
) -> Judgement:
    """Say whether somebody may do something here, and by which chain."""
    found = Judgement(chain=(), flaw=Flaw.NONE_NAMED)
    for links in _chains(book, ask, named, now):
        judged = judge(links, ask, now=now, since=since)
        if judged.granted:
            return judged
        found = judged
    return found


def _chains(book: Book, ask: Ask, named: GrantId | None, now: Millis) -> Iterator[list[Known]]:
    if named in book.direct:
        yield [_direct(book.direct[named])]
        return
    if named is not None:
        yield chain(book, named)
        return
    direct = [each for each in book.members(now) if each.target == ask.who]
    if direct:
        yield [_direct(book.direct[direct[0].id])]
    for leaf in leaves(book, ask.who, now):
        yield chain(book, leaf.id)


def _direct(row: Row) -> Known:
    return Known(grant=row.grant, ours=True, revoked_at=row.revoked_at)


def doubtful(book: Book, holder: str, now: Millis) -> list[Capability]:
    """List whom to ask before *holder* is judged: what each of their Grants hangs on."""
    chains = [chain(book, leaf.id) for leaf in leaves(book, holder, now)]
    rooted = [links for links in chains if links[0].ours]
    known = {each.grant.id: each for links in rooted for each in links if not each.ours}
    return [each.grant for each in known.values() if _doubtful(each, now)]


def _doubtful(known: Known, now: Millis) -> bool:
    return known.alive_until is None or not now < known.alive_until <= now + LONGEST_BELIEF


def hear(book: Book, grant: Capability, said: Standing | None, *, now: Millis) -> None:
    """Learn what the issuer of a Grant says of it; None where there was no answer that counts."""
    row = book.rows[grant.id]
    if said is Standing.GONE:
        book.bury(grant.id, grant.actor, now)
    elif said is Standing.STANDS:
        row.alive_until = later(now, max(1, min(grant.believed_for, LONGEST_BELIEF)))


def doubt(book: Book) -> None:
    """Believe nobody any more without asking again."""
    for row in book.rows.values():
        row.alive_until = None
