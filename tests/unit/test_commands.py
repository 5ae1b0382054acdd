"""What a maintainer may type, and what is no command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.commands import Command, Verb, read_command


@pytest.mark.parametrize(
    ("text", "verb", "words"),
    [
        ("say ABCDE Hello there", Verb.SAY, "Hello there"),
        ("SAY abcde Hello", Verb.SAY, "Hello"),
        ("  ask  ABCDE   Which one?  ", Verb.ASK, "Which one?"),
        ("ask ABCDE: Which one?", Verb.ASK, "Which one?"),
        ("admit ABCDE", Verb.ADMIT, ""),
        ("admit ABCDE.", Verb.ADMIT, ""),
        ("decline\nABCDE\nNot now.\nSorry.", Verb.DECLINE, "Not now.\nSorry."),
        ("say\tABCDE\tHello", Verb.SAY, "Hello"),
    ],
)
def test_a_command_is_a_verb_a_code_and_words(text, verb, words):
    """In any case, with any spaces, as telephones type."""
    assert read_command(text) == Command(verb=verb, code="ABCDE", words=words)


@pytest.mark.parametrize(
    "text",
    ["", " ", "say", "say ", "admit", "Hello ABCDE", "please admit ABCDE", "admitABCDE", "/say A"],
)
def test_everything_else_is_no_command(text):
    """So it reaches nobody."""
    assert read_command(text) is None


@given(st.text())
def test_no_words_make_it_stumble(text):
    """And what it reads is not empty."""
    found = read_command(text)

    assert found is None or isinstance(found.verb, Verb)
