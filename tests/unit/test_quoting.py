"""What may be done to words that are quoted: something left out, and nothing put in."""

import pytest

from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.quoting import require_only_removed

SAID = "I can't agree, Bob: the well-known parser is fine.\n\nIt isn't (yet) done."


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "",
        "I can't agree.",
        "[…] the well-known parser […] is […] done.",
        "[...] The parser is fine",
        "I   can't\nagree",
        "the PARSER is fine",
        "It isn't () done.",
    ],
)
def test_words_can_be_left_out(text):
    """How it is spaced, and what is a capital, is nobody's opinion."""
    with pytest.raises(Malformed):
        require_only_removed(f"{text} never", said=SAID)

    require_only_removed(text, said=SAID)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("I can agree", ["can"]),
        ("I never agree", ["never"]),
        ("known parser", ["known"]),
        ("is done. I agree", ["I", "agree"]),
        ("parser parser", ["parser"]),
        ("agree!", ["!"]),
        ("agree? (no)", ["?", "no"]),
        ("isn", ["isn"]),
        ("… agree", ["…"]),
        ("agr\u200bee", ["agr", "\u200b", "ee"]),
    ],
)
def test_what_is_put_in_or_moved_is_named(text, new):
    """Whoever edits sees which words it is about; half a word is another word."""
    with pytest.raises(Malformed) as refusal:
        require_only_removed(text, said=SAID)

    assert refusal.value.code == "words-added"
    named = ", ".join(f"“{each}”" for each in new)
    assert f"not where it was: {named}. " in refusal.value.sentence


def test_not_all_of_many_new_words_are_named():
    """A sentence is to be read."""
    with pytest.raises(Malformed) as refusal:
        require_only_removed("never " * 500, said=SAID)

    assert refusal.value.sentence.count("never") == 10
    assert " and more. " in refusal.value.sentence


def test_a_language_without_spaces_is_read_letter_by_letter():
    """Whoever writes in it leaves words out as well."""
    require_only_removed("文字を読む", said="私は文字をゆっくり読む")

    with pytest.raises(Malformed):
        require_only_removed("文字を書く", said="私は文字をゆっくり読む")
