"""Grants that somebody shows with a knock: how they are read, and what makes one a membership."""

from dataclasses import replace

import pytest

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.references import Doubt, judge, presented, presented_in
from forgefed_gate.domain.roles import Role

BOB, TEAM, NOW = (
    "https://village.example/users/bob",
    "https://coop.example/teams/friends",
    10 * DAY,
)
URL = "https://coop.example/shown/abc"
GRANT = Capability(
    id=f"{TEAM}/grants/1",
    actor=TEAM,
    context=TEAM,
    target=BOB,
    role=Role.REPORT,
    allows=Allows.INVOKE,
    starts_at=NOW - DAY,
    ends_at=NOW + DAY,
)
PASSED = replace(
    GRANT,
    context="https://gate.example/projects/anvil",
    delegates="https://gate.example/projects/anvil/grants/1",
    result=f"{TEAM}/grants/1/live",
)

SAID = [
    (f"grant {URL}", URL),
    (f"I agree.\nGRANT: {URL}\nThank you", URL),
    (f"  grant <{URL}>  ", URL),
    (f"grant https://a.example/1\n\ngrant {URL}", URL),
    (f"My blog: {URL}", None),
    (f"grant {URL} please", None),
    (f"a grant {URL}", None),
    (f"grants {URL}", None),
    ("grant me that", None),
    ("grant ftp://coop.example/1", None),
    ("grant https://" + "x" * 3_000, None),
    ("", None),
]


@pytest.mark.parametrize(("said", "found"), SAID)
def test_only_a_line_of_its_own_shows_a_grant(said, found):
    """Nobody has us fetch whatever they happen to mention."""
    assert presented(said) == found
    assert (found in presented_in(said)) == (found is not None)


@pytest.mark.parametrize("grant", [GRANT, PASSED])
def test_a_membership_is_of_its_issuer_or_passed_on_with_an_address_to_ask(grant):
    """Both shapes that a Grant to a person has."""
    assert judge(grant, url=URL, who=BOB, now=NOW) is None


DOUBTS = [
    (GRANT, {"id": "https://evil.example/grants/1"}, Doubt.ORIGIN),
    (GRANT, {"actor": "https://evil.example/teams/friends"}, Doubt.ORIGIN),
    (GRANT, {"target": "https://village.example/users/eve"}, Doubt.TARGET),
    (GRANT, {"starts_at": NOW + 1}, Doubt.TIME),
    (GRANT, {"ends_at": NOW}, Doubt.TIME),
    (GRANT, {"role": None}, Doubt.SHAPE),
    (GRANT, {"allows": Allows.DISTRIBUTE}, Doubt.SHAPE),
    (GRANT, {"allows": Allows.GATHER}, Doubt.SHAPE),
    (GRANT, {"context": "https://gate.example/projects/anvil"}, Doubt.SHAPE),
    (PASSED, {"context": TEAM}, Doubt.SHAPE),
    (PASSED, {"result": None}, Doubt.SHAPE),
    (PASSED, {"result": "https://evil.example/live"}, Doubt.SHAPE),
    (PASSED, {"delegates": None}, Doubt.SHAPE),
]


@pytest.mark.parametrize(("grant", "changed", "doubt"), DOUBTS)
def test_any_field_that_does_not_fit_makes_it_none(grant, changed, doubt):
    """What is not exactly a membership of this person, now, says nothing for them."""
    assert judge(replace(grant, **changed), url=URL, who=BOB, now=NOW) is doubt


def test_what_another_server_shows_is_not_believed():
    """Only the origin of a Grant answers for it."""
    assert judge(GRANT, url="https://evil.example/1", who=BOB, now=NOW) is Doubt.ORIGIN
