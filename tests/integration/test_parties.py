"""Who is added to a conversation: by the contributor's yes, from then on, and until they go."""

import json

import pytest
from consoles import whole
from guests import added, first_thread, met, propose, read
from story import ANVIL

from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import AddParty, RemoveParty, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import people, review, views
from forgefed_gate.store import jobs
from forgefed_gate.web.templates import PAGES


async def test_nobody_is_added_before_the_contributor_says_yes(story):
    """They are asked in their own client, and by name; whoever is proposed hears nothing."""
    await story.admit()
    ann = await met(story)

    code = await propose(story, ann)
    await story.act(Say(thread=(await first_thread(story)).id, text="Between us."))

    ask = story.bob.notes()[-2]["content"]
    assert f"agree {code}" in ask
    assert "@ann@village.example" in ask
    assert ann.came == []


async def test_somebody_added_gets_what_is_said_from_then_on(story):
    """From both sides, addressed to them alone, and nothing from before."""
    await story.admit()
    await story.write("A secret from before.")
    ann, _ = await added(story)
    thread = (await first_thread(story)).id

    await story.write("Here is the patch.")
    await story.act(Say(thread=thread, text="It works."))

    welcome, theirs, ours = ann.notes()
    assert "would like you to be part of" in welcome["content"]
    assert "Here is the patch." in theirs["content"]
    assert "It works." in ours["content"]
    assert "A secret from before." not in read(ann)
    assert all(note["to"] == [ann.id] and note["cc"] == [] for note in ann.notes())


async def test_no_activity_to_one_party_names_another(story):
    """Not in an address, not in an id, not in a tag: whose words they are, is all that is said."""
    await story.admit()
    ann, _ = await added(story)
    eve, _ = await added(story, "eve")
    thread = (await first_thread(story)).id
    start = len(story.bob.came)

    await story.write("From bob.")
    await story.write("From ann.", by=ann)
    await story.act(Say(thread=thread, text="From us."))

    for reader, others in ((ann, ("bob", "eve")), (eve, ("bob", "ann"))):
        text = read(reader)
        for name in others:
            assert f"users/{name}" not in text
            assert f"@{name}" not in text
    answered = json.dumps(story.bob.came[start:])
    assert "From ann." in answered
    assert "users/ann" not in answered
    assert "@ann" not in answered
    assert "From ann." in read(eve)


async def test_what_an_added_person_says_is_part_of_the_conversation(story):
    """They answer what they got; the others and the people of the project read it."""
    await story.admit()
    ann, _ = await added(story)
    before = await story.house.rows("threads"), await story.house.rows("knocks")

    await story.write("I know that code.", by=ann)

    view = (await story.threads())[0]
    last = view.messages[-1]
    assert (last.words, last.speaker.value, last.author) == (
        "I know that code.",
        "party",
        "@ann@village.example",
    )
    assert "I know that code." in story.bob.notes()[-1]["content"]
    assert (await story.house.rows("threads"), await story.house.rows("knocks")) == before


async def test_the_contributor_can_answer_what_somebody_added_said(story):
    """A reply to a copy belongs to the conversation that the copy is of."""
    await story.admit()
    ann, _ = await added(story)
    await story.write("I know that code.", by=ann)
    before = await story.house.rows("threads")

    await story.write("Do you?")

    assert await story.house.rows("threads") == before
    assert "Do you?" in ann.notes()[-1]["content"]


async def copies_of(story, who):
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT message FROM copies WHERE reader = :who", who=who.id)
    return {row["message"] for row in rows}


@pytest.mark.parametrize("history", [False, True])
async def test_sharing_shows_the_words_of_whoever_shares(story, history):
    """The contributor's by their word; the project's only where it offered them."""
    await story.admit()
    mine = await story.write("What I wrote before.")
    await story.act(Say(thread=(await first_thread(story)).id, text="What we wrote before."))
    ours = story.bob.notes()[-1]["id"]

    ann, _ = await added(story, word="share", history=history)

    held = await copies_of(story, ann)
    assert mine in held
    assert (ours in held) is history


async def test_somebody_added_later_sees_nothing_of_an_earlier_guest_without_their_word(story):
    """The contributor shares what is theirs, and nobody else's."""
    await story.admit()
    ann, _ = await added(story)
    words = await story.write("Ann was here first.", by=ann)
    eve, code = await added(story, "eve", word="share")
    assert words not in await copies_of(story, eve)
    assert f"share {code}" in ann.notes()[-1]["content"]

    await story.write(f"share {code}", by=ann)

    assert words in await copies_of(story, eve)


@pytest.mark.parametrize("how", ["removed", "disagree", "left"])
async def test_somebody_removed_gets_no_further_byte(story, how):
    """Not even what waited for them already, whoever ended it."""
    await story.admit()
    ann, code = await added(story)
    thread = (await first_thread(story)).id
    story.village.accepts = 503
    await story.write("Waits.")
    story.village.accepts = 202
    assert len(ann.notes()) == 1
    if how == "removed":
        await story.act(RemoveParty(thread=thread, who=ann.id))
    else:
        await story.write(f"disagree {code}", by=ann if how == "left" else None)
    got = [note["content"] for note in ann.notes()]

    story.house.clock.pass_by(DAY)
    await story.write("Afterwards.")
    await story.act(Say(thread=thread, text="Also afterwards."))
    story.house.clock.pass_by(DAY)
    await story.house.work()

    assert "Waits." not in read(ann)
    assert "fterwards." not in read(ann)
    assert [note["content"] for note in ann.notes()][: len(got)] == got
    assert "Waits." not in " ".join(got)


async def test_a_delivery_that_was_taken_up_already_is_not_made(story):
    """Between the lease and the post there is time to be removed."""
    await story.admit()
    ann, _ = await added(story)
    gate = story.house.gate
    async with gate.database.transaction() as tx:
        names = await jobs.alive(tx, {"deliver nothing", "process nothing"})
    assert names == set()
    thread = (await first_thread(story)).id
    await review.act(gate, Say(thread=thread, text="Too late."), by=OPERATOR, via="cli")

    await review.act(gate, RemoveParty(thread=thread, who=ann.id), by=OPERATOR, via="cli")
    await story.house.work()

    assert "Too late." not in read(ann)
    assert "Too late." in story.bob.notes()[-2]["content"]


async def test_somebody_removed_writes_to_nobody_there(story):
    """What they reply is a knock like anybody else's."""
    await story.admit()
    ann, _ = await added(story)
    thread = (await first_thread(story)).id
    await story.act(RemoveParty(thread=thread, who=ann.id))
    said = len((await views.thread(story.house.gate, thread, by=OPERATOR)).messages)

    await story.write("Still there?", by=ann)

    view = await views.thread(story.house.gate, thread, by=OPERATOR)
    assert len(view.messages) == said
    assert "Still there?" not in json.dumps(story.bob.came)


@pytest.mark.parametrize("word", ["agree", "share", "disagree"])
@pytest.mark.parametrize("who", ["eve", "ann"])
async def test_nobody_else_can_answer_for_the_contributor(story, word, who):
    """A code that leaked is worth nothing; nor does anybody let themselves in."""
    await story.admit()
    ann = await met(story)
    code = await propose(story, ann)
    other = await met(story, "eve") if who == "eve" else ann
    await story.write("Hello, may I help?", by=other)
    before = await seats(story)

    await story.write(f"{word} {code}", by=other)

    assert "nothing was changed" in other.notes()[-1]["content"]
    assert await seats(story) == before


@pytest.mark.parametrize("word", ["export", "close"])
async def test_somebody_added_neither_ends_the_conversation_nor_takes_it_along(story, word):
    """It is not theirs: a file would hold what was said before they came."""
    await story.admit()
    ann, code = await added(story)
    before = await story.house.rows("threads"), await story.house.rows("export_links")

    await story.write(word, by=ann)

    answer = ann.notes()[-1]["content"]
    assert f"disagree {code}" in answer
    assert "/export/" not in answer
    assert (await story.house.rows("threads"), await story.house.rows("export_links")) == before


async def seats(story):
    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT * FROM seats ORDER BY code")
        copies = await tx.rows("SELECT * FROM copies ORDER BY id")
    return [dict(row) for row in (*rows, *copies)]


async def test_a_proposal_lapses(story):
    """No answer is a no; it may be asked again, under another code."""
    await story.admit()
    ann = await met(story)
    code = await propose(story, ann)
    story.house.clock.pass_by(31 * DAY)
    before = await seats(story)

    await story.write(f"agree {code}")
    assert await seats(story) == before
    await story.act(AddParty(thread=(await first_thread(story)).id, who=ann.id))

    assert len(await seats(story)) == 2


@pytest.mark.parametrize("case", ["themselves", "again", "ours", "screening"])
async def test_what_cannot_be_asked_changes_nothing(story, case):
    """And says in words why."""
    if case == "screening":
        await story.knock()
    else:
        await story.admit()
    who = await met(story)
    if case == "themselves":
        who = story.bob
    if case == "again":
        await propose(story, who)
    if case == "ours":
        who = await story.appoint("mia", Office.MAINTAINER)
        await people.resolve(story.house.gate, who.id)
    thread = (await first_thread(story)).id
    before = await whole(story)

    with pytest.raises(Conflict) as refused:
        await review.act(
            story.house.gate, AddParty(thread=thread, who=who.id), by=OPERATOR, via="cli"
        )

    assert refused.value.sentence.endswith(".")
    assert await whole(story) == before


async def test_a_screening_is_not_passed_on(story):
    """Whoever knocks again in an old conversation answers those who screen, and nobody else."""
    await story.admit()
    ann, _ = await added(story)
    story.house.clock.pass_by(181 * DAY)
    got = len(ann.notes())

    await story.write("I am back.")
    await story.write("I agree. I would like to go on with the parser, as before.")

    assert len(ann.notes()) == got


async def test_the_record_keeps_who_agreed(story):
    """A consent that nobody could show would be none."""
    await story.admit()
    _, code = await added(story, word="share")

    async with story.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT * FROM record WHERE subject = :code", code=code)

    assert [(row["act"], row["principal"], row["project"]) for row in rows] == [
        ("Share", story.bob.id, ANVIL)
    ]


def test_the_pages_for_parties_are_there():
    """A package without its templates would start and then fail."""
    assert {"mine/home.html", "mine/thread.html"} <= set(PAGES.list_templates())
