"""What owners and maintainers do with links from their own accounts."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_neighbours
from story import HELLO, draw_rsa

from demo.village import Villager
from forgefed_gate.domain.ids import DAY, later
from forgefed_gate.domain.links import State
from forgefed_gate.domain.roles import OPERATOR, Office, Role
from forgefed_gate.protocol import keys
from forgefed_gate.services import projects
from forgefed_gate.services.teams import USUAL_CAP, USUAL_DAYS

CHANGING = ("links", "delegations", "grants", "threads", "messages", "knocks")


@dataclass
class Team:
    """Two gates, and olga, who works for both houses."""

    near: Neighbours
    olga: Villager

    async def type(self, text: str, *, by: Villager | None = None, at: str = "b") -> str:
        """Let somebody type a command, and give all that the desk says to them then."""
        desk = self.near.a.desk() if at == "a" else self.near.b.desk("friends")
        who = by or self.olga
        before = len(who.notes())
        await self.near.write(desk, text, by=who)
        said = [note for note in who.notes()[before:] if note["attributedTo"] == desk]
        return "\n".join(str(note["content"]) for note in said)

    async def appoint(self, name: str, office: Office) -> Villager:
        """Give somebody an office in both houses."""
        who = self.near.village.settle(name)
        for house, slug in ((self.near.a, ANVIL), (self.near.b, FRIENDS)):
            await projects.appoint(house.gate, slug, who.id, office, by=OPERATOR)
        return who

    async def code(self, at: str = "b") -> str:
        """Give the code of the latest link."""
        return (await self.link(at)).code

    async def link(self, at: str = "b"):
        """Find the latest link of a house."""
        house, slug = (self.near.b, FRIENDS) if at == "b" else (self.near.a, ANVIL)
        return await self.near.link_of(house, slug)

    async def kept(self) -> list[int]:
        """Count what a refused command must leave as it was."""
        houses = (self.near.a, self.near.b)
        return [await house.rows(table) for house in houses for table in CHANGING]


@pytest.fixture
async def team(tmp_path, engine, monkeypatch) -> AsyncGenerator[Team]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as near:
        made = Team(near=near, olga=near.bob)
        made.olga = await made.appoint("olga", Office.OWNER)
        yield made


async def test_an_owner_agrees_by_two_words(team):
    """What the other side offered is taken as it is."""
    await team.near.link(team.near.a, ANVIL, TEAM, role=Role.TRIAGE)
    code = await team.code()
    listed = await team.type("links")

    said = await team.type(f"link {code.lower()}")

    assert code in listed
    assert "waits for you" in listed
    assert f"Done: link {code}" in said
    assert (await team.link()).state is State.ACTIVE
    assert (await team.link()).role is Role.TRIAGE
    assert "active" in await team.type("Links.")


async def test_a_project_that_was_asked_agrees_with_what_is_usual(team):
    """Whoever gives trust gives little at first."""
    await team.near.link(team.near.b, FRIENDS, PROJECT, role=Role.MAINTAIN)

    await team.type(f"link {await team.code('a')}", at="a")

    link = await team.link("a")
    assert link.state is State.ACTIVE
    assert (link.role, link.cap) == (Role.REPORT, USUAL_CAP)
    assert link.ends_at <= later(team.near.clock.now, USUAL_DAYS * DAY)


async def test_a_link_rests_goes_on_and_ends_by_a_word(team):
    """A project can let go at once, from wherever its people are."""
    await team.near.join_the_team()
    await team.near.link_both()
    code = await team.code("a")
    await team.near.write(team.near.a.desk(), HELLO)

    await team.type(f"pause {code}", at="a")
    assert not (await team.near.may(team.near.bob)).granted
    await team.type(f"resume {code}", at="a")
    assert (await team.near.may(team.near.bob)).granted
    await team.type(f"unlink {code}", at="a")

    assert (await team.link("a")).state is (await team.link("b")).state is State.ENDED
    assert not (await team.near.may(team.near.bob)).granted
    assert "not linked with anybody" in await team.type("links", at="a")


async def test_what_was_asked_for_is_declined_by_a_word(team):
    """No is an answer, too."""
    await team.near.link(team.near.a, ANVIL, TEAM)

    await team.type(f"unlink {await team.code()}")

    assert (await team.link("a")).state is State.ENDED
    assert await team.near.a.rows("delegations") == 0


@pytest.mark.parametrize(
    ("office", "able"),
    [
        (Office.MAINTAINER, {"links", "pause", "resume"}),
        (Office.SCREENER, set()),
        (Office.SAFETY, set()),
    ],
)
async def test_an_office_that_does_not_include_links_changes_none(team, office, able):
    """A maintainer may let one rest; only an owner begins and ends one."""
    await team.near.link(team.near.a, ANVIL, TEAM)
    code = await team.code()
    who = await team.appoint("mara", office)
    before = await team.kept(), (await team.link()).state

    for verb in ("links", "link", "unlink", "pause", "resume"):
        said = await team.type(verb if verb == "links" else f"{verb} {code}", by=who)
        assert ("Nothing was done" not in said) == (verb in able), (verb, said)
        if verb not in able:
            assert code not in said or verb == "links"

    assert (await team.kept(), (await team.link()).state) == before
    assert not (await team.link()).paused


@pytest.mark.parametrize("verb", ["link", "unlink", "pause", "resume"])
async def test_the_code_of_another_house_is_no_code_here(team, verb):
    """Who works for one house does nothing to the links of another one."""
    await team.near.link(team.near.a, ANVIL, TEAM)
    await projects.add(team.near.b.gate, "smiths", "Smiths", by=OPERATOR)
    lena = team.near.village.settle("lena")
    await projects.appoint(team.near.b.gate, "smiths", lena.id, Office.OWNER, by=OPERATOR)
    before, link = await team.kept(), await team.link()

    await team.near.write(team.near.b.desk("smiths"), f"{verb} {link.code}", by=lena)
    there = str(lena.notes()[-1]["content"])
    await team.near.write(team.near.b.desk("smiths"), f"{verb} QQQQQ", by=lena)
    nowhere = str(lena.notes()[-1]["content"])

    assert there.replace(link.code, "QQQQQ") == nowhere
    assert await team.link() == link
    assert await team.kept() == before


async def test_a_stranger_who_types_a_command_has_written_a_message(team):
    """Whoever holds no office is screened like everybody, and told of no link."""
    await team.near.link(team.near.a, ANVIL, TEAM)
    code = await team.code()

    for text in ("links", f"link {code}"):
        said = await team.type(text, by=team.near.bob)
        assert code not in said.replace(text, "")
    assert (await team.link()).state is State.ASKED
    assert await team.near.b.rows("knocks") == 1
