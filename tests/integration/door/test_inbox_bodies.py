"""Bodies and names that could be read in two ways: refused, whatever else is true of them."""

import pytest
from hostile import (
    BODIES,
    FIELDS,
    IGNORED,
    LONG,
    PAYLOADS,
    POWERLESS,
    SPELLINGS,
    STRUCTURES,
    made,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from senders import AS2, activity, mention, refused, send

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY_NAMES = ["https://[bad/key", "https://PEER.example/key", "http://peer.example/key", "key", "#"]


async def test_the_tables_are_complete():
    """A case lost in moving a table would pass unseen."""
    tables = [SPELLINGS, KEY_NAMES, BODIES, STRUCTURES, LONG, FIELDS, IGNORED, POWERLESS, PAYLOADS]

    assert [len(table) for table in tables] == [44, 5, 62, 29, 26, 41, 32, 11, 26]


# Names that have two spellings


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


@pytest.mark.parametrize("name", KEY_NAMES)
async def test_a_key_id_that_no_key_can_have_is_unknown(house, bob, name):
    """Nobody is asked for it, and nothing breaks."""
    claim = f'keyId="{name}",headers="(request-target) host date digest",signature="AAAA"'

    assert await refused(house, bob, activity(bob), Signature=claim) == (401, "key-unknown")


# Bodies that cannot be read in one way


@pytest.mark.parametrize(("body", "code"), BODIES.values(), ids=BODIES)
async def test_what_parsers_read_differently_is_refused(house, bob, body, code):
    """A signature never covers more meanings than one."""
    assert await refused(house, bob, body) == (400, code)


@pytest.mark.parametrize(("change", "code"), STRUCTURES.values(), ids=STRUCTURES)
async def test_linked_data_hides_nothing_in_a_body(house, bob, change, code):
    """Readers of JSON and readers of JSON-LD see one and the same document."""
    assert await refused(house, bob, made(bob, house.desk(), change)) == (400, code)


async def test_a_context_that_nobody_knows_is_never_fetched(house, bob):
    """An extension is not ours to understand, and its address not ours to visit."""
    document = activity(bob) | {"@context": [AS2, "https://evil.example/context"]}

    assert await refused(house, bob, document) == (202, "")


@pytest.mark.parametrize(("change", "code"), LONG.values(), ids=LONG)
async def test_a_field_has_its_length(house, bob, change, code):
    """What nobody would write by hand is not kept for ever."""
    assert await refused(house, bob, made(bob, house.desk(), change)) == (400, code)


@pytest.mark.parametrize(("change", "code"), FIELDS.values(), ids=FIELDS)
async def test_what_is_needed_is_said(house, bob, change, code):
    """Guessing what somebody meant is how two servers come to disagree."""
    assert await refused(house, bob, made(bob, house.desk(), change)) == (400, code)


async def test_nobody_revokes_what_somebody_else_gave(house, bob):
    """Least of all what we did, and nothing of it is looked up."""
    ours = "https://gate.example/projects/anvil/grants/1"

    revoke = activity(bob, "Revoke", object=ours)
    assert await refused(house, bob, revoke) == (403, "not-issuer")


@pytest.mark.parametrize("change", IGNORED.values(), ids=IGNORED)
async def test_what_we_do_not_do_is_forgotten(house, bob, change):
    """It is no fault of theirs, and a refusal would only be tried again."""
    assert await refused(house, bob, made(bob, house.desk(), change)) == (202, "")


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
