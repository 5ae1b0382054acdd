"""The addresses of the console, and what can be done at each."""

from starlette.routing import Route

from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console import pieces, projects, threads, upkeep
from forgefed_gate.web.console.room import Room, nowhere
from forgefed_gate.web.console.signin import SignIn, sign_out


def routes(gate: Gate) -> list[Route]:
    """List the addresses of the console; the last one takes whatever is not there."""
    rooms = {
        "/console": Room(gate, projects.show_all, {"sign-out": sign_out}),
        "/console/projects/{slug}": Room(gate, projects.show, projects.ACTS),
        "/console/threads/{thread}": Room(gate, threads.show, threads.ACTS),
        "/console/pieces/{piece}": Room(gate, pieces.show, pieces.ACTS),
        "/console/blocks": Room(gate, upkeep.show_blocks, upkeep.BLOCK_ACTS),
        "/console/jobs": Room(gate, upkeep.show_jobs, upkeep.JOB_ACTS),
        "/console/{rest:path}": Room(gate, nowhere),
    }
    return [
        Route("/signin/{token}", SignIn(gate)),
        *(Route(path, room) for path, room in rooms.items()),
    ]
