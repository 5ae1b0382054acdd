"""What strangers can make us ask of others: so much for each of them, and never all at once."""

import asyncio
from itertools import count

import httpx2
import pytest
from deliveries import PRIVATE
from gates import House
from senders import activity, app, nothing_happens, outcome, person, refused, send, settle
from starlette.types import Receive, Scope, Send

from forgefed_gate.domain.ids import DAY, MINUTE, KeyId
from forgefed_gate.protocol.keys import SigningKey
from forgefed_gate.services.keyring import MOST_FOR_ONE_CALLER, MOST_IN_ALL
from forgefed_gate.services.quota import LOOK_UPS_PER_MINUTE


class Behind:
    """The house as seen from a given address."""

    def __init__(self, house: House) -> None:
        self.app, self.caller = app(house), ("192.0.2.1", 1)
        house.wire.apps[house.gate.places.authority] = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = self.caller() if callable(self.caller) else self.caller
        await self.app({**scope, "client": caller}, receive, send)

    def everybody(self) -> None:
        """Let each request come from an address of its own."""
        numbers = count(1)
        self.caller = lambda: (f"198.51.100.{next(numbers)}", 1)


@pytest.fixture
def behind(house) -> Behind:
    return Behind(house)


def invented(who, number) -> SigningKey:
    key_id = KeyId(f"{who.peer.base}/users/nobody{number}#main-key")
    return SigningKey(id=key_id, owner=who.id, private=PRIVATE["rsa"])


async def junk(house, who, count, *, first=0) -> set[tuple[int, str]]:
    """Send *count* requests, each signed with a key that is not there."""
    numbers = range(first, first + count)
    return {outcome(await send(house, who, b"{}", key=invented(who, each))) for each in numbers}


# For each address


async def test_one_address_makes_us_ask_sixty_times_a_minute(house, behind):
    """A new key id each time would make us knock at somebody else's door for ever."""
    bob = person(settle(house))

    async with nothing_happens(house, asks=LOOK_UPS_PER_MINUTE):
        assert await junk(house, bob, LOOK_UPS_PER_MINUTE) == {(401, "key-unknown")}
    async with nothing_happens(house):
        assert await junk(house, bob, 10, first=1000) == {(429, "too-many")}
    house.clock.pass_by(MINUTE)

    assert await refused(house, bob, activity(bob), asks=1) == (202, "")


async def test_nobody_locks_a_server_out_by_naming_it(house, behind):
    """What one address spends is its own: others of the named server come in as before."""
    bob = person(settle(house))
    await junk(house, bob, 320)
    behind.caller = ("192.0.2.2", 1)

    assert await refused(house, bob, activity(bob), asks=1) == (202, "")


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", 429),
        ("2001:db8::1", "2001:db8:0:1::1", 401),
        ("::ffff:192.0.2.1", "192.0.2.1", 429),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", 401),
        ("192.0.2.1", "192.0.2.2", 401),
    ],
)
async def test_an_address_stands_for_all_that_its_holder_has(house, behind, first, second, code):
    """Whoever has one IPv6 address has a whole network of them."""
    bob = person(settle(house))
    behind.caller = (first, 1)
    await junk(house, bob, LOOK_UPS_PER_MINUTE)
    behind.caller = (second, 1)

    async with nothing_happens(house, asks=int(code == 401)):
        assert {status for status, _ in await junk(house, bob, 1, first=1000)} == {code}


async def test_an_address_is_kept_nowhere(house, behind):
    """Not in memory and not in the database: it only marks what was spent."""
    bob = person(settle(house))
    await junk(house, bob, 2)

    spent = [name for name in house.gate.memory.spent if name.startswith("caller ")]

    assert len(spent) == 1
    assert behind.caller[0] not in repr(house.gate.memory)


async def test_a_request_without_an_address_is_answered_all_the_same(house, behind):
    """A socket in the file system has none to tell."""
    behind.caller = None
    bob = person(settle(house))

    assert await refused(house, bob, activity(bob), asks=1) == (202, "")


async def test_a_forger_spends_what_is_theirs(house, behind):
    """Every forged signature of somebody known may make us ask once more."""
    peer = settle(house)
    known = [person(peer, f"user{number}") for number in range(LOOK_UPS_PER_MINUTE)]
    for each in known:  # at once they would be a crowd, of which some have to come again
        assert outcome(await send(house, each, activity(each))) == (202, "")
    house.clock.pass_by(6 * MINUTE)
    forger = person(settle(house, "forger.example"))
    await junk(house, forger, LOOK_UPS_PER_MINUTE)
    tampered = SigningKey(id=known[0].key.id, owner=known[0].id, private=PRIVATE["ed25519"])

    assert await refused(house, known[0], activity(known[0]), key=tampered) == (429, "too-many")
    assert await refused(house, known[0], activity(known[0])) == (202, "")


# For each server


async def test_a_server_is_asked_for_strangers_only_so_often(house, behind):
    """A crowd of addresses is no way around it, and costs nobody whom we know."""
    bob = person(settle(house))
    known = person(bob.peer, "known")
    await send(house, known, activity(known))
    house.clock.pass_by(2 * DAY)
    limit = house.gate.settings.messages_per_minute_host
    for start in range(0, limit, 50):
        behind.caller = (f"198.51.100.{start // 50}", 1)
        await junk(house, bob, 50, first=start)
    behind.caller = ("192.0.2.2", 1)

    async with nothing_happens(house):
        crowded_out = await send(house, bob, activity(bob))

    assert outcome(crowded_out) == (429, "too-many")
    assert "retry-after" in crowded_out.headers
    assert await refused(house, known, activity(known), asks=1) == (202, "")


class Slow:
    """A server that answers only when it is let."""

    def __init__(self, peer) -> None:
        self.peer, self.open, self.inside, self.most = peer, asyncio.Event(), 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.open.wait()
        self.inside -= 1
        await self.peer(scope, receive, send)


async def all_begun(house, count) -> None:
    """Wait until *count* look-ups are under way."""
    async with asyncio.timeout(5):
        while len(house.gate.memory.asking) < count:  # noqa: ASYNC110 - memory tells nobody
            await asyncio.sleep(0.001)


async def all_in_line(house, count) -> None:
    """Wait until *count* requests are asked for or wait for their turn."""
    async with asyncio.timeout(5):
        while sum(line.length for line in house.gate.memory.lines.values()) < count:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.001)


async def test_a_slow_server_does_not_hold_up_the_others(house, behind):
    """It has two questions at a time, twenty may wait, and everybody else goes by."""
    behind.everybody()
    eve, bob = person(settle(house, "slow.example"), "eve"), person(settle(house))
    slow = house.wire.apps["slow.example"] = Slow(eve.peer)
    waiting = asyncio.gather(*(junk(house, eve, 1, first=number) for number in range(20)))
    await all_begun(house, 20)

    later = await send(house, eve, activity(eve))
    neighbour = await send(house, bob, activity(bob))
    asked = [url for _, url in house.wire.log if "slow.example" in url]
    slow.open.set()
    answers = await waiting

    assert outcome(later) == (503, "key-unavailable")
    assert outcome(neighbour) == (202, "")
    assert len(asked) == slow.most == 2
    assert set().union(*answers) == {(401, "key-unknown")}
    assert await house.rows("inbox") == 0
    assert dict(house.gate.memory.turns) == {}
    assert outcome(await send(house, eve, activity(eve))) == (202, "")


async def test_a_crowd_costs_nobody_a_key_that_we_hold(house, behind):
    """Who is known comes in, whoever waits before their server."""
    behind.everybody()
    eve = person(settle(house, "slow.example"), "eve")
    await send(house, eve, activity(eve))
    house.clock.pass_by(2 * DAY)
    slow = house.wire.apps["slow.example"] = Slow(eve.peer)
    waiting = asyncio.gather(*(junk(house, eve, 1, first=number) for number in range(20)))
    await all_begun(house, 20)

    known = await send(house, eve, activity(eve))
    slow.open.set()
    await waiting

    assert outcome(known) == (202, "")


async def test_one_address_does_not_hold_up_the_others(house, behind):
    """Whoever names many slow servers waits for them alone, and not even for somebody else's."""
    bob = person(settle(house))
    eves = [person(settle(house, f"slow{number}.example"), "eve") for number in range(25)]
    slow = Slow(eves[0].peer)
    house.wire.apps |= {eve.peer.authority: slow for eve in eves}
    waiting = asyncio.gather(*(junk(house, eve, 1) for eve in eves[:19]))
    await all_in_line(house, 19)
    named = asyncio.create_task(send(house, bob, b"{}"))
    await all_in_line(house, 20)

    refused = [await junk(house, eve, 1) for eve in eves[20:]]
    behind.caller = ("192.0.2.2", 1)
    neighbour = await send(house, bob, activity(bob))
    most = slow.most
    slow.open.set()
    answers = set().union(*await waiting)

    assert outcome(neighbour) == (202, "")
    assert most == slow.most == MOST_FOR_ONE_CALLER
    assert refused == [{(503, "key-unavailable")}] * 5
    assert answers == {(401, "key-unknown")}
    assert (await named).status_code == 400
    assert house.gate.memory.lines == {}


async def test_a_crowd_from_everywhere_is_never_all_that_we_serve(house, behind):
    """Whoever waits for the same key counts too, and who is known waits behind nobody."""
    behind.everybody()
    bob, eve = person(settle(house)), person(settle(house, "slow.example"), "eve")
    await send(house, bob, activity(bob))
    slow = house.wire.apps["slow.example"] = Slow(eve.peer)
    waiting = asyncio.gather(*(send(house, eve, activity(eve)) for _ in range(MOST_IN_ALL)))
    await all_in_line(house, MOST_IN_ALL)

    unknown = await send(house, eve, activity(eve))
    known = await send(house, bob, activity(bob))
    slow.open.set()

    assert outcome(unknown) == (503, "key-unavailable")
    assert outcome(known) == (202, "")
    assert {outcome(each) for each in await waiting} <= {(202, ""), (429, "too-many")}
    assert house.gate.memory.lines == {}


async def test_who_waits_for_the_same_key_twice_asks_once(house, behind):
    """What was found for the first serves those who waited for their turn meanwhile."""
    bob = person(settle(house, "slow.example"), "eve")
    others = [person(settle(house, f"slow{number}.example"), "eve") for number in range(4)]
    slow = Slow(bob.peer)
    house.wire.apps |= {each.peer.authority: slow for each in [bob, *others]}
    waiting = asyncio.gather(*(junk(house, each, 1) for each in others))
    await all_begun(house, 4)
    twice = asyncio.gather(*(send(house, bob, activity(bob)) for _ in range(3)))
    await all_in_line(house, 7)
    slow.open.set()
    await waiting

    assert [outcome(each) for each in await twice] == [(202, "")] * 3
    assert len([url for _, url in house.wire.log if "//slow.example" in url]) == 1


# Paths


@pytest.mark.parametrize("path", ["/@%00", "/desks/%00", "/desks/a%0ab/inbox", "/%C2%AD"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_path_that_cannot_be_named_is_one_that_is_not(house, method, path):
    """PostgreSQL cannot hold NUL, and nothing of ours has a name that nobody sees."""
    base = house.gate.places.base_url
    transport = httpx2.ASGITransport(app=app(house))
    async with nothing_happens(house), httpx2.AsyncClient(transport=transport) as client:
        missing = await client.request(method, f"{base}/nothing-of-ours")
        unprintable = await client.request(method, f"{base}{path}")

    assert unprintable.status_code == missing.status_code == 404
    assert unprintable.content == missing.content
    assert unprintable.headers == missing.headers
