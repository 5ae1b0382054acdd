"""Adding somebody to a conversation, and taking them out again."""

from starlette.responses import Response

from forgefed_gate.domain.ids import ActorId, ThreadId
from forgefed_gate.domain.intents import AddParty, RemoveParty
from forgefed_gate.domain.roles import Act
from forgefed_gate.services import people, views
from forgefed_gate.web.console.room import Visit, perform


async def _thread(visit: Visit) -> ThreadId:
    """Name the conversation of this page; nobody else makes us ask who somebody is."""
    view = await views.thread(visit.gate, ThreadId(visit.names["thread"]), by=visit.by)
    visit.by.must(Act.TALK, view.thread.project)
    return view.thread.id


async def _add(visit: Visit) -> Response:
    thread, form = await _thread(visit), visit.form
    person = await people.resolve(visit.gate, form.get("who", "").strip())
    history = bool(form.get("history"))
    return await perform(visit, AddParty(thread=thread, who=person.actor, history=history))


async def _remove(visit: Visit) -> Response:
    who = ActorId(visit.form.get("who", ""))
    return await perform(visit, RemoveParty(thread=await _thread(visit), who=who))


ACTS = {"add-party": _add, "remove-party": _remove}
