"""Every reason why a chain does not hold, in words: which Grant, who gave it, what helps."""

import pytest
from sentences import SAMPLES

from forgefed_gate.domain.capabilities import LONGEST_CHAIN, Flaw
from forgefed_gate.domain.words import flaws
from forgefed_gate.protocol import html

NEXT = ("Ask", "wait", "knock", "write", "again", "look")
HARD = (
    "",
    "@friends-team@coop.example",
    "x" * 2_048,
    "<script>alert(1)</script>",
    "{name} %s \N{RIGHT-TO-LEFT OVERRIDE}",
)


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_has_words_that_say_what_helps(flaw):
    """Whoever adds a reason adds its words, or nobody knows what to do about it."""
    said = flaws.why_not(flaw, 0, "@friends")
    assert any(word in said for word in NEXT)
    assert flaw is Flaw.NONE_NAMED or "first Grant of the chain, which @friends gave" in said
    assert said.endswith(".")
    assert len(said) < 300
    assert flaw.value not in said


def test_no_two_flaws_say_the_same():
    """Words that fit anything say nothing."""
    assert len({flaws.why_not(flaw, 1, "@friends") for flaw in Flaw}) == len(Flaw)


@pytest.mark.parametrize("flaw", Flaw)
@pytest.mark.parametrize("issuer", HARD)
@pytest.mark.parametrize("place", [*range(LONGEST_CHAIN), 8, 10**12, -1])
def test_words_of_a_flaw_stay_words_whatever_is_filled_in(flaw, issuer, place):
    """A chain may be too long, and a server may call itself anything."""
    for said in (
        flaws.why_not(flaw, place, issuer),
        flaws.to_them("Anvil", flaw, issuer),
        flaws.of_their_way("Anvil", flaw, issuer),
    ):
        sent = html.from_text(said)
        assert html.to_text(sent) == html.tidy(said)
        assert "<script" not in sent


def test_the_words_for_them_tell_of_no_more_than_their_chain():
    """What our people settle among themselves is not told: no links, no caps, no names."""
    for flaw in Flaw:
        said = flaws.to_them("Anvil", flaw, "@friends")
        assert "link" not in said
        assert "book" not in said
        assert "welcome" in said


def test_the_samples_know_flaws_as_they_are():
    """The list of sentences shows one of them; this file renders the rest."""
    assert Flaw not in SAMPLES
