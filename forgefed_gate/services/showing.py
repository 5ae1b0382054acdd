"""Our members show their Grants to people elsewhere: by a link that they asked for, for a day."""

import hashlib
import json
from typing import Any

from forgefed_gate.domain.ids import DAY, HOUR, later
from forgefed_gate.domain.wishes import Wish
from forgefed_gate.domain.words import showing as words
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import reading
from forgefed_gate.services.case import Case
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import blocks, grants, people
from forgefed_gate.store import references as store

LASTS = DAY


async def on_wish(case: Case, _: Wish) -> str:
    """Give a member the line that shows their Grant; nobody else can make one."""
    facts, name = case.facts, case.facts.project.name
    if facts.grant is not None:
        token, until = case.gate.token(), later(facts.now, LASTS)
        await store.add_link(
            case.tx, _hash(token), grant=facts.grant.id, holder=facts.actor, expires_at=until
        )
        return words.link(name, case.gate.places.shown(token), LASTS // HOUR)
    if facts.member and facts.standing is not None:
        issuer = facts.standing.chain[-1].grant.actor
        team = await people.find(case.tx, issuer)
        return words.through_team(name, team.handle if team else issuer)
    return words.nothing(name)


async def grant(gate: Gate, token: str) -> JsonObject:
    """
    Give the Grant that a link shows, with the proof that it was sent with, while it stands.

    Raises the `NotFound` of what never was for a link that ended, a Grant that did, and
    somebody whom the project blocked meanwhile.
    """
    async with gate.database.snapshot() as tx:
        now = gate.clock()
        name = await store.linked(tx, _hash(token), now=now)
        found = await grants.find(tx, name) if name else None
        if found is None or not found.stands(now):
            raise reading.nothing()
        if await blocks.covers(tx, found.target, project=found.project):
            raise reading.nothing()
        document: dict[str, Any] = json.loads(await grants.document(tx, found.id))
    return document


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
