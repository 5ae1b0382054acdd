"""What we say to people: kind, plain, with what happens next, and nothing about anybody else."""

import inspect
from dataclasses import replace

import pytest
from sentences import sample

from forgefed_gate.domain.charter import Clause, default_charter
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.words import (
    checking,
    forgetting,
    keeping,
    openings,
    parties,
    publishing,
    talk,
    wishes,
)

CHARTER = default_charter("Anvil")
GIVEN = {
    "name": "Anvil",
    "charter": CHARTER,
    "page": "https://gate.example/@anvil",
    "role": Role.REPORT,
    "days": 180,
    "text": "Own words.",
    "clause": Clause(id="kindness", text="Be kind."),
    "handle": "@anvil@gate.example",
    "what": talk.KNOCK_WAITS,
    "code": "ABCDE",
    "codes": ["ABCDE", "FGHJK"],
    "link": "https://gate.example/console/threads/1",
    "greeted": talk.hello("Anvil"),
}


def say(said):
    takes = inspect.signature(said, eval_str=True).parameters
    return said(
        **{name: GIVEN.get(name) or sample(name, each.annotation) for name, each in takes.items()}
    )


@pytest.mark.parametrize(
    ("said", "next_step"),
    [
        (talk.first_answer, "reply to this message"),
        (talk.invitation_ended, "reply to this message"),
        (talk.invitation_withdrawn, "welcome to write here"),
        (talk.invitation, "reply “I agree”"),
        (talk.invitation_waits, "reply “I agree”"),
        (talk.agreement_missing, "reply once more"),
        (talk.answers_missing, "answer in one reply"),
        (talk.receipt, "You need not do anything until then"),
        (talk.already_held, "Nothing is missing"),
        (talk.back_in_line, "An answer usually takes"),
        (talk.admitted, "Reply here whenever you like"),
        (talk.asked_back, "Just reply to this message"),
        (talk.declined, "welcome to write here again"),
        (talk.thread_opened, "An answer usually takes"),
        (talk.thread_closed, "reply here and it opens again"),
        (talk.revoked, "welcome to write here again"),
        (talk.farewell, "Write to us again"),
        (talk.write_privately, "send a private mention to @anvil@gate.example"),
        (talk.one_project_each, "a message of its own"),
        (talk.greeting, "send us a private mention"),
        (talk.notice, "Read it here: https://gate.example/console/threads/1"),
        (forgetting.ask_back, "reply “forget me ABCDE” within a day"),
        (forgetting.code_unknown, "write “forget me”"),
        (forgetting.you_hold_office, "write “forget me” again afterwards"),
        (forgetting.farewell, "If you write to us again"),
        (keeping.export_ready, "write “export” again"),
        (keeping.nothing_to_export, "Write to us"),
        (checking.list_altered, "Please get the file anew"),
        (publishing.asking, "reply with one of these"),
        (publishing.asking_again, "reply with one of these"),
        (publishing.how_to_answer, "write “signin” to us, and you get a link"),
        (parties.may_we_add, "Nothing happens before you answer"),
        (parties.welcome, "reply: disagree ABCDE"),
        (openings.told, "Ask again whenever you like"),
        (wishes.of_somebody_else, "write: disagree ABCDE"),
        (publishing.consented, "Until then you can still write: no ABCDE"),
        (publishing.published, "Write: withdraw ABCDE"),
        (publishing.public_already, "Write: withdraw ABCDE"),
        (publishing.refused, "nothing more you have to do"),
        (publishing.left_out, "nothing you have to do"),
        (publishing.ended, "nothing you have to do"),
        (publishing.changed, "nothing you have to do"),
        (publishing.lapsed, "nothing you have to do"),
        (publishing.which, "write it once more"),
        (publishing.code_missing, "consent ABCDE"),
        (publishing.knock_withdrawn, "welcome to write to us again"),
        (publishing.nothing_to_withdraw, "tell us in your own words"),
    ],
)
def test_every_answer_says_what_happens_next(said, next_step):
    """Nobody is left standing at the door."""
    assert next_step in " ".join(say(said).split())


@pytest.mark.parametrize(("days", "told"), [(1, "up to 1 day."), (7, "up to 7 days.")])
def test_a_wait_is_told_in_days(days, told):
    """And where nothing is promised, that is said too."""
    assert told in talk.wait(replace(CHARTER, wait_days=days))
    assert "no promise" in talk.wait(replace(CHARTER, wait_days=None))


def test_who_can_read_it_is_said_before_anything_is_asked():
    """Including the two sets of admins, and what the encryption is and is not."""
    text = say(talk.first_answer)

    for told in ("who screen for Anvil", "admins of your server and of ours", "not end to end"):
        assert told in text


def test_a_first_answer_fits_into_one_message():
    """Servers collapse what is longer."""
    assert len(say(talk.first_answer)) < 3_000


def test_declining_without_words_is_still_a_whole_letter():
    """A maintainer in a hurry is kind too."""
    text = talk.declined("Anvil", None, "")

    assert "\n\n\n" not in text
    assert "Thank you" in text


def test_a_notice_holds_a_link_and_a_code_and_nothing_more():
    """Its parameters are all that could get into it."""
    assert set(inspect.signature(talk.notice).parameters) == {"what", "code", "link"}
