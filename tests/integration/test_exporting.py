"""A conversation taken along: what is in the file, and that it proves itself without a gate."""

import copy
from dataclasses import dataclass

import pytest
from contracts import schema
from exported import (
    SECRET,
    conversation,
    export,
    export_theirs,
    fault,
    resigned,
    rewritten,
    whole,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from story import ANSWER, HELLO
from wire import Wire

from forgefed_gate.domain.errors import Forbidden, NotFound
from forgefed_gate.domain.ids import DAY, ActorId
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import Office
from forgefed_gate.protocol import keys, verifying
from forgefed_gate.services import exporting
from forgefed_gate.store import exports as exports_store
from forgefed_gate.store.seal import seal

ADDRESS = "192.0.2.7"
THOROUGHLY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture
async def exported(story):
    """The whole conversation as its contributor gets it."""
    return await export_theirs(story, await conversation(story))


async def test_an_export_proves_itself(story):
    """Both dialects, an edit, a deletion, decisions and talk: by the file alone."""
    thread = await conversation(story)

    for data in (await export(story, thread), await export_theirs(story, thread)):
        report = verifying.examine(data)

        assert report.fault is None
        assert report.proofs == {"request": 3, "attestation": 7, "gone": 1}


async def test_an_export_is_what_its_schema_promises(story):
    """Another program can read it without asking us."""
    thread = await conversation(story)
    validator = Draft202012Validator(schema("export.schema"))

    for data in (await export(story, thread), await export_theirs(story, thread)):
        assert [error.message for error in validator.iter_errors(whole(data))] == []


async def test_what_is_deleted_keeps_its_place_and_no_word(exported):
    """Whoever has the words from before can still show that they were these."""
    document = whole(exported)
    [deleted] = [each for each in document["messages"] if each["deleted"]]

    [revision] = deleted["revisions"]
    assert len(revision.pop("commitment")) == 64
    assert revision == {"number": 1, "at": None, "words": None, "salt": None, "evidence": None}
    assert SECRET.encode() not in exported


async def test_an_edit_keeps_what_was_said_before(exported):
    """History is part of what both sides said."""
    first = whole(exported)["messages"][0]

    words = [each["words"] for each in first["revisions"]]
    assert words == [HELLO, "Hello, may I help with the lexer?"]
    assert {each["evidence"]["kind"] for each in first["revisions"]} == {"request"}


async def test_a_key_that_is_gone_since_still_proves_what_it_signed(story):
    """The key itself is kept: their server may change it, or end."""
    thread = await conversation(story)
    story.bob.key = keys.SigningKey(
        id=story.bob.key.id, owner=story.bob.id, private=keys.new_ed25519()
    )
    story.house.clock.pass_by(200 * DAY)

    report = verifying.examine(await export(story, thread))

    assert report.fault is None
    assert report.proofs["request"] == 3


async def test_any_byte_that_is_changed_is_found_where_it_is(exported):
    """Wherever it is: in a message, before the first, or in the list at the end."""
    last = exported.count(b"\n") - 1

    @THOROUGHLY
    @given(place=st.integers(0, len(exported) - 1), byte=st.binary(min_size=1, max_size=1))
    def change(place, byte):
        spoiled = exported[:place] + byte + exported[place + 1 :]
        line = exported.count(b"\n", 0, place)
        found = fault(spoiled)
        if byte == exported[place : place + 1]:
            assert found is None
        elif exported[place : place + 1] == b"\n":
            assert found is not None
            assert found.message in {None, line, line + 1}
        else:
            assert found is not None
            assert found.message == (line if 0 < line < last else None)

    change()


async def test_what_is_taken_out_put_in_or_moved_is_named(exported):
    """The first place at which the conversation is another one."""
    document = whole(exported)
    count = len(document["messages"])
    one = st.integers(0, count - 1)

    @THOROUGHLY
    @given(first=one, second=one)
    def spoil(first, second):
        first, second = sorted((first, second))
        shorter, longer, swapped = (copy.deepcopy(document) for _ in range(3))
        del shorter["messages"][first]
        longer["messages"].insert(second + 1, copy.deepcopy(longer["messages"][first]))
        said = swapped["messages"]
        said[first], said[second] = said[second], said[first]

        missing, more, moved = map(fault, map(rewritten, (shorter, longer, swapped)))

        assert (missing.code, missing.message) == ("taken-out", first + 1)
        assert more.message == second + 2
        assert more.code in {"moved", "put-in"}
        assert moved is None if first == second else moved.message == first + 1

    spoil()


def paths(part, *above):
    """List the way to every value in a part of a document."""
    if isinstance(part, dict | list):
        pairs = part.items() if isinstance(part, dict) else enumerate(part)
        for name, inner in pairs:
            yield from paths(inner, *above, name)
    else:
        yield above


def put(part, path, value):
    *above, last = path
    for name in above:
        part = part[name]
    part[last] = value


async def test_any_field_that_is_changed_is_named_even_under_another_signature(exported):
    """Whoever signs a new list of their own still cannot change what others signed."""
    document = whole(exported)
    places = [
        (number, path)
        for number, message in enumerate(document["messages"], start=1)
        for path in paths(message)
        if path[0] not in {"number", "previous"} and not message["deleted"]
    ]
    bound = {"words", "salt", "commitment", "body", "publicKeyPem", "by", "proofValue", "object"}

    @THOROUGHLY
    @given(place=st.sampled_from(places), value=st.sampled_from(["", "x", 0, None, True, [], {}]))
    def change(place, value):
        number, path = place
        spoiled = copy.deepcopy(document)
        put(spoiled["messages"][number - 1], path, value)
        if spoiled == document:
            return
        plain, signed = fault(rewritten(spoiled)), fault(resigned(spoiled))

        assert (plain.code, plain.message) == ("altered", number)
        assert signed.message == number or path[-1] not in bound

    change()


async def test_words_that_others_signed_cannot_be_put_in_their_mouth(exported):
    """Neither a contributor's nor the desk's, by whoever has the file and a key of their own."""
    for number in (1, 2):
        spoiled = whole(exported)
        spoiled["messages"][number - 1]["revisions"][0]["words"] = "I said this."

        assert fault(resigned(spoiled)).message == number


async def test_a_file_signed_by_somebody_else_says_so(exported):
    """Even where every message is as it was."""
    [desk, _] = whole(exported)["conversation"]["keys"]

    assert fault(resigned(whole(exported))).code == "other-key"
    assert fault(exported, expected=desk["publicKeyMultibase"]) is None
    assert fault(exported, expected="z6Mkother").code == "other-key"


async def test_a_grant_in_it_that_was_changed_is_found(exported):
    """What was decided is signed by the project, whoever signs the list."""
    spoiled = whole(exported)
    assert len(spoiled["conversation"]["grants"]) == 1
    spoiled["conversation"]["grants"][0]["document"]["object"] = "admin"

    assert fault(resigned(spoiled)).code == "about-altered"


async def test_nobody_of_the_project_is_named_in_it(story):
    """The desk speaks: who of its people wrote is nobody's business."""
    alice = await story.appoint("alice", Office.MAINTAINER)
    thread = await conversation(story)
    await story.act(Say(thread=thread, text="Bye."), by=await story.principal(alice))

    for data in (await export(story, thread), await export_theirs(story, thread)):
        assert b"Bye." in data
        for told in (alice.id, alice.name, "cli", "operator"):
            assert told.encode() not in data


async def test_remarks_for_the_project_are_not_in_what_a_contributor_gets(story):
    """They were written to nobody."""
    thread = await conversation(story)
    await story.deliver(
        {"type": "Move", "object": story.bob.id, "target": "https://village.example/users/rob"}
    )

    assert b"this account moved" not in await export_theirs(story, thread)
    assert b"this account moved" in await export(story, thread)


@dataclass
class Proxy:
    """What stands in front of a gate, and says whom it was asked by."""

    wire: Wire

    async def post(self, url, headers, body):
        """Pass a request on."""
        named = {"X-Forwarded-For": ADDRESS, "Forwarded": f"for={ADDRESS}", **headers}
        return await self.wire.post(url, named, body)


async def test_addresses_of_anybody_on_the_way_are_not_kept(story):
    """A proxy names the address that a request came from; no signature covers that."""
    story.village.outbound = Proxy(story.house.wire)
    thread = await conversation(story)

    data = await export(story, thread)

    assert fault(data) is None
    assert ADDRESS.encode() not in data


async def test_who_may_not_read_it_gets_nothing(story):
    """A screener, a stranger, and the contributor of another conversation."""
    screener = await story.principal(await story.appoint("sue", Office.SCREENER))
    [view] = [await story.knock()]
    before = await story.state()

    with pytest.raises(Forbidden):
        await exporting.export(story.house.gate, view.knock.thread, by=screener)
    with pytest.raises(NotFound):
        await exporting.export_theirs(
            story.house.gate, view.knock.thread, party=ActorId("https://village.example/users/eve")
        )
    assert await story.state() == before
    assert ANSWER.encode() in await export(story, view.knock.thread)


async def test_what_cannot_be_read_any_more_keeps_its_place(story):
    """Damaged or erased: the rest still proves itself, and nothing breaks."""
    thread = await conversation(story)
    async with story.house.gate.database.transaction() as tx:
        note = story.bob.notes()[0]["id"]
        await tx.run("UPDATE revisions SET words = evidence WHERE message = :note", note=note)
        await story.house.gate.vault.destroy(tx, owner=story.bob.id, now=story.house.clock.now)

    report = verifying.examine(await export(story, thread))

    assert report.fault is None
    assert report.proofs == {"gone": 5, "attestation": 6}


async def test_what_is_older_than_its_evidence_is_given_out_and_says_so(story):
    """Before keys and signatures were kept there was less: that is no fault of anybody's."""
    thread = await conversation(story)
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        await tx.run("DELETE FROM commitments")
        for row in await exports_store.revisions(tx, thread):
            place = f"revisions|{row.message}|{row.number}|evidence"
            owner = story.bob.id if story.bob.id in row.message else story.desk
            key = await gate.vault.key_for(tx, owner=owner, thread=thread, now=0)
            sealed = seal(key, b'{"kind":"request","body":"{}"}', place=place)
            await tx.run(
                "UPDATE revisions SET evidence = :new WHERE evidence = :old",
                new=sealed,
                old=row.evidence,
            )

    report = verifying.examine(await export(story, thread))

    assert report.fault is None
    assert report.proofs == {"nothing": 10, "gone": 1}
