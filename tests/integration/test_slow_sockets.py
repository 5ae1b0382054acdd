"""Those who connect and then keep us waiting, by accident or on purpose."""

from contextlib import closing
from itertools import chain, repeat

import pytest
from sockets import GET, PATIENCE, POST, Hasty, answered, heard, serving, status, trickle, until

from forgefed_gate.cli.connections import MOST_PIPELINED, Connection

BEGUN = b"POST / HTTP/1.1\r\nHost: gate.example\r\n"


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request):
    """Name each loop in turn: they buffer and close in their own ways."""
    return request.param


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", BEGUN], ids=["", "rn", "GET", "half"])
def test_whoever_does_not_finish_a_head_is_told_and_let_go(loop, said):
    """A socket that says nothing costs us as much as one that works."""
    with serving(loop) as door, closing(door.knock(said)) as caller:
        answer = heard(caller)

    assert status(answer) == 408
    assert answer.endswith(b"Please try again.\n")
    assert door.asked == []


def test_whoever_does_not_finish_a_body_is_told_and_let_go(loop):
    """The application has begun by then, and hears that nobody is there any more."""
    with serving(loop) as door, closing(door.knock(POST + b"half")) as caller:
        answer = heard(caller)
        until(lambda: door.ended)

    assert status(answer) == 408
    assert answer.endswith(b"Please try again.\n")
    assert door.ended == ["/"]


@pytest.mark.parametrize(
    ("first", "then"),
    [(BEGUN, b"X: y\r\n"), (POST, b"x"), (b"", b"\r\n")],
    ids=["head", "body", "empty lines"],
)
def test_a_trickle_moves_no_deadline(loop, first, then):
    """Otherwise a byte now and then would hold a connection for ever."""
    with serving(loop) as door, closing(door.knock(first)) as caller:
        answer = trickle(caller, repeat(then))
        until(door.is_deserted)

    assert status(answer) in {0, 408}
    assert "200" not in answer.decode()


def test_a_connection_that_was_useful_once_has_no_longer_breath(loop):
    """An empty line after an answer ends the pause between two requests, but begins no other."""
    with serving(loop) as door, closing(door.knock(GET)) as caller:
        answered(caller, b"\r\n\r\n0")

        rest = trickle(caller, repeat(b"\r\n"))
        until(door.is_deserted)

    assert rest == b""


def test_a_second_request_that_is_never_finished_is_let_go_in_silence(loop):
    """A sentence that nobody asked for would be read as the answer to something else."""
    with serving(loop) as door, closing(door.knock(GET + BEGUN)) as caller:
        answer = heard(caller)

    assert answer.count(b"HTTP/1.1") == 1
    assert status(answer) == 200
    assert door.asked == ["/"]


@pytest.mark.parametrize("asks", [1, 200], ids=["one large", "many small"])
def test_whoever_does_not_take_the_answer_is_cut_off(loop, asks):
    """What we have written for them waits in our memory."""
    path = b"/large" if asks == 1 else b"/" + b"x" * 1000
    questions = GET.replace(b"/ ", path + b" ", 1) * asks
    with serving(loop) as door, closing(door.knock(questions, hears=1024)):
        until(lambda: door.asked)
        until(door.is_deserted)

    assert len(door.asked) >= 1


def test_whoever_takes_the_answer_piece_by_piece_gets_all_of_it(loop):
    """Slow is not stuck."""
    ask = GET.replace(b"/ ", b"/large ", 1)
    with serving(loop) as door, closing(door.knock(ask, hears=65_536)) as caller:
        answer = heard(caller, pause=0.01)

    assert len(answer) > 8_000_000


@pytest.mark.parametrize(
    ("first", "then", "refused"),
    [
        (BEGUN, b"X-Endless: " + b"y" * 9000 + b"\r\n", 431),
        (BEGUN + b"X-Endless: ", b"y" * 9000, 431),
        (
            BEGUN + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
            b"X: " + b"y" * 90_000 + b"\r\n",
            413,
        ),
    ],
    ids=["many fields", "one field", "after the body"],
)
def test_what_has_no_end_is_not_listened_to(loop, first, then, refused):
    """A head is kept until it is whole, and so is what follows a body."""
    with serving(loop, http=Connection) as door, closing(door.knock()) as caller:
        answer = trickle(caller, chain([first], repeat(then)))
        until(door.is_deserted)

    assert status(answer) in {0, refused}
    assert door.ended in ([], ["/"])
    assert door.asked == door.ended


def test_what_takes_us_long_is_our_own_affair(loop):
    """Deadlines are for the other end: whoever waits for us may wait."""
    ask = GET.replace(b"/ ", b"/slowly ", 1)
    with serving(loop) as door, closing(door.knock(ask + GET)) as caller:
        answer = heard(caller)

    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert door.ended == ["/slowly", "/"]


def test_few_requests_wait_behind_one(loop):
    """Thousands of them, of a few bytes each, would fill our memory."""
    ask = GET.replace(b"/ ", b"/slowly ", 1)
    with serving(loop) as door, closing(door.knock(ask + GET * 100)) as caller:
        _ = heard(caller)

    assert len(door.asked) <= 1 + MOST_PIPELINED


def test_whoever_keeps_in_time_is_never_cut_off(loop):
    """Many requests on one connection, some of them in pieces."""
    post = POST.replace(b"100000", b"9")
    with serving(loop, pause=PATIENCE) as door, closing(door.knock()) as caller:
        for _ in range(5):
            for piece in (post[:20], post[20:], b"123", b"456789"):
                caller.sendall(piece)
            answered(caller, b"\r\n\r\n9")

    assert door.ended == ["/"] * 5


def test_a_body_that_nobody_wants_ends_nothing_but_itself(loop):
    """Whoever is told early that it is too long can go on with something shorter."""
    post = POST.replace(b"/ ", b"/unread ", 1)
    with serving(loop, pause=PATIENCE) as door, closing(door.knock(post)) as caller:
        answered(caller, b"\r\n\r\n0")
        caller.sendall(bytes(100_000) + GET)
        answered(caller, b"\r\n\r\n0")

    assert door.ended == ["/unread", "/"]


def test_in_a_crowd_whoever_was_silent_longest_makes_room(loop):
    """Sockets that only stand there must not lock the others out."""
    with serving(loop, http=Connection, pause=PATIENCE, most=10) as door:
        silent = [door.knock(BEGUN) for _ in range(30)]
        callers = [door.knock(GET) for _ in range(5)]
        answers = [status(caller.recv(65_536)) for caller in callers]
        first = heard(silent[0])
        present = len(door.server.server_state.connections)
        for each in [*silent, *callers]:
            each.close()

    assert answers == [200] * 5
    assert first == b""
    assert present <= 10


def test_nobody_whom_we_work_for_makes_room(loop):
    """Then it is the last one who is told to come again."""
    ask = GET.replace(b"/ ", b"/slowly ", 1)
    with serving(loop, http=Connection, most=4) as door:
        busy = [door.knock(ask) for _ in range(3)]
        until(lambda: len(door.asked) == 3)
        with closing(door.knock(GET)) as late:
            answer = late.recv(65_536)
        answers = [status(caller.recv(65_536)) for caller in busy]
        for each in busy:
            each.close()

    assert status(answer) == 503
    assert answers == [200] * 3


def test_a_gate_waits_as_long_as_it_says():
    """All of R-10's sockets are gone after twenty seconds."""
    assert max(Connection.head_seconds, Connection.body_seconds, Connection.answer_seconds) <= 15
    assert Hasty.head_seconds < Connection.head_seconds
