"""Who may see whose words, and whose turn it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgefed_gate.domain.screening import MASK, Stage, identity_of, mask

BOB = "https://village.example/users/bob"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("I am Bob.", f"I am {MASK}."),
        ("BOB@village.example", f"{MASK}@{MASK}"),
        ("@bob@village.example here", f"{MASK} here"),
        (f"See {BOB}.", f"See {MASK}."),
        ("http://village.example/users/bob", f"http://{MASK}"),
        ("village.example is small", f"{MASK} is small"),
        ("Nobody knows", "Nobody knows"),
    ],
)
def test_what_says_who_somebody_is_is_hidden_in_their_words(text, shown):
    """In any case and in every form that we know."""
    found = mask(text, identity_of(BOB, "@bob@village.example"))

    assert found == shown


def test_a_short_name_is_left_alone():
    """Hiding every “al” would hide the words, and not the person."""
    assert mask("Almost all of it", {"al"}) == "Almost all of it"


def test_the_longest_name_is_hidden_first():
    """So that no tail of it is left to see."""
    assert mask("bob-smith", {"bob", "bob-smith"}) == MASK


def test_a_port_does_not_give_the_host_away():
    """Test servers have one."""
    hidden = identity_of("http://127.0.0.1:3000/users/bob", "@bob@127.0.0.1:3000")

    assert "127.0.0.1" not in mask("I live at 127.0.0.1 and at 127.0.0.1:3000", hidden)


@given(st.text(), st.sets(st.text(min_size=3, max_size=8), max_size=4))
def test_no_name_is_left(text, names):
    """Whatever the words and whatever the names."""
    found = mask(text, names).replace(MASK, "\0")

    assert not [name for name in names if name in found and "\0" not in name and "▒" not in name]


@pytest.mark.parametrize("stage", Stage)
def test_a_decision_is_still_to_come_or_not(stage):
    """Three ends, four steps on the way."""
    assert stage.open is (stage not in {Stage.ADMITTED, Stage.DECLINED, Stage.WITHDRAWN})
