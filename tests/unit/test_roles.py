"""ForgeFed's ladder, and the offices of a project."""

import pytest

from forgefed_gate.domain.errors import Forbidden, Malformed
from forgefed_gate.domain.roles import (
    OPERATOR,
    PERMITS,
    Act,
    Office,
    Role,
    person,
    read_office,
    read_role,
)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("form", ["{}", "forge:{}", "https://forgefed.org/ns#{}"])
def test_a_role_is_read_in_every_form_of_the_wire(role, form):
    """Short, with a prefix, and as a whole name."""
    assert read_role(form.format(role.word)) is role


def test_an_old_name_is_understood():
    """Two examples of the specification still have it."""
    assert read_role("develop") is Role.WRITE


@pytest.mark.parametrize(
    "word",
    [
        "",
        "king",
        "Report",
        "delegate",
        "report ",
        "https://evil.example#admin",
        "x:admin",
        "#admin",
    ],
)
def test_what_is_no_role_is_refused_with_the_roles_there_are(word):
    """`delegate` is none: it never lets anybody in."""
    with pytest.raises(Malformed) as refusal:
        read_role(word)

    assert "visit, report, triage, write, maintain, admin" in refusal.value.sentence


@pytest.mark.parametrize("office", Office)
def test_an_office_is_read_from_its_word(office):
    """And an unknown one is refused with those there are."""
    assert read_office(office.value) is office
    with pytest.raises(Malformed) as refusal:
        read_office("boss")
    assert "owner, maintainer, screener, safety" in refusal.value.sentence


@pytest.mark.parametrize(
    ("office", "acts"),
    [
        (Office.OWNER, set(Act)),
        (Office.MAINTAINER, set(Act) - {Act.APPOINT, Act.READ_REPORTS, Act.ERASE, Act.LINK}),
        (Office.SCREENER, {Act.SEE_KNOCKS, Act.ASK}),
        (Office.SAFETY, {Act.BLOCK, Act.READ_REPORTS}),
    ],
)
@pytest.mark.parametrize("act", Act)
def test_an_office_permits_exactly_what_it_is_for(office, acts, act):
    """In its own project, and nowhere else."""
    who = person("https://v.example/mara", {"anvil": frozenset({office})})

    assert who.may(act, "anvil") is (act in acts)
    assert not who.may(act, "hammer")
    assert OPERATOR.may(act, "anvil")
    assert (act in PERMITS[office]) is (act in acts)


def test_two_offices_permit_what_either_does():
    """Somebody may screen and keep the peace."""
    both = person("https://v.example/x", {"anvil": frozenset({Office.SCREENER, Office.SAFETY})})

    assert both.may(Act.ASK, "anvil")
    assert both.may(Act.READ_REPORTS, "anvil")
    assert not both.may(Act.SEE_WHO, "anvil")


@pytest.mark.parametrize(
    ("office", "highest"),
    [
        (Office.OWNER, Role.ADMIN),
        (Office.MAINTAINER, Role.TRIAGE),
        (Office.SCREENER, Role.VISIT),
        (Office.SAFETY, Role.VISIT),
    ],
)
def test_an_office_grants_so_much_and_no_more(office, highest):
    """Nobody can make themselves an heir."""
    who = person("https://v.example/mara", {"anvil": frozenset({office})})

    assert who.highest_grant("anvil") is highest
    assert who.highest_grant("hammer") is Role.VISIT


def test_a_refusal_says_what_is_missing_and_who_can_help():
    """Nobody has to guess."""
    with pytest.raises(Forbidden) as refusal:
        person("https://v.example/x", {}).must(Act.DECIDE, "anvil")

    assert "decide on knocks" in refusal.value.sentence
    assert "An owner can change that." in refusal.value.sentence
