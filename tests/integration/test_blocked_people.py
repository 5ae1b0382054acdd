"""A block of a person: nothing shows it to them, nothing follows, and evidence is kept."""

import json

import pytest
from consoles import signed_in
from guests import added
from story import ANVIL, HELLO

from forgefed_gate.domain.errors import Forbidden, NotFound
from forgefed_gate.domain.ids import DAY, HOUR, Millis
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR, Office, person
from forgefed_gate.services import access, blocking, erasure, safety, tidy
from forgefed_gate.store import kept_evidence
from forgefed_gate.store.kept_evidence import KeptRow
from forgefed_gate.store.seal import seal

HURTFUL = "You will be sorry that you wrote this parser."
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
EVERYTHING = (
    *("threads", "messages", "revisions", "knocks", "grants", "followers", "hushed", "courtesies"),
    *("people", "peers", "reports", "record", "data_keys", "sessions", "signin_links", "jobs"),
    "kept_evidence",
)


def sent(story, kind, note):
    """Write something of *kind*, as a server would send it."""
    inner = {"id": note, "type": "Note", "attributedTo": story.bob.id, "content": "<p>Ha.</p>"}
    follow = {"id": story.fresh(story.bob, "f"), "type": "Follow", "actor": story.bob.id}
    return {
        "message": story.village.note(story.bob, story.desk, "Listen to me."),
        "word": story.village.note(story.bob, story.desk, "status"),
        "public": {
            "type": "Create",
            "to": [PUBLIC],
            "object": {**inner, "id": story.fresh(story.bob, "n"), "to": [PUBLIC, story.desk]},
        },
        "edit": {"type": "Update", "object": inner},
        "deletion": {"type": "Delete", "object": {"id": note, "type": "Tombstone"}},
        "follow": {**follow, "object": story.desk},
        "unfollow": {"type": "Undo", "object": {**follow, "object": story.desk}},
        "join": {"type": "Join", "object": story.project, "instrument": "report"},
        "leave": {"type": "Leave", "object": story.project},
        "block": {"type": "Block", "object": story.desk},
        "report": {"type": "Flag", "object": [story.desk], "content": "It is they who."},
    }[kind]


KINDS = (
    *("message", "word", "public", "edit", "follow", "unfollow", "join", "report", "deletion"),
    *("block", "leave"),
)


async def rows(story):
    """Read every row that something which has no effect must not touch."""
    async with story.house.gate.database.snapshot() as tx:
        return {
            table: sorted(str(dict(row)) for row in await tx.rows(f"SELECT * FROM {table}"))
            for table in EVERYTHING
        }


async def block(story):
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_on_the_wire_tells_that_somebody_is_blocked(story, kind):
    """The same answer, byte for byte, before and after; and afterwards nothing follows from it."""
    await story.admit()
    note = await story.write("A question.")
    before = await story.deliver(sent(story, kind, note))
    await block(story)
    held, came = await rows(story), len(story.bob.came)
    inbox = await story.house.rows("inbox")

    after = await story.deliver(sent(story, kind, note))

    assert (after.status, after.body) == (before.status, before.body)
    assert after.headers == before.headers
    assert after.status == 202
    assert await rows(story) == held
    assert len(story.bob.came) == came
    assert await story.house.rows("inbox") <= inbox + 1


async def test_what_waited_for_them_is_not_sent(story):
    """Not even what was said before the block."""
    await story.admit()
    [view] = await story.threads()
    story.village.accepts = 503
    await story.act(Say(thread=view.thread.id, text="An answer."))
    came = len(story.bob.came)
    await block(story)
    story.village.accepts = 202

    story.house.clock.pass_by(2 * HOUR)
    await story.house.work()

    assert len(story.bob.came) == came
    assert await story.house.rows("jobs") == 0


async def test_their_sessions_and_links_end(story):
    """Whoever is not listened to reads nothing here either, from that moment on."""
    gate = story.house.gate
    bob = person((await story.admit()).knock.actor, {})
    used = await access.use_link(gate, (await access.make_link(gate, bob)).rpartition("/")[2])
    waiting = (await access.make_link(gate, bob)).rpartition("/")[2]
    assert used is not None
    assert await story.house.rows("sessions") == 1

    await block(story)

    assert await story.house.rows("sessions") == 0
    assert await access.use_link(gate, waiting) is None


async def kept(story, by=OPERATOR):
    return await safety.listing(story.house.gate, ANVIL, by=by)


async def test_what_was_said_and_reported_is_kept_with_its_proof(story):
    """So that it can be shown to somebody else."""
    await story.admit()
    note = await story.write(HURTFUL)
    eve = story.village.settle("eve")
    await story.deliver({"type": "Flag", "object": [note], "content": "This hurt."}, by=eve)
    await story.deliver({"type": "Flag", "object": [story.desk], "content": "Other."}, by=eve)
    sam = await story.principal(await story.appoint("sam", Office.SAFETY))

    await block(story)

    [piece] = await kept(story, sam)
    assert piece.subject == story.bob.id
    found = await safety.show(story.house.gate, piece.id, by=sam)
    assert HELLO in {said["words"] for said in found.said}
    [said] = [said for said in found.said if said["words"] == HURTFUL]
    assert json.loads(str(said["proof"]))["by"] == story.bob.id
    assert [("This hurt." in str(report["text"])) for report in found.reports] == [True]


async def test_what_is_kept_outlives_what_they_delete(story):
    """Deleted before the block it is gone; afterwards, a copy is there, and erasing misses it."""
    gate = story.house.gate
    await story.admit()
    note = await story.write(HURTFUL)
    await block(story)

    await story.deliver({"type": "Delete", "object": {"id": note, "type": "Tombstone"}})
    async with gate.database.transaction() as tx:
        assert await gate.vault.destroy(tx, owner=story.bob.id, now=gate.clock()) > 0

    [piece] = await kept(story)
    found = await safety.show(gate, piece.id, by=OPERATOR)
    assert HURTFUL in {said["words"] for said in found.said}


async def test_what_is_kept_ends_after_a_year(story):
    """The row goes, and the key that could open a backup of it."""
    gate = story.house.gate
    await story.admit()
    await block(story)
    [piece] = await kept(story)
    assert piece.ends_at - piece.kept_at == 365 * DAY

    story.house.clock.pass_by(365 * DAY - 1)
    await tidy.tidy(gate)
    assert len(await kept(story)) == 1
    story.house.clock.pass_by(1)
    await tidy.tidy(gate)

    assert await kept(story) == []
    async with gate.database.snapshot() as tx:
        keys = await tx.rows("SELECT * FROM data_keys WHERE owner = :o", o=f"evidence {piece.id}")
    assert [key for key in keys if key["wrapped"] is not None] == []


@pytest.mark.parametrize("office", [Office.MAINTAINER, Office.SCREENER])
async def test_nobody_else_opens_it(story, office):
    """What is not theirs looks like what is not there."""
    await story.admit()
    await block(story)
    [piece] = await kept(story)
    by = await story.principal(await story.appoint("mara", office))
    before = await story.house.rows("record")

    with pytest.raises(Forbidden):
        await kept(story, by)
    with pytest.raises(NotFound) as theirs:
        await safety.show(story.house.gate, piece.id, by=by)
    with pytest.raises(NotFound) as nothing:
        await safety.show(story.house.gate, "nothing", by=by)

    assert theirs.value.code == nothing.value.code
    assert theirs.value.sentence.replace(piece.id, "") == nothing.value.sentence.replace(
        "nothing", ""
    )
    assert await story.house.rows("record") == before


async def test_opening_it_is_written_down(story):
    """Everybody can know later who looked."""
    await story.admit()
    await block(story)
    [piece] = await kept(story)
    sam = await story.appoint("sam", Office.SAFETY)

    await safety.show(story.house.gate, piece.id, by=await story.principal(sam))

    async with story.house.gate.database.snapshot() as tx:
        found = await tx.rows("SELECT principal, subject FROM record WHERE act = 'OpenEvidence'")
    assert [dict(row) for row in found] == [{"principal": sam.id, "subject": piece.id}]


async def test_it_is_sealed(story):
    """Whoever has the database has no word of it."""
    await story.admit()
    await story.write(HURTFUL)
    await block(story)

    assert HURTFUL not in str(await rows(story))
    assert HURTFUL.encode() not in b"".join(await sealed(story))


async def sealed(story):
    async with story.house.gate.database.snapshot() as tx:
        return [bytes(row["words"]) for row in await tx.rows("SELECT words FROM kept_evidence")]


async def test_a_second_block_and_a_block_of_nobody_keep_nothing_more(story):
    """One copy for each block, and none of a server or of somebody who never wrote."""
    await story.admit()
    await block(story)
    await block(story)
    await blocking.block(story.house.gate, "village.example", by=OPERATOR)
    await blocking.block(story.house.gate, story.village.settle("eve").id, by=OPERATOR)

    assert len(await kept(story)) == 1


async def test_the_console_says_what_a_block_does(story):
    """Before somebody presses the button."""
    browser = await signed_in(story, "safety")

    page = (await browser.get("/console/blocks")).text

    assert "kept for a year" in " ".join(page.split())


async def test_a_safety_contact_opens_it_in_the_console(story):
    """They have no shell; markup of the blocked is shown as they typed it."""
    await story.admit()
    await story.write("&lt;script&gt;alert(1)&lt;/script&gt; " + HURTFUL)
    await block(story)
    [piece] = await kept(story)
    browser = await signed_in(story, "safety")

    listed = (await browser.get("/console/projects/anvil")).text
    assert f'name="evidence" value="{piece.id}"' in listed
    assert HURTFUL not in listed
    opened = await browser.do("/console/projects/anvil", "open-evidence", evidence=piece.id)

    assert opened.status_code == 200
    assert HURTFUL in opened.text
    assert "<script" not in opened.text
    assert opened.headers["cache-control"] == "no-store"


async def reported_and_joined(story):
    """Let ann be added to bob's conversation, eve report him, and him be blocked."""
    await story.admit()
    ann, _ = await added(story)
    note = await story.write(HURTFUL)
    await story.write("That was not kind.", by=ann)
    await story.act(Say(thread=(await story.threads())[0].thread.id, text="Please be kind."))
    eve = story.village.settle("eve")
    await story.deliver({"type": "Flag", "object": [note], "content": "This hurt."}, by=eve)
    await block(story)
    return ann, eve


async def opened(story):
    [piece] = await kept(story)
    return await safety.show(story.house.gate, piece.id, by=OPERATOR)


async def test_what_several_people_said_is_kept_in_order(story):
    """Each under a key of theirs, and nobody who reads it notices."""
    await reported_and_joined(story)

    found = await opened(story)

    said = [each["words"] for each in found.said]
    assert said[-3:] == [HURTFUL, "That was not kind.", "Please be kind."]
    assert said[0] == HELLO
    assert (len(found.reports), found.gone, found.missing) == (1, 0, "")


@pytest.mark.parametrize("who", ["ann", "eve"])
async def test_what_others_said_in_it_goes_when_they_are_forgotten(story, who):
    """It is kept of the blocked, and nobody else is on file for it."""
    ann, eve = await reported_and_joined(story)
    gone = {"ann": ann, "eve": eve}[who]

    await erasure.erase_now(story.house.gate, gone.id, by=OPERATOR)

    found = await opened(story)
    whole = json.dumps([*found.said, *found.reports])
    assert gone.id not in whole
    assert ("That was not kind." in whole) is (who != "ann")
    assert ("This hurt." in whole) is (who != "eve")
    assert HURTFUL in whole
    assert "Please be kind." in whole
    assert found.gone == 1
    assert found.missing.startswith("What one person said or reported here is gone")


async def test_the_blocked_cannot_take_out_what_others_said(story):
    """Their erasure reaches neither their own part nor anybody else's."""
    await reported_and_joined(story)
    before = await opened(story)

    await erasure.erase_now(story.house.gate, story.bob.id, by=OPERATOR)

    after = await opened(story)
    assert (after.said, after.reports, after.gone) == (before.said, before.reports, 0)


async def test_the_keys_of_all_parts_end_with_it(story):
    """A key that opens nothing any more would be left for ever."""
    gate = story.house.gate
    await reported_and_joined(story)
    parts = "SELECT * FROM data_keys WHERE thread LIKE 'kept %' AND wrapped IS NOT NULL"
    async with gate.database.snapshot() as tx:
        owners = {str(row["owner"]).rpartition("/")[2] for row in await tx.rows(parts)}
    assert owners == {"ann", "eve", "operator"}

    story.house.clock.pass_by(365 * DAY)
    await tidy.tidy(gate)

    async with gate.database.snapshot() as tx:
        assert await tx.rows(parts) == []


async def test_what_was_kept_before_there_were_parts_is_read_as_it_is(story):
    """A gate that is brought up to date has evidence that still has to be shown."""
    gate, now = story.house.gate, story.house.clock.now
    whole = {"said": [{"words": HURTFUL, "at": "2026-11-22"}], "reports": []}
    async with gate.database.transaction() as tx:
        key = await gate.vault.key_for(tx, owner="evidence old", thread="", now=now)
        words = seal(key, json.dumps(whole).encode(), place="kept_evidence|old|words")
        ends_at = Millis(now + DAY)
        row = KeptRow(
            id="old",
            project=ANVIL,
            subject=story.bob.id,
            words=words,
            kept_at=now,
            ends_at=ends_at,
        )
        await kept_evidence.add(tx, row)

    found = await opened(story)

    assert ([*found.said], found.gone) == (whole["said"], 0)
