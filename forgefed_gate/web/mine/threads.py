"""The conversations of whoever is signed in, and one of them."""

from starlette.responses import Response

from forgefed_gate.domain.ids import ThreadId
from forgefed_gate.services import mine
from forgefed_gate.web.console.room import Visit, page


async def show_all(visit: Visit) -> Response:
    """List the conversations that somebody is a party of."""
    found = await mine.listing(visit.gate, by=visit.by)
    return page(visit, "mine/home.html", threads=found)


async def show(visit: Visit) -> Response:
    """Show a conversation to a party of it: what was said, and who can read it."""
    found = await mine.thread(visit.gate, ThreadId(visit.names["thread"]), by=visit.by)
    return page(visit, "mine/thread.html", mine=found)
