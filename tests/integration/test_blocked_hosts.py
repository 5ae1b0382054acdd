"""A server that we do not talk with: nobody asks it anything, and its people stay known."""

from pathlib import Path

import pytest
from gates import StandingClock, settings
from listeners import http, saying
from senders import activity, held, nothing_happens, person, send, settle

from forgefed_gate.app import open_gate
from forgefed_gate.domain.errors import Forbidden, Unreachable
from forgefed_gate.domain.ids import DAY, SECOND, ActorId, Slug
from forgefed_gate.domain.places import Kind, Local
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import blocking, outbound, people, projects, worker
from forgefed_gate.services.blocklist import refuse_blocked_host
from forgefed_gate.services.gate import Gate
from forgefed_gate.store import people as people_store
from forgefed_gate.store.database import Database
from forgefed_gate.store.keyfile import write_key_file
from forgefed_gate.store.people import Person

HOST = "blocked.example"
HANDLE = f"@eve@{HOST}"


async def listed(house) -> list[str]:
    return await blocking.listing(house.gate, by=OPERATOR)


async def test_a_handle_on_a_blocked_server_is_not_looked_up(house):
    """The question alone would tell that server that somebody here named its people."""
    eve = person(settle(house, HOST), "eve")
    await blocking.block(house.gate, HOST, by=OPERATOR)

    async with nothing_happens(house):
        for who in (HANDLE, eve.id):
            with pytest.raises(Forbidden):
                await people.resolve(house.gate, who)

    assert await house.rows("people") == 0
    assert await listed(house) == [HOST]


@pytest.mark.parametrize("days", [0, 2])
async def test_whom_we_knew_on_a_blocked_server_is_found_without_asking(house, days):
    """What we know, however old, is enough to block them, and to hear them again."""
    eve = person(settle(house, HOST), "eve")
    await send(house, eve, activity(eve))
    await blocking.block(house.gate, HOST, by=OPERATOR)
    house.clock.pass_by(days * DAY)
    before, log = await held(house), len(house.wire.log)

    assert [(await people.resolve(house.gate, who)).actor for who in (HANDLE, eve.id)] == [
        eve.id,
        eve.id,
    ]
    assert await held(house) == before
    assert await blocking.block(house.gate, HANDLE, by=OPERATOR) == eve.id
    assert await listed(house) == [HOST, eve.id]
    assert await blocking.unblock(house.gate, HANDLE, by=OPERATOR) == eve.id
    assert await listed(house) == [HOST]
    assert house.wire.log[log:] == []


async def test_the_way_out_is_shut_as_well(tmp_path: Path, database: Database):
    """Whatever forgets to ask first stops at the second wall."""
    chosen = settings(tmp_path)
    write_key_file(chosen.key_file)
    async with open_gate(chosen, clock=StandingClock(), database=database) as gate:
        await blocking.block(gate, HOST, by=OPERATOR)
        with pytest.raises(Forbidden):
            await refuse_blocked_host(gate, f"https://{HOST}/")

        for way in (
            gate.outbound.get(f"https://{HOST}/", {}),
            gate.outbound.post(f"https://{HOST}/", {}, b""),
        ):
            with pytest.raises(Unreachable) as refusal:
                await way
            assert refusal.value.code == "blocked"


async def write_to(gate: Gate, person: Person) -> int:
    """Let the desk write to somebody, do all that is due, and count what is left to be done."""
    document = {"id": f"{gate.places.base_url}/desks/anvil/notes/1", "type": "Create"}
    desk = Local(kind=Kind.DESK, slug=Slug("anvil"))
    async with gate.database.transaction() as tx:
        await people_store.save(tx, person)
        await outbound.enqueue(gate, tx, sender=desk, to=person, document=document)
    await worker.run_until_idle(gate)
    async with gate.database.snapshot() as tx:
        return len(await tx.rows("SELECT name FROM jobs"))


def eve_with_her_inbox_at(url: str) -> Person:
    return Person(
        actor=ActorId("https://elsewhere.example/users/eve"),
        handle="@eve@elsewhere.example",
        inbox=f"{url}/inbox",
        kind="Person",
        refreshed_at=StandingClock().now,
    )


async def test_a_server_that_another_process_lets_back_in_is_written_to_at_once(
    tmp_path: Path, database: Database, listen
):
    """The command line lifts a block; the running gate need not hear from that server first."""
    there, clock = await listen(saying(http(status=202))), StandingClock()
    host = there.url.removeprefix("http://")
    chosen = settings(tmp_path, allow_http=True)
    write_key_file(chosen.key_file)
    async with (
        open_gate(chosen, clock=clock, database=database) as gate,
        open_gate(chosen, clock=clock, database=database) as other,
    ):
        await projects.add(gate, Slug("anvil"), "Anvil", by=OPERATOR)
        await blocking.block(other, host, by=OPERATOR)
        with pytest.raises(Forbidden):
            await refuse_blocked_host(gate, f"{there.url}/")
        await blocking.unblock(other, host, by=OPERATOR)
        clock.pass_by(2 * SECOND)

        assert await write_to(gate, eve_with_her_inbox_at(there.url)) == 0

    assert len(there.requests) == 1


async def test_an_inbox_on_a_blocked_server_gets_nothing_whoever_has_it(
    tmp_path: Path, database: Database, listen
):
    """It is dropped for good, and not tried again for two weeks."""
    there = await listen(saying(http(status=202)))
    chosen = settings(tmp_path, allow_http=True)
    write_key_file(chosen.key_file)
    async with open_gate(chosen, clock=StandingClock(), database=database) as gate:
        await projects.add(gate, Slug("anvil"), "Anvil", by=OPERATOR)
        await blocking.block(gate, there.url.removeprefix("http://"), by=OPERATOR)

        assert await write_to(gate, eve_with_her_inbox_at(there.url)) == 0

    assert there.requests == []
