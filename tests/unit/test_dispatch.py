"""What is remembered of other servers: as much as helps, and of so many only."""

from types import SimpleNamespace

from forgefed_gate.domain.turns import STRANGER, Peer
from forgefed_gate.services import dispatch
from forgefed_gate.services.gate import Memory


def remembering(peers):
    """Make what a gate remembers of *peers*, in this order."""
    gate = SimpleNamespace(memory=Memory())
    for origin, peer in peers.items():
        dispatch._keep(gate, origin, peer)
    return gate


def test_a_server_about_which_there_is_nothing_to_say_is_forgotten():
    """Most servers answer, and cost no memory."""
    gate = remembering({"https://a.example": Peer(failures=1)})

    dispatch._keep(gate, "https://a.example", STRANGER)

    assert gate.memory.peers == {}


def test_names_without_end_fill_no_memory():
    """One domain can have a million hosts, and none of them need answer."""
    busy = {"https://busy.example": Peer(under_way=1)}
    down = {f"https://{n}.example": Peer(failures=3) for n in range(dispatch.MOST_REMEMBERED)}

    gate = remembering(busy | down)

    assert len(gate.memory.peers) == dispatch.MOST_REMEMBERED
    assert "https://busy.example" in gate.memory.peers
    assert "https://0.example" not in gate.memory.peers
