"""The gate's own table of good and bad requests, over HTTP, each at its own clock."""

import json
from base64 import b64decode
from collections.abc import AsyncGenerator
from pathlib import Path

import databases
import pytest
import pytest_asyncio
from databases import ENGINES
from gates import House, open_house
from senders import nothing_happens, outcome, request, settle

from forgefed_gate.domain.ids import ActorId, KeyId, Millis
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import projects

pytestmark = pytest.mark.asyncio(loop_scope="module")

VECTORS = Path(__file__).parents[1] / "vectors" / "signatures"
TABLE = json.loads((VECTORS / "cavage-gate-cases.json").read_text("utf-8"))
CASES = [case for case in TABLE["cases"] if case["method"] != "GET"]
ACCEPTED = [case for case in CASES if case["expect"]["status"] == 202]
REFUSED = [case for case in CASES if case["expect"]["status"] != 202]
[READING] = [case for case in TABLE["cases"] if case["method"] == "GET"]
OWNER = ActorId("https://peer.example/actor")


def named(cases):
    return [pytest.param(case, id=case["name"]) for case in cases]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ENGINES)
async def house(request, tmp_path_factory) -> AsyncGenerator[House]:
    """One house for the whole table: nothing that it refuses may leave a trace."""
    folder = tmp_path_factory.mktemp("house")
    async with (
        databases.fresh(request.param, folder) as database,
        open_house(folder, database, project="p1", messages_per_minute=1_000) as house,
    ):
        await projects.add(house.gate, "p2", "P2", by=OPERATOR)
        settle(house, "nobody.example")
        settle(house).serve(
            OWNER,
            {
                "id": OWNER,
                "type": "Person",
                "inbox": f"{OWNER}/inbox",
                "publicKey": {
                    "id": KeyId(TABLE["keyId"]),
                    "owner": OWNER,
                    "publicKeyPem": TABLE["public_pem"],
                },
            },
        )
        assert outcome(await knock(house, ACCEPTED[0])) == (202, "")
        yield house


async def knock(house, case):
    house.clock.now = Millis(case["now"] * 1000)
    body = b64decode(case["body_b64"])
    return await request(house, case["method"], case["target"], case["headers"], body)


async def test_the_table_is_complete():
    """A case lost in copying would pass unseen."""
    assert (len(ACCEPTED), len(REFUSED)) == (2, 37)


@pytest.mark.parametrize("case", named(ACCEPTED))
async def test_a_good_request_is_taken(house, case):
    """A `Create` of nothing asks for nothing, so it is taken and forgotten."""
    async with nothing_happens(house):
        response = await knock(house, case)

    assert outcome(response) == (202, "")


@pytest.mark.parametrize("case", named(REFUSED))
async def test_a_bad_request_is_refused_for_its_own_reason(house, case):
    """Whatever is refused has no effect, and a key is asked for only where one is missing."""
    asks = 1 if case["expect"]["code"] == "key-unknown" else 0

    async with nothing_happens(house, asks=asks):
        response = await knock(house, case)

    assert outcome(response) == (case["expect"]["status"], case["expect"]["code"])
    assert response.headers["content-type"] == "application/problem+json"
    assert ("accept-signature" in response.headers) == (response.status_code == 401)


async def test_a_signed_reading_of_what_is_private_finds_nothing(house):
    """No private thing has a page on the wire, whoever asks and however well they sign."""
    async with nothing_happens(house):
        response = await knock(house, READING)

    assert response.status_code == 404


async def test_whose_key_fits_is_known_from_then_on(house):
    """The refusals above are about requests: this sender could be believed all the time."""
    assert await house.rows("peer_keys") == 1
    assert await house.rows("people") == 1
