"""The same weather over real sockets: what servers do, and what the queue makes of it."""

import asyncio

from gates import StandingClock, settings
from listeners import client, http
from weather import write_to

from forgefed_gate.app import open_gate
from forgefed_gate.domain.ids import MINUTE, SECOND
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import projects, worker
from forgefed_gate.store import jobs
from forgefed_gate.store.keyfile import write_key_file

WELL = http(status=202)


async def hang(_writer):
    await asyncio.Event().wait()


async def drop(writer):
    writer.transport.abort()


async def drop_halfway(writer):
    writer.write(WELL[:12])
    await writer.drain()
    writer.transport.abort()


def say(answer):
    async def speak(writer):
        writer.write(answer)

    return speak


ILLS = {
    "hangs": (hang, "timed-out"),
    "drops": (drop, "not-connected"),
    "drops halfway": (drop_halfway, "not-connected"),
    "fails": (say(http(status=500)), "failed"),
    "is crowded": (say(http(b"", "Retry-After: 90", status=429)), "failed"),
    "is well": (say(WELL), None),
}


async def test_what_real_servers_do_is_told_apart_and_mended_by_time(tmp_path, database, listen):
    """Each ill costs one try and names itself; when it has passed, everything has arrived."""
    ill = {name: behave for name, (behave, _) in ILLS.items()}

    async def open_server(name):
        return await listen(lambda _head, writer: ill.get(name, say(WELL))(writer))

    servers = {name: await open_server(name) for name in ILLS}
    chosen, clock = settings(tmp_path, allow_http=True), StandingClock()
    write_key_file(chosen.key_file)
    async with (
        client(deadline=1.0) as outbound,
        open_gate(chosen, outbound=outbound, clock=clock, database=database) as gate,
    ):
        await projects.add(gate, "anvil", "Anvil", by=OPERATOR)
        await write_to(gate, [f"{server.url}/inbox" for server in servers.values()])

        await worker.run_until_idle(gate)

        async with gate.database.snapshot() as tx:
            waits = {each.lane: each for each in await jobs.listing(tx)}
        found = {name: waits.get(f"{server.url}/inbox") for name, server in servers.items()}
        assert {name: each and each.last_error for name, each in found.items()} == {
            name: code for name, (_, code) in ILLS.items()
        }
        assert found["is crowded"].run_at >= clock.now + 90 * SECOND

        ill.clear()
        clock.pass_by(2 * MINUTE)
        await worker.run_until_idle(gate)
        async with gate.database.snapshot() as tx:
            assert await jobs.listing(tx) == []

    tries = {name: len(server.requests) for name, server in servers.items()}
    assert tries == {name: 2 if code else 1 for name, (_, code) in ILLS.items()}
