"""What the other verbs mean: taking back, leaving, blocking, moving, reporting, inviting."""

import pytest
from story import ANSWER, ANVIL, HELLO, granted

from forgefed_gate.domain.errors import Conflict, Forbidden
from forgefed_gate.domain.intents import Admit, Decline, Say
from forgefed_gate.domain.roles import Office, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import views
from forgefed_gate.store import threads


def edited(story, note, text, **changed):
    inner = {"id": note, "type": "Note", "attributedTo": story.bob.id, "content": f"<p>{text}</p>"}
    return {"type": "Update", "object": inner | changed}


def joined(story, target, role="report"):
    return {"type": "Join", "object": target, "instrument": role, "to": [target]}


async def conversation(story):
    [view] = await story.threads()
    return view


async def test_an_edit_shows_the_new_words_and_keeps_the_old(story):
    """Whoever reads sees that it was edited; the history stays with its evidence."""
    note = await story.write(HELLO)
    before = await story.house.rows("revisions")

    await story.deliver(edited(story, note, "Hello, may I help with the lexer?"))

    first = (await conversation(story)).messages[0]
    assert (first.words, first.edited) == ("Hello, may I help with the lexer?", True)
    assert await story.house.rows("revisions") == before + 1


async def test_a_deletion_takes_the_words_and_leaves_the_fact(story):
    """Nothing can be read any more, in any version."""
    note = await story.write(HELLO)
    await story.deliver(edited(story, note, "Hello again."))

    await story.deliver({"type": "Delete", "object": {"id": note, "type": "Tombstone"}})

    first = (await conversation(story)).messages[0]
    assert (first.words, first.deleted) == (None, True)
    async with story.house.gate.database.snapshot() as tx:
        row = await threads.message(tx, note)
    assert (row.deleted, row.words) == (True, b"")

    await story.deliver(edited(story, note, "Back again."))
    assert (await conversation(story)).messages[0].words is None


@pytest.mark.parametrize("verb", ["Update", "Delete"])
async def test_nobody_touches_the_words_of_another(story, verb):
    """Not even from the same server."""
    note = await story.write(HELLO)
    eve = story.village.settle("eve")
    before = await story.state()

    inner = {"id": note, "type": "Note", "attributedTo": eve.id, "content": "I was rude."}
    answer = await story.deliver({"type": verb, "object": inner}, by=eve)

    assert answer.status == 202
    assert await story.said() == [HELLO]
    assert await story.state() == before


async def test_a_follow_is_accepted_with_the_follow_inside(story):
    """Mastodon finds its own Follow in the Accept."""
    follow = {"id": f"{story.bob.id}#follows/1", "type": "Follow", "object": story.desk}
    await story.deliver(follow)
    await story.deliver({**follow, "id": f"{story.bob.id}#follows/2"})

    first, second = story.bob.of_type("Accept")
    assert first["object"] == {**follow, "actor": story.bob.id}
    assert second["object"]["id"] == f"{story.bob.id}#follows/2"
    assert first["actor"] == story.desk
    assert await story.house.rows("followers") == 1
    assert story.bob.notes() == []


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_follow_can_be_undone_by_itself_or_by_its_id(story, embedded):
    """Some servers embed what they take back, others name it."""
    follow = {"id": f"{story.bob.id}#follows/1", "type": "Follow", "object": story.desk}
    await story.deliver(follow)

    inner = {**follow, "actor": story.bob.id} if embedded else follow["id"]
    await story.deliver({"type": "Undo", "object": inner})

    assert await story.house.rows("followers") == 0


async def test_the_page_of_a_project_can_be_followed_too(story):
    """Some clients follow what they were given."""
    page = "https://gate.example/@anvil"
    await story.deliver({"id": f"{story.bob.id}#f", "type": "Follow", "object": page})
    inner = {"type": "Follow", "actor": story.bob.id, "object": page}
    assert await story.house.rows("followers") == 1

    await story.deliver({"type": "Undo", "object": inner})

    assert await story.house.rows("followers") == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://gate.example/desks/hammer",
        "https://gate.example/actor",
        "https://elsewhere.example/desks/anvil",
        "https://gate.example/threads/1",
    ],
)
@pytest.mark.parametrize("verb", ["Follow", "Join", "Block", "Leave"])
async def test_what_is_about_somebody_else_has_no_effect(story, verb, target):
    """An inbox takes what is for its own project."""
    before = await story.state()

    answer = await story.deliver({"type": verb, "object": target})

    assert answer.status == 202
    assert await story.state() == before
    assert await story.house.rows("hushed") == 0


@pytest.mark.parametrize(
    "path", ["projects/anvil", "projects/anvil/collaborators", "tickets/anvil", "patches/anvil"]
)
async def test_a_join_asks_what_a_first_message_asks(story, path):
    """ForgeFed peers name the project, its collaborators or a tracker."""
    join = joined(story, f"https://gate.example/{path}", role="admin")
    await story.deliver(join, to=story.project)
    [view] = await story.knocks()
    assert (view.knock.stage, view.knock.role) == (Stage.ASKED, Role.REPORT)
    assert "What we ask of you" in story.bob.notes()[0]["content"]

    await story.write(ANSWER)
    await story.act(Admit(knock=view.knock.id))

    [accept], [grant] = story.bob.of_type("Accept"), story.bob.of_type("Grant")
    assert accept["object"] == grant["fulfills"] == view.knock.join
    assert (accept["actor"], grant["object"]) == (story.project, "report")
    assert accept["proof"]["cryptosuite"] == "eddsa-jcs-2022"


async def test_a_join_for_less_gets_less(story):
    """Nobody gets more than they asked for."""
    await story.deliver(joined(story, story.project, role="visit"), to=story.project)

    [view] = await story.knocks()
    assert view.knock.role is Role.VISIT


async def test_a_declined_join_is_rejected(story):
    """The machine is told by a Reject, the person by words."""
    await story.deliver(joined(story, story.project), to=story.project)
    [view] = await story.knocks()

    await story.act(Decline(knock=view.knock.id))

    [reject] = story.bob.of_type("Reject")
    assert (reject["object"], reject["proof"]["type"]) == (view.knock.join, "DataIntegrityProof")
    assert "welcome to write here again" in story.bob.notes()[-1]["content"]


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_join_can_be_taken_back(story, embedded):
    """Until it is decided; then there is nothing left to decide."""
    join = {**joined(story, story.project), "id": f"{story.bob.id}/join"}
    await story.deliver(join, to=story.project)

    inner = {**join, "actor": story.bob.id} if embedded else join["id"]
    await story.deliver({"type": "Undo", "object": inner}, to=story.project)

    [view] = await story.knocks()
    assert view.knock.stage is Stage.WITHDRAWN
    with pytest.raises(Conflict):
        await story.act(Admit(knock=view.knock.id))
    assert story.bob.of_type("Grant") == []


async def test_whoever_blocks_us_hears_nothing_more(story):
    """Not from a maintainer, not from a machine."""
    await story.admit()
    [view] = await story.threads()
    await story.deliver({"type": "Block", "object": story.desk})
    before = await story.state()

    with pytest.raises(Conflict) as refusal:
        await story.act(Say(thread=view.thread.id, text="Are you there?"))

    assert refusal.value.code == "hushed"
    assert await story.state() == before

    block = {"type": "Block", "actor": story.bob.id, "object": story.desk}
    await story.deliver({"type": "Undo", "object": block})
    await story.act(Say(thread=view.thread.id, text="There you are."))
    assert "There you are." in story.bob.notes()[-1]["content"]


async def test_a_decision_about_somebody_who_blocked_us_is_made_in_silence(story):
    """The queue can be emptied; nothing is sent."""
    knock = await story.knock()
    await story.deliver({"type": "Block", "object": story.desk})
    count = len(story.bob.came)

    await story.act(Decline(knock=knock.knock.id))

    assert len(story.bob.came) == count
    assert (await story.knocks())[0].knock.stage is Stage.DECLINED


async def test_a_move_is_a_remark_and_no_role_moves(story):
    """Trust is given to a person whom people met, and they decide anew."""
    await story.admit()
    before = await story.house.rows("grants")
    there = story.village.settle("robert")

    await story.deliver({"type": "Move", "object": story.bob.id, "target": there.id})

    remark = (await conversation(story)).messages[-1].words
    assert there.id in remark
    assert "No role moved" in remark
    assert await story.house.rows("grants") == before
    await story.write(HELLO, by=there)
    assert "What we ask of you" in there.notes()[-1]["content"]


async def test_a_report_is_for_the_safety_contacts_only(story):
    """It is sealed, and neither maintainers nor screeners find it."""
    words = "They were rude to me in the hall."
    about = [story.desk, f"{story.bob.id}/notes/1"]
    await story.deliver({"type": "Flag", "object": about, "content": words})

    gate = story.house.gate
    for office in (Office.OWNER, Office.SAFETY):
        by = await story.principal(await story.appoint(office.value, office))
        [report] = await views.report_list(gate, ANVIL, by=by)
        assert words in report.text
        assert story.desk in report.text
    for office in (Office.MAINTAINER, Office.SCREENER):
        by = await story.principal(await story.appoint(office.value, office))
        with pytest.raises(Forbidden):
            await views.report_list(gate, ANVIL, by=by)
    async with gate.database.snapshot() as tx:
        [row] = await tx.rows("SELECT words FROM reports")
    assert words.encode() not in row["words"]
    assert story.bob.came == []


async def test_a_report_is_taken_from_the_actor_of_a_whole_server(story):
    """Mastodon and GoToSocial hide who reported: the server's own actor says it, to nobody."""
    server = story.village.settle("village.example", kind="Application")
    safety = await story.principal(await story.appoint("sam", Office.SAFETY))

    await story.deliver({"type": "Flag", "object": [story.desk], "content": "Rude."}, by=server)

    [report] = await views.report_list(story.house.gate, ANVIL, by=safety)
    assert report.reporter == server.id
    assert "Rude." in report.text
    assert server.came == []


async def test_an_account_that_is_gone_leaves_nothing_open(story):
    """No news, no open knock, no Grant, and nothing is sent to nobody."""
    await story.admit()
    await story.deliver({"type": "Follow", "object": story.desk})
    count = len(story.bob.came)

    await story.deliver({"type": "Delete", "object": story.bob.id})

    assert await story.house.rows("followers") == 0
    assert [view.grant.revoked_at is None for view in await granted(story)] == [False]
    assert len(story.bob.came) == count


@pytest.mark.parametrize("verb", ["Like", "Announce", "View", "Add", "EmojiReact", "Offer"])
async def test_what_we_do_not_know_is_taken_and_forgotten(story, verb):
    """A peer that sends more than we understand is no enemy."""
    await story.write(HELLO)
    before = await story.state()

    answer = await story.deliver({"type": verb, "object": story.bob.notes()[-1]["id"]})

    assert answer.status == 202
    assert await story.state() == before


async def test_a_vote_is_not_a_message(story):
    """Mastodon sends votes as notes with a name and no words."""
    activity = story.village.note(story.bob, story.desk, "")
    inner = {**activity["object"], "name": "yes"}
    del inner["content"]
    before = await story.state()

    assert (await story.deliver({**activity, "object": inner})).status == 202

    assert await story.state() == before
