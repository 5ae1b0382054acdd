"""What earlier versions have written, as bytes that every later one has to read."""

from dataclasses import replace
from pathlib import Path

from forgefed_gate.protocol.exports import take_apart

VECTORS = Path(__file__).parent.parent / "tests" / "vectors"
EXPORTS = [path.read_bytes() for path in sorted((VECTORS / "exports").glob("*.json"))]

_WHOLE = take_apart(EXPORTS[0])
UNSIGNED = replace(_WHOLE, messages=_WHOLE.messages[:2], manifest=b"{}").write()
"""A short one without a list, so that each message has to be proven by its own evidence."""
