"""The addresses of the console, and what can be done at each."""

from forgefed_gate.services.gate import Gate
from forgefed_gate.web.console import people, pieces, projects, threads, upkeep
from forgefed_gate.web.console.room import Room, nowhere
from forgefed_gate.web.console.signin import sign_out, use_link
from forgefed_gate.web.links import OneTimeLink
from forgefed_gate.web.rules import Door, Rule


def routes(gate: Gate) -> list[Door]:
    """List the addresses of the console; the last one takes whatever is not there."""
    rooms = {
        "/console": (Rule.OFFICE, Room(gate, projects.show_all, {"sign-out": sign_out})),
        "/console/projects/{slug}": (Rule.OFFICE, Room(gate, projects.show, projects.ACTS)),
        "/console/projects/{slug}/people/{person}": (
            Rule.GRANT,
            Room(gate, people.show, people.ACTS),
        ),
        "/console/threads/{thread}": (Rule.TALK, Room(gate, threads.show, threads.ACTS)),
        "/console/pieces/{piece}": (Rule.TALK, Room(gate, pieces.show, pieces.ACTS)),
        "/console/blocks": (Rule.BLOCK, Room(gate, upkeep.show_blocks, upkeep.BLOCK_ACTS)),
        "/console/jobs": (Rule.OPERATOR, Room(gate, upkeep.show_jobs, upkeep.JOB_ACTS)),
        "/console/{rest:path}": (Rule.NOBODY, Room(gate, nowhere)),
    }
    return [
        Door(
            "/signin/{token}",
            OneTimeLink(gate, "console/signin.html", use_link),
            rule=Rule.LINK,
        ),
        *(Door(path, room, rule=rule) for path, (rule, room) in rooms.items()),
    ]
