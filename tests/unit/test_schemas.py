"""The schemas, held to the code that they describe."""

import json

import pytest
from contracts import SCHEMAS, charter_errors, schema
from jsonschema import Draft202012Validator

from forgefed_gate.cli.main import ALL
from forgefed_gate.domain.charter import default_charter
from forgefed_gate.domain.roles import Office, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.protocol import charter_file, terms

OUTPUT = schema("output")["$defs"]


@pytest.mark.parametrize("name", ["charter", "export.schema", "output"])
def test_a_schema_is_a_schema(name):
    """A misspelt keyword would promise nothing, silently."""
    Draft202012Validator.check_schema(schema(name))


def test_nothing_else_is_promised():
    """A file that no test reads is a promise that nobody keeps."""
    assert sorted(path.name for path in SCHEMAS.iterdir()) == [
        "charter.json",
        "context.jsonld",
        "export.schema.json",
        "output.json",
    ]


def test_our_vocabulary_is_published_as_it_is_used():
    """Others read our documents with the published context."""
    published = json.loads((SCHEMAS / "context.jsonld").read_text("utf-8"))

    assert published == {"@context": terms.OURS}


def test_every_verb_has_its_document():
    """A verb without one would answer with anything."""
    assert {verb.words for verb in ALL} <= OUTPUT.keys()


@pytest.mark.parametrize("name", OUTPUT)
def test_every_object_is_described_completely(name):
    """What is not named is not said: a field that is added is added here too."""
    for each in objects(OUTPUT[name]):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def objects(part):
    """Find every object that a schema describes."""
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for inner in part.values():
            yield from objects(inner)


def test_words_of_the_domain_are_all_there():
    """A stage or role that the schema does not know breaks whoever relied on it."""
    assert OUTPUT["knock"]["properties"]["stage"]["enum"] == [each.value for each in Stage]
    assert OUTPUT["role"]["enum"] == [each.word for each in Role]
    assert OUTPUT["office"]["enum"] == [each.value for each in Office]
    assert OUTPUT["message"]["properties"]["speaker"]["enum"] == [each.value for each in Speaker]


def test_the_charter_schema_has_the_defaults_of_the_code():
    """The same file means the same to an editor and to the gate."""
    usual = charter_file.document(default_charter("Anvil"))
    properties = schema("charter")["properties"]

    assert properties.keys() == usual.keys() == set(charter_file.NAMES)
    assert {name: each["default"] for name, each in properties.items() if "default" in each} == {
        name: usual[name] for name in charter_file.NAMES[:6]
    }
    assert properties["role"]["enum"] == [role.word for role in charter_file.OFFERED]


@pytest.mark.parametrize(
    "change",
    [
        {"agreement": " "},
        {"agreement": "x" * 61},
        {"agreement": "a\nb"},
        {"wait_days": 366},
        {"role": "admin"},
        {"grant_days": 0},
        {"greet_followers": "no"},
        {"questions": []},
        {"expects": [{"id": "A", "text": "A"}]},
        {"offers": [{"id": "a"}]},
        {"colour": "blue"},
    ],
)
def test_the_charter_schema_refuses_what_the_gate_refuses(change):
    """Otherwise an editor would call a file good that cannot be published."""
    assert charter_errors(charter_file.document(default_charter("Anvil")) | change) != []
