"""
What GoToSocial and Fedify really sent, replayed through the inbox to its effect.

Every captured delivery comes in over HTTP as it was on the wire and at its own time, and does
what it should do; or nothing, where it means nothing here.
"""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from captured import ANVIL, BENCH, CAROL, FRED, SAMPLES, load, open_bench, replay
from gates import House
from senders import held

from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import views
from forgefed_gate.store.database import Database

ASKED = 'please open an issue: "it breaks" #bug'
THANKED = "thanks, please close it"


@dataclass(frozen=True, kw_only=True)
class State:
    """What there is here, and what was sent, as far as a captured delivery can change it."""

    followers: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    said: tuple[str | None, ...] = ()
    sent: tuple[str, ...] = ()


FOLLOWED = State(followers=(CAROL,), sent=("Accept",))
KNOCKED = replace(FOLLOWED, stages=(Stage.ASKED,), said=(ASKED,), sent=("Accept", "Create"))
HINTED = replace(KNOCKED, sent=("Accept", "Create", "Create"))
WROTE = replace(HINTED, said=(ASKED, THANKED), sent=("Accept", *["Create"] * 3))
EDITED = replace(WROTE, said=(ASKED, f"cw here\n\n{THANKED} NOW"))
DELETED = replace(WROTE, said=(ASKED, None))

CAROLS_EVENING = [
    ("gts-Follow", "admit follower", FOLLOWED),
    ("gts-Create-Note-dm", "hold asked", KNOCKED),
    ("gts-Create-Note-public", "admit asked-to-write-privately", HINTED),
    ("gts-Accept-Follow", "refuse no-such-invite", HINTED),
    ("gts-Create-Note-reply", "hold agreement-missing", WROTE),
    ("gts-Update-Note", "admit revised", EDITED),
    ("gts-Delete", "admit withdrawn", DELETED),
    ("gts-Undo-Follow", "admit unfollowed", replace(DELETED, followers=())),
]
"""All that she did, in the order of the clock: why we did what we did, and what there is then."""

GREETED = State(followers=(FRED,), stages=(Stage.ASKED,), said=("hello",))
FREDS_EVENING = [
    ("fedify-Follow", "admit follower", State(followers=(FRED,), sent=("Accept",))),
    ("fedify-Create-Note-dm", "hold asked", replace(GREETED, sent=("Accept", "Create"))),
    ("fedify-Accept-Follow", "refuse no-such-invite", replace(GREETED, sent=("Accept", "Create"))),
]

MEANS_NOTHING_ALONE = {
    "gts-Accept-Follow": "refuse no-such-invite",
    "gts-Undo-Follow": "admit unfollowed",
    "gts-Update-Note": "refuse unknown-message",
    "fedify-Accept-Follow": "refuse no-such-invite",
}
"""What comes to a gate that never heard of what it is about: judged, and without effect."""


@pytest.fixture
async def house(tmp_path: Path, database: Database) -> AsyncGenerator[House]:
    """A gate called peer.test, with the two servers as they answered."""
    async with open_bench(tmp_path, database) as opened:
        yield opened


async def state(house: House) -> State:
    """Read what there is, as a maintainer and as the two servers see it."""
    listed = await views.thread_list(house.gate, ANVIL.slug, by=OPERATOR)
    open_ = [await views.thread(house.gate, each.thread.id, by=OPERATOR) for each in listed]
    knocks = await views.knock_list(house.gate, ANVIL.slug, by=OPERATOR)
    async with house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT actor FROM followers WHERE target = :me", me=BENCH)
    return State(
        followers=tuple(str(row["actor"]) for row in rows),
        stages=tuple(view.knock.stage for view in knocks),
        said=tuple(
            message.words
            for view in open_
            for message in view.messages
            if message.speaker.value == "contributor"
        ),
        sent=tuple(activity["type"] for activity in sent(house)),
    )


def sent(house):
    """List what the two servers got from us, each at the inbox of the person it is for."""
    told = [
        (path, json.loads(body))
        for name in ("gts1.test", "fedify.test")
        for path, _, body in house.wire.apps[name].told
    ]
    assert {path for path, _ in told} <= {"/users/carol/inbox", "/users/fred/inbox"}
    return [activity for _, activity in told]


async def judged(house: House, name: str) -> str | None:
    """Say how an activity was judged, and why; None where nothing of it was kept."""
    async with house.gate.database.snapshot() as tx:
        rows = await tx.rows(
            "SELECT verdict, reason, subject FROM record WHERE subject = :id",
            id=load(name)["body"]["id"],
        )
    return f"{rows[0]['verdict']} {rows[0]['reason']}" if rows else None


def test_every_sample_has_its_effect_here():
    """A sample that nobody replays proves nothing."""
    assert {name for name, *_ in CAROLS_EVENING + FREDS_EVENING} == set(SAMPLES)


@pytest.mark.parametrize("evening", [CAROLS_EVENING, FREDS_EVENING], ids=["gts", "fedify"])
async def test_a_captured_evening_has_its_effects_one_by_one(house, evening):
    """A follower, a knock, a hint, a conversation, newer words, none any more: each in turn."""
    for name, verdict, after in evening:
        assert (await replay(house, name)).status_code == 202
        assert (name, await judged(house, name)) == (name, verdict)
        assert (name, await state(house)) == (name, after)


@pytest.mark.parametrize("evening", [CAROLS_EVENING, FREDS_EVENING], ids=["gts", "fedify"])
async def test_a_captured_evening_happens_once(house, evening):
    """Servers repeat what they are not sure of, and every repetition is taken, without effect."""
    for name, *_ in evening:
        await replay(house, name)
    before, asked = await held(house), len(house.wire.log)

    for name, *_ in evening:
        assert (await replay(house, name)).status_code == 202

    assert await held(house) == before
    assert len(house.wire.log) == asked


@pytest.mark.parametrize("name", MEANS_NOTHING_ALONE)
async def test_what_is_about_nothing_here_changes_nothing(house, name):
    """It is judged and written down, and nobody is told anything."""
    assert (await replay(house, name)).status_code == 202

    assert await judged(house, name) == MEANS_NOTHING_ALONE[name]
    assert await state(house) == State()
    assert await house.rows("jobs") == 0


async def test_a_deletion_of_what_was_never_here_is_not_even_written_down(house):
    """GoToSocial brings it to everybody who may have seen the post; it costs us no question."""
    before = await held(house)

    assert (await replay(house, "gts-Delete")).status_code == 202

    assert await held(house) == before
    assert house.wire.log == []


async def test_gotosocial_reads_that_its_follow_was_accepted(house):
    """It looks for its own Follow in the answer: the id, who asked, and whom."""
    await replay(house, "gts-Follow")

    [accept] = sent(house)

    follow = load("gts-Follow")["body"]
    assert (accept["actor"], accept["to"]) == (BENCH, [CAROL])
    assert accept["object"] == {name: follow[name] for name in ("id", "type", "actor", "object")}


async def test_a_stranger_on_gotosocial_is_answered_in_their_own_conversation(house):
    """Privately, to them alone, mentioned as GoToSocial wants it, and below what they wrote."""
    await replay(house, "gts-Create-Note-dm")

    [create] = sent(house)

    note = create["object"]
    assert (note["to"], note["cc"]) == ([CAROL], [])
    assert note["inReplyTo"] == load("gts-Create-Note-dm")["body"]["object"]["id"]
    assert note["tag"] == [{"type": "Mention", "href": CAROL, "name": "@carol@gts1.test"}]
    assert "I agree" in note["content"]


async def test_a_public_mention_leaves_nothing_but_the_hint(house):
    """Nothing of what was said in public is kept, and nobody is asked anything."""
    await replay(house, "gts-Create-Note-public")

    assert await state(house) == State(sent=("Create",))
    [create] = sent(house)
    assert (create["to"], create["cc"]) == ([CAROL], [])


async def test_the_words_before_an_edit_are_kept_and_go_with_the_message(house):
    """An edit hides nothing from the people of the project, and a deletion leaves nothing."""
    for name, *_ in CAROLS_EVENING[:6]:
        await replay(house, name)
    edited = await house.rows("revisions")

    await replay(house, "gts-Delete")

    async with house.gate.database.snapshot() as tx:
        thanked = load("gts-Delete")["body"]["object"]
        left = await tx.rows("SELECT number FROM revisions WHERE message = :id", id=thanked)
    assert left == []
    assert await house.rows("revisions") == edited - 2
