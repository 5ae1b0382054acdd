"""A project of one gate trusts a team of another: two processes, two engines, one wire."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
from apart import Apart, Neighbourhood, open_apart, open_neighbourhood
from programs import until

from demo.village import Villager

pytestmark = pytest.mark.xdist_group("two-gates")
HELLO = "Hello! I have read your parser and would like to help."
STANDS = "stands for you"
WORDS = "The parser drops the last line."
TITLE, TEXT = "Crash when the input file is empty", "Run anvil on an empty file."
THANKS = "Thank you. We look into it."
ISSUE = f"{TITLE}\n\n{TEXT}"
ENGINES = [("sqlite", "postgresql"), ("postgresql", "sqlite")]
"""That of the project's gate, and that of the team's."""
NAMES = ["project-on-sqlite", "project-on-postgresql"]


@dataclass(frozen=True, kw_only=True)
class Country:
    """The project anvil at one gate, the team friends at the other, and bob in the village."""

    project: Apart
    team: Apart
    near: Neighbourhood
    bob: Villager

    def joins(self, who: Villager) -> None:
        """Let somebody be invited to the team, and agree."""
        self.team.gate.do("team", "member", self.team.slug, who.id)
        self.near.hears(who, self.team.desk, 1)
        assert "Welcome" in self.near.write(who, self.team.desk, "I agree.")

    def link(self) -> None:
        """Let both sides agree to a link, and all that follows happen."""
        self.project.link(self.team)
        self.team.linked("asked")
        self.team.link(self.project)
        self.team.linked("active")
        self.quiet()

    def quiet(self) -> None:
        """Wait until neither has anything left to do: what one sends, the other takes."""
        for side in (self.team, self.project, self.team):
            side.quiet()

    @property
    def tracker(self) -> str:
        """The actor that issues of the project are offered to."""
        return f"{self.project.gate.base_url}/tickets/{self.project.slug}"

    def grant_of(self, who: Villager) -> str:
        """Name the Grant about the project that the team passed on to one of its members."""
        passed = [each for each in who.of_type("Grant") if each["context"] == self.project.house]
        return passed[-1]["id"]

    def offers(self, who: Villager, number: int) -> dict[str, Any]:
        """Let a member of the team offer an issue by their Grant, and give the answer."""
        ticket = {
            "type": "Ticket",
            "attributedTo": who.id,
            "summary": TITLE,
            "content": f"<p>{TEXT}</p>",
        }
        said = {
            "id": f"{who.id}/offers/{number}",
            "type": "Offer",
            "to": [self.tracker],
            "target": self.tracker,
            "capability": self.grant_of(who),
            "object": ticket,
        }
        self.near.does(who, self.tracker, said)
        return self.near.answer(who, said["id"])

    def comments(self, who: Villager, on: str, text: str) -> str:
        """Let a member of the team comment on their issue by their Grant, and name the comment."""
        said = self.near.village.note(who, self.tracker, text, in_reply_to=on)
        said["capability"] = self.grant_of(who)
        said["object"]["context"] = on
        self.near.does(who, self.tracker, said)
        return said["id"]

    def enters(self, who: Villager) -> None:
        """Let somebody come in without a knock."""
        assert STANDS in self.near.write(who, self.project.desk, HELLO)
        assert "Welcome" in self.near.write(who, self.project.desk, "I agree.")


@pytest.fixture
def country(request, tmp_path) -> Generator[Country]:
    """Start both gates, each on an engine of its own."""
    one, other = getattr(request, "param", ENGINES[0])
    with (
        open_neighbourhood() as near,
        open_apart(tmp_path / "a", one, "anvil", kind="projects") as project,
        open_apart(tmp_path / "b", other, "friends", kind="teams") as team,
    ):
        bob = near.settle("bob")
        yield Country(project=project, team=team, near=near, bob=bob)


@pytest.mark.parametrize("country", ENGINES, ids=NAMES, indirect=True)
def test_a_member_comes_in_writes_and_is_refused_once_the_link_ends(country):
    """Nobody knocks, nobody decides about one person, and the end is at once."""
    country.joins(country.bob)
    country.link()
    country.enters(country.bob)
    country.near.say(country.bob, country.project.desk, WORDS)
    country.project.quiet()
    assert country.project.words()[-1] == WORDS

    country.project.unlink()
    answer = country.near.write(country.bob, country.project.desk, "And one thing more.")
    assert "has ended" in answer
    [knock, _] = country.project.gate.do("knocks", "list", country.project.slug)["knocks"]
    assert knock["stage"] == "asked"
    country.team.linked("ended")


@pytest.mark.parametrize("country", ENGINES, ids=NAMES, indirect=True)
def test_an_issue_of_a_member_is_talked_about_and_refused_once_the_link_ends(country):
    """It needs no knock: their team stands for them, and each act names the Grant of that."""
    project, bob = country.project, country.bob
    country.joins(bob)
    country.link()
    taken = country.offers(bob, 1)
    assert (taken["type"], taken["actor"]) == ("Accept", country.tracker)
    [thread] = project.threads()
    country.comments(bob, taken["result"], WORDS)
    project.quiet()
    project.gate.do("threads", "say", thread, THANKS)
    until(lambda: bob.notes()[-1]["content"], lambda words: THANKS in words)
    talk = project.said(thread)
    assert (talk[0], talk[-2:]) == (ISSUE, [WORDS, THANKS])
    assert thread not in country.team.threads()
    assert project.gate.do("knocks", "list", project.slug)["knocks"] == []

    project.unlink()
    country.quiet()
    for refused in (
        country.near.answer(bob, country.comments(bob, taken["result"], "One thing more.")),
        country.offers(bob, 2),
    ):
        assert (refused["type"], refused["actor"]) == ("Reject", country.tracker)
        assert refused["summary"]
    assert project.threads() == [thread]
    assert project.said(thread) == talk


@pytest.mark.parametrize("country", ENGINES, ids=NAMES, indirect=True)
def test_an_issue_that_our_people_offer_is_talked_about_and_refused_once_the_link_ends(country):
    """The team's desk offers it; each side holds its own conversation, with the same words."""
    project, team = country.project, country.team
    country.link()
    team.gate.do("ticket", "offer", team.slug, country.tracker, "--title", TITLE, TEXT)
    country.quiet()
    [here], [there] = project.threads(), team.threads()
    team.gate.do("threads", "say", there, WORDS)
    country.quiet()
    project.gate.do("threads", "say", here, THANKS)
    country.quiet()
    assert project.said(here)[0] == ISSUE
    assert project.said(here)[-2:] == team.said(there)[-2:] == [WORDS, THANKS]

    project.unlink()
    team.linked("ended")
    country.quiet()
    before = project.words(), team.words()
    offer = "ticket", "offer", team.slug, country.tracker, "--title", TITLE, TEXT
    assert "Ask for a link first" in team.gate.refuses(*offer)
    assert "ended" in team.gate.refuses("threads", "say", there, "Anybody there?")
    assert (project.words(), team.words()) == before
    assert team.gate.jobs() == project.gate.jobs() == set()


def test_what_ends_at_the_team_ends_at_the_project(country):
    """By message: long before the five minutes are over for which the project believes it."""
    country.joins(country.bob)
    country.link()
    country.enters(country.bob)

    country.team.unlink()
    country.project.linked("ended")
    country.quiet()
    assert "has ended" in country.near.write(country.bob, country.project.desk, "One thing more.")


def test_what_cannot_be_confirmed_does_not_count_and_heals(country):
    """While the team's gate is away nobody new comes in by it; what was to be said to it waits."""
    project, team, near = country.project, country.team, country.near
    country.joins(country.bob)
    country.link()

    team.down()
    answer = near.write(country.bob, project.desk, HELLO)
    assert STANDS not in answer
    assert "tell us" in answer
    team.up()
    country.enters(country.bob)

    team.down()
    project.unlink()
    until(project.gate.jobs, bool)
    assert "has ended" in near.write(country.bob, project.desk, "One thing more.")
    team.up()
    team.linked("ended")
    country.quiet()

    country.link()
    assert STANDS in near.write(country.bob, project.desk, "I am back.")
