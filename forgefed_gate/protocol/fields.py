"""How to read one field of a document that may be a string, an object, or a list of one."""

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.protocol import terms
from forgefed_gate.protocol.frontdoor import Json, JsonObject

LONGEST_LIST = 64
LONGEST_URL = 2_048
LONGEST_NAME = 256
MOST_ITEMS = 10**9
SPELLED_OUT = ("as:", f"{terms.AS2}#", f"{terms.FORGEFED}#")
"""How the types that we know begin where they are not written in short."""


def required(document: JsonObject, name: str) -> str:
    """Read the URL or id in *name*; it must be there."""
    found = optional(document, name)
    if not found:
        raise Malformed("field-missing", f"The document has no “{name}” that we can read.")
    return found


def optional(document: JsonObject, name: str) -> str:
    """Read the URL or id in *name*, or an empty string."""
    found = id_of(one(document, name))
    if len(found) > LONGEST_URL:
        raise _too_long(name)
    return found


def one(document: JsonObject, name: str) -> Json:
    """Read *name*, out of its list where it is a list of one."""
    value = document.get(name)
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    return value


def many(document: JsonObject, name: str) -> list[Json]:
    """Read *name* as a list, whatever it is written as."""
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        return [value]
    if len(value) > LONGEST_LIST:
        raise _too_long(name)
    return value


def ids(document: JsonObject, name: str) -> list[str]:
    """Read the ids in *name*."""
    return [found for value in many(document, name) if (found := id_of(value))]


def id_of(value: Json) -> str:
    """Read the id of an object, or the string that is one."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else ""


def text(document: JsonObject, name: str, *, limit: int = LONGEST_NAME) -> str:
    """Read the text in *name*, or an empty string."""
    value = document.get(name)
    if not isinstance(value, str):
        return ""
    if len(value) > limit:
        raise _too_long(name)
    return value


def kinds(document: JsonObject) -> list[str]:
    """Read the types of a document, those that we know in short."""
    return [_short(value) for value in many(document, "type") if isinstance(value, str)]


def _short(kind: str) -> str:
    if ":" in kind:
        for prefix in SPELLED_OUT:
            kind = kind.removeprefix(prefix)
    return kind


def inline(document: JsonObject, name: str) -> JsonObject | None:
    """Read the object embedded in *name*, or None where there is only a link or nothing."""
    value = one(document, name)
    return value if isinstance(value, dict) else None


def _too_long(name: str) -> Malformed:
    return Malformed("field-too-long", f"The field “{name}” is longer than we take.")


def total(collection: JsonObject) -> int | None:
    """Read how many items a collection says that it has, where it says so in a number."""
    found = collection.get("totalItems")
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if 0 <= found <= MOST_ITEMS else None
