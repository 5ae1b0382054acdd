"""Why somebody may do what they may here: every Grant of every chain, and what ends with it."""

import base64
import binascii
from dataclasses import dataclass

from forgefed_gate.domain import reasons
from forgefed_gate.domain.capabilities import Capability, Flaw, Judgement, Known
from forgefed_gate.domain.errors import NotFound, unknown
from forgefed_gate.domain.facts import Project
from forgefed_gate.domain.forgetting import is_forgotten
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId, GrantId, Millis, Slug
from forgefed_gate.domain.reasons import Stands
from forgefed_gate.domain.roles import Act, Principal
from forgefed_gate.domain.words import flaws
from forgefed_gate.domain.words import reasons as words
from forgefed_gate.domain.words.forgetting import SOMEBODY
from forgefed_gate.protocol.times import day, minute
from forgefed_gate.services import authority, gather, reading, ways
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.views import Who
from forgefed_gate.store import blocks, delegations, knocks, maintainers, people, threads
from forgefed_gate.store import ways as store
from forgefed_gate.store.database import Transaction
from forgefed_gate.store.ways import Dependents

PLACE = "people|{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One Grant of a chain, in words: what it is, how it stands, and what would end with it."""

    grant: Capability
    giver: Who
    holder: Who
    seen_at: Millis | None
    """When it was last seen to stand; None where it is our own, or never was."""
    said: str
    stands: str
    if_ended: str
    revoke: GrantId | None
    """What “grants revoke” takes, where it would end this."""
    link: str | None
    """The link that it was given along, where it is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One chain by which somebody may do something, or why they may not."""

    judged: Judgement
    steps: tuple[Step, ...]
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What somebody may do in a house: the answer, and every way that leads to it."""

    house: Project
    who: Who
    stands: Stands
    said: str
    way: Judgement | None
    """The chain that counts."""
    ways: tuple[Way, ...]
    why_not: str
    """Why they may not, where they may not; the words for the chain that counts."""
    offices: tuple[str, ...]
    in_office: str
    stays: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Whose ways are looked at, where, and when."""

    gate: Gate
    tx: Transaction
    house: Project
    who: Who
    actor: ActorId
    now: Millis


async def explain(gate: Gate, slug: Slug, who: ActorId, *, by: Principal) -> Why:
    """
    Say what *who* may do, by which chain, until when, and what would end if a part of it did.

    Those who issued the Grants are asked first whether they stand, where we have to.
    """
    reading.listable(by, Grant, slug)
    by.must(Act.SEE_WHO, slug)
    await authority.confirm(gate, slug, who)
    async with gate.database.snapshot() as tx:
        house = await gather.project_in(gate, tx, slug)
        named, now = await _named(gate, tx, who), gate.clock()
        asked = _Asked(gate=gate, tx=tx, house=house, who=named, actor=who, now=now)
        return await _explained(asked)


async def _explained(asked: _Asked) -> Why:
    tx, slug, actor = asked.tx, asked.house.slug, asked.actor
    found = await ways.all_of(tx, asked.house, actor, now=asked.now)
    way = reasons.best(found)
    stands = reasons.stands(
        way,
        await knocks.latest(tx, slug, actor),
        blocked=await blocks.covers(tx, actor, project=slug),
        said_no=await knocks.said_no(tx, slug, actor),
    )
    held = (await maintainers.offices(tx, actor)).get(slug, frozenset())
    offices = tuple(sorted(office.value for office in held))
    told = tuple([await _way(asked, each, found) for each in found])
    counts = next((each.why_not for each in told if each.judged is way), None)
    return Why(
        house=asked.house,
        who=asked.who,
        stands=stands,
        said=_said(asked, stands, way),
        way=way,
        ways=told,
        why_not=flaws.why_not(Flaw.NONE_NAMED, 0, "") if counts is None else counts,
        offices=offices,
        in_office=words.in_office(asked.who.handle, ", ".join(offices)) if offices else "",
        stays=words.stays(len(await threads.open_ones(tx, slug, actor))),
    )


def _said(asked: _Asked, stands: Stands, way: Judgement | None) -> str:
    who, name = asked.who.handle, asked.house.name
    role = way.role if way else None
    match stands:
        case Stands.BLOCKED:
            return words.blocked(who, name)
        case Stands.TURNED_AWAY:
            return words.turned_away(who, name)
        case Stands.MEMBER | Stands.WELCOME if way and role:
            told = words.member if stands is Stands.MEMBER else words.welcome
            return told(who, name, role, day(way.ends_at))
        case _:
            return words.outside(who, name)


async def _way(asked: _Asked, judged: Judgement, all_of: list[Judgement]) -> Way:
    steps = tuple(
        [await _step(asked, judged, place, all_of) for place in range(len(judged.chain))]
    )
    why_not = ""
    if judged.flaw is not None:
        issuer = steps[judged.failed].giver.handle if steps else ""
        why_not = flaws.why_not(judged.flaw, judged.failed, issuer)
    return Way(judged=judged, steps=steps, why_not=why_not)


async def _step(asked: _Asked, judged: Judgement, place: int, all_of: list[Judgement]) -> Step:
    known = judged.chain[place]
    grant, leaf = known.grant, place == len(judged.chain) - 1
    giver = await _named(asked.gate, asked.tx, grant.actor)
    holder = await _named(asked.gate, asked.tx, grant.target)
    seen = reasons.seen_at(known)
    role = grant.role.word if grant.role else ""
    link = await delegations.link_of(asked.tx, asked.house.slug, grant.id)
    return Step(
        grant=grant,
        giver=giver,
        holder=holder,
        seen_at=seen,
        said=words.given(giver.handle, holder.handle, role, day(grant.ends_at)),
        stands=_stands(known, seen),
        if_ended=await _if_ended(asked, known, holder, leaf=leaf, all_of=all_of),
        revoke=grant.id if leaf and known.revoked_at is None else None,
        link=link if known.ours else None,
    )


def _stands(known: Known, seen: Millis | None) -> str:
    if known.ours:
        return words.OURS if known.revoked_at is None else words.TAKEN_BACK
    return words.seen(minute(seen)) if seen is not None else words.NEVER_SEEN


async def _if_ended(
    asked: _Asked, known: Known, holder: Who, *, leaf: bool, all_of: list[Judgement]
) -> str:
    """Say what would end with one Grant, and whether they would still be in."""
    if known.revoked_at is not None:
        return ""
    who = asked.who.handle
    if leaf:
        return words.ends_role(who) if known.ours else words.ends_way_in(who)
    lost = await _dependents(asked, known.grant.id)
    told = words.ends_link(holder.handle, lost.came, lost.not_yet)
    told = told if known.ours else f"{words.ITS_OWN} {told}"
    left = any(way.granted and known not in way.chain for way in all_of)
    return f"{told} {words.by_another_way(who)}" if left else told


async def _dependents(asked: _Asked, grant: GrantId) -> Dependents:
    return await store.dependents(
        asked.tx, asked.house.slug, grant, besides=asked.actor, now=asked.now
    )


async def _named(gate: Gate, tx: Transaction, actor: ActorId) -> Who:
    if is_forgotten(actor):
        return Who(actor=actor, handle=SOMEBODY)
    ours = gate.places.read_actor(actor)
    if ours is not None:
        return Who(actor=actor, handle=gate.places.handle(ours))
    person = await people.find(tx, actor)
    return Who(actor=actor, handle=person.handle if person else actor)


def page_name(gate: Gate, slug: Slug, who: ActorId) -> str:
    """Name the page about somebody: sealed, for addresses stand in logs of other programs."""
    sealed = gate.vault.seal_own(who.encode(), place=PLACE.format(slug))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def whose_page(gate: Gate, slug: Slug, name: str) -> ActorId:
    """Say whom a page is about; raises `NotFound` where it is no name of ours."""
    try:
        sealed = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
        return ActorId(gate.vault.open_own(sealed, place=PLACE.format(slug)).decode())
    except (binascii.Error, ValueError, NotFound):
        raise unknown("person", name) from None
