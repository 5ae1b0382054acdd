"""A gate that was taken over: it says in its own name whatever it likes, and repeats itself."""

import random

from forgefed_gate.domain.capabilities import LONGEST_GRANT, Allows, Capability
from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, GrantId, Millis
from forgefed_gate.domain.intents import (
    Added,
    Arrival,
    Granted,
    GrantsEnded,
    InviteAnswer,
    Removed,
)
from forgefed_gate.domain.links import COLLECTIONS
from forgefed_gate.domain.roles import Role
from simulation.world import Gate, World


def misbehave(world: World, chance: random.Random) -> None:
    """Let each rogue say something, to anybody whom it likes."""
    for gate in world.gates.values():
        if gate.rogue:
            to = chance.choice([me for me in world.gates if me != gate.book.me])
            intent = chance.choice([_grant, _grant, _revoke, _add, _remove, _answer])(
                world, gate, chance
            )
            world.post(gate.book.me, to, intent)


def _name(gate: Gate) -> ActivityId:
    return ActivityId(gate.book.name("lie"))


def _grant(world: World, gate: Gate, chance: random.Random) -> Arrival:
    known = [*world.issued]
    id_, me = GrantId(_name(gate)), gate.book.me
    start = world.now - chance.choice([0, DAY])
    through = chance.sample([*world.gates], chance.randrange(len(world.gates)))
    return Granted(
        activity=ActivityId(id_),
        actor=me,
        grant=Capability(
            id=id_,
            actor=me,
            context=chance.choice([*world.gates]),
            target=chance.choice([*world.gates, *world.people, *world.people]),
            role=chance.choice([None, *Role]),
            allows=chance.choice([*Allows]),
            starts_at=Millis(start),
            ends_at=Millis(start + chance.choice([DAY, 60 * DAY, LONGEST_GRANT + DAY])),
            delegates=chance.choice([None, *known]) if known else None,
            capability=chance.choice([None, *known]) if known else None,
            result=chance.choice([f"{id_}/live", f"{id_}/live", None]),
            believed_for=chance.choice([0, 300_000, 1 << 50]),
            through=tuple(through),
        ),
    )


def _revoke(world: World, gate: Gate, chance: random.Random) -> Arrival:
    known = [*world.issued] or [GrantId("https://nobody.example/g")]
    some = tuple(chance.sample(known, min(len(known), chance.randrange(1, 4))))
    return GrantsEnded(activity=_name(gate), actor=gate.book.me, grants=some)


def _add(world: World, gate: Gate, chance: random.Random) -> Arrival:
    return Added(
        activity=_name(gate),
        actor=_in_its_name(gate, chance),
        what=chance.choice([*world.gates]),
        target=f"{chance.choice([gate.book.me, *world.gates])}/{_collection(chance)}",
        role=chance.choice([*Role]),
        ends_at=Millis(world.now + chance.choice([-DAY, DAY, 900 * DAY])),
    )


def _remove(world: World, gate: Gate, chance: random.Random) -> Arrival:
    return Removed(
        activity=_name(gate),
        actor=_in_its_name(gate, chance),
        what=chance.choice([*world.gates]),
        origin=f"{chance.choice([gate.book.me, *world.gates])}/{_collection(chance)}",
    )


def _answer(world: World, gate: Gate, chance: random.Random) -> Arrival:
    adds = [link.add for each in world.gates.values() for link in each.book.links.values()]
    return InviteAnswer(
        activity=_name(gate),
        actor=_in_its_name(gate, chance),
        invite=chance.choice(adds or [ActivityId("https://nobody.example/a")]),
        accepts=chance.random() < 0.5,
    )


def _in_its_name(gate: Gate, chance: random.Random) -> ActorId:
    """It speaks for everybody who lives there, and for nobody else."""
    return chance.choice([gate.book.me, ActorId(f"{gate.book.me}/somebody")])


def _collection(chance: random.Random) -> str:
    return chance.choice([*COLLECTIONS.values()])
