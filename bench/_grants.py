"""A house with as many Grants as one likes, direct ones and chains, put in by few statements."""

import json
from collections.abc import Sequence
from typing import LiteralString

from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.ids import DAY, SECOND, ActorId, Millis, Slug, later
from forgefed_gate.store import people, projects
from forgefed_gate.store.database import Database, Transaction
from forgefed_gate.store.people import Person

DEPTHS = range(1, 9)
"""How many Grants there are from the house to whoever may do something."""
ANVIL = Slug("anvil")
HOUSE = Project(
    slug=ANVIL,
    name="Anvil",
    handle="@anvil@gate.example",
    page="https://gate.example/@anvil",
    actor=ActorId("https://gate.example/projects/anvil"),
)
STEP = 50_000
"""How many Grants one transaction puts in."""

_DIRECT: LiteralString = """
    INSERT INTO grants (id, project, target, role, charter, starts_at, ends_at, document)
    WITH RECURSIVE counted (n) AS (
        SELECT CAST(:first AS BIGINT) UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < :after
    )
    SELECT :issuer || '/grants/' || n, 'anvil', 'https://town.example/users/1-' || n, 'report',
        'charter', :starts_at, :ends_at, '' FROM counted
"""
_LEAVES: LiteralString = """
    INSERT INTO delegations (house, id, ours, actor, context, target, role, allows, starts_at,
        ends_at, delegates, result, believed_for, through, kept_at, alive_until)
    WITH RECURSIVE counted (n) AS (
        SELECT CAST(:first AS BIGINT) UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < :after
    )
    SELECT 'anvil', :issuer || '/grants/' || n, 0, :issuer, :context,
        'https://town.example/users/' || :depth || '-' || n, 'report', 'invoke', :starts_at,
        :ends_at, :parent, :issuer || '/grants/' || n || '/live', 300000,
        :through, :starts_at, :alive_until FROM counted
"""
_UPPER: LiteralString = """
    INSERT INTO delegations (house, id, ours, actor, context, target, role, allows, starts_at,
        ends_at, delegates, result, believed_for, through, kept_at, alive_until)
    VALUES ('anvil', :id, :ours, :issuer, :context, :target, 'report', 'distribute', :starts_at,
        :ends_at, :parent, :result, 300000, :through, :starts_at, :alive_until)
"""


def holder(depth: int, number: int) -> ActorId:
    """Name somebody who stands at the end of a chain of so many Grants."""
    return ActorId(f"https://town.example/users/{depth}-{number}")


async def fill(database: Database, size: int, *, now: Millis) -> None:
    """Open the house, and give it *size* Grants to people: as many at each depth."""
    async with database.transaction() as tx:
        await projects.add(tx, ANVIL, HOUSE.name, kind=HOUSE.kind, now=now)
        for depth in DEPTHS:
            await _ladder(tx, depth, now=now)
    each = size // len(DEPTHS)
    for depth in DEPTHS:
        for first in range(0, each, STEP):
            async with database.transaction() as tx:
                await _people(tx, depth, first, min(first + STEP, each), now=now)


def _teams(depth: int) -> list[str]:
    """Name the teams on the way to those of one depth."""
    return [f"https://coop.example/teams/{depth}-{step}" for step in range(1, depth)]


def _name(teams: Sequence[str], step: int) -> str:
    """Name the Grant that is given on one step of the way."""
    issuer = [HOUSE.actor, *teams][step]
    return f"{issuer}/grants/{len(teams)}-{step}"


async def _ladder(tx: Transaction, depth: int, *, now: Millis) -> None:
    """Let the house give a Grant to a team, which passes it on to the next, and so on."""
    teams = _teams(depth)
    for step, team in enumerate(teams):
        known = Person(
            actor=ActorId(team), handle="@t", inbox=f"{team}/inbox", kind="Team", refreshed_at=now
        )
        await people.save(tx, known)
        await tx.run(
            _UPPER,
            id=_name(teams, step),
            ours=int(step == 0),
            issuer=[HOUSE.actor, *teams][step],
            context=HOUSE.actor,
            target=team,
            parent=_name(teams, step - 1) if step else None,
            result=f"{_name(teams, step)}/live" if step else None,
            through=json.dumps([HOUSE.actor, *teams[:step]]),
            starts_at=now - DAY,
            ends_at=now + 90 * DAY,
            alive_until=later(now, 200 * SECOND),
        )


async def _people(tx: Transaction, depth: int, first: int, after: int, *, now: Millis) -> None:
    moments = {"first": first, "after": after, "starts_at": now - DAY, "ends_at": now + 90 * DAY}
    teams = _teams(depth)
    if not teams:
        await tx.run(_DIRECT, issuer=HOUSE.actor, **moments)
        return
    await tx.run(
        _LEAVES,
        issuer=teams[-1],
        context=HOUSE.actor,
        depth=depth,
        parent=_name(teams, len(teams) - 1),
        through=json.dumps([HOUSE.actor, *teams]),
        alive_until=later(now, 200 * SECOND),
        **moments,
    )
