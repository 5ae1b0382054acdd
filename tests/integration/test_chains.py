"""Which chains of Grants a house finds for somebody, and which of them it judges by."""

import re
from dataclasses import dataclass

import pytest
from gates import NOON

from forgefed_gate.domain.capabilities import Allows, Capability, Flaw, Judgement
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import DAY, SECOND, ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import Role
from forgefed_gate.services import authority
from forgefed_gate.store import chains, delegations, grants, people, projects, record
from forgefed_gate.store.database import Database
from forgefed_gate.store.delegations import Kept
from forgefed_gate.store.people import Person

ANVIL = Slug("anvil")
PROJECT = ActorId("https://gate.example/projects/anvil")
HOUSE = Project(slug=ANVIL, name="Anvil", handle="@anvil@gate.example", page="", actor=PROJECT)
BOB = ActorId("https://village.example/users/bob")
TEAM = ActorId("https://coop.example/teams/friends")
RIVAL = ActorId("https://rival.example/teams/rivals")
WEEK = Millis(NOON + 7 * DAY)


@dataclass(frozen=True)
class Book:
    """The book of one house, to write Grants into."""

    database: Database

    async def keep(self, name: str, issuer: ActorId, target: ActorId, **more) -> GrantId:
        """Keep a Grant; one of ours lets a team pass it on, and others let somebody act."""
        ours, id_ = issuer == PROJECT, GrantId(f"{issuer}/grants/{name}")
        said = {
            "role": Role.REPORT,
            "allows": Allows.DISTRIBUTE if ours else Allows.INVOKE,
            "ends_at": WEEK,
            "result": None if ours else f"{id_}/live",
            **more,
        }
        grant = Capability(
            id=id_, actor=issuer, context=PROJECT, target=target, starts_at=NOON, **said
        )
        kept = Kept(house=ANVIL, grant=grant, ours=ours, link=None)
        async with self.database.transaction() as tx:
            await delegations.add(tx, [kept], now=NOON)
            await delegations.seen(tx, id_, alive_until=Millis(NOON + 60 * SECOND))
        return id_

    async def give(self, name: str, *, role: Role) -> None:
        """Give a direct Grant to bob."""
        grant = Grant(
            id=GrantId(f"{PROJECT}/grants/{name}"),
            project=ANVIL,
            target=BOB,
            role=role,
            charter="",
            starts_at=NOON,
            ends_at=WEEK,
        )
        async with self.database.transaction() as tx:
            await grants.add(tx, grant, document="{}")

    async def may(self, *, now: Millis = NOON, **asked) -> Judgement:
        """Say whether bob may, and by which chain."""
        async with self.database.snapshot() as tx:
            return await authority.authorise(tx, HOUSE, BOB, now=now, **asked)


@pytest.fixture
async def book(database: Database) -> Book:
    """Open a house that knows two teams."""
    async with database.transaction() as tx:
        await projects.add(tx, ANVIL, "Anvil", kind=Kind.PROJECT, now=NOON)
        for team in (TEAM, RIVAL):
            known = Person(
                actor=team, handle="@t", inbox=f"{team}/inbox", kind="Team", refreshed_at=NOON
            )
            await people.save(tx, known)
    return Book(database)


async def test_the_highest_role_counts_whichever_way_it_came(book):
    """A small Grant of our own takes nothing away from what a team passed on."""
    root = await book.keep("root", PROJECT, TEAM, role=Role.TRIAGE)
    await book.keep("leaf", TEAM, BOB, delegates=root, role=Role.TRIAGE)
    await book.give("direct", role=Role.REPORT)

    found = await book.may(needs=Role.TRIAGE)
    assert [known.grant.actor for known in found.chain] == [PROJECT, TEAM]
    assert (await book.may()).role is Role.TRIAGE


async def test_of_equals_the_grant_of_our_own_counts(book):
    """The shorter the chain, the less has to be alive."""
    root = await book.keep("root", PROJECT, TEAM)
    await book.keep("leaf", TEAM, BOB, delegates=root)
    await book.give("direct", role=Role.REPORT)

    assert len((await book.may()).chain) == 1


async def test_no_team_crowds_out_what_another_passed_on(book):
    """However many Grants it says that it gave, and however long they last."""
    root, other = [await book.keep(f"to-{n}", PROJECT, to) for n, to in enumerate((TEAM, RIVAL))]
    await book.keep("leaf", TEAM, BOB, delegates=root)
    for number in range(40):
        later = Millis(WEEK + number)
        await book.keep(f"{number}", RIVAL, BOB, delegates=other, role=Role.VISIT, ends_at=later)

    found = await book.may()
    assert found.granted
    assert found.chain[-1].grant.actor == TEAM


@pytest.mark.parametrize("parent", ["none", "of another", "revoked"])
async def test_grants_that_follow_from_nothing_that_we_know_crowd_out_nobody(book, parent):
    """However many say that they gave some: anybody can, about anybody."""
    root = await book.keep("root", PROJECT, TEAM)
    await book.keep("leaf", TEAM, BOB, delegates=root)
    for number in range(20):
        stranger = ActorId(f"https://{number}.example/teams/any")
        above = root if parent == "of another" else GrantId(f"{PROJECT}/grants/{number}")
        if parent == "revoked":
            above = await book.keep(f"{number}", PROJECT, stranger)
            async with book.database.transaction() as tx:
                await delegations.revoke(tx, ANVIL, [above], now=NOON)
        for name in ("a", "b"):
            later = Millis(WEEK + 1 + number)
            await book.keep(name, stranger, BOB, delegates=above, ends_at=later)

    found = await book.may()
    assert found.granted
    assert found.chain[-1].grant.actor == TEAM


async def test_grants_made_up_in_two_layers_by_one_server_crowd_out_nobody(book):
    """One actor of it vouches for the next, and none of them for anything that we gave."""
    root = await book.keep("root", PROJECT, TEAM)
    await book.keep("leaf", TEAM, BOB, delegates=root)
    for number in range(20):
        one, other = (ActorId(f"https://evil.example/{kind}/{number}") for kind in "ab")
        first = {"allows": Allows.DISTRIBUTE, "delegates": GrantId(f"{PROJECT}/grants/{number}")}
        above = await book.keep("g", one, other, **first)
        await book.keep("g", other, BOB, delegates=above, ends_at=Millis(WEEK + 1 + number))

    found = await book.may()
    assert found.granted
    assert found.chain[-1].grant.actor == TEAM


async def test_of_one_issuer_those_that_follow_from_what_we_know_come_first(book):
    """It may speak of Grants that we hear of later, and of such that we never will."""
    root = await book.keep("root", PROJECT, TEAM)
    await book.keep("leaf", TEAM, BOB, delegates=root)
    for number in range(3):
        more = {"delegates": GrantId(f"{PROJECT}/grants/{number}"), "ends_at": Millis(WEEK + 1)}
        await book.keep(f"early-{number}", TEAM, BOB, **more)

    assert (await book.may()).granted


async def test_what_is_revoked_above_a_grant_is_still_said(book):
    """Whoever has nothing better hears what is wrong with it."""
    root = await book.keep("root", PROJECT, TEAM)
    await book.keep("leaf", TEAM, BOB, delegates=root)
    async with book.database.transaction() as tx:
        await delegations.revoke(tx, ANVIL, [root], now=NOON)

    assert (await book.may()).flaw is Flaw.REVOKED


async def test_a_clock_that_was_set_back_brings_no_chain_back(book):
    """We have seen its end, whatever our clock says now."""
    root = await book.keep("root", PROJECT, TEAM, ends_at=Millis(NOON + 10 * SECOND))
    leaf = await book.keep("leaf", TEAM, BOB, delegates=root)
    assert (await book.may()).granted

    async with book.database.transaction() as tx:
        await record.add(
            tx,
            "token",
            project=ANVIL,
            principal=BOB,
            act="Message",
            subject="",
            verdict="admit",
            reason="",
            now=Millis(NOON + 20 * SECOND),
        )
    for asked in ({}, {"named": leaf}):
        found = await book.may(**asked)
        assert found.flaw is Flaw.REVOKED
        assert found.failed == 0


async def test_whoever_names_a_grant_is_judged_by_it_alone(book):
    """Another one that would do does not help, and one that nobody knows is none."""
    root = await book.keep("root", PROJECT, TEAM)
    low = await book.keep("low", TEAM, BOB, delegates=root, role=Role.VISIT)
    await book.give("direct", role=Role.REPORT)

    assert (await book.may(named=low)).flaw is Flaw.TOO_LITTLE
    assert (await book.may(named=GrantId(f"{TEAM}/grants/none"))).flaw is Flaw.NONE_NAMED
    assert (await book.may(named=GrantId(f"{PROJECT}/grants/direct"))).granted


class Counted:
    """A transaction that counts its trips to the database."""

    def __init__(self, tx) -> None:
        self.tx, self.trips = tx, 0

    async def rows(self, sql, /, **values):
        """Execute one query."""
        self.trips += 1
        return await self.tx.rows(sql, **values)


async def test_whatever_somebody_has_is_found_in_one_trip(book):
    """However many there are: all the chains, and whether we block whom they pass through."""
    root, other = [await book.keep(f"to-{n}", PROJECT, to) for n, to in enumerate((TEAM, RIVAL))]
    await book.keep("leaf", TEAM, BOB, delegates=root, role=Role.VISIT)
    await book.keep("leaf", RIVAL, BOB, delegates=other, role=Role.VISIT)
    await book.give("direct", role=Role.REPORT)

    async with book.database.snapshot() as tx:
        counted = Counted(tx)
        found = await authority.authorise(counted, HOUSE, BOB, now=NOON)
    assert found.granted
    assert counted.trips == 1


@pytest.mark.parametrize(
    ("query", "found_by"),
    [
        (chains.BY_HOLDER, "delegations_by_target (house=? AND target=?)"),
        (chains.BY_NAME, "sqlite_autoindex_delegations_1 (house=? AND id=?)"),
    ],
    ids=["holder", "name"],
)
async def test_no_question_reads_through_all_grants(database, query, found_by):
    """With a million of them it would take a quarter of a second instead of a moment."""
    if database.engine != "sqlite":
        pytest.skip("PostgreSQL plans by what it finds in the tables, and has the same indexes.")
    named = dict.fromkeys(re.findall(r":(\w+)", query), 1)
    async with database.snapshot() as tx:
        rows = await tx.rows(f"EXPLAIN QUERY PLAN {query}", **named)  # type: ignore[arg-type] - a query of ours

    plan = [str(row["detail"]) for row in rows]
    assert any(step.endswith(found_by) for step in plan)
    assert not [
        step
        for step in plan
        if re.match("SCAN (delegations|leaf|above|each|grants|given|people)", step)
    ]
