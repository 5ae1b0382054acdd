"""How long a connection may keep us waiting, and how much it may say meanwhile."""

import asyncio
import socket
from enum import Enum
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_PIPELINED = 8
"""Requests that may wait behind one that is being answered."""


class Owed(Enum):
    """What the other end has to send next."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class Connection(HttpToolsProtocol):
    """
    A connection that is closed when its other end is too slow, or says too much.

    uvicorn itself bounds only the pause between two requests. Here every wait for the other
    end has a deadline that no trickle of bytes moves: for a head, for a body, and for taking
    what we answered. Where nothing was answered yet, a sentence says why.
    """

    head_seconds = 10.0
    body_seconds = 15.0
    answer_seconds = 10.0
    least_taken = 32 * 1024
    """Of an answer, in so many seconds: slow is not stuck."""
    longest_head = 32 * 1024
    longest_body = 5 * 1024 * 1024
    """Whatever is read of it: the application takes less, and says so itself."""

    since = 0.0
    """When it last was the other end's turn, by the clock of the loop."""

    _owed = Owed.HEAD
    _said = 0
    _moved = True
    _deadline: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Greet somebody; in a crowd, whoever kept us waiting longest makes room for them."""
        if self.limit_concurrency and len(self.connections) >= self.limit_concurrency - 1:
            self._make_room()
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that we hear of every byte not taken
        ours = transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.least_taken)  # and soon
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        _cancel(self._deadline)
        _cancel(self._untaken)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and look whether the other end owes us something else now."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._owed is Owed.NOTHING and self.cycle.response_complete:
            self._owe(Owed.HEAD)
        if self._moved:
            self._wait()
        self._said += len(data)
        self._bound()

    def on_message_begin(self) -> None:
        """Begin a request, unless too many wait for their answers already."""
        if len(self.pipeline) >= MOST_PIPELINED:
            raise OverflowError("pipelined")  # the parser stops, and uvicorn hangs up
        self._owe(Owed.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin a body, which may be empty."""
        self._owe(Owed.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request: now we owe an answer."""
        self._owe(Owed.NOTHING)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Remember since when nothing is asked of us."""
        self.since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give the other end a while to take what we say, and hang up if it does not."""
        super().pause_writing()
        self._watch_the_answer()

    def resume_writing(self) -> None:
        """Go on: everything was taken."""
        _cancel(self._untaken)
        super().resume_writing()

    @property
    def idle(self) -> bool:
        """Whether it is the other end that keeps us waiting."""
        owes = self._owed is not Owed.NOTHING or self.cycle.response_complete
        return owes and not self._answering and not self.transport.is_closing()

    def _watch_the_answer(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._untaken = self.loop.call_later(self.answer_seconds, self._judge_the_taking, left)

    def _judge_the_taking(self, before: int) -> None:
        if before - self.transport.get_write_buffer_size() < self.least_taken:
            self.transport.abort()
        else:
            self._watch_the_answer()

    def _owe(self, what: Owed) -> None:
        self._owed, self._moved = what, True

    def _wait(self) -> None:
        """Begin a wait; what was said before does not count towards it."""
        self._moved, self._said, self.since = False, 0, self.loop.time()
        _cancel(self._deadline)
        if self._owed is Owed.HEAD:
            self._deadline = self.loop.call_later(self.head_seconds, self._end_the_wait)
        elif self._owed is Owed.BODY:
            self._deadline = self.loop.call_later(self.body_seconds, self._end_the_wait)

    def _end_the_wait(self) -> None:
        if self._answering:
            self._wait()
        else:
            self._hang_up(
                HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time. Please try again."
            )

    def _bound(self) -> None:
        if self._owed is Owed.HEAD and self._said > self.longest_head:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._hang_up(status, "The head of the request is longer than we take.")
        elif self._owed is Owed.BODY and self._said > self.longest_body:
            self._hang_up(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is longer than we take."
            )

    @property
    def _answering(self) -> bool:
        """Whether an earlier request is still being answered while the next one comes."""
        if self._owed is Owed.BODY:
            return bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison] - uvicorn starts with None

    @property
    def _unanswered(self) -> bool:
        """Whether what comes would have its answer next, and has none yet."""
        if self._owed is Owed.BODY:
            return not self._answering and not self.cycle.response_started
        return self.cycle is None  # pyright: ignore[reportUnnecessaryComparison] - as above

    def _hang_up(self, status: HTTPStatus, sentence: str) -> None:
        if self._unanswered:
            self.transport.write(_last_words(status, sentence + "\n"))
        self.transport.close()

    def _make_room(self) -> None:
        idle = [each for each in self.connections if isinstance(each, Connection) and each.idle]
        if idle:
            slowest = min(idle, key=lambda each: each.since)
            slowest.transport.abort()
            self.connections.discard(slowest)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def _last_words(status: HTTPStatus, sentence: str) -> bytes:
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(sentence)}\r\n"
        f"Connection: close\r\n\r\n{sentence}"
    ).encode()
