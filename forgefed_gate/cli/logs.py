"""What a running gate writes down: one JSON object a line, and never words of people."""

import json
import logging
import sys

from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.times import iso

OURS = "forgefed_gate"
SAFE = ("code", "kind", "error", "status", "count")
"""What a line may hold besides its message: codes and kinds, which nobody typed."""


class JsonLines(logging.Formatter):
    """
    Writes one line of JSON for each record.

    Of an exception only its type and place are kept, of another library's message only
    its pattern: either may quote what somebody wrote.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {
            "at": iso(Millis(int(record.created * 1000))),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        line |= {name: getattr(record, name) for name in SAFE if hasattr(record, name)}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["place"] = _place(record)
        return json.dumps(line)


def set_up() -> None:
    """Send everything worth knowing to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.INFO)


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
