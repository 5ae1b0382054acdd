"""Whose turn it is: few at one server, none behind another, and no herd."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.ids import HOUR, MINUTE, SECOND, Millis
from forgefed_gate.domain.turns import (
    DOUBTFUL,
    LONG_AGO,
    PER_PEER,
    PLACES,
    STRANGER,
    Due,
    Peer,
    answered,
    choose,
    failed,
    room,
    sooner,
)

NOW = Millis(1_000_000)
MIDDLE = 0.5


def due(*origins):
    """Let one delivery be due for each of *origins*, in this order."""
    return [Due(sequence=n, name=f"{n}", origin=origin) for n, origin in enumerate(origins)]


def origins(deliveries):
    return [each.origin for each in deliveries]


@pytest.mark.parametrize(
    ("peer", "free"),
    [
        (STRANGER, 2),
        (Peer(under_way=1), 1),
        (Peer(under_way=2), 0),
        (Peer(failures=1), 1),
        (Peer(failures=1, under_way=1), 0),
        (Peer(failures=1, under_way=2), 0),
        (Peer(failures=9, rests_until=NOW), 1),
        (Peer(failures=9, rests_until=NOW + 1), 0),
    ],
)
def test_a_server_is_asked_two_things_at_once_and_one_in_doubt(peer, free):
    """Whoever just failed gets one, and nothing at all while they rest."""
    assert room(peer, now=NOW) == free


def test_the_circuit_opens_at_the_third_failure_and_for_longer_each_time():
    """Once could be anything; three times in a row is about the server."""
    peer, rests = STRANGER, []
    for _ in range(5):
        peer = failed(peer, now=NOW, chance=MIDDLE)
        rests.append(max(peer.rests_until - NOW, 0))

    assert rests == [0, 0, 30 * SECOND, 2 * MINUTE, 10 * MINUTE]


def test_the_circuit_closes_with_an_answer():
    """Whatever it says: who speaks is there."""
    peer = Peer(failures=7, rests_until=NOW + HOUR, under_way=1, crowded=True)

    assert answered(peer) == Peer(under_way=1, crowded=True)


def test_a_rest_ends_as_much_sooner_as_the_clock_was_set_back():
    """Otherwise a server would be left alone for as long as the clock was wrong."""
    resting = Peer(failures=3, rests_until=Millis(NOW + HOUR))

    assert sooner(resting, HOUR).rests_until == NOW
    assert sooner(STRANGER, HOUR) == STRANGER


def test_a_second_failure_never_shortens_a_rest():
    """Two requests were under way, and the one that ends last asked for less."""
    peer = failed(STRANGER, now=NOW, chance=MIDDLE, asked=HOUR)

    assert failed(peer, now=NOW + 1, chance=MIDDLE).rests_until == NOW + HOUR


def test_the_oldest_goes_first_and_the_rest_of_its_server_waits():
    """One server's crowd is no reason to hold the next one back."""
    go, wait = choose(reversed(due("a", "a", "a", "b", "a")), {}, now=NOW, places=10)

    assert [each.name for each in go] == ["0", "1", "3"]
    assert [each.name for each in wait] == ["2", "4"]


def test_what_only_lacks_a_place_stays_due():
    """It is nobody's fault, and the next free place is its own."""
    go, wait = choose(due("a", "b", "c"), {}, now=NOW, places=2)

    assert (origins(go), wait) == (["a", "b"], [])


def test_servers_in_doubt_never_hold_all_the_places():
    """They hang, most of them; those who answer must not wait for that."""
    doubtful = [f"doubtful{n}" for n in range(PLACES)]
    peers = {name: Peer(failures=1) for name in doubtful}
    peers[doubtful[0]] = Peer(failures=1, under_way=1)

    go, wait = choose(due(*doubtful, "healthy"), peers, now=NOW, places=PLACES - 1)

    assert origins(go) == [*doubtful[1:DOUBTFUL], "healthy"]
    assert origins(wait) == [doubtful[0], *doubtful[DOUBTFUL:]]


PEERS = st.builds(
    Peer,
    under_way=st.integers(0, 3),
    failures=st.integers(0, 3),
    rests_until=st.sampled_from([LONG_AGO, NOW, NOW + 1]),
)


@given(
    st.lists(st.sampled_from("abcdef"), max_size=40),
    st.dictionaries(st.sampled_from("abcdef"), PEERS),
    st.integers(0, 20),
)
def test_no_choice_crowds_anybody(asked, peers, places):
    """Whatever is due: each is sent, set aside or left alone, and no server gets too much."""
    found = due(*asked)

    go, wait = choose(found, peers, now=NOW, places=places)

    assert len(go) <= places
    assert len({*go, *wait}) == len(go) + len(wait)
    assert {*go, *wait} <= {*found}
    for origin in {*asked}:
        peer = peers.get(origin, STRANGER)
        assert origins(go).count(origin) <= room(peer, now=NOW) <= PER_PEER
