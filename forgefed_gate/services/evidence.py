"""What proves, later and to somebody else, that words were said by whom they are said to be."""

import json
from dataclasses import dataclass

from forgefed_gate.domain.ids import Millis
from forgefed_gate.protocol.httpsig import Signed
from forgefed_gate.protocol.wire import write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Words that came through the console or the command line: the gate's own word for it."""

    by: str
    via: str
    at: Millis


def of_request(signed: Signed) -> bytes:
    """Keep a signed request as it came in, whole."""
    delivery = signed.delivery
    return write_json(
        {
            "kind": "request",
            "by": signed.by,
            "key": signed.key_id,
            "method": delivery.method,
            "target": delivery.target,
            "headers": [list(line) for line in delivery.headers],
            "body": delivery.body.decode(),
        }
    )


def of_attestation(attested: Attested) -> bytes:
    """Keep the gate's word for who wrote something, how and when."""
    return write_json(
        {"kind": "attestation", "by": attested.by, "via": attested.via, "at": attested.at}
    )


def body_of(evidence: bytes) -> bytes:
    """Give back the body of a kept request."""
    return str(json.loads(evidence)["body"]).encode()
