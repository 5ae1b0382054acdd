"""Charters: one canonical form, one hash, and what agreeing to one is."""

import json
from dataclasses import fields, replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.charter import (
    Charter,
    Clause,
    agrees,
    canonical,
    default_charter,
    says_enough,
)
from forgefed_gate.domain.errors import Malformed
from forgefed_gate.domain.roles import Role
from forgefed_gate.services.gather import recall_charter

CHARTER = default_charter("Anvil")
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
clauses = st.lists(st.builds(Clause, id=text, text=text), max_size=3).map(tuple)
charters = st.builds(
    Charter,
    expects=clauses,
    offers=clauses,
    questions=st.lists(text, max_size=3).map(tuple),
    agreement=text,
    wait_days=st.none() | st.integers(0, 365),
    role=st.sampled_from(Role),
    grant_days=st.integers(1, 180),
    greet_followers=st.booleans(),
    renew_active=st.booleans(),
)


@given(charters)
def test_a_charter_comes_back_from_its_canonical_form(charter):
    """What was agreed to can be shown again, years later."""
    assert recall_charter(canonical(charter).decode()) == charter


@given(charters)
def test_the_canonical_form_is_canonical_json(charter):
    """Anybody can recompute the hash with a library of their own."""
    assert canonical(charter) == rfc8785.dumps(json.loads(canonical(charter)))


@pytest.mark.parametrize("changed", [field.name for field in fields(Charter)])
def test_every_part_of_a_charter_counts(changed):
    """Changing any of it changes what one agrees to."""
    other = {
        "expects": (),
        "offers": (),
        "questions": (),
        "agreement": "Yes",
        "wait_days": None,
        "role": Role.TRIAGE,
        "grant_days": 1,
        "greet_followers": True,
        "renew_active": True,
    }

    assert replace(CHARTER, **{changed: other[changed]}).hash != CHARTER.hash


@pytest.mark.parametrize(
    ("said", "agreed"),
    [
        ("I agree", True),
        ("i agree.", True),
        ("Yes: I  AGREE\nto all of it", True),
        ("I\n\nagree", True),
        ("I disagree", False),
        ("I do not agree", False),
        ("Agreed!", False),
        ("", False),
    ],
)
def test_agreeing_takes_the_words_in_any_case_and_spacing(said, agreed):
    """People type on telephones."""
    assert agrees(CHARTER, said) is agreed


def test_an_apostrophe_is_an_apostrophe():
    """Telephones curl them."""
    charter = replace(CHARTER, agreement="I'm in")

    assert agrees(charter, "Yes, I’M in")


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ("I agree", False),
        ("I agree I agree I agree I agree", False),
        ("I agree, yes really I do", False),
        ("I agree. " + "x" * 20, True),
        ("I agree. " + " x" * 20, True),
        ("I agree. " + "x" * 18, False),
        ("", False),
    ],
)
def test_an_answer_is_more_than_the_words_that_agree(said, enough):
    """Twenty characters are hardly a burden, and no robot's shrug."""
    assert says_enough(CHARTER, said) is enough


def test_a_clause_is_found_on_either_side():
    """And whoever names an unknown one is told which there are."""
    assert CHARTER.clause("kindness") in CHARTER.expects
    assert CHARTER.clause("privacy") in CHARTER.offers
    with pytest.raises(Malformed) as refusal:
        CHARTER.clause("height")
    assert "kindness, own-words, patience, answer, privacy, credit" in refusal.value.sentence


def test_a_new_project_is_open_at_once():
    """Three questions, and no more trust than it takes to talk."""
    assert len(CHARTER.questions) == 3
    assert (CHARTER.role, CHARTER.grant_days, CHARTER.wait_days) == (Role.REPORT, 180, 7)
