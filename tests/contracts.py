"""What `schemas/` promises, held against what is said."""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SCHEMAS = Path(__file__).parent.parent / "schemas"


def schema(name: str) -> dict:
    """Read a schema."""
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


def held(document: object, verb: str) -> None:
    """Fail where what *verb* said is not what was promised."""
    place = f"{schema('output')['$id']}#/$defs/{verb.replace(' ', '%20')}"
    Draft202012Validator({"$ref": place}, registry=_registry()).validate(document)


def charter_errors(document: object) -> list[str]:
    """List what is wrong with the document of a charter file."""
    return [
        error.message for error in Draft202012Validator(schema("charter")).iter_errors(document)
    ]


@cache
def _registry() -> Registry:
    resources = [Resource.from_contents(schema(name)) for name in ("charter", "output")]
    return resources @ Registry()
