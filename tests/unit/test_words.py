"""What we say to people: kind, plain, with what happens next, and nothing about anybody else."""

import inspect
from dataclasses import replace

import pytest

from forgefed_gate.domain import words
from forgefed_gate.domain.charter import Clause, default_charter
from forgefed_gate.domain.roles import Role

CHARTER = default_charter("Anvil")
PAGE = "https://gate.example/@anvil"
GIVEN = {
    "name": "Anvil",
    "charter": CHARTER,
    "page": PAGE,
    "role": Role.REPORT,
    "days": 180,
    "text": "Own words.",
    "clause": Clause(id="kindness", text="Be kind."),
    "handle": "@anvil@gate.example",
    "what": words.KNOCK_WAITS,
    "code": "ABCDE",
    "link": "https://gate.example/console/threads/1",
    "sentence": "There is no such code.",
    "greeted": words.hello("Anvil"),
}
SAID = [
    said
    for name, said in inspect.getmembers(words, inspect.isfunction)
    if said.__module__ == words.__name__ and not name.startswith("_")
]
UNKIND = (
    "error", "invalid", "denied", "rejected", "failed", "must", "wrong", "illegal", "forbidden",
    "unauthorized", "violation", "blocked", "user", "submit", "click", "ticket", "please note",
    "unfortunately", "regret",
)  # fmt: skip


def say(said):
    return said(**{name: GIVEN[name] for name in inspect.signature(said).parameters})


@pytest.mark.parametrize("said", SAID)
def test_no_sentence_scolds(said):
    """Refusing never shames, and machines' words are not people's words."""
    text = say(said).casefold()

    assert not [word for word in UNKIND if word in text]
    assert "!!" not in text
    assert text == text.strip()
    assert "{" not in text
    assert "none" not in text.split()


@pytest.mark.parametrize(
    ("said", "next_step"),
    [
        (words.first_answer, "reply to this message"),
        (words.invitation_ended, "reply to this message"),
        (words.invitation_withdrawn, "welcome to write here"),
        (words.invitation, "reply “I agree”"),
        (words.invitation_waits, "reply “I agree”"),
        (words.agreement_missing, "reply once more"),
        (words.answers_missing, "answer in one reply"),
        (words.receipt, "You need not do anything until then"),
        (words.already_held, "Nothing is missing"),
        (words.back_in_line, "An answer usually takes"),
        (words.admitted, "Reply here whenever you like"),
        (words.asked_back, "Just reply to this message"),
        (words.declined, "welcome to write here again"),
        (words.thread_opened, "An answer usually takes"),
        (words.thread_closed, "reply here and it opens again"),
        (words.revoked, "welcome to write here again"),
        (words.farewell, "Write to us again"),
        (words.write_privately, "send a private mention to @anvil@gate.example"),
        (words.one_project_each, "a message of its own"),
        (words.greeting, "send us a private mention"),
        (words.notice, "Read it here: https://gate.example/console/threads/1"),
    ],
)
def test_every_answer_says_what_happens_next(said, next_step):
    """Nobody is left standing at the door."""
    assert next_step in " ".join(say(said).split())


@pytest.mark.parametrize(("days", "told"), [(1, "up to 1 day."), (7, "up to 7 days.")])
def test_a_wait_is_told_in_days(days, told):
    """And where nothing is promised, that is said too."""
    assert told in words.wait(replace(CHARTER, wait_days=days))
    assert "no promise" in words.wait(replace(CHARTER, wait_days=None))


def test_who_can_read_it_is_said_before_anything_is_asked():
    """Including the two sets of admins, and what the encryption is and is not."""
    text = say(words.first_answer)

    for told in ("who screen for Anvil", "admins of your server and of ours", "not end to end"):
        assert told in text


def test_a_first_answer_fits_into_one_message():
    """Servers collapse what is longer."""
    assert len(say(words.first_answer)) < 3_000


def test_declining_without_words_is_still_a_whole_letter():
    """A maintainer in a hurry is kind too."""
    text = words.declined("Anvil", None, "")

    assert "\n\n\n" not in text
    assert "Thank you" in text


def test_a_notice_holds_a_link_and_a_code_and_nothing_more():
    """Its parameters are all that could get into it."""
    assert set(inspect.signature(words.notice).parameters) == {"what", "code", "link"}
