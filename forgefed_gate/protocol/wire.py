"""How a document becomes bytes on the wire."""

import orjson

from forgefed_gate.protocol.frontdoor import Json


def write_json(document: Json) -> bytes:
    """Write *document* as UTF-8 JSON."""
    return orjson.dumps(document)
