"""Links in the console: who sees and does what, in two requests, and nothing by the first one."""

import re
from html import escape

import pytest
from consoles import Browser, signed_in, whole
from linked import FRIENDS, given, open_team
from story import ANVIL, Story

from forgefed_gate.domain.ids import DAY, later
from forgefed_gate.domain.links import Link, State
from forgefed_gate.domain.roles import Role
from forgefed_gate.store import links

PAGE = "/console/projects/anvil"
TEAM = "https://gate.example/teams/friends"
THEY = "@smiths-team@coop.example"


@pytest.fixture
async def told(story: Story) -> Story:
    """Add a team of the same gate, which can be asked, to the project of the story."""
    await open_team(story)
    return story


async def kept(story: Story) -> object:
    """Read all that a refused request must leave as it was, links included."""
    async with story.house.gate.database.snapshot() as tx:
        found = await tx.rows("SELECT * FROM links ORDER BY code")
        return [dict(row) for row in found], await tx.rows("SELECT id FROM delegations")


async def latest(story: Story) -> Link:
    async with story.house.gate.database.snapshot() as tx:
        return (await links.listing(tx, ANVIL))[0]


def fields(page: str) -> dict[str, str]:
    """Read the hidden fields of the form that confirms."""
    form = page[page.index('id="link"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


async def looked_at(browser: Browser, **terms: str) -> dict[str, str]:
    answer = await browser.do(PAGE, "foresee-link", **{"who": TEAM} | terms)
    assert answer.status_code == 200, answer.text
    return fields(answer.text)


async def test_the_first_request_shows_and_the_second_one_does(told):
    """What would follow is read before it follows, and then it is exactly that."""
    browser = await signed_in(told, "owner")
    before = await whole(told), await kept(told)

    shown = await browser.do(
        PAGE, "foresee-link", who=TEAM, role="triage", days="30", cap="3", kind=""
    )

    assert "Nothing has been done yet" in shown.text
    assert "It counts 0 now" in shown.text
    assert "“triage”" in shown.text
    assert "At most 3 new people" in shown.text
    after = await whole(told), await kept(told)
    assert after[1] == before[1]
    assert {name: after[0][name] for name in before[0] if name not in {"people", "out"}} == {
        name: before[0][name] for name in before[0] if name not in {"people", "out"}
    }

    done = await browser.do(PAGE, "link", **fields(shown.text) | {"csrf": await browser.token()})
    assert done.status_code == 303
    link = await latest(told)
    assert (link.state, link.role, link.cap) == (State.OFFERED, Role.TRIAGE, 3)
    assert link.ends_at == later(told.house.clock.now, 30 * DAY)
    page = (await browser.get(PAGE)).text
    assert "They are asked" in page
    assert "waits for them" in page


async def test_a_link_rests_goes_on_and_ends_by_a_button(told):
    """And the page says how it stands."""
    await given(told, State.ACTIVE)
    browser = await signed_in(told, "owner")
    for act, seen in (("pause-link", "paused"), ("resume-link", "active")):
        assert (await browser.do(PAGE, act, link="AAAAA")).status_code == 303
        assert f">{seen}</span>" in (await browser.get(PAGE)).text
    assert (await browser.do(PAGE, "unlink", link="AAAAA")).status_code == 303
    assert (await latest(told)).state is State.ENDED
    assert "Links that ended (1)" in (await browser.get(PAGE)).text


async def test_what_was_asked_for_is_looked_at_before_it_is_agreed_to(told):
    """An owner sees who asks, and says yes in two steps or no in one."""
    await given(told, State.ASKED)
    browser = await signed_in(told, "owner")
    page = (await browser.get(PAGE)).text
    assert "Asked by others" in page
    assert THEY in page

    shown = await looked_at(browser, who="https://coop.example/teams/smiths")
    assert (await latest(told)).state is State.ASKED
    await browser.do(PAGE, "link", **shown | {"csrf": await browser.token()})
    assert (await latest(told)).state is State.AGREED


async def test_what_was_asked_for_is_declined_by_one_button(told):
    """Nothing came of it."""
    await given(told, State.ASKED)
    browser = await signed_in(told, "owner")
    await browser.do(PAGE, "unlink", link="AAAAA")
    assert (await latest(told)).state is State.ENDED
    assert "Asked by others" not in (await browser.get(PAGE)).text


async def test_what_only_somebody_else_claims_is_not_shown_as_asked(told):
    """Whoever speaks for others has to be confirmed by them first."""
    await given(told, State.CLAIMED)
    browser = await signed_in(told, "owner")
    assert THEY not in (await browser.get(PAGE)).text


async def test_a_maintainer_lets_a_link_rest_and_begins_or_ends_none(told):
    """Stopping is for whoever is there; trusting is for an owner."""
    await given(told, State.ACTIVE)
    browser = await signed_in(told, "maintainer")
    page = (await browser.get(PAGE)).text
    assert "Linked teams" in page
    assert 'value="foresee-link"' not in page
    assert 'value="unlink"' not in page
    before = await kept(told)

    for act, more in (
        ("foresee-link", {"who": TEAM}),
        ("link", {"who": TEAM}),
        ("unlink", {"link": "AAAAA"}),
    ):
        answer = await browser.do(PAGE, act, **more)
        assert answer.status_code == 403
        assert "Nothing was changed." in answer.text
        assert await kept(told) == before
    assert (await browser.do(PAGE, "pause-link", link="AAAAA")).status_code == 303
    assert (await latest(told)).paused


@pytest.mark.parametrize("who", ["screener", "safety", "elsewhere", "nobody"])
async def test_nobody_else_sees_a_link_or_touches_one(told, who):
    """An office that does not include links shows none, and changes none."""
    await given(told, State.ACTIVE)
    browser = await signed_in(told, who)
    assert "Linked teams" not in (await browser.get(PAGE)).text
    before = await whole(told), await kept(told)

    for act, name, value in (
        ("foresee-link", "who", TEAM),
        ("link", "who", TEAM),
        ("pause-link", "link", "AAAAA"),
        ("resume-link", "link", "AAAAA"),
        ("unlink", "link", "AAAAA"),
    ):
        answer = await browser.do(PAGE, act, **{name: value})
        assert answer.status_code in {401, 403, 404}
        assert (await whole(told), await kept(told)) == before


@pytest.mark.parametrize("act", ["pause-link", "resume-link", "unlink"])
async def test_the_page_of_one_house_does_nothing_to_the_links_of_another(told, act):
    """Even for the operator, who may do both: a form is about its own page."""
    await given(told, State.ACTIVE, house=FRIENDS, code="BBBBB")
    browser = await signed_in(told, "operator")
    before = await kept(told)

    answer = await browser.do(PAGE, act, link="BBBBB")

    assert answer.status_code == 422
    assert "There is no link “BBBBB” here" in answer.text
    assert await kept(told) == before


WRONG = {
    "a person": {"who": "https://village.example/users/bob"},
    "no days": {"days": "soon"},
    "too many days": {"days": "999"},
    "no cap": {"cap": "-1"},
    "a cap of nobody": {"cap": "0"},
    "no role": {"role": "king"},
    "no kind": {"kind": "cousin"},
    "another kind": {"kind": "component"},
}


@pytest.mark.parametrize("act", ["foresee-link", "link"])
@pytest.mark.parametrize("case", WRONG)
async def test_what_cannot_be_is_refused_in_words_at_either_step(told, act, case):
    """And what was typed is still in the form."""
    browser = await signed_in(told, "owner")
    before = await kept(told)

    answer = await browser.do(PAGE, act, **{"who": TEAM} | WRONG[case])

    assert 400 <= answer.status_code < 500
    assert "Nothing was changed." in answer.text
    assert await kept(told) == before
    for name in WRONG[case].keys() & {"who", "days", "cap"}:
        still = f'value="{escape(WRONG[case][name])}"'
        assert (still in answer.text) == (act == "foresee-link"), "only its own form holds it"


async def test_the_page_of_a_team_speaks_of_projects(told):
    """Its owner asks projects, and reads what they learn."""
    browser = await signed_in(told, "operator")
    page = (await browser.get("/console/projects/friends")).text
    assert "Linked projects" in page
    shown = await browser.do(
        "/console/projects/friends",
        "foresee-link",
        who="https://gate.example/projects/anvil",
    )
    assert "learns who they are" in shown.text
