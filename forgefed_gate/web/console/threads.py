"""One conversation: what was said, how the knock stands, and what can be done about it."""

from starlette.responses import Response

from forgefed_gate.domain.charter import LONGEST_GRANT
from forgefed_gate.domain.endings import Ending
from forgefed_gate.domain.errors import Conflict, Malformed
from forgefed_gate.domain.ids import KnockId, ThreadId, authority_of
from forgefed_gate.domain.intents import Admit, Ask, Close, Decline, HandOver, Revoke, Say
from forgefed_gate.domain.roles import Act, Principal, Role, read_role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import (
    handing,
    openings,
    projects,
    proposals,
    public,
    references,
    views,
    why,
)
from forgefed_gate.services.views import ThreadView
from forgefed_gate.web import forms
from forgefed_gate.web.console import parties, pieces
from forgefed_gate.web.console.room import Visit, page, perform


async def show(visit: Visit) -> Response:
    """Show a conversation to whoever may read it, with the forms that fit its state."""
    if visit.failed and visit.failed.act == "propose":
        return await pieces.choose(visit)
    view = await _view(visit)
    slug = view.thread.project
    front = await public.front(visit.gate, slug)
    charter = front.charter
    if view.knock is not None:
        charter = await projects.charter_agreed(visit.gate, slug, view.knock.charter)
    asked_for = view.knock.role if view.knock else Role.VISIT
    ceiling = min(asked_for, visit.by.highest_grant(slug))
    return page(
        visit,
        "console/thread.html",
        view=view,
        openings=await openings.of_thread(visit.gate, view.thread.id),
        front=front,
        charter=charter,
        offered=_offered(view, visit.by),
        parties=await views.party_list(visit.gate, view.thread.id, by=visit.by),
        pieces=await proposals.from_thread(visit.gate, view.thread.id, by=visit.by),
        roles=[role.word for role in Role if Role.REPORT <= role <= ceiling],
        longest_grant=LONGEST_GRANT,
        heirs=await handing.heirs(visit.gate, view.thread),
        shown=await references.of_knock(visit.gate, view.knock.id, by=visit.by)
        if view.knock and view.knock.stage.open
        else None,
        why_page=_why_page(visit, view),
        their_server=authority_of(view.who.actor) if view.who.actor else None,
    )


def _why_page(visit: Visit, view: ThreadView) -> str:
    """Name the page about whom a conversation is with, to those who may open it."""
    who, slug = view.who.actor, view.thread.project
    return why.page_name(visit.gate, slug, who) if who and visit.by.may(Act.GRANT, slug) else ""


def _offered(view: ThreadView, by: Principal) -> set[str]:
    """Name the acts that make sense here and now, for somebody with the offices of *by*."""
    slug = view.thread.project
    stage = view.knock.stage if view.knock else Stage.WITHDRAWN
    sensible = {
        "ask": stage is Stage.HELD and by.may(Act.ASK, slug),
        "admit": stage in {Stage.HELD, Stage.RETURNED} and by.may(Act.DECIDE, slug),
        "decline": stage.open and by.may(Act.DECIDE, slug),
        "say": not stage.open and by.may(Act.TALK, slug),
        "add-party": not stage.open and by.may(Act.TALK, slug),
        "choose": not stage.open and by.may(Act.PUBLISH, slug),
        "close": not stage.open and not view.thread.closed and by.may(Act.TALK, slug),
        "hand": by.may(Act.TALK, slug) or (stage.open and by.may(Act.SEE_KNOCKS, slug)),
        "revoke": view.grant is not None
        and by.may(Act.GRANT, slug)
        and view.grant.role <= by.highest_grant(slug),
    }
    return {act for act, makes_sense in sensible.items() if makes_sense}


async def _view(visit: Visit) -> ThreadView:
    return await views.thread(visit.gate, ThreadId(visit.names["thread"]), by=visit.by)


async def _knock(visit: Visit) -> KnockId:
    view = await _view(visit)
    if view.knock is None:
        raise Conflict("no-knock", "Nobody knocks in this conversation.")
    return view.knock.id


async def _admit(visit: Visit) -> Response:
    form, knock = visit.form, await _knock(visit)
    role, days = read_role(form.get("role", "")), forms.days(form)
    return await perform(visit, Admit(knock=knock, text=forms.words(form), role=role, days=days))


async def _ask(visit: Visit) -> Response:
    return await perform(visit, Ask(knock=await _knock(visit), text=forms.words(visit.form)))


async def _decline(visit: Visit) -> Response:
    form, knock = visit.form, await _knock(visit)
    clause = form.get("clause", "") or None
    return await perform(visit, Decline(knock=knock, text=forms.words(form), clause=clause))


async def _say(visit: Visit) -> Response:
    view = await _view(visit)
    return await perform(visit, Say(thread=view.thread.id, text=forms.words(visit.form)))


async def _close(visit: Visit) -> Response:
    view = await _view(visit)
    ending = _ending(visit.form.get("ending", Ending.THANKS.value))
    return await perform(visit, Close(thread=view.thread.id, ending=ending))


def _ending(word: str) -> Ending:
    try:
        return Ending(word)
    except ValueError:
        raise Malformed(
            "ending-unknown", "Please choose one of the endings on the page."
        ) from None


async def _end(visit: Visit) -> Response:
    """Decline in one step: for now, or by the clause that was chosen."""
    knock, clause = await _knock(visit), visit.form.get("clause", "") or None
    return await perform(visit, Decline(knock=knock, clause=clause, not_now=clause is None))


async def _hand(visit: Visit) -> Response:
    view = await _view(visit)
    said = visit.form.get("to", "")
    to = await handing.heir_of(visit.gate, view.thread.id, said, by=visit.by)
    return await perform(visit, HandOver(thread=view.thread.id, to=to))


async def _revoke(visit: Visit) -> Response:
    view = await _view(visit)
    if view.grant is None:
        raise Conflict("no-grant", "They hold no Grant now, so there is nothing to revoke.")
    return await perform(visit, Revoke(grant=view.grant.id))


ACTS = {
    "admit": _admit,
    "ask": _ask,
    "decline": _decline,
    "say": _say,
    "choose": pieces.choose,
    "propose": pieces.propose,
    "close": _close,
    "end": _end,
    "hand": _hand,
    "revoke": _revoke,
    **parties.ACTS,
}
