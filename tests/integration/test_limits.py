"""How much one sender may send, and that our own people are never in that queue."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from gates import House, open_house
from senders import activity, held, mention, nothing_happens, outcome, person, send, settle

from forgefed_gate.config import SETTINGS
from forgefed_gate.domain.ids import HOUR, MINUTE, Slug
from forgefed_gate.domain.intents import Admit
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.threads import MOST_REVISIONS
from forgefed_gate.services import review, views
from forgefed_gate.store.database import Database


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    """A house with the limits that every gate starts with."""
    async with open_house(tmp_path, database) as opened:
        yield opened


async def told(house, who, documents):
    return [outcome(await send(house, who, document)) for document in documents]


async def test_the_sixty_first_in_a_minute_comes_later(house):
    """One person cannot fill our day; and a minute later they may go on."""
    bob = person(settle(house))
    taken = await told(house, bob, [activity(bob) for _ in range(60)])

    async with nothing_happens(house):
        refused = await send(house, bob, mention(bob, house.desk()))
    house.clock.pass_by(MINUTE)
    after = await send(house, bob, activity(bob))

    assert set(taken) == {(202, "")}
    assert outcome(refused) == (429, "too-many")
    assert int(refused.headers["retry-after"]) > 0
    assert outcome(after) == (202, "")


async def test_one_person_does_not_use_up_a_neighbours_share(house):
    """The limit is each person's own."""
    bob = person(settle(house))
    carol = person(bob.peer, "carol")
    await told(house, bob, [activity(bob) for _ in range(61)])

    assert outcome(await send(house, carol, activity(carol))) == (202, "")


async def test_a_server_has_a_limit_too(house):
    """A crowd of invented accounts is one sender."""
    peer = settle(house)
    crowd = [person(peer, f"user{number}") for number in range(6)]
    taken = [
        outcome(await send(house, who, activity(who))) for who in crowd[:5] for _ in range(60)
    ]

    async with nothing_happens(house, asks=1):
        refused = await send(house, crowd[5], activity(crowd[5]))
    elsewhere = person(settle(house, "elsewhere.example"))

    assert set(taken) == {(202, "")}
    assert outcome(refused) == (429, "too-many")
    assert outcome(await send(house, elsewhere, activity(elsewhere))) == (202, "")


async def test_who_is_no_member_writes_twenty_messages_an_hour(house):
    """A stranger's words cost a human's time, so there are fewer of them."""
    bob = person(settle(house))
    taken = await told(house, bob, [mention(bob, house.desk()) for _ in range(20)])
    before = await held(house)

    refused = await send(house, bob, mention(bob, house.desk()))
    other = await send(house, bob, activity(bob))

    assert set(taken) == {(202, "")}
    assert outcome(refused) == (429, "too-many")
    assert outcome(other) == (202, "")
    assert await held(house) == before
    house.clock.pass_by(HOUR)
    assert outcome(await send(house, bob, mention(bob, house.desk()))) == (202, "")


def asked_otherwise(house, bob, kind):
    """Write what costs a human's time as a first message does."""
    match kind:
        case "Join":
            project = house.gate.places.project(Slug("anvil"))
            return activity(bob, "Join", object=project, instrument="report")
        case "Flag":
            return activity(bob, "Flag", object=[house.desk()], content="Look!")
        case _:
            return mention(bob, house.desk()) | {"type": kind}


@pytest.mark.parametrize("kind", ["Join", "Flag", "Update"])
async def test_there_is_no_other_way_to_ask_too_much(house, kind):
    """A request, a report and an edit are words of a stranger too."""
    bob = person(settle(house))
    taken = await told(house, bob, [asked_otherwise(house, bob, kind) for _ in range(20)])
    await house.work()

    refused = {}
    async with nothing_happens(house):
        for other in ("Create", kind):
            refused[other] = await send(house, bob, asked_otherwise(house, bob, other))

    assert set(taken) == {(202, "")}
    assert {outcome(each) for each in refused.values()} == {(429, "too-many")}
    assert outcome(await send(house, bob, activity(bob))) == (202, "")


async def revisions(house):
    """Give every word that is kept, and why the last delivery ended as it did."""
    async with house.gate.database.snapshot() as tx:
        kept = await tx.rows("SELECT * FROM revisions ORDER BY message, number")
        (last,) = await tx.rows("SELECT verdict, reason FROM record ORDER BY at DESC LIMIT 1")
    return kept, (last["verdict"], last["reason"])


async def test_a_message_is_revised_twenty_times_at_most(house):
    """We keep each revision, with its evidence; at some point it is said."""
    bob = person(settle(house))
    first = mention(bob, house.desk())
    await send(house, bob, first)
    await house.work()
    for number in range(MOST_REVISIONS):
        before, _ = await revisions(house)
        house.clock.pass_by(HOUR)
        edited = first["object"] | {"content": f"Revised, {number}."}
        sent = await send(house, bob, activity(bob, "Update", object=edited))
        await house.work()
        assert outcome(sent) == (202, "")

    after, (verdict, reason) = await revisions(house)

    assert after == before
    assert len([row for row in after if row["message"] == first["object"]["id"]]) == MOST_REVISIONS
    assert (verdict, reason) == ("refuse", "too-many-revisions")


async def test_a_member_is_not_counted_among_those_who_knock(house):
    """Admission is what the limit is there to protect."""
    bob = person(settle(house))
    answer = mention(bob, house.desk(), "I agree. I have read the parser for two weeks.")
    for document in (mention(bob, house.desk()), answer):
        await send(house, bob, document)
        await house.work()
    (knock,) = await views.knock_list(house.gate, Slug("anvil"), by=OPERATOR)
    await review.act(house.gate, Admit(knock=knock.knock.id), by=OPERATOR, via="cli")

    taken = await told(house, bob, [mention(bob, house.desk()) for _ in range(40)])

    assert set(taken) == {(202, "")}


async def test_what_cannot_be_proven_spends_nothing_of_the_one_it_names(house):
    """Otherwise anybody could silence anybody."""
    bob = person(settle(house))
    await send(house, bob, activity(bob))
    for _ in range(100):
        forged = await send(house, bob, activity(bob), Digest="SHA-256=AAAA")
        assert forged.status_code == 401

    assert outcome(await send(house, bob, activity(bob))) == (202, "")


@pytest.mark.parametrize(
    ("name", "floor"), [("messages_per_minute", 60), ("messages_per_minute_host", 300)]
)
def test_no_gate_is_narrower_than_it_may_be(name, floor):
    """A large server delivers for thousands; below this we would lose people's words."""
    (setting,) = [setting for setting in SETTINGS if setting.name == name]

    assert setting.default == floor
    assert setting.read(floor) == floor
    with pytest.raises(ValueError, match="number"):
        setting.read(floor - 1)
