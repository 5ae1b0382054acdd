"""Whom we listen to no more: the operator for the whole gate, people of a project for theirs."""

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound
from forgefed_gate.domain.ids import ActorId, Slug, authority_of, origin
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.protocol import frontdoor
from forgefed_gate.services import gather, people, projects, pseudonyms, safety
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks, exports, forgotten, maintainers, sessions
from forgefed_gate.store import projects as projects_store
from forgefed_gate.store.database import Transaction

EVERYWHERE = Slug("")
HOST_WANTED = "Give a handle, an actor's URL, or a host as it stands in a handle."


async def block(gate: Gate, subject: str, *, by: Principal) -> str:
    """
    Listen to a person or a server no more, wherever *by* may decide that.

    Of a person the safety contacts keep what was said. Every session and link of theirs ends,
    and of a server those of all who live there; the home of somebody who works for a project
    is not blocked there, for the project would listen to them no more either.
    """
    _places(by)
    found = await _subject(gate, subject)
    async with gate.database.transaction() as tx:
        for place in _places(await gather.as_of_now(tx, by)):
            await _refuse_home(tx, found, place)
            if await blocks.add(tx, found, project=place, now=gate.clock()):
                await _let_go(gate, tx, ActorId(found), place)
            await projects.record(gate, tx, place, by=by, act="Block", subject=found)
    gate.memory.blocked_read_at = None
    return found


async def _let_go(gate: Gate, tx: Transaction, actor: ActorId, place: Slug) -> None:
    """Keep evidence in each project that the block is about, and sign out whom it is about."""
    if _is_host(actor):
        await _sign_out_all_of(tx, actor)
        return
    everywhere = await projects_store.listing(tx) if place == EVERYWHERE else []
    for slug in [row.slug for row in everywhere] or [place]:
        await safety.keep(gate, tx, actor, project=slug)
    await _sign_out(tx, actor)


def _is_host(subject: str) -> bool:
    return "://" not in subject


async def _sign_out(tx: Transaction, actor: ActorId) -> None:
    await sessions.end_all_of(tx, actor)
    await exports.end_links_of(tx, actor)


async def _sign_out_all_of(tx: Transaction, host: str) -> None:
    """Sign out everybody who lives at *host*, but for those who work for some other project."""
    here = [ActorId(each) for each in await sessions.principals(tx) | await exports.parties(tx)]
    for actor in here:
        if authority_of(actor) == host and not await maintainers.offices(tx, actor):
            await _sign_out(tx, actor)


async def _refuse_home(tx: Transaction, subject: str, place: Slug) -> None:
    """Refuse to block a server where somebody lives who works for a project that it is about."""
    if not _is_host(subject):
        return
    at_work = await maintainers.everybody(tx)
    theirs = sorted(
        {
            project
            for project, actor in at_work
            if authority_of(actor) == subject and place in {EVERYWHERE, project}
        }
    )
    if theirs:
        raise Conflict(
            "home-of-maintainer",
            f"Somebody who works for {', '.join(theirs)} lives at {subject}, and would not be"
            " heard any more either. Block the people there whom you mean, or let them hand"
            " their work over first; then the server can be blocked.",
        )


async def unblock(gate: Gate, subject: str, *, by: Principal) -> str:
    """Listen to a person or a server again, wherever *by* may decide that."""
    known = await listing(gate, by=by)
    found = subject if subject in known else await _subject(gate, subject)
    async with gate.database.transaction() as tx:
        places = _places(await gather.as_of_now(tx, by))
        lifted = [place for place in places if await _lift(gate, tx, found, place)]
        for place in lifted:
            await projects.record(gate, tx, place, by=by, act="Unblock", subject=found)
    if not lifted:
        raise NotFound("not-blocked", f"“{subject}” is not blocked here.")
    gate.memory.blocked_read_at = None
    return found


async def _lift(gate: Gate, tx: Transaction, subject: str, place: Slug) -> bool:
    """Lift a block in one place, also one that is kept of somebody who was forgotten."""
    name = await pseudonyms.name_of(gate, tx, subject)
    kept = name is not None and await forgotten.lift_block(tx, name, project=place)
    return await blocks.remove(tx, subject, project=place) or kept


async def listing(gate: Gate, *, by: Principal) -> list[str]:
    """List whom *by* may hear again; the rest is nobody else's business."""
    places = _places(by)
    async with gate.database.snapshot() as tx:
        found = [subject for place in places for subject in await blocks.listing(tx, place)]
    return list(dict.fromkeys(found))


def _places(by: Principal) -> list[Slug]:
    """Find where *by* may block: everywhere as the operator, else in their own projects."""
    if by.operator:
        return [EVERYWHERE]
    places = [slug for slug in by.offices if by.may(Act.BLOCK, slug)]
    if not places:
        by.must(Act.BLOCK, next(iter(by.offices), Slug("this project")))
    return places


async def _subject(gate: Gate, subject: str) -> str:
    """Read what to block: a person as the actor that they are, a server as its authority."""
    if "@" in subject and "://" not in subject:
        return (await people.resolve(gate, subject)).actor
    if "://" in subject:
        actor = subject.strip().removesuffix("/")
        return actor if _path_of(gate, actor) else actor.partition("://")[2]
    _path_of(gate, f"https://{subject}")
    return subject


def _path_of(gate: Gate, url: str) -> str:
    """Give what follows the authority of a URL, which must be written in its one right way."""
    try:
        frontdoor.canonical_url(url, addressing=gate.addressing)
    except Malformed:
        raise Malformed("subject-malformed", HOST_WANTED) from None
    return url.removeprefix(origin(url))
