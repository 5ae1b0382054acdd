"""The conversations of whoever is signed in, and one of them."""

from starlette.responses import Response

from forgefed_gate.domain.ids import ActorId, ThreadId
from forgefed_gate.services import exporting, mine
from forgefed_gate.web.console.room import Visit, page
from forgefed_gate.web.exports import file_of


async def show_all(visit: Visit) -> Response:
    """List the conversations that somebody is a party of."""
    found = await mine.listing(visit.gate, by=visit.by)
    return page(visit, "mine/home.html", threads=found)


async def show(visit: Visit) -> Response:
    """Show a conversation to a party of it: what was said, and who can read it."""
    found = await mine.thread(visit.gate, ThreadId(visit.names["thread"]), by=visit.by)
    return page(visit, "mine/thread.html", mine=found)


async def _export(visit: Visit) -> Response:
    """Give a conversation to its contributor as a file that proves itself."""
    name = ThreadId(visit.names["thread"])
    return file_of(await exporting.export_theirs(visit.gate, name, party=ActorId(visit.by.name)))


ACTS = {"export": _export}
