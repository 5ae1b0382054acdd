"""How one field of a forge's answer is read: what is not as it should be is no answer."""

from forgefed_gate.domain.errors import Refusal, Unreachable
from forgefed_gate.protocol import fields, frontdoor
from forgefed_gate.protocol.frontdoor import JsonObject


def document(body: bytes) -> JsonObject:
    """Read an answer that is one object."""
    try:
        return frontdoor.read_json(body)
    except Refusal:
        raise unclear() from None


def listed(body: bytes) -> list[JsonObject]:
    """Read an answer that is a list of objects."""
    items = document(b'{"items":' + body + b"}").get("items")
    if not isinstance(items, list):
        raise unclear()
    return [item for item in items if isinstance(item, dict)]


def number(found: JsonObject, name: str) -> int:
    """Read a whole number that has to be there."""
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise unclear()
    return value


def name(found: JsonObject, name: str) -> str:
    """Read a name that has to be there, and can be shown."""
    value = text(found, name)
    if not value or not value.isprintable():
        raise unclear()
    return value


def text(found: JsonObject, name: str) -> str:
    """Read a text that somebody there chose, to be compared and not to be shown."""
    try:
        return fields.text(found, name, limit=fields.LONGEST_URL)
    except Refusal:
        raise unclear() from None


def part(found: JsonObject, name: str) -> JsonObject:
    """Read an object that has to be there."""
    value = found.get(name)
    if not isinstance(value, dict):
        raise unclear()
    return value


def parts(found: JsonObject, name: str) -> list[JsonObject]:
    """Read the objects of a list, which may be missing."""
    value = found.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def words(found: JsonObject, name: str) -> frozenset[str]:
    """Read the texts of a list, which may be missing."""
    value = found.get(name)
    items = value if isinstance(value, list) else []
    return frozenset(each for each in items if isinstance(each, str))


def unclear() -> Unreachable:
    """Say that an answer cannot be read; the next one may be."""
    return Unreachable("forge-unclear", "The forge answered in a way that we cannot read.")
