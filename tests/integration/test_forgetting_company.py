"""Being forgotten where others are concerned: added people, pieces, links, and kept evidence."""

import json

import pytest
from everything import places_of
from guests import added, first_thread
from logbooks import log
from pieces import code_for, propose, public_bytes, stage
from story import ANVIL

from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.protocol import entries
from forgefed_gate.services import blocking, checkpoints, erasure, projects, safety, views
from forgefed_gate.store import openings, threads

HURTFUL = "You will all regret this."
OF_BOB = ("users/bob", "@bob@")
OF_ANN = ("users/ann", "@ann@")


async def erase(story, who):
    await erasure.erase_now(story.house.gate, who.id, by=OPERATOR)
    await story.house.work()


async def long_story(story):
    """Let bob be in every table: ann beside him, a piece that is public, and one that waits."""
    await story.admit()
    ann, _ = await added(story)
    await story.write(HURTFUL)
    await story.write("The words of ann.", by=ann)
    thread = (await first_thread(story)).id
    await story.act(Say(thread=thread, text="Our answer to both."))
    made = await propose(story)
    await story.write(f"consent {code_for(story.bob)} as bob@village.example")
    assert await stage(story, made.piece.id) == "published"
    waits = await propose(story, title="Another one")
    await story.write("export")
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        [*_, last] = [each for each in await threads.messages(tx, thread) if "bob" in each.author]
        place = f"revisions|{last.id}|1|words"
        await openings.add_unreadable(tx, place, now=gate.clock())
    return ann, made.piece.id, waits.piece.id


async def test_no_column_of_any_table_names_whoever_began_a_conversation_with_others(story):
    """Not even where others got their words, said yes to them, or keep them for safety."""
    gate = story.house.gate
    ann, public, waits = await long_story(story)
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    assert await places_of(gate.database, *OF_BOB) >= {
        *("commitments.message", "copies.message", "copies.reader"),
        *("consents.author", "consents.name", "excerpts.author", "excerpts.note"),
        *("unreadable.place", "kept_evidence.subject", "blocks.subject"),
    }

    await erase(story, story.bob)

    assert await places_of(gate.database, *OF_BOB) == set()
    gone = ("seats", "copies", "export_links", "consents", "excerpts", "unreadable", "revisions")
    assert {table: await story.house.rows(table) for table in gone} == dict.fromkeys(gone, 0)
    assert (await stage(story, public), await stage(story, waits)) == ("withdrawn", "ended")
    assert HURTFUL not in await public_bytes(story)
    assert "is forgotten here" in ann.notes()[-1]["content"]


async def test_words_of_added_people_go_with_the_conversation(story):
    """They tell what they were answers to; servers of the others are asked to delete."""
    ann, *_ = await long_story(story)
    copies = {note["id"] for note in ann.notes() if HURTFUL in note["content"]}
    assert copies

    await erase(story, story.bob)

    assert "The words of ann." not in await story.said()
    deleted = {each["object"]["id"] for each in ann.of_type("Delete")}
    assert copies <= deleted
    assert "users/bob" not in str(ann.came)
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT thread FROM data_keys WHERE wrapped IS NOT NULL")
    assert {row["thread"] for row in rows} <= {"", "farewell"}


async def test_an_added_person_is_forgotten_and_the_conversation_stays(story):
    """Only what they said goes, also from those who got it."""
    ann, *_ = await long_story(story)
    theirs = {n["id"] for n in story.bob.notes() if "The words of ann." in n["content"]}
    told = {each["id"] for each in ann.notes()}
    assert theirs

    await erase(story, ann)

    assert await places_of(story.house.gate.database, *OF_ANN) == set()
    assert HURTFUL in await story.said()
    assert await story.house.rows("seats") == 0
    assert theirs <= {each["object"]["id"] for each in story.bob.of_type("Delete")}
    asked = {each["object"]["id"] for each in ann.of_type("Delete")}
    assert asked <= told
    assert {n["id"] for n in ann.notes() if HURTFUL in n["content"]} <= asked
    assert "You are forgotten" in ann.notes()[-1]["content"]


async def test_what_a_maintainer_did_and_published_names_them_no_more(story):
    """Their own words in a piece needed no yes, and go all the same."""
    gate = story.house.gate
    mara = await story.appoint("mara", Office.MAINTAINER)
    by = await story.principal(mara)
    await story.admit()
    thread = (await first_thread(story)).id
    await views.thread(gate, thread, by=by)
    await story.act(Say(thread=thread, text="The words of mara."), by=by)
    async with gate.database.transaction() as tx:
        await threads.assign(tx, thread, mara.id)
        notes = [each.id for each in await threads.messages(tx, thread) if each.author == mara.id]
        bobs = [each.id for each in await threads.messages(tx, thread) if "bob" in each.author]
    made = await propose(story, (notes[0], None), (bobs[1], None), by=by)
    await story.write(f"consent {code_for(story.bob)}")
    assert "The words of mara." in await public_bytes(story)
    await projects.dismiss(gate, ANVIL, mara.id, by=OPERATOR)
    assert await places_of(gate.database, "users/mara") >= {
        *("openings.reader", "threads.assigned", "publications.proposer", "excerpts.author"),
    }

    await erase(story, mara)

    assert await places_of(gate.database, "users/mara", "@mara@") == set()
    assert await stage(story, made.piece.id) == "withdrawn"
    assert "The words of mara." not in await public_bytes(story)
    assert await story.house.rows("openings") > 0


async def test_evidence_outlives_being_forgotten_until_its_day(story):
    """Under a hash, sealed under a key of its own, for whoever was attacked."""
    gate = story.house.gate
    await long_story(story)
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    [kept] = await safety.listing(gate, ANVIL, by=OPERATOR)

    foreseen = await erasure.foresee(gate, story.bob.id, by=OPERATOR)
    await erase(story, story.bob)

    assert foreseen.evidence_until == kept.ends_at
    story.house.clock.pass_by(364 * DAY)
    found = await safety.show(gate, kept.id, by=OPERATOR)
    assert HURTFUL in {said["words"] for said in found.said}
    assert found.kept.subject.startswith("forgotten:")
    assert found.kept.ends_at == kept.ends_at


async def farewell_of(story, *, blocked):
    await story.knock()
    if blocked:
        await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)
        await blocking.unblock(story.house.gate, story.bob.id, by=OPERATOR)
    await erase(story, story.bob)
    return story.bob.notes()[-1]["content"]


@pytest.mark.parametrize("blocked", [True, False])
async def test_a_farewell_tells_nobody_whether_evidence_is_kept(story, blocked):
    """It would tell that somebody blocked or reported; the latest day is told to everybody."""
    told = await farewell_of(story, blocked=blocked)

    assert await story.house.rows("kept_evidence") == int(blocked)
    assert "kept for somebody's safety" in told.replace("&#39;", "'").replace("&#x27;", "'")
    assert "It is destroyed by 2027-11-22 at the latest" in told


async def test_the_audit_log_tells_no_more_who_was_blocked(story):
    """Their name is hashed with a key of theirs, whoever decided, and the key is gone."""
    gate = story.house.gate
    await story.knock()
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    entry = await about_block(gate)
    assert entry["about"] == await hash_by(gate, entry, story.bob.id)

    await erase(story, story.bob)

    assert await about_block(gate) == entry
    async with gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT owner FROM data_keys WHERE wrapped IS NOT NULL")
    keys = {await hash_by(gate, entry, story.bob.id, owner=row["owner"]) for row in rows}
    assert entry["about"] not in keys


async def about_block(gate):
    await checkpoints.step(gate)
    return next(each for each in map(json.loads, await log(gate)) if each["act"] == "Block")


async def hash_by(gate, entry, who, *, owner=""):
    async with gate.database.transaction() as tx:
        key = await gate.vault.key_for(tx, owner=owner or who, thread="", now=gate.clock())
    return entries.commit(key.commits, entry["id"], who)


async def test_what_only_others_are_asked_about_ends_at_once(story):
    """The piece is from a conversation that is gone: there is nothing left to say yes to."""
    await story.admit()
    ann, _ = await added(story)
    hers = await story.write("The words of ann.", by=ann)
    made = await propose(story, (hers, None))
    assert [each.author for each in made.consents] == [ann.id]

    await erase(story, story.bob)

    assert await stage(story, made.piece.id) == "ended"
    told = [note["content"] for note in ann.notes()[-2:]]
    assert any("will not be published" in each for each in told), told
