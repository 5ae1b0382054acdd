"""A block of a person: nothing shows it to them, nothing follows, and evidence is kept."""

import json

import pytest
from consoles import signed_in
from story import ANVIL, HELLO

from forgefed_gate.domain.errors import Forbidden, NotFound
from forgefed_gate.domain.ids import DAY, HOUR
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR, Office, person
from forgefed_gate.services import access, blocking, safety, tidy

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
