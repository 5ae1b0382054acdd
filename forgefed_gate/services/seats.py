"""A contributor's yes or no to somebody else in their conversation, and what follows from it."""

from forgefed_gate.domain.effects import Remark
from forgefed_gate.domain.ids import ActorId
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.threads import Speaker, Thread
from forgefed_gate.domain.wishes import Wish
from forgefed_gate.domain.words import parties as words
from forgefed_gate.services import audit, relay, telling
from forgefed_gate.services.audit import Deed
from forgefed_gate.services.case import Case
from forgefed_gate.store import parties, threads


async def agree(case: Case, wish: Wish) -> str:
    """Let somebody in whom the contributor was asked about; they see nothing from before."""
    seat, thread = await _asked(case, wish)
    if seat is None or thread is None or not _is_theirs(case, thread):
        return words.nothing_asked(wish.code)
    await _let_in(case, seat, thread)
    await _recorded(case, "Agree", seat)
    return words.agreed(case.facts.project.name)


async def share(case: Case, wish: Wish) -> str:
    """Let somebody read what the author of this wish wrote before they came."""
    seat, thread = await _asked(case, wish)
    if seat is None or thread is None or seat.actor == case.facts.actor:
        return words.nothing_asked(wish.code)
    if not seat.taken and not _is_theirs(case, thread):
        return words.nothing_asked(wish.code)
    await _let_in(case, seat, thread)
    await _open_history(case, seat, thread)
    await _recorded(case, "Share", seat)
    return words.shared()


async def disagree(case: Case, wish: Wish) -> str:
    """End a proposal or a seat: the contributor may, and whoever has it."""
    seat, thread = await _asked(case, wish)
    if seat is None or thread is None:
        return words.nothing_asked(wish.code)
    if not _is_theirs(case, thread) and seat.actor != case.facts.actor:
        return words.nothing_asked(wish.code)
    await relay.let_go(case.tx, seat, now=case.facts.now)
    await _recorded(case, "Disagree", seat)
    return words.disagreed()


async def _asked(case: Case, wish: Wish) -> tuple[Seat | None, Thread | None]:
    """Find the seat of a code and its conversation, if this person is a party of it."""
    seat = await parties.by_code(case.tx, wish.code)
    if seat is None or seat.lapsed(now=case.facts.now):
        return None, None
    await parties.hold(case.tx, seat.thread)
    seat = await parties.by_code(case.tx, wish.code)
    thread = await threads.find(case.tx, seat.thread) if seat else None
    known = thread is not None and thread.project == case.slug
    if (
        seat is None
        or not known
        or not await parties.admits(case.tx, seat.thread, case.facts.actor)
    ):
        return None, None
    return seat, thread


def _is_theirs(case: Case, thread: Thread) -> bool:
    return thread.contributor == case.facts.actor


async def _let_in(case: Case, seat: Seat, thread: Thread) -> None:
    if seat.taken:
        return
    others = [each for each in await parties.seats(case.tx, thread.id) if each.taken]
    await parties.take(case.tx, seat.code, now=case.facts.now)
    await _whisper(case, thread, seat.actor, words.welcome(case.facts.project.name, seat.code))
    for each in others:
        await _whisper(case, thread, each.actor, words.may_they_read(seat.code))


async def _open_history(case: Case, seat: Seat, thread: Thread) -> None:
    """Give copies of what this author wrote; the project's own only where it offered them."""
    mine = {Speaker.CONTRIBUTOR, Speaker.PARTY}
    opened = 0
    for message in await threads.messages(case.tx, thread.id):
        theirs = message.speaker in mine and message.author == case.facts.actor
        ours = message.speaker is Speaker.PROJECT and seat.history and _is_theirs(case, thread)
        if theirs or ours:
            await relay.mint(case.gate, case.tx, thread, message.id, seat.actor)
            opened += 1
    if opened:
        await _whisper(case, thread, seat.actor, words.history_opened())


async def _whisper(case: Case, thread: Thread, reader: ActorId, text: str) -> None:
    """Tell one party something; the people of the project see it too, and no other party."""
    note = await telling.remark(case, Remark(thread=thread.id, text=text))
    message = await threads.message(case.tx, note)
    assert message is not None, "it was just kept"
    await relay.send(case.gate, case.tx, thread, message, reader=reader, text=text)


async def _recorded(case: Case, act: str, seat: Seat) -> None:
    deed = Deed(
        project=case.slug,
        principal=case.facts.actor,
        role=audit.OUTSIDE,
        act=act,
        subject=seat.code,
        reason="consent",
        at=case.facts.now,
    )
    await audit.write_down(case.gate, case.tx, deed)
