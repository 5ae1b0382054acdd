"""What counts as a wish, and from whom."""

import pytest
from cases import GRANT, THREAD, facts, message

from forgefed_gate.domain.effects import Fulfil
from forgefed_gate.domain.verdict import decide
from forgefed_gate.domain.wishes import Wish, Word, read_wish


@pytest.mark.parametrize("text", ["help", "Help!", "  HELP. \n"])
def test_a_wish_is_a_whole_message(text):
    """However people write a word."""
    assert read_wish(text) == Wish(word=Word.HELP)


@pytest.mark.parametrize(
    ("text", "code"), [("forget me", ""), ("Forget me k7q2x.", "K7Q2X"), ("FORGET ME!", "")]
)
def test_a_wish_may_come_with_a_code(text, code):
    """In any case, as phones write it."""
    assert read_wish(text) == Wish(word=Word.FORGET_ME, code=code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "forget me not",
        "forget me K7Q2X now",
        "help K7Q2X",
        "help me",
        "please help",
        "helpful",
        "status of the parser?",
        "nope",
    ],
)
def test_anything_else_is_simply_a_message(text):
    """Nobody's words are taken for a command because they begin like one."""
    assert read_wish(text) is None


@pytest.mark.parametrize("known", [{"grant": GRANT}, {}])
def test_whoever_has_talked_with_us_may_wish(known):
    """As a member or before; the word itself is kept in no conversation."""
    decision = decide(message("status"), facts(latest_thread=THREAD, **known))

    assert decision.reason == "wish"
    assert decision.effects == (Fulfil(wish=Wish(word=Word.STATUS)),)


def test_a_strangers_first_word_is_a_first_message():
    """What we answer it tells all that “help” could."""
    assert decide(message("help"), facts()).reason == "asked"


def test_a_bot_wishes_nothing():
    """Two machines could go on for ever."""
    assert decide(message("help"), facts(latest_thread=THREAD, bot=True)).reason == "bot"
