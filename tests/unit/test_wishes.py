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
    "text", ["", "help me", "please help", "helpful", "status of the parser?", "nope"]
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


SAID = {
    "consent k7m2p": Wish(word=Word.CONSENT, code="K7M2P"),
    "Consent K7M2P.": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P without name": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P without a name": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P as Robin  the\nCareful!": Wish(
        word=Word.CONSENT, code="K7M2P", name="Robin the Careful"
    ),
    "consent": Wish(word=Word.CONSENT),
    "No!": Wish(word=Word.NO),
    "no K7M2P": Wish(word=Word.NO, code="K7M2P"),
    "withdraw": Wish(word=Word.WITHDRAW),
    "withdraw K7M2P": Wish(word=Word.WITHDRAW, code="K7M2P"),
}


@pytest.mark.parametrize("text", SAID)
def test_an_author_answers_in_a_word_and_a_code(text):
    """With the name that goes with a yes, where there is one."""
    assert read_wish(text) == SAID[text]


@pytest.mark.parametrize(
    "text",
    ["no thanks", "consent to what?", "consent K7M2P but only if", "withdraw hello", "no no",
     "consent K7M2P as", "I consent K7M2P"],
)  # fmt: skip
def test_an_answer_that_says_more_is_simply_a_message(text):
    """A yes with a condition is no yes."""
    assert read_wish(text) is None


@pytest.mark.parametrize(
    ("text", "known", "reason"),
    [
        ("no", {"grant": GRANT, "latest_thread": THREAD}, "member"),
        ("no", {"grant": GRANT, "latest_thread": THREAD, "asked": True}, "wish"),
        ("consent", {"grant": GRANT, "latest_thread": THREAD}, "member"),
        ("no K7M2P", {"grant": GRANT, "latest_thread": THREAD}, "wish"),
        ("withdraw", {"latest_thread": THREAD}, "wish"),
        ("no", {"ours": True}, "command"),
        ("no", {"ours": True, "asked": True}, "wish"),
        ("withdraw", {"ours": True}, "command"),
        ("consent K7M2P", {"ours": True}, "wish"),
        ("help", {"ours": True, "asked": True}, "command"),
        ("consent K7M2P", {}, "asked"),
        ("no", {"asked": True, "latest_thread": THREAD, "bot": True}, "bot"),
    ],
)
def test_a_bare_answer_counts_only_while_something_is_asked(text, known, reason):
    """A code says that it is meant; without one, “no” may answer anything."""
    assert decide(message(text), facts(**known)).reason == reason
