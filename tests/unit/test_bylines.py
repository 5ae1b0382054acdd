"""Under which names words may be public: not under one that looks like the project's own."""

import pytest

from forgefed_gate.domain.bylines import read_chosen_name
from forgefed_gate.domain.errors import Malformed


def chosen(name: str) -> str:
    return read_chosen_name(
        name, handle="@bob@village.example", project="Anvil Forge 10", desk="@anvil@gate.example"
    )


@pytest.mark.parametrize(
    "name",
    [
        "Anvil Forge 10",
        "anvil-forge 10",
        "ANVIL",
        "Ánvîl",
        "ａｎｖｉｌ",
        "\N{CYRILLIC SMALL LETTER A}nvil",
        "anv\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}l",
        "an\N{GREEK SMALL LETTER NU}il",
        "Anvil F0rge IO",
    ],
)
def test_nobody_takes_the_projects_name(name):
    with pytest.raises(Malformed) as refused:
        chosen(name)
    assert refused.value.code == "name-of-the-project"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Bob the Smith", "Bob the Smith"),
        ("Боб", "Боб"),
        ("Ὅμηρος", "Ὅμηρος"),
        ("冒険者", "冒険者"),
        ("bob@village.example", "@bob@village.example"),
    ],
)
def test_a_name_may_be_in_any_script(name, kept):
    assert chosen(name) == kept
