"""What counts as a wish, and from whom."""

from dataclasses import replace

import pytest
from cases import BASE, BOB, CHARTER, GRANT, THREAD, facts, knocked, message
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.effects import Fulfil, Keep, Obey, Revise
from forgefed_gate.domain.intents import Revision
from forgefed_gate.domain.parties import Seat
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.verdict import decide
from forgefed_gate.domain.wishes import Wish, Word, read_wish
from forgefed_gate.domain.words import wishes as words
from forgefed_gate.protocol import html
from forgefed_gate.services.wishes import WISHES

CODE = "K7M2P"
WORDS = [word.form.replace("CODE", CODE) for word in Word]
"""A whole message for each word, with a code where it goes with one."""
OURS_TOO = {f"{word.value} {CODE}" for word in (Word.CONSENT, Word.NO, Word.WITHDRAW)}

SPELLINGS = [
    ("help", Word.HELP),
    ("Help!", Word.HELP),
    ("  HELP. \n", Word.HELP),
    ("help?", Word.HELP),
    ("“help”", Word.HELP),
    ("ＨＥＬＰ", Word.HELP),
    ("status?", Word.STATUS),
    ("close", Word.CLOSE),
    ("CLOSE", Word.CLOSE),
    ("signin", Word.SIGNIN),
    ("Sign in", Word.SIGNIN),
    ("sign-in.", Word.SIGNIN),
    ("SİGNİN", Word.SIGNIN),
    ("sıgnın", Word.SIGNIN),
    ("renew", Word.RENEW),
    ("Show!", Word.SHOW),
    ("«renew»", Word.RENEW),
    ("“help”.", Word.HELP),
    ("no!!", Word.NO),
    ("SI\N{COMBINING DOT ABOVE}GN I\N{COMBINING DOT ABOVE}N", Word.SIGNIN),
    ("wıthdraw", Word.WITHDRAW),
]


@pytest.mark.parametrize(("text", "word"), SPELLINGS)
def test_a_wish_is_a_whole_message(text, word):
    """However people write a word, in quotation marks or with the letters of their language."""
    assert read_wish(text) == Wish(word=word)


@pytest.mark.parametrize(
    ("text", "code"), [("forget me", ""), ("Forget me k7q2x.", "K7Q2X"), ("FORGET ME!", "")]
)
def test_a_wish_may_come_with_a_code(text, code):
    """In any case, as phones write it."""
    assert read_wish(text) == Wish(word=Word.FORGET_ME, code=code)


@pytest.mark.parametrize(
    "text",
    [
        *("forget me not", "forget me K7Q2X now", "help K7Q2X"),
        *("", "help me", "please help", "helpful", "status of the parser?", "nope", "?", "“”"),
        *("close?", "renew?", "signin?", "close the issue", "do not close", "RE: close"),
        *("close\n\nthanks", "hеlp"),
    ],
)
def test_anything_else_is_simply_a_message(text):
    """Nobody's words are taken for a command because they begin like one; a question asks."""
    assert read_wish(text) is None


@pytest.mark.parametrize(
    ("markup", "word"),
    [
        ('<p><a href="https://x.example/a" class="mention">@anvil</a> close</p>', 1),
        ("<p>close</p><p>@anvil@gate.example</p>", 1),
        ("<p><strong>close</strong></p>", 1),
        ("<p>please close</p>", 0),
        ("<blockquote>close</blockquote><p>Why did they say that?</p>", 0),
        ('<p class="quote-inline">RE: https://x.example/1</p><p>close</p>', 0),
    ],
)
def test_a_word_is_read_as_people_send_it(markup, word):
    """Behind the mention that every client adds; and what stands beside a quote is a message."""
    names = ("@anvil@gate.example", "@anvil")
    text = html.strip_mentions(html.to_text(markup), names)

    assert (read_wish(text) is not None) == bool(word)


@pytest.mark.parametrize("known", [{"grant": GRANT}, {}])
@pytest.mark.parametrize("word", Word)
def test_whoever_has_talked_with_us_may_wish(known, word):
    """As a member or before; the word itself is kept in no conversation."""
    text = word.form.replace("CODE", CODE)

    decision = decide(message(text), facts(latest_thread=THREAD, **known))

    code = CODE if CODE in text else ""
    assert decision.reason == "wish"
    assert decision.effects == (Fulfil(wish=Wish(word=word, code=code)),)


@pytest.mark.parametrize("text", WORDS)
def test_whoever_was_added_to_a_conversation_may_wish(text):
    """They have talked with us there; what else they write there is for the others."""
    seat = Seat(code="AAAAA", thread="t1", actor=BOB, history=False, proposed_at=0, since=1)
    known = facts(thread=THREAD, seat=seat, seated=True)

    assert decide(message(text), known).reason == "wish"
    assert decide(message("Anything else."), known).reason == "party"


@pytest.mark.parametrize("text", WORDS)
def test_a_stranger_wishes_for_nothing_but_to_be_forgotten(text):
    """Whoever was never here gets a first answer; what may be left of them goes."""
    expected = "wish" if text == "forget me" else "asked"

    assert decide(message(text), facts()).reason == expected


@pytest.mark.parametrize("stage", Stage)
def test_at_every_stage_a_word_is_answered(stage):
    """Whoever waits may ask where they stand."""
    assert decide(message("status"), facts(stage)).reason == "wish"


def test_a_strangers_first_word_is_a_first_message():
    """What we answer it tells all that “help” could."""
    assert decide(message("help"), facts()).reason == "asked"


@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize("asked", [True, False])
def test_a_bot_wishes_nothing(text, asked):
    """Two machines could go on for ever."""
    known = facts(latest_thread=THREAD, bot=True, asked=asked)

    assert decide(message(text), known).reason == "bot"


@pytest.mark.parametrize("text", WORDS)
def test_a_word_of_somebody_blocked_is_nothing(text):
    """A block is silent about everything."""
    known = facts(latest_thread=THREAD, grant=GRANT, asked=True, blocked=True)

    decision = decide(message(text), known)

    assert decision.reason == "blocked"
    assert decision.effects == ()


def test_a_word_opens_the_way_again_for_whoever_had_blocked_us():
    """They wrote to us, so they want the answer."""
    decision = decide(message("status"), facts(latest_thread=THREAD, hushed=True))

    assert Fulfil(wish=Wish(word=Word.STATUS)) in decision.effects
    assert len(decision.effects) == 2


@pytest.mark.parametrize("text", [*WORDS, "no", "consent", "withdraw"])
def test_our_own_people_command_and_do_not_wish(text):
    """What they write is read as a command; as authors, they answer about their own words."""
    decision = decide(message(text), facts(latest_thread=THREAD, ours=True, grant=GRANT))

    commanded = decision.effects == (Obey(text=text),)
    assert commanded == (text not in OURS_TOO)
    assert decision.reason == ("command" if commanded else "wish")


@pytest.mark.parametrize("text", WORDS)
def test_an_edit_into_a_word_is_an_edit(text):
    """Somebody who corrects a message has not asked for anything."""
    revision = Revision(**BASE, note="n1", text=text)

    decision = decide(revision, facts(author=BOB, latest_thread=THREAD, grant=GRANT))

    assert decision.effects == (Revise(note="n1", text=text),)


@pytest.mark.parametrize("stage", [Stage.ASKED, Stage.INVITED])
@pytest.mark.parametrize("agreement", [*WORDS, *(word.value for word in Word)])
def test_the_words_that_agree_are_never_a_wish(stage, agreement):
    """A charter may be agreed to by “help”; while that is asked for, it is meant."""
    charter = replace(CHARTER, agreement=agreement)
    known = facts(stage, charter=charter, knock=knocked(stage, charter=charter.hash))

    decision = decide(message(f"{agreement.title()}."), known)

    assert decision.reason in {"answers-missing", "invite-accepted"}
    assert [effect for effect in decision.effects if isinstance(effect, Keep)]


def test_once_nobody_asks_for_it_such_a_word_is_a_wish_again():
    """A member who needs help gets it."""
    charter = replace(CHARTER, agreement="help")
    known = facts(Stage.ADMITTED, charter=charter, grant=GRANT)

    assert decide(message("help"), known).reason == "wish"


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("I agree", True),
        ("Yes, I agree!", True),
        ("“i AGREE”", True),
        ("I agree it is broken", False),
        ("I agree, but why?", False),
        ("I disagree", False),
    ],
)
@pytest.mark.parametrize("grant", [GRANT, None])
def test_whoever_is_asked_to_agree_again_renews_by_agreeing(text, agrees, grant):
    """By exactly those words: what somebody says of a bug is no agreement to a charter."""
    asked = replace(GRANT, charter="older", asked=CHARTER.hash)
    known = facts(latest_thread=THREAD, grant=grant, latest_grant=asked)

    decision = decide(message(text), known)

    renewed = Fulfil(wish=Wish(word=Word.RENEW, code=CHARTER.hash)) in decision.effects
    assert renewed == agrees


def test_a_charter_that_changed_again_is_not_agreed_to_by_the_old_question():
    """They have not seen this one."""
    asked = replace(GRANT, charter="older", asked="another")
    known = facts(latest_thread=THREAD, grant=GRANT, latest_grant=asked)

    assert decide(message("I agree"), known).reason == "member"


@given(st.text())
def test_no_words_make_the_reader_stumble(text):
    """And only a word is a wish."""
    found = read_wish(text)

    assert found is None or isinstance(found.word, Word)


def test_every_word_says_what_it_gives():
    """Whoever asks for help is told of each, in one order, and none is without its service."""
    told = [line for line in words.help_for("Anvil").split("\n") if line.startswith("• ")]

    assert told == [f"• {word.form}: {words.MEANS[word]}" for word in Word]
    assert [*words.MEANS] == [*WISHES] == [*Word]


SAID = {
    "consent k7m2p": Wish(word=Word.CONSENT, code="K7M2P"),
    "Consent K7M2P.": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P without name": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P without a name": Wish(word=Word.CONSENT, code="K7M2P"),
    "consent K7M2P as Robin  the\nCareful!": Wish(
        word=Word.CONSENT, code="K7M2P", name="Robin the Careful"
    ),
    "“consent k7m2p as Robin”": Wish(word=Word.CONSENT, code=CODE, name="Robin"),
    "consent K7M2P as “Robin McLeod”.": Wish(word=Word.CONSENT, code=CODE, name="Robin McLeod"),
    "CONSENT K7M2P AS @Robin@Village.example": Wish(
        word=Word.CONSENT, code=CODE, name="@Robin@Village.example"
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
     "consent K7M2P as", "consent K7M2P as “”", "I consent K7M2P", "agree", "share",
     "disagree", "agree to K7M2P", "no K7M2", "consent K7M2PX", "withdraw?", "consent K0I1O",
     "consent K7M2P...", "consent K7M2P…", "no…"],
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
