"""What was passed on and then changed, and what is never passed on."""

import json

from consoles import whole
from guests import added, first_thread, met, read

from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import AddParty, RemoveParty, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import views


def changed(story, kind, note, text=""):
    if kind == "Delete":
        return {"type": kind, "object": {"id": note, "type": "Tombstone"}}
    inner = {"id": note, "type": "Note", "attributedTo": story.bob.id, "content": f"<p>{text}</p>"}
    return {"type": kind, "object": inner}


async def test_an_edit_reaches_whoever_has_a_copy(story):
    """Under the id of their copy, and without a word about whose it is."""
    await story.admit()
    ann, _ = await added(story)
    note = await story.write("The parser is brokn.")
    copy = ann.notes()[-1]["id"]

    await story.deliver(changed(story, "Update", note, "The parser is broken."))

    [update] = ann.of_type("Update")
    assert (update["object"]["id"], update["to"]) == (copy, [ann.id])
    assert "The parser is broken." in update["object"]["content"]
    assert "users/bob" not in json.dumps(update)


async def test_a_deletion_reaches_whoever_has_a_copy(story):
    """And what had not been delivered yet never is."""
    await story.admit()
    ann, _ = await added(story)
    first = await story.write("Had arrived.")
    copy = ann.notes()[-1]["id"]
    story.village.accepts = 503
    second = await story.write("Had not arrived.")
    story.village.accepts = 202

    for note in (first, second):
        await story.deliver(changed(story, "Delete", note))
    story.house.clock.pass_by(DAY)
    await story.house.work()

    gone = ann.of_type("Delete")
    assert copy in [each["object"]["id"] for each in gone]
    assert all("content" not in each["object"] for each in gone)
    assert "Had not arrived." not in read(ann)


async def test_a_change_that_waits_for_somebody_who_is_removed_is_dropped_too(story):
    """Newer words are words."""
    await story.admit()
    ann, _ = await added(story)
    note = await story.write("First words.")
    story.village.accepts = 503
    await story.deliver(changed(story, "Update", note, "Second words."))
    story.village.accepts = 202

    await story.act(RemoveParty(thread=(await first_thread(story)).id, who=ann.id))
    story.house.clock.pass_by(DAY)
    await story.house.work()

    assert "Second words." not in read(ann)


async def test_no_byte_to_anybody_names_the_person_of_the_project_who_acted(story):
    """What goes out is the desk's and the project's, whoever sat there."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    by = await story.principal(mara)
    await story.admit()
    thread = (await first_thread(story)).id
    ann = await met(story)

    await story.act(AddParty(thread=thread, who=ann.id), by=by)
    [party] = await views.party_list(story.house.gate, thread, by=OPERATOR)
    await story.write(f"agree {party.seat.code}")
    await story.act(Say(thread=thread, text="Hello."), by=by)
    await story.act(RemoveParty(thread=thread, who=ann.id), by=by)

    assert "mara" not in read(story.bob)
    assert "mara" not in read(ann)
    assert len(ann.notes()) == 2


async def test_a_boost_of_something_private_is_taken_and_forgotten(story):
    """Refusing it would say that there is something; nothing of it goes anywhere."""
    await story.admit()
    thread = story.house.gate.places.thread((await first_thread(story)).id)
    eve = await met(story, "eve")
    before = await whole(story)

    for what in (thread, f"{thread}x", story.bob.notes()[-1]["id"]):
        answer = await story.deliver({"type": "Announce", "object": what}, by=eve)
        assert answer.status == 202
    after = await whole(story)
    learned = {"people": [], "out": []}  # whose key it was, their own server was asked
    assert after | learned == before | learned
    assert eve.came == []
