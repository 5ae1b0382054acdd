"""What does not make words public: every other path, tried; nothing is sent, shown or changed."""

import pytest
from consoles import signed_in, whole
from pieces import (
    SECRET,
    code_for,
    propose,
    public_bytes,
    redact,
    stage,
    stands,
    theirs,
    thread_of,
)
from story import ANVIL

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound
from forgefed_gate.domain.ids import DAY
from forgefed_gate.domain.intents import Say
from forgefed_gate.domain.roles import OPERATOR, Office, Principal
from forgefed_gate.services import blocking, consenting, gather, publishing
from forgefed_gate.services.case import Case
from forgefed_gate.services.tidy import tidy


async def with_two_authors(story):
    """Propose words of bob and of mara, and let a fan follow."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    fan = story.village.settle("fan")
    await story.deliver({"type": "Follow", "object": story.desk}, by=fan)
    await story.admit()
    thread = await thread_of(story, story.bob)
    await story.act(Say(thread=thread, text="Try the lexer."), by=await story.principal(mara))
    chosen = [*await theirs(story, thread), (await theirs(story, thread, "project"))[-1]]
    made = await propose(story, *((note, None) for note in chosen))
    return made.piece.id, mara, fan


def sent_to(fan) -> list:
    return [each for each in fan.came if each["type"] != "Accept"]


async def case_of(story, tx, actor):
    facts = await gather.facts_about(story.house.gate, tx, ANVIL, actor)
    return Case(gate=story.house.gate, tx=tx, facts=facts, evidence=b"{}")


async def test_the_only_way_out_believes_nobody(story):
    """Called by mistake, or by a forge that is wrong, it looks for itself and lets nothing out."""
    name, _, fan = await with_two_authors(story)
    await story.write(f"consent {code_for(story.bob)}")

    with pytest.raises(Conflict) as refusal:
        async with story.house.gate.database.transaction() as tx:
            await publishing.let_words_out(await case_of(story, tx, story.bob.id), name)

    assert refusal.value.code == "no-consent"
    assert await stage(story, name) == "pending"
    assert SECRET not in await public_bytes(story)
    assert sent_to(fan) == []


async def test_the_code_of_another_is_worth_nothing(story):
    """A code says what is meant; who means it, their signature says."""
    name, mara, fan = await with_two_authors(story)
    hers = code_for(mara)
    await story.write(f"consent {code_for(story.bob)}")

    await story.write(f"consent {hers}")

    assert "Nothing waits for your answer under that code" in story.bob.notes()[-1]["content"]
    assert await stage(story, name) == "pending"
    assert sent_to(fan) == []


async def test_one_letter_changed_voids_every_yes(story):
    """The old code is about the old text, and says nothing about the new one."""
    name, mara, fan = await with_two_authors(story)
    old = code_for(story.bob)
    await story.write(f"consent {old}")
    texts = [(each.note, each.text) for each in (await stands(story, name)).piece.excerpts]
    texts[0] = (texts[0][0], texts[0][1][:-1])

    await redact(story, name, *texts)
    await story.write(f"consent {code_for(mara)}", by=mara)
    await story.write(f"consent {old}")

    assert [each.given for each in (await stands(story, name)).consents].count(True) == 1
    assert await stage(story, name) == "pending"
    assert SECRET not in await public_bytes(story)
    assert sent_to(fan) == []

    await story.write(f"consent {code_for(story.bob)}")
    assert await stage(story, name) == "published"


async def test_a_yes_that_comes_twice_counts_once(story):
    """A replayed activity has no effect, even where it would be the missing yes."""
    name, mara, fan = await with_two_authors(story)
    activity = story.village.note(story.bob, story.desk, f"consent {code_for(story.bob)}")
    await story.deliver(activity)
    texts = [(each.note, each.text[:-1]) for each in (await stands(story, name)).piece.excerpts]
    await redact(story, name, *texts)
    await story.write(f"consent {code_for(mara)}", by=mara)
    before = await whole(story)

    await story.deliver(activity)

    assert await whole(story) == before
    assert await stage(story, name) == "pending"
    assert sent_to(fan) == []


async def test_a_no_takes_that_authors_words_out_and_asks_the_others_again(story):
    """Whoever had said yes had said it to another text."""
    name, mara, fan = await with_two_authors(story)
    await story.write(f"consent {code_for(mara)}", by=mara)
    came = len(mara.notes())

    await story.write("no")

    piece = (await stands(story, name)).piece
    assert piece.authors == (mara.id,)
    assert [each.text for each in piece.excerpts] == ["Try the lexer."]
    asked = mara.notes()[came]["content"]
    assert "has changed since we asked you" in asked
    assert SECRET not in asked
    assert "bob" not in asked
    assert sent_to(fan) == []
    await story.write(f"consent {code_for(mara)}", by=mara)
    assert await stage(story, name) == "published"
    assert SECRET not in await public_bytes(story)


@pytest.mark.parametrize("how", ["Update", "Delete", "erase", "leave"])
async def test_what_an_author_changes_meanwhile_is_not_published(story, how):
    """An edit, a deletion, an account that ends and a key that is destroyed say no."""
    name, mara, fan = await with_two_authors(story)
    await story.write(f"consent {code_for(story.bob)}")
    note = (await stands(story, name)).piece.excerpts[0].note
    inner = {"id": note, "type": "Note", "attributedTo": story.bob.id, "content": "<p>Hm.</p>"}
    if how == "erase":
        async with story.house.gate.database.transaction() as tx:
            await story.house.gate.vault.destroy(tx, owner=story.bob.id, now=story.house.clock.now)
    elif how == "leave":
        async with story.house.gate.database.transaction() as tx:
            await publishing.forget(await case_of(story, tx, story.bob.id))
    else:
        await story.deliver({"type": how, "object": inner})

    await story.write(f"consent {code_for(mara)}", by=mara)

    assert await stage(story, name) == "ended"
    assert (await stands(story, name)).piece.excerpts == ()
    assert SECRET not in await public_bytes(story)
    assert sent_to(fan) == []


async def test_a_proposal_that_nobody_answers_ends_kindly(story):
    """After thirty days, and not before; a late yes is told so and changes nothing."""
    name, mara, fan = await with_two_authors(story)
    await story.write(f"consent {code_for(story.bob)}")
    code = code_for(mara)
    story.house.clock.pass_by(29 * DAY)
    await tidy(story.house.gate)
    assert await stage(story, name) == "pending"

    story.house.clock.pass_by(2 * DAY)
    await tidy(story.house.gate)
    await story.house.work()

    assert "The time to answer" in mara.notes()[-1]["content"]
    await story.write(f"consent {code}", by=mara)
    assert await stage(story, name) == "ended"
    assert SECRET not in await public_bytes(story)
    assert sent_to(fan) == []


async def test_a_late_yes_ends_it_where_the_clock_has_not(story):
    """Thirty days are thirty days, whenever the gate looks."""
    name, mara, fan = await with_two_authors(story)
    await story.write(f"consent {code_for(story.bob)}")
    story.house.clock.pass_by(31 * DAY)

    await story.write(f"consent {code_for(mara)}", by=mara)

    assert "The time to answer" in mara.notes()[-1]["content"]
    assert await stage(story, name) == "ended"
    assert sent_to(fan) == []


async def test_a_forged_hash_on_an_authors_page_is_no_yes(story):
    """A form that was shown before, or made up, is about another text."""
    name, mara, fan = await with_two_authors(story)
    me = Principal(name=mara.id)
    await story.write(f"consent {code_for(story.bob)}")
    before = await whole(story)

    for forged in ("0" * 64, "", (await stands(story, name)).of(mara.id).hash.upper()):
        with pytest.raises(NotFound):
            await consenting.say_yes(story.house.gate, name, forged, chosen="", by=me)

    assert await whole(story) == before
    assert sent_to(fan) == []


@pytest.mark.parametrize("who", ["owner", "maintainer", "operator"])
async def test_nobody_says_yes_for_somebody_else(story, who):
    """Whoever runs the project proposes, and that is all."""
    name, _, fan = await with_two_authors(story)
    by = OPERATOR
    if who != "operator":
        by = await story.principal(await story.appoint(f"{who}-2", Office(who)))
    asked = await stands(story, name)
    before = await whole(story)

    for consent in asked.consents:
        with pytest.raises(NotFound):
            await consenting.say_yes(story.house.gate, name, consent.hash, chosen="", by=by)
    browser = await signed_in(story, "owner" if who == "operator" else "operator")
    settled = await whole(story)
    answer = await browser.do(f"/mine/publications/{name}", "yes", hash=asked.consents[0].hash)

    assert answer.status_code == 404
    assert {**settled, "signin_links": 0} == {**await whole(story), "signin_links": 0}
    assert before["consents"] == settled["consents"]
    assert sent_to(fan) == []


BAD = {
    "title": ("", [None]),
    "excerpts": ("T", []),
    "no-words": ("T", ["  "]),
    "words-added": ("T", ["Hello, may I break the parser?"]),
}


@pytest.mark.parametrize("code", BAD)
async def test_what_cannot_be_a_piece_is_not_proposed(story, code):
    """It is told in words, and nobody is asked."""
    await story.admit()
    thread = await thread_of(story, story.bob)
    (note, *_) = await theirs(story, thread)
    title, texts = BAD[code]
    before = await whole(story)

    draft = publishing.Draft(title=title, chosen=tuple((note, text) for text in texts))
    with pytest.raises(Malformed) as refusal:
        await publishing.propose(story.house.gate, thread, draft, by=OPERATOR, via="cli")

    assert refusal.value.code == code
    assert await whole(story) == before


async def test_what_is_longer_than_a_note_can_show_is_not_proposed(story):
    """Whoever is asked has to see all of it."""
    await story.admit()
    long = await story.write("word " * 2_600)
    before = await whole(story)

    with pytest.raises(Malformed) as refusal:
        await propose(story, (long, None))

    assert refusal.value.code == "too-long"
    assert await whole(story) == before


@pytest.mark.parametrize("how", ["propose", "redact"])
async def test_nobody_puts_words_into_the_mouth_of_another(story, how):
    """A consent is given quickly; what stands under somebody's name is what they wrote."""
    await story.admit()
    notes = await theirs(story, await thread_of(story, story.bob))
    made = await propose(story, (notes[1], None))
    before = await whole(story)

    other = (notes[1], "I agree. I would like to break it.")
    attempt = redact(story, made.piece.id, other) if how == "redact" else propose(story, other)
    with pytest.raises(Malformed) as refusal:
        await attempt

    assert refusal.value.code == "words-added"
    assert await whole(story) == before


async def test_words_are_left_out_with_a_mark_in_their_place(story):
    """Where something is missing, everybody can see it."""
    await story.admit()
    notes = await theirs(story, await thread_of(story, story.bob))

    made = await propose(story, (notes[1], "I would like to fix the parser […] for two weeks."))

    assert made.piece.excerpts[0].text == "I would like to fix the parser […] for two weeks."
    assert "parser […] for" in story.bob.notes()[-1]["content"]


async def test_nobody_is_asked_who_knocks(story):
    """Whoever is on the way in is not asked for more."""
    await story.knock()
    before = await whole(story)

    with pytest.raises(Conflict) as refusal:
        await propose(story)

    assert refusal.value.code == "not-admitted"
    assert await whole(story) == before


@pytest.mark.parametrize("how", ["blocked", "Block"])
async def test_nobody_is_asked_who_cannot_hear_us(story, how):
    """Silence would look like a question that is still open."""
    await story.admit()
    if how == "blocked":
        await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)
    else:
        await story.deliver({"type": "Block", "object": story.desk})
    before = await whole(story)

    with pytest.raises(Conflict) as refusal:
        await propose(story)

    assert refusal.value.code == "unheard"
    assert await whole(story) == before


async def test_who_said_no_is_not_asked_about_it_again(story):
    """A no is not the beginning of a negotiation."""
    name, _, _ = await with_two_authors(story)
    note = (await stands(story, name)).piece.excerpts[0].note
    await story.write("no")
    before = await whole(story)

    with pytest.raises(Conflict) as refusal:
        await redact(story, name, (note, "Hello"))

    assert refusal.value.code == "not-in-it"
    assert await whole(story) == before


async def test_the_gate_says_nothing_of_it_to_the_world_while_it_waits(story):
    """Its address answers as if there were nothing, in both forms."""
    name, _, _ = await with_two_authors(story)

    for path in (f"/@anvil/pieces/{name}", f"/desks/anvil/pieces/{name}"):
        there, nowhere = await story.get(path), await story.get(path[:-4] + "none")
        assert there.status_code == nowhere.status_code == 404
        assert there.content == nowhere.content
        assert dict(there.headers) == dict(nowhere.headers)
