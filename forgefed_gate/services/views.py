"""What people of a project get to see of what `reading` lets them read."""

from dataclasses import dataclass, replace

from forgefed_gate.domain.capabilities import Flaw, Judgement
from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.forgetting import is_forgotten
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId, KnockId, NoteId, Slug, ThreadId, authority_of
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.reasons import came_through
from forgefed_gate.domain.references import presented_in
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.screening import Knock, identity_of, mask, signed_in
from forgefed_gate.domain.threads import Earlier, Message, Speaker, Thread
from forgefed_gate.domain.words.forgetting import SOMEBODY
from forgefed_gate.services import authority, gather, openings, reading
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.openings import Reading
from forgefed_gate.store import grants, knocks, maintainers, parties, people, reports, threads
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.reports import ReportRow
from forgefed_gate.store.threads import MessageRow

UNREADABLE = "This message cannot be read."


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody as one reader may see them: by handle, or not at all."""

    actor: ActorId | None
    handle: str


HIDDEN = Who(actor=None, handle="somebody")
NOBODY = ActorId("somebody")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnockView:
    """A knock as one reader may see it."""

    knock: Knock
    code: str
    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """A conversation as one reader may see it; *messages* is empty in a list."""

    thread: Thread
    who: Who
    knock: Knock | None
    grant: Grant | None
    through: Judgement | None = None
    """By which chain they are in, where that is through a team."""
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """A Grant and who has it."""

    grant: Grant
    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """Somebody who was added to a conversation, or waits for the contributor's answer."""

    seat: Seat
    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report, opened."""

    id: str
    reporter: ActorId
    text: str
    at: int


async def knock_list(gate: Gate, project: Slug, *, by: Principal) -> list[KnockView]:
    """List the knocks of *project*, those that wait for us first."""
    reading.listable(by, Knock, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        return [await _knock_view(tx, knock, by) for knock in await knocks.listing(tx, project)]


async def knock(gate: Gate, name: KnockId, *, by: Principal) -> tuple[KnockView, ThreadView]:
    """Show a knock and its conversation."""
    async with gate.database.snapshot() as tx:
        known = await knocks.find(tx, name)
        found = await reading.readable(tx, by, known, otherwise=unknown("knock", name))
        view = await _knock_view(tx, found, by)
        thread = await threads.find(tx, found.thread)
        assert thread is not None, "a knock has a conversation"
        shown, opening = await _open_thread(gate, tx, thread, by)
    await openings.write_down(gate, opening)
    return view, shown


async def thread_list(gate: Gate, project: Slug, *, by: Principal) -> list[ThreadView]:
    """List the conversations of *project*."""
    reading.listable(by, Thread, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        found = await threads.listing(tx, project)
        return [await _thread_view(gate, tx, thread) for thread in found]


async def thread(gate: Gate, name: ThreadId, *, by: Principal) -> ThreadView:
    """Show a conversation, to whoever may talk in it or screens what is in it."""
    async with gate.database.snapshot() as tx:
        known = await threads.find(tx, name)
        found = await reading.readable(tx, by, known, otherwise=unknown("thread", name))
        shown, opening = await _open_thread(gate, tx, found, by)
    await openings.write_down(gate, opening)
    return shown


async def party_list(gate: Gate, name: ThreadId, *, by: Principal) -> list[PartyView]:
    """List who was added to a conversation, or is proposed for it."""
    async with gate.database.snapshot() as tx:
        known = await threads.find(tx, name)
        found = await reading.readable(tx, by, known, otherwise=unknown("thread", name))
        seats = await parties.seats(tx, found.id)
        seen = by.may(Act.SEE_WHO, found.project)
        return [
            PartyView(seat=seat, who=await _named(tx, seat.actor))
            for seat in (seats if seen else ())
        ]


async def grant_list(gate: Gate, project: Slug, *, by: Principal) -> list[GrantView]:
    """List the Grants of *project*."""
    reading.listable(by, Grant, project)
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        return [
            GrantView(grant=grant, who=await _named(tx, grant.target))
            for grant in await grants.listing(tx, project)
        ]


async def report_list(gate: Gate, project: Slug, *, by: Principal) -> list[ReportView]:
    """List the reports about *project*, opened."""
    reading.listable(by, ReportRow, project)
    async with gate.database.snapshot() as tx:
        rows = await reports.listing(tx, project)
        sealed = [(row.words, f"reports|{row.id}|words") for row in rows]
        opened = await gate.vault.open_many(tx, sealed)
        broken = await openings.damaged(gate, tx, sealed, opened)
    await openings.write_down(gate, _of_reports(project, by, broken))
    return [
        ReportView(
            id=row.id,
            reporter=row.reporter,
            text=_words(words),
            at=row.at,
        )
        for row, words in zip(rows, opened, strict=True)
    ]


def _of_reports(project: Slug, by: Principal, broken: tuple[str, ...]) -> Reading:
    subject = f"reports|{project}"
    return Reading(project=project, subject=subject, by=by, broken=broken)


async def maintainer_list(gate: Gate, project: Slug) -> list[tuple[Who, str]]:
    """List who holds which office in *project*."""
    async with gate.database.snapshot() as tx:
        await gather.project_in(gate, tx, project)
        held = await maintainers.listing(tx, project)
        return [(await _named(tx, actor), office.value) for actor, office in held]


async def _knock_view(tx: Transaction, knock: Knock, by: Principal) -> KnockView:
    thread = await threads.find(tx, knock.thread)
    assert thread is not None, "a knock has a conversation"
    if not by.may(Act.SEE_WHO, knock.project):
        return KnockView(knock=_without_names(knock), code=thread.code, who=HIDDEN)
    return KnockView(knock=knock, code=thread.code, who=await _named(tx, knock.actor))


def _without_names(knock: Knock) -> Knock:
    return replace(knock, actor=NOBODY, join=None)


async def _thread_view(gate: Gate, tx: Transaction, thread: Thread) -> ThreadView:
    grant = await grants.standing(tx, thread.project, thread.contributor, now=gate.clock())
    return ThreadView(
        thread=thread,
        who=await _named(tx, thread.contributor),
        knock=await knocks.of_thread(tx, thread.id),
        grant=grant,
        through=None if grant else await _through(gate, tx, thread),
    )


async def _through(gate: Gate, tx: Transaction, thread: Thread) -> Judgement | None:
    """Say by which chain somebody is in through a team; who is quiet is not asked about."""
    if not came_through(await knocks.latest(tx, thread.project, thread.contributor)):
        return None
    house = await gather.project_in(gate, tx, thread.project)
    way = await authority.authorise(tx, house, thread.contributor, now=gate.clock())
    return way if way.flaw in {None, Flaw.NOT_SEEN} else None


async def _open_thread(
    gate: Gate, tx: Transaction, thread: Thread, by: Principal
) -> tuple[ThreadView, Reading]:
    """Open a conversation, and say what is to be written down before anybody sees it."""
    view = await _thread_view(gate, tx, thread)
    rows = await threads.messages(tx, thread.id)
    said, broken = await opened(gate, tx, rows)
    names = {row.author for row in rows if row.speaker is Speaker.PARTY}
    handles = {name: (await _named(tx, ActorId(name))).handle for name in names}
    before, broken_before = await _earlier(gate, tx, thread.id)
    messages = tuple(
        replace(
            _message(row, words, author=handles.get(row.author)),
            earlier=tuple(before.get(row.id, ())),
        )
        for row, words in zip(rows, said, strict=True)
    )
    whole = replace(view, messages=messages)
    opening = openings.in_thread(thread, by, broken + broken_before)
    if by.may(Act.SEE_WHO, thread.project):
        return whole, opening
    return _blindly(whole, await _named(tx, thread.contributor)), opening


def _blindly(view: ThreadView, known: Who) -> ThreadView:
    """
    Show what came with the knock, without whatever says who the contributor is.

    What they said before it, perhaps as a member, and what others said there, was for
    other readers. Ids on their server, and names in words, would say who they are.
    """
    since = view.knock.opened_at if view.knock else view.thread.changed_at
    seen = [
        each for each in view.messages if each.at >= since and each.speaker is not Speaker.PARTY
    ]
    hidden = identity_of(view.thread.contributor, known.handle) | _shown_in(seen)
    return ThreadView(
        thread=replace(view.thread, contributor=NOBODY, latest_theirs=None),
        who=HIDDEN,
        knock=_without_names(view.knock) if view.knock else None,
        grant=None,
        messages=tuple(
            replace(
                message,
                id=NoteId(f"{number}"),
                words=message.words and mask(message.words, hidden),
                author=None,
                earlier=tuple(
                    replace(each, words=mask(each.words, hidden)) for each in message.earlier
                ),
            )
            for number, message in enumerate(seen, start=1)
        ),
    )


def _shown_in(messages: list[Message]) -> frozenset[str]:
    """List where Grants are that somebody shows, and who signs patches: both say who they are."""
    said = "\n".join(message.words or "" for message in messages)
    earlier = "\n".join(each.words for message in messages for each in message.earlier)
    urls = presented_in(f"{said}\n{earlier}")
    return frozenset({*urls, *map(authority_of, urls)}) | signed_in(f"{said}\n{earlier}")


async def opened(
    gate: Gate, tx: Transaction, rows: list[MessageRow]
) -> tuple[list[str], tuple[str, ...]]:
    """
    Open the latest words of each message; what cannot be opened says so.

    Beside them stand the places that are damaged, for `openings` to note.
    """
    sealed = [
        (row.words, f"revisions|{row.id}|{row.revision}|words") for row in rows if not row.deleted
    ]
    found = await gate.vault.open_many(tx, sealed)
    words = map(_words, found)
    said = ["" if row.deleted else next(words) for row in rows]
    return said, await openings.damaged(gate, tx, sealed, found)


async def _earlier(
    gate: Gate, tx: Transaction, thread: ThreadId
) -> tuple[dict[NoteId, list[Earlier]], tuple[str, ...]]:
    """Open what messages said before they were edited, and name what is damaged of it."""
    rows, found = await threads.earlier(tx, thread), dict[NoteId, list[Earlier]]()
    sealed = [(row.words, f"revisions|{row.message}|{row.number}|words") for row in rows]
    opened = await gate.vault.open_many(tx, sealed)
    for row, words in zip(rows, map(_words, opened), strict=True):
        found.setdefault(row.message, []).append(Earlier(words=words, at=row.at))
    return found, await openings.damaged(gate, tx, sealed, opened)


def _words(opened: bytes | None) -> str:
    return UNREADABLE if opened is None else opened.decode()


def _message(row: MessageRow, words: str, *, author: str | None) -> Message:
    return Message(
        id=row.id,
        speaker=Speaker(row.speaker),
        words=None if row.deleted else words,
        at=row.at,
        edited=row.revision > 1,
        deleted=row.deleted,
        author=author if row.speaker is Speaker.PARTY else None,
    )


async def _named(tx: Transaction, actor: ActorId) -> Who:
    if is_forgotten(actor):
        return Who(actor=actor, handle=SOMEBODY)
    person = await people.find(tx, actor)
    return Who(actor=actor, handle=person.handle if person else actor)
