"""Chains of Grants that somebody shows us, fetched from those who issued them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from forgefed_gate.domain.capabilities import (
    LONGEST_BELIEF,
    LONGEST_CHAIN,
    PASSED_ON,
    Ask,
    Capability,
    Flaw,
    Known,
    judge,
)
from forgefed_gate.domain.errors import Forbidden, Malformed, Refusal, Unreachable
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.grants import issuer_of
from forgefed_gate.domain.ids import MINUTE, ActorId, GrantId, Slug, later, origin, recent
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import capabilities, fields, proofs
from forgefed_gate.protocol.frontdoor import JsonObject
from forgefed_gate.services import fetching, gather, keyring, people, quota
from forgefed_gate.services.gate import Gate, Shown
from forgefed_gate.store import chains, delegations
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.delegations import Kept

SLOWEST_CHAIN = 20.0
"""Seconds for all of a chain, however many servers it leads to."""
REMEMBERED_FOR = MINUTE
MOST_REMEMBERED = 10_000
DIFFERS = "grant-copy"
UNREAD = "grant-unread"
"""The codes of a copy that says something else than its issuer, and of what we could not read."""

Copies = Mapping[GrantId, JsonObject]
"""Grants that came embedded; one is believed by its proof, and fetched otherwise."""


def copies_in(document: JsonObject) -> Copies:
    """Find the Grants that are embedded in an activity, from the one that it names upwards."""
    found = dict[GrantId, JsonObject]()
    inside = fields.inline(document, "capability")
    while inside is not None and len(found) < LONGEST_CHAIN:
        found[GrantId(fields.optional(inside, "id"))] = inside
        inside = fields.inline(inside, "delegates")
    return found


async def complete(
    gate: Gate, house: Slug, named: GrantId, *, by: ActorId, copies: Copies | None = None
) -> None:
    """
    Know the chain that *by* shows by naming its last Grant, if it follows from one of *house*.

    Before anything is decided, and outside of any transaction. What cannot be fetched, or
    leads nowhere, stays unknown: what is not known does not stand. Nobody is asked where no
    Grant of ours could be at the other end.
    """
    if not await _worth_asking(gate, house, named, by=by):
        return
    try:
        async with asyncio.timeout(SLOWEST_CHAIN):
            await _follow(gate, house, named, by=by, copies=copies or {})
    except Refusal as refusal:
        _remember(gate, (house, by, named), refusal.code)
    except TimeoutError:
        _remember(gate, (house, by, named), UNREAD)


async def is_rooted(gate: Gate, gift: Capability) -> bool:
    """
    Say whether what somebody gives us to pass on goes back to a Grant of what it is about.

    Each Grant above it is read where it is at home. What we pass on, we tell those whom it is
    about, one Grant for each member, and nobody else shall make us do that. Raises
    `Unreachable` where whoever has to be asked may answer later.
    """
    try:
        async with asyncio.timeout(SLOWEST_CHAIN):
            return await _begins_there(gate, gift)
    except TimeoutError:
        raise Unreachable("timed-out", "A Grant could not be read in time.") from None


async def _begins_there(gate: Gate, gift: Capability) -> bool:
    below = gift
    for _ in range(LONGEST_CHAIN):
        if below.delegates is None:
            return below.actor == gift.context
        above = await _above(gate, below.delegates)
        if above is None or above.context != gift.context or not _follows(gate, below, above):
            return False
        below = above
    return False


def _follows(gate: Gate, below: Capability, above: Capability) -> bool:
    """Say whether one Grant may pass another one on, by what both say."""
    if above.target != below.actor or below.allows not in PASSED_ON[above.allows]:
        return False
    return (below.role or 0) <= (above.role or 0) and gate.clock() < above.ends_at


async def _above(gate: Gate, name: GrantId) -> Capability | None:
    """Read what a Grant says that it passes on; None where that is not there for good."""
    if _is_ours(gate, name):
        return await _given_here(gate, name)
    try:
        return await _read(gate, name, None)
    except (Forbidden, Malformed):
        return None
    except Unreachable as refusal:
        if refusal.code in keyring.PASSING:
            raise
        return None


async def _given_here(gate: Gate, name: GrantId) -> Capability | None:
    house = gate.places.read(issuer_of(name))
    if house is None:
        return None
    async with gate.database.snapshot() as tx:
        given = await delegations.given_as(tx, house.slug, name, now=gate.clock())
    return given.grant if given else None


def why_not(gate: Gate, house: Slug, named: GrantId | None, *, by: ActorId) -> str:
    """Say by its code why a chain that was shown is not known, where we found out."""
    found = gate.memory.not_shown.get((house, by, named)) if named else None
    return found[1] if found else Flaw.NONE_NAMED.value


async def _worth_asking(gate: Gate, house: Slug, named: GrantId, *, by: ActorId) -> bool:
    now, known = gate.clock(), gate.memory.not_shown.get((house, by, named))
    failed = known is not None and recent(known[0], REMEMBERED_FOR, now=now)
    if failed or _is_ours(gate, named):
        return False
    gate.memory.not_shown.pop((house, by, named), None)
    async with gate.database.snapshot() as tx:
        given = await delegations.gives(tx, house, now=now)
        return given and not await delegations.find(tx, house, [named])


def _is_ours(gate: Gate, grant: GrantId) -> bool:
    return grant.startswith(f"{gate.places.base_url}/")


def _remember(gate: Gate, shown: Shown, code: str) -> None:
    """Ask nobody again for a while about what led nowhere, and only so much is remembered."""
    failed = gate.memory.not_shown
    failed[shown] = (gate.clock(), code)
    if len(failed) > MOST_REMEMBERED:
        del failed[next(iter(failed))]


async def _follow(gate: Gate, house: Slug, named: GrantId, *, by: ActorId, copies: Copies) -> None:
    async with gate.database.snapshot() as tx:
        ours = await gather.project_in(gate, tx, house)
    found = await _climb(gate, ours, named, copies=copies)
    for grant in found:
        await people.look_up(gate, grant.actor)
    async with gate.database.transaction() as tx:
        await people_store.hold_all(tx, {grant.actor for grant in found})
        chain = await _chain(tx, ours, found, gate)
        _require_sound(gate, ours, chain, by=by)
        kept = [Kept(house=house, grant=each, ours=False, link=None) for each in found]
        await delegations.add(tx, kept, now=gate.clock())


async def _climb(
    gate: Gate, house: Project, named: GrantId, *, copies: Copies
) -> list[Capability]:
    """Read one Grant after the other, from the one that was named up to one that we know."""
    found: list[Capability] = []
    name = named
    while len(found) < LONGEST_CHAIN - 1:
        grant = await _read(gate, name, copies.get(name))
        found.append(grant)
        _require_promising(gate, house, found)
        assert grant.delegates is not None, "one that begins a chain elsewhere is refused"
        name = grant.delegates
        async with gate.database.snapshot() as tx:
            if await delegations.find(tx, house.slug, [name]):
                return found
        if _is_ours(gate, name):
            raise _flawed(Flaw.NOT_OURS)
    raise _flawed(Flaw.TOO_LONG)


def _require_promising(gate: Gate, house: Project, found: list[Capability]) -> None:
    """Refuse what can lead nowhere before the next server is asked."""
    grant = found[-1]
    if grant.context != house.actor:
        raise _flawed(Flaw.CONTEXT)
    if grant.delegates is None:
        raise _flawed(Flaw.FOREIGN_ROOT)
    if grant.delegates in {each.id for each in found}:
        raise _flawed(Flaw.REPEATED)
    if len(found) > 1 and found[-2].actor != grant.target:
        raise _flawed(Flaw.TARGET)
    if not grant.covers(gate.clock()):
        raise _flawed(Flaw.EARLY if gate.clock() < grant.starts_at else Flaw.ENDED)


async def _read(gate: Gate, name: GrantId, copy: JsonObject | None) -> Capability:
    """Read a Grant where it is at home; a copy that came with it may save the way."""
    if copy is not None and await _proven(gate, copy):
        return capabilities.read_grant(copy)
    quota.spend_question(gate, name)
    document = await fetching.document(gate, name)
    if fields.optional(document, "id") != name or "Grant" not in fields.kinds(document):
        raise Malformed(UNREAD, "There is no Grant where its name points.")
    grant = capabilities.read_grant(document)
    if copy is not None and capabilities.read_grant(copy) != grant:
        raise Forbidden(DIFFERS, "The copy of a Grant says something else than its issuer.")
    return grant


async def _proven(gate: Gate, copy: JsonObject) -> bool:
    """Say whether the issuer of an embedded Grant stands for it by a proof."""
    try:
        issuer = fields.required(copy, "actor")
        method = proofs.verification_method(copy)
        if origin(method) != origin(issuer):
            return False
        key = await keyring.find(gate, method, caller=issuer)
        proofs.check(copy, key=key, now=gate.clock())
    except (Refusal, ValueError):
        return False
    return True


async def _chain(
    tx: Transaction, house: Project, found: list[Capability], gate: Gate
) -> list[Known]:
    """Put what was found behind what we know, as if each had just been seen to stand."""
    top = found[-1].delegates
    assert top is not None, "what was found leads to something that we know"
    fresh: list[Known] = []
    for grant in reversed(found):
        target = await people_store.find(tx, grant.target)
        buried = await delegations.buried(tx, grant.id, grant.actor)
        kind = target.kind if target else ""
        gone = gate.clock() if buried else None
        fresh.append(Known(grant=grant, target_type=kind, revoked_at=gone))
    [above] = await chains.of_name(tx, house.slug, named=top, now=gate.clock())
    return [*above, *fresh]


def _require_sound(gate: Gate, house: Project, chain: list[Known], *, by: ActorId) -> None:
    now = gate.clock()
    until = later(now, LONGEST_BELIEF)
    seen = [each if each.ours else replace(each, alive_until=until) for each in chain]
    judged = judge(seen, Ask(who=by, resource=house.actor, needs=Role.VISIT), now=now)
    if judged.flaw is not None:
        raise _flawed(judged.flaw)


def _flawed(flaw: Flaw) -> Forbidden:
    return Forbidden(flaw.value, "The chain of Grants that was shown does not hold.")
