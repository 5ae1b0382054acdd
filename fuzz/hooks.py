"""What a forge's webhook brings: nothing without a proof, and with one what can be read."""

import hashlib
import hmac

from forgefed_gate.domain.errors import Malformed, Unverified
from forgefed_gate.forge import hooks as door
from fuzz.judge import only, spread

SECRET = b"s3cr3t"
HEADERS = {
    "x-gitea-delivery": "91faef20-13ff-4482-86b1-4ad8d233a5c7",
    "x-gitea-event-type": "issues",
}


def hooks(data: bytes) -> None:
    """Read a body in a form and without one, signed by whoever has the secret and by nobody."""
    body = spread(data)
    with only(Unverified):
        door.read(HEADERS, body, secret=SECRET)
        raise AssertionError("nobody signed it")
    with only(Unverified):
        door.read(HEADERS | {"content-type": door.FORM}, body, secret=SECRET)
        raise AssertionError("nobody signed it")
    proof = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    with only(Malformed) as answer:
        event = door.read(HEADERS | {"x-gitea-signature": proof}, body, secret=SECRET)
    if answer.refused:
        return
    assert event.issue is None or isinstance(event.issue, int)
    assert isinstance(event.repository, int)
    assert event.action.isprintable()
