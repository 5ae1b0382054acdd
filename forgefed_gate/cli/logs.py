"""What a running gate writes down: one JSON object a line, and never words of people."""

import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.times import iso

OURS = "forgefed_gate"
SAFE = ("code", "kind", "error", "status")
"""What a line may hold besides its message: codes and kinds, which nobody typed."""

QUIET = 1.0
"""Seconds after a line in which nobody writes the same again."""
MOST_REASONS = 1000


class JsonLines(logging.Formatter):
    """
    Writes one line of JSON for each record.

    Of an exception only its type and place are kept, of another library's message only
    its pattern: either may quote what somebody wrote.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {"at": iso(Millis(int(record.created * 1000))), **_said(record)}
        if count := getattr(record, "count", None):
            line["count"] = count
        return json.dumps(line)


class Sparing(logging.Filter):
    """
    Lets one line a second through for each reason, so that no flood of requests is one of lines.

    A reason is all that a line says but its time. A line that speaks for others too, which
    were held back before it, says in its *count* for how many.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._reasons: dict[tuple[object, ...], _Reason] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether *record* is written."""
        name, now = tuple(_said(record).values()), self._clock()
        reason = self._reasons.setdefault(name, _Reason())
        if now < reason.quiet_until:
            reason.held_back += 1
            return False
        if reason.held_back:
            record.count = reason.held_back + 1
        self._reasons[name] = _Reason(quiet_until=now + QUIET)
        if len(self._reasons) > MOST_REASONS:
            del self._reasons[next(iter(self._reasons))]
        return True


@dataclass(slots=True, kw_only=True)
class _Reason:
    quiet_until: float = 0.0
    held_back: int = 0


def set_up() -> None:
    """Send everything worth knowing to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Sparing())
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line says
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)


def _said(record: logging.LogRecord) -> dict[str, object]:
    """Take from a record what is safe to write down."""
    said: dict[str, object] = {
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    said |= {name: getattr(record, name) for name in SAFE if hasattr(record, name)}
    if record.exc_info and record.exc_info[0]:
        said["error"] = record.exc_info[0].__name__
        said["place"] = _place(record)
    return said


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    return str(record.msg).partition("\n")[0]


def _place(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    module = trace.tb_frame.f_globals.get("__name__", "?")
    return f"{module}:{trace.tb_lineno}"
