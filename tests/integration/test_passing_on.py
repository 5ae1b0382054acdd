"""A team passes on what it got to however many members, and takes it back, by few statements."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from counted import Counted
from gates import House, open_house

from forgefed_gate.domain.capabilities import Allows, Capability
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, GrantId, Slug, later
from forgefed_gate.domain.links import Link, Peer, State
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Role
from forgefed_gate.services import gather, linking, outbound
from forgefed_gate.services.linking import Side
from forgefed_gate.store import delegations, grants, links, people
from forgefed_gate.store.delegations import Kept
from forgefed_gate.store.people import Person

FRIENDS = Slug("friends")
DESK = "https://gate.example/desks/friends"
PROJECT = ActorId("https://anvil.example/projects/anvil")
ROOT = GrantId(f"{PROJECT}/grants/1")
MOST_NAMED = 64


class Team(House):
    """A team that a project elsewhere trusts."""

    async def join(self, count: int) -> list[ActorId]:
        """Let so many people be members."""
        now = self.clock.now
        members = [ActorId(f"https://town.example/users/{number:03}") for number in range(count)]
        async with self.gate.database.transaction() as tx:
            for number, member in enumerate(members):
                await people.save(tx, _person(member, "Person", now))
                grant = Grant(
                    id=GrantId(f"https://gate.example/teams/friends/grants/{number}"),
                    project=FRIENDS,
                    target=member,
                    role=Role.REPORT,
                    charter="",
                    starts_at=now,
                    ends_at=later(now, 90 * DAY),
                )
                await grants.add(tx, grant, document="{}")
        return members

    async def trusted(self) -> None:
        """Be linked with the project, and get a Grant from it to pass on."""
        now = self.clock.now
        until = later(now, 60 * DAY)
        link = Link(
            code="link",
            house=FRIENDS,
            peer=PROJECT,
            kind=Peer.RESOURCE,
            role=Role.REPORT,
            ends_at=until,
            cap=10,
            state=State.ACTIVE,
            add=ActivityId(f"{PROJECT}/activities/1"),
            opened_at=now,
            changed_at=now,
        )
        grant = Capability(
            id=ROOT,
            actor=PROJECT,
            context=PROJECT,
            target=ActorId("https://gate.example/teams/friends"),
            role=Role.REPORT,
            allows=Allows.DISTRIBUTE,
            starts_at=now,
            ends_at=until,
        )
        async with self.gate.database.transaction() as tx:
            await people.save(tx, _person(PROJECT, "Project", now))
            await links.save(tx, link)
            kept = Kept(house=FRIENDS, grant=grant, ours=False, link="link")
            await delegations.add(tx, [kept], now=now)

    @asynccontextmanager
    async def side(self) -> AsyncGenerator[tuple[Side, Counted]]:
        """Be the team, in a transaction whose trips are counted."""
        async with self.gate.database.transaction() as tx:
            house, counted = await gather.project_in(self.gate, tx, FRIENDS), Counted(tx)
            side = Side(gate=self.gate, tx=counted, house=house, now=self.clock.now)
            yield side, counted

    async def pass_on(self) -> int:
        """Let everybody have what they should have, and count the trips."""
        async with self.side() as (side, counted):
            await linking.pass_on(side, about=PROJECT)
        return counted.trips

    async def lose(self) -> int:
        """Hear that the project revoked its Grant, and count the trips."""
        async with self.side() as (side, counted):
            await delegations.bury(side.tx, [ROOT], issuer=PROJECT, now=side.now)
            await linking.pass_on(side, about=PROJECT)
        return counted.trips

    async def queue(self, kind: str) -> list[tuple[str, dict]]:
        """Open what waits to go out, of one type: to whom, and what."""
        async with self.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT name, payload FROM jobs WHERE kind = 'deliver'")
            places = [(row["payload"], outbound.PLACE.format(row["name"])) for row in rows]
            letters = map(json.loads, await self.gate.vault.open_many(tx, places))
            said = [(letter["to"], json.loads(letter["body"])) for letter in letters]
        return [(to, document) for to, document in said if document["type"] == kind]


def _person(actor: ActorId, kind: str, now: int) -> Person:
    return Person(
        actor=actor, handle="@a@b.example", inbox=f"{actor}/inbox", kind=kind, refreshed_at=now
    )


@pytest.fixture
async def team(tmp_path, database) -> AsyncGenerator[Team]:
    """Open a team that a project trusts."""
    async with open_house(tmp_path, database, project="friends", kind=Kind.TEAM) as house:
        team = Team(gate=house.gate, wire=house.wire, clock=house.clock)
        await team.trusted()
        yield team


async def test_what_a_team_got_goes_to_each_member_and_is_told_to_the_project(team):
    """Everybody gets a Grant of their own, and nobody reads another one's."""
    members = await team.join(MOST_NAMED + 6)
    await team.pass_on()

    sent = await team.queue("Grant")
    mine = {to: document for to, document in sent if to != PROJECT}
    told = [document for to, document in sent if to == PROJECT]
    assert sorted(mine) == members
    assert all(document["target"] == to for to, document in mine.items())
    assert all(document["proof"] for document in mine.values())
    theirs = [each for each in told if each["target"] in mine]
    assert sorted(each["id"] for each in theirs) == sorted(each["id"] for each in mine.values())
    assert [each["target"] for each in told if each not in theirs] == [DESK]


async def test_a_revoke_names_to_each_what_was_theirs_and_to_the_project_all(team):
    """As many in one as a reader takes: it has one inbox, and they would queue up in it."""
    members = await team.join(MOST_NAMED + 6)
    await team.pass_on()
    given = {document["id"]: to for to, document in await team.queue("Grant") if to != PROJECT}
    await team.lose()

    sent = await team.queue("Revoke")
    mine = {to: document["object"] for to, document in sent if to != PROJECT}
    told = [document["object"] for to, document in sent if to == PROJECT]
    assert sorted(mine) == members
    assert {grant: to for to, grant in mine.items()} == given
    assert sorted(map(len, told)) == [7, MOST_NAMED]
    assert len({grant for some in told for grant in some} - given.keys()) == 1
    async with team.gate.database.snapshot() as tx:
        assert await delegations.given(tx, FRIENDS) == []
    await team.pass_on()
    assert len(await team.queue("Revoke")) == len(sent)


async def test_a_large_team_costs_no_more_trips_than_a_small_one(team):
    """What is done for everybody is done by one statement for all of them."""
    await team.join(2)
    few = await team.pass_on(), await team.lose()
    async with team.gate.database.transaction() as tx:
        await tx.run("DELETE FROM buried_grants")
        await tx.run("DELETE FROM delegations")
        await tx.run("DELETE FROM jobs")
        await tx.run("DELETE FROM grants")
        await tx.run("DELETE FROM links")
        await tx.run("DELETE FROM data_keys WHERE owner <> ''")
    await team.trusted()
    await team.join(MOST_NAMED + 6)
    many = await team.pass_on(), await team.lose()

    assert many == few
