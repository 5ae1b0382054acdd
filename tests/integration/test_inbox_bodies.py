"""Bodies and names that could be read in two ways: refused, whatever else is true of them."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from databases import ENGINES
from gates import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from senders import (
    AS2,
    acquainted,
    activity,
    mention,
    one_for_all,
    refused,
    send,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=ENGINES)
async def house(request, tmp_path_factory) -> AsyncGenerator[House]:
    async with one_for_all(request.param, tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def bob(house):
    return await acquainted(house)


# Names that have two spellings

SPELLINGS = [
    "https://PEER.example/1",
    "https://peer.example:443/1",
    "https://peer.example./1",
    "https://peer。example/1",
    "https://pe\u200ber.example/1",
    "http://peer.example/1",
    "https://user@peer.example/1",
    "https://peer.example/a/../1",
    "https://peer.example/%2e%2e/1",
    "https://peer.example/a%2Fb",
    "https://[bad/1",
    "peer.example/1",
    "urn:uuid:1",
]


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("field", ["id", "actor", "object"])
async def test_a_name_has_one_spelling(house, bob, field, name):
    """Two spellings of one address would be two people, or one person twice."""
    document = mention(bob, house.desk())
    if field == "object":
        document["object"]["id"] = name
    else:
        document[field] = name

    assert await refused(house, bob, document) == (400, "url-not-canonical")


async def test_an_id_may_have_a_fragment(house, bob):
    """GoToSocial and Fedify name their activities so."""
    document = activity(bob, id=f"{bob.id}/1/activity#Create")

    assert await refused(house, bob, document) == (202, "")


@pytest.mark.parametrize(
    "name", ["https://[bad/key", "https://PEER.example/key", "http://peer.example/key", "key", "#"]
)
async def test_a_key_id_that_no_key_can_have_is_unknown(house, bob, name):
    """Nobody is asked for it, and nothing breaks."""
    claim = f'keyId="{name}",headers="(request-target) host date digest",signature="AAAA"'

    assert await refused(house, bob, activity(bob), Signature=claim) == (401, "key-unknown")


# Bodies that cannot be read in one way

BODIES = {
    "duplicate key": (b'{"actor":"a","actor":"b"}', "duplicate-key"),
    "NaN": (b'{"a":NaN}', "not-a-number"),
    "infinity": (b'{"a":1e400}', "number-too-large"),
    "an integer nobody holds": (b'{"a":9007199254740993}', "number-too-large"),
    "4301 digits": (b'{"a":' + b"1" * 4301 + b"}", "number-too-large"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not-utf8"),
    "half a character": (b'{"a":"\\ud800"}', "lone-surrogate"),
    "33 levels": (b'{"a":' + b"[" * 33 + b"]" * 33 + b"}", "too-deep"),
    "1000 brackets": (b"[" * 1_000, "too-deep"),
    "100000 brackets": (b"[" * 100_000, "too-many-nodes"),
    "not JSON": (b"{", "not-json"),
    "empty": (b"", "not-json"),
    "no object": (b"[]", "not-an-object"),
    "no actor": (b"{}", "field-missing"),
}


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
async def test_what_parsers_read_differently_is_refused(house, bob, body, code):
    """A signature never covers more meanings than one."""
    assert await refused(house, bob, body) == (400, code)


STRUCTURES = {
    **{
        word: ({word: {"type": "Follow"}}, "jsonld-structure")
        for word in ("@graph", "@included", "@reverse", "@nest")
    },
    "deep": ({"tag": [{"a": {"@graph": []}}]}, "jsonld-structure"),
    "another actor": (
        {"@context": [AS2, {"actor": "https://evil.example/actor"}]},
        "context-redefinition",
    ),
    "an alias of actor": (
        {"@context": [AS2, {"actor": {"@id": "as:object"}}]},
        "context-redefinition",
    ),
    "another grant": (
        {"@context": [AS2, {"target": "https://evil.example/target"}]},
        "context-redefinition",
    ),
    "another key": (
        {"@context": [AS2, {"publicKey": "https://evil.example/key"}]},
        "context-redefinition",
    ),
}


@pytest.mark.parametrize(("extra", "code"), STRUCTURES.values(), ids=STRUCTURES)
async def test_linked_data_hides_nothing_in_a_body(house, bob, extra, code):
    """Readers of JSON and readers of JSON-LD see one and the same document."""
    assert await refused(house, bob, mention(bob, house.desk()) | extra) == (400, code)


async def test_a_context_that_nobody_knows_is_never_fetched(house, bob):
    """An extension is not ours to understand, and its address not ours to visit."""
    document = activity(bob) | {"@context": [AS2, "https://evil.example/context"]}

    assert await refused(house, bob, document) == (202, "")


LONG = {
    "text": {"content": "x" * (20 * 1024 + 1)},
    "warning": {"summary": "x" * (20 * 1024 + 1)},
    "audience": {"to": [f"https://peer.example/users/{number}" for number in range(65)]},
    "mentions": {"tag": [{"type": "Mention"}] * 65},
    "reply": {"inReplyTo": "https://peer.example/" + "x" * 2048},
}


@pytest.mark.parametrize("changed", LONG.values(), ids=LONG)
async def test_a_field_has_its_length(house, bob, changed):
    """What nobody would write by hand is not kept for ever."""
    document = mention(bob, house.desk(), **changed)

    assert await refused(house, bob, document) == (400, "field-too-long")


# Whatever it is, it never breaks us

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.sampled_from(
        [
            "https://peer.example/users/bob",
            "https://gate.example/desks/anvil",
            "https://[bad",
            "as:Public",
            "Note",
            "Mention",
            "Follow",
        ]
    )
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "actor",
                    "object",
                    "attributedTo",
                    "content",
                    "tag",
                    "href",
                    "to",
                    "name",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KINDS = ["Create", "Update", "Delete", "Follow", "Undo", "Join", "Accept", "Reject", "Leave"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kind=st.sampled_from([*KINDS, "Block", "Move", "Flag"]), extra=st.data())
async def test_no_document_breaks_the_door(house, bob, kind, extra):
    """Strangers never see an error of ours, and what they cause is never tried for ever."""
    field = extra.draw(st.sampled_from(["object", "to", "target", "instrument", "content", "id"]))
    document = activity(bob, kind) | {field: extra.draw(VALUES)}

    response = await send(house, bob, document)

    assert response.status_code in {202, 400, 403}
    await house.work()
    assert await house.rows("jobs") == 0
