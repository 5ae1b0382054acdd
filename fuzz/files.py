"""Files that somebody is sent by somebody else: exported conversations."""

from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.protocol import exports as form
from forgefed_gate.protocol import verifying
from fuzz.judge import only, spread
from fuzz.kept import EXPORTS, UNSIGNED


def exports(data: bytes) -> None:
    """Examine a file: it is whole only where it is one that a gate has written, to the byte."""
    for file in _files(data):
        with only(Malformed, TooLarge) as answer:
            report = verifying.examine(file)
        if answer.refused:
            continue
        assert report.fault is not None or file in EXPORTS
        assert report.fault is None or report.fault.sentence
        laid = form.take_apart(file)
        assert form.take_apart(laid.write()) == laid


def _files(data: bytes) -> list[bytes]:
    """Read the case as a whole file, and as what takes the place of a part of a good one."""
    place, rest = int.from_bytes(data[:2]), data[2:]
    return [spread(data), UNSIGNED[:place] + rest + UNSIGNED[place + len(rest) :]]
