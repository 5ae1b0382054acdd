"""Every way in that somebody has or had, and the people who came in through a team."""

from dataclasses import dataclass, replace

from forgefed_gate.domain import reasons
from forgefed_gate.domain.capabilities import Ask, Flaw, Judgement, judge
from forgefed_gate.domain.errors import unknown
from forgefed_gate.domain.facts import Facts, Project
from forgefed_gate.domain.grants import Grant
from forgefed_gate.domain.ids import ActorId, Millis, Slug
from forgefed_gate.domain.roles import Principal, Role
from forgefed_gate.services import gather, reading
from forgefed_gate.services.gate import Gate
from forgefed_gate.services.views import Who
from forgefed_gate.store import chains, grants, knocks, people
from forgefed_gate.store import ways as store
from forgefed_gate.store.database import Transaction

STATES: dict[Flaw | None, str] = {
    None: "stands",
    Flaw.NOT_SEEN: "stands",
    Flaw.PAUSED: "paused",
    Flaw.REVOKED: "revoked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """Somebody who is in through a team: by which chain, and which team that is."""

    who: Who
    team: Who
    way: Judgement
    charter: str
    """The hash of the charter that they agreed to."""

    @property
    def state(self) -> str:
        """How it stands, in a word; about whoever has not written lately nobody is asked."""
        return STATES.get(self.way.flaw, "ended")


async def all_of(tx: Transaction, house: Project, who: ActorId, *, now: Millis) -> list[Judgement]:
    """Judge each way in that somebody has or had: our own latest Grant, and all through teams."""
    ask = Ask(who=who, resource=house.actor, needs=Role.REPORT)
    latest = await grants.standing(tx, house.slug, who, now=now)
    latest = latest or await grants.latest(tx, house.slug, who)
    names = [latest.id] if latest else []
    names += [leaf.id for leaf in await store.of_holder(tx, house.slug, who)]
    found = [await chains.of_name(tx, house.slug, named=name, now=now) for name in names]
    return [judge(chain, ask, now=now) for each in found for chain in each]


async def listing(
    gate: Gate, house: Slug, *, by: Principal, most: int | None = None
) -> list[Through]:
    """
    List who is in through a team, the latest first, *most* of them at most.

    Whoever never came is nobody's business here.
    """
    reading.listable(by, Grant, house)
    async with gate.database.snapshot() as tx:
        project = await gather.project_in(gate, tx, house)
        found = [
            await through(gate, tx, project, who)
            for who in (await store.came_in(tx, house))[:most]
        ]
    return [each for each in found if each is not None]


async def through(gate: Gate, tx: Transaction, house: Project, who: ActorId) -> Through | None:
    """Say by which chain somebody is in who came through a team; None where we gave them more."""
    found = await all_of(tx, house, who, now=gate.clock())
    if any(way.granted and len(way.chain) == 1 for way in found):
        return None
    way = reasons.best([each for each in found if len(each.chain) > 1])
    if way is None:
        return None
    leaf, knock = way.chain[-1].grant, await knocks.latest(tx, house.slug, who)
    named, team = await people.find(tx, who), await people.find(tx, leaf.actor)
    return Through(
        who=Who(actor=who, handle=named.handle if named else who),
        team=Who(actor=leaf.actor, handle=team.handle if team else leaf.actor),
        way=way,
        charter=knock.charter if knock else "",
    )


async def house_of(gate: Gate, grant: str) -> Slug | None:
    """Say in which house of ours a Grant lets somebody in: one of our own, or through a team."""
    issuer = gate.places.read(grant)
    if issuer is not None and issuer.kind.house:
        return issuer.slug
    async with gate.database.snapshot() as tx:
        leaf = await store.find(tx, grant)
    return leaf.house if leaf else None


async def facts_of(gate: Gate, tx: Transaction, grant: str, *, by: Principal) -> Facts:
    """
    Gather what a decision about a Grant that came through a team may know.

    Raises `NotFound` where there is none of that name.
    """
    leaf = await store.find(tx, grant)
    if leaf is None:
        raise unknown("grant", grant)
    facts = await gather.facts_about(gate, tx, leaf.house, leaf.holder, by=by)
    found = await all_of(tx, facts.project, leaf.holder, now=facts.now)
    foreign = [way.chain[-1] for way in found if way.chain and not way.chain[-1].ours]
    shown = tuple(each.grant for each in foreign if each.revoked_at is None)
    return replace(facts, shown_grants=shown)
