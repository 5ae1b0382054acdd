"""The addresses of the pages for parties, and what can be done at each."""

from starlette.routing import Route

from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import Hall, Room, nowhere
from forgefed_gate.web.console.signin import sign_out
from forgefed_gate.web.mine import threads

MINE = Hall(admits=lambda _: True, stranger="mine/stranger.html", nothing="mine/nothing.html")
"""Whoever has a session is a party of something; of what, each page asks for itself."""


def routes(gate: Gate) -> list[Route]:
    """List the addresses for parties; the last one takes whatever is not there."""
    rooms = {
        "/mine": Room(gate, threads.show_all, {"sign-out": sign_out}, hall=MINE),
        "/mine/{thread}": Room(gate, threads.show, hall=MINE),
        "/mine/{rest:path}": Room(gate, nowhere, hall=MINE),
    }
    return [Route(path, room) for path, room in rooms.items()]
