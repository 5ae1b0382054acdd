"""RFC 8785: one value, one sequence of bytes."""

import json
import struct
from pathlib import Path

import pytest

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.protocol.proofs import canonical

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"
JCS = json.loads((VECTORS / "rfc8785-jcs.json").read_text("utf-8"))


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("case", JCS["documents"], ids=lambda case: case["name"])
def test_documents_are_canonical_as_published(case):
    """The standard's own examples, sorting and escapes included."""
    assert canonical(json.loads(case["input"])).decode() == case["canonical_utf8"]


@pytest.mark.parametrize("case", JCS["numbers"], ids=lambda case: case["ieee754"])
def test_numbers_are_written_as_ecmascript_does(case):
    """Any other spelling is another hash."""
    [number] = struct.unpack(">d", bytes.fromhex(case["ieee754"]))

    assert canonical(number).decode() == case["json"]


@pytest.mark.parametrize(
    "value",
    [
        *(json.loads(case["json"]) for case in JCS["must_reject"][:3]),
        float("inf"),
        -(2**53),
        {"\ud800": 1},
        {1: 2},
        b"bytes",
        nested(5_000),
    ],
)
def test_what_has_no_canonical_form_is_malformed(value):
    """What two readers could take for different values is not written at all."""
    with pytest.raises(Malformed) as refusal:
        canonical(value)

    assert refusal.value.code == "not-canonical"


def test_the_last_exact_integer_is_written():
    """Up to there, every reader holds the same number."""
    assert canonical([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"
