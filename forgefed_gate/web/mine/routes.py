"""The addresses of the pages for parties, and what can be done at each."""

from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console.room import Hall, Room, nowhere
from forgefed_gate.web.console.signin import sign_out
from forgefed_gate.web.mine import publications, threads
from forgefed_gate.web.rules import Door, Rule

MINE = Hall(admits=lambda _: True, stranger="mine/stranger.html", nothing="mine/nothing.html")
"""Whoever has a session is a party of something; of what, each page asks for itself."""


def routes(gate: Gate) -> list[Door]:
    """List the addresses for parties; the last one takes whatever is not there."""
    rooms = {
        "/mine": (Rule.SIGNED_IN, Room(gate, threads.show_all, {"sign-out": sign_out}, hall=MINE)),
        "/mine/publications/{piece}": (
            Rule.AUTHOR,
            Room(gate, publications.show, publications.ACTS, hall=MINE),
        ),
        "/mine/{thread}": (Rule.MY_THREAD, Room(gate, threads.show, threads.ACTS, hall=MINE)),
        "/mine/{rest:path}": (Rule.NOBODY, Room(gate, nowhere, hall=MINE)),
    }
    return [Door(path, room, rule=rule) for path, (rule, room) in rooms.items()]
