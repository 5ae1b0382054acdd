"""An issue between two gates: offered by one, talked about and settled by both."""

import json
from argparse import Namespace
from collections.abc import AsyncGenerator

import contracts
import pytest
from abroad import TEXT, TITLE, TRACKER, act, offer, said, thread_of, ticket_of
from counted import Counted
from neighbours import ANVIL, FRIENDS, PROJECT, TEAM, Neighbours, open_neighbours
from story import draw_rsa

from forgefed_gate.cli import issues
from forgefed_gate.cli.verbs import Call
from forgefed_gate.domain.errors import Conflict, NotFound
from forgefed_gate.domain.ids import PUBLIC, SECOND
from forgefed_gate.domain.intents import Close, Say
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.domain.tracking import TicketState
from forgefed_gate.protocol import jsonld, keys
from forgefed_gate.services import containers, gather, views
from forgefed_gate.services.case import Case


@pytest.fixture
async def near(tmp_path, engine, monkeypatch) -> AsyncGenerator[Neighbours]:
    monkeypatch.setattr(keys, "new_rsa", draw_rsa)
    async with open_neighbours(tmp_path, engine) as neighbours:
        yield neighbours


async def test_what_one_gate_offers_the_other_takes_at_once(near):
    """The people of a linked team act as its desk, by the Grant that the team passes on to it."""
    await near.link_both()
    await offer(near)

    here, there = await ticket_of(near.a, ANVIL), await ticket_of(near.b, FRIENDS)
    assert (here.state, there.state) == (TicketState.OPEN, TicketState.OPEN)
    assert there.id == here.id
    assert here.id.startswith(f"{TRACKER}/items/")
    assert there.context == f"https://gate.example/threads/{here.thread}"
    assert await said(near.a, ANVIL) == [f"{TITLE}\n\n{TEXT}"]
    first, remark = await said(near.b, FRIENDS)
    assert first == f"{TITLE}\n\n{TEXT}"
    assert "took what you offered" in remark
    judged = await thread_of(near.a, ANVIL)
    assert judged.contributor == "https://coop.example/desks/friends"


async def test_the_command_line_offers_an_issue(near):
    """It answers with the document that it promises."""
    await near.link_both()
    asked = Namespace(
        slug="friends", tracker=TRACKER, title=TITLE, text=[TEXT], patch=None, config=None
    )
    answer = await issues.offer(Call(gate=near.b.gate, by=OPERATOR, asked=asked))
    await near.settle()

    contracts.held(answer.document, "ticket offer")
    assert (await ticket_of(near.a, ANVIL)).offer == answer.document["id"]


async def test_both_sides_talk_about_an_issue(near):
    """Each act of the one that asks carries its Grant; what the project says needs none."""
    await near.link_both()
    await offer(near)
    mine, theirs = (await thread_of(near.a, ANVIL)).id, (await thread_of(near.b, FRIENDS)).id

    await act(near, near.a, Say(thread=mine, text="Which version?"))
    await act(near, near.b, Say(thread=theirs, text="Version 2.1."))
    await act(near, near.a, Say(thread=mine, text="Thank you."))

    assert (await said(near.b, FRIENDS))[2:] == ["Which version?", "Version 2.1.", "Thank you."]
    assert (await said(near.a, ANVIL))[1:] == ["Which version?", "Version 2.1.", "Thank you."]


async def test_nothing_of_an_issue_goes_to_anybody_else(near):
    """Every word goes to one of the two, names no crowd, and means what it says."""
    await near.link_both()
    begin = len(near.wire.bodies)
    await offer(near)
    mine, theirs = (await thread_of(near.a, ANVIL)).id, (await thread_of(near.b, FRIENDS)).id
    await act(near, near.b, Say(thread=theirs, text="Version 2.1."))
    await act(near, near.a, Say(thread=mine, text="Thank you."))
    await act(near, near.a, Close(thread=mine))

    sent = [(url, json.loads(body)) for url, body in near.wire.bodies[begin:] if body]
    desks = {"https://gate.example/desks/anvil", "https://coop.example/desks/friends"}
    inboxes = {f"{each}/inbox" for each in (*desks, TRACKER)}
    assert {url for url, _ in sent} <= inboxes
    assert {each["type"] for _, each in sent} == {"Offer", "Accept", "Create", "Add", "Resolve"}
    for url, each in sent:
        assert [f"{to}/inbox" for to in each["to"]] == [url]
        assert not each.get("cc")
        assert PUBLIC not in json.dumps(each)
        assert "/followers" not in json.dumps(each)
        assert each["actor"] in {*desks, TRACKER}
        jsonld.means_the_same(each)
    asked = [each for _, each in sent if each["actor"].startswith("https://coop.example")]
    assert all(each["capability"].startswith(f"{TEAM}/grants/") for each in asked)
    added = [each["object"] for _, each in sent if each["type"] == "Add"]
    assert added == [each["id"] for _, each in sent if each["type"] == "Create"][: len(added)]
    assert await near.b.rows("links") == 1


async def cost_of_adding(near) -> int:
    """Add the latest message of an issue to its conversation, and count the trips."""
    issue = await thread_of(near.a, ANVIL)
    async with near.a.gate.database.transaction() as tx:
        facts = await gather.facts_about(near.a.gate, tx, ANVIL, issue.contributor)
        counted = Counted(tx)
        await containers.add(
            Case(gate=near.a.gate, tx=counted, facts=facts, evidence=b""), issue.id
        )
    return counted.trips


async def test_a_message_in_a_long_conversation_costs_what_the_first_one_did(near):
    """What was said before is counted, and opened no more; the count is the one that is served."""
    await near.link_both()
    await offer(near)
    theirs = (await thread_of(near.b, FRIENDS)).id
    await act(near, near.b, Say(thread=theirs, text="Version 2.1."))
    at_first = await cost_of_adding(near)
    for number in range(4):
        await act(near, near.b, Say(thread=theirs, text=f"It crashes again: {number}."))

    assert await cost_of_adding(near) == at_first
    await near.settle()
    sent = [json.loads(body) for _, body in near.wire.bodies if body]
    issue = await thread_of(near.a, ANVIL)
    async with near.a.gate.database.snapshot() as tx:
        listed = await containers.activities(near.a.gate, tx, issue.id, issue.contributor)
    assert [each.at for each in listed] == [1, 2, 3, 4, 5, 6]
    last = [each for each in sent if each["type"] == "Add"][-1]
    assert (last["id"].rpartition("#")[2], last["object"]) == ("6", listed[-1].activity)


async def test_nobody_else_adds_to_an_issue_that_was_offered_elsewhere(near):
    """A stranger who names its conversation begins their own."""
    await near.link_both()
    await offer(near)
    there = await ticket_of(near.b, FRIENDS)
    before = await said(near.b, FRIENDS)
    desk = near.b.desk("friends")
    note = near.village.note(near.bob, desk, "I am one of them.")
    note["object"]["context"] = there.context
    await near.village.send(near.bob, f"{desk}/inbox", note, now=near.clock.now)
    await near.settle()

    listed = await views.thread_list(near.b.gate, FRIENDS, by=OPERATOR)
    own = next(each.thread for each in listed if each.thread.contributor == near.bob.id)
    assert own.id != there.thread
    thread = await views.thread(near.b.gate, there.thread, by=OPERATOR)
    assert [each.words for each in thread.messages] == before


async def test_a_stranger_cannot_ask_what_was_offered_elsewhere(near):
    """They hear the same of an issue that our people offered and of one that never was."""
    await near.link_both()
    await offer(near)
    there, before = await ticket_of(near.b, FRIENDS), await said(near.b, FRIENDS)
    heard = []

    for name in (there.id, f"{TRACKER}/items/never"):
        resolve = {"id": f"{near.bob.id}/resolves/{len(heard)}", "type": "Resolve", "object": name}
        count = len(near.bob.came)
        near.clock.pass_by(SECOND)
        await near.village.send(
            near.bob, f"{near.b.desk('friends')}/inbox", resolve, now=near.clock.now
        )
        await near.settle()
        async with near.b.gate.database.snapshot() as tx:
            rows = await tx.rows("SELECT reason FROM record WHERE act = 'ResolveTicket'")
        answers = [(each["type"], each.get("summary")) for each in near.bob.came[count:]]
        heard.append((rows[-1]["reason"], answers))

    assert heard[0] == heard[1]
    assert await said(near.b, FRIENDS) == before


async def test_an_issue_is_closed_from_either_side(near):
    """The other one is told, and its people see it."""
    await near.link_both()
    await offer(near)
    mine, theirs = (await thread_of(near.a, ANVIL)).id, (await thread_of(near.b, FRIENDS)).id
    await act(near, near.a, Close(thread=mine))
    assert (await thread_of(near.a, ANVIL)).closed
    assert (await thread_of(near.b, FRIENDS)).closed

    await act(near, near.b, Say(thread=theirs, text="It still crashes."))
    assert not (await thread_of(near.a, ANVIL)).closed
    await act(near, near.a, Say(thread=mine, text="We look again."))


async def test_whoever_offered_an_issue_closes_it_too(near):
    """The project reads who closed it."""
    await near.link_both()
    await offer(near)
    theirs = (await thread_of(near.b, FRIENDS)).id
    await act(near, near.b, Close(thread=theirs))

    assert (await thread_of(near.a, ANVIL)).closed
    assert (await thread_of(near.b, FRIENDS)).closed
    assert any(
        "Whoever offered this issue closed it" in each for each in await said(near.a, ANVIL)
    )


async def test_without_a_link_nothing_is_offered(near):
    """It is refused here, in words, and nobody is asked."""
    await near.join_the_team()
    with pytest.raises(Conflict) as refusal:
        await offer(near)
    assert refusal.value.code == "no-capability"
    assert await near.b.rows("tickets") == await near.a.rows("tickets") == 0


async def test_what_the_project_no_longer_trusts_is_no_longer_taken(near):
    """The same desk, a day later."""
    await near.link_both()
    await offer(near)
    theirs = (await thread_of(near.b, FRIENDS)).id
    before = await near.a.rows("messages")
    await near.unlink(near.a, ANVIL)

    with pytest.raises(Conflict) as refusal:
        await act(near, near.b, Say(thread=theirs, text="Anybody there?"))
    assert refusal.value.code == "no-capability"
    assert await near.a.rows("messages") == before


async def test_a_link_at_rest_lets_no_words_through(near):
    """They are told, and their words are not lost."""
    await near.link_both()
    await offer(near)
    theirs = (await thread_of(near.b, FRIENDS)).id
    before = await near.a.rows("messages")
    await near.pause(paused=True)
    await act(near, near.b, Say(thread=theirs, text="Anybody there?"))

    assert await near.a.rows("messages") == before
    assert "not taken there" in (await said(near.b, FRIENDS))[-1]


async def test_what_is_no_tracker_is_offered_nothing(near):
    """A project is not its tracker."""
    await near.link_both()
    for url in (PROJECT, TEAM):
        with pytest.raises(NotFound):
            await offer(near, url=url)
    assert await near.b.rows("tickets") == 0


async def offer_as(near, who):
    """Let a member of the team offer an issue, by the Grant that the team passed on to them."""
    grant = next(each for each in who.of_type("Grant") if each["context"] == PROJECT)
    near.clock.pass_by(SECOND)
    said = {
        "id": f"{who.id}/offers/{near.clock.now}",
        "type": "Offer",
        "actor": who.id,
        "to": [TRACKER],
        "target": TRACKER,
        "capability": grant["id"],
        "object": {
            "type": "Ticket",
            "attributedTo": who.id,
            "summary": TITLE,
            "content": f"<p>{TEXT}</p>",
        },
    }
    await near.village.send(who, f"{TRACKER}/inbox", said, now=near.clock.now)
    await near.settle()
    return said["id"]


async def test_a_member_of_a_linked_team_opens_an_issue_by_a_chain_of_grants(near):
    """Without a knock, and judged from our own Grant to theirs."""
    await near.join_the_team()
    await near.link_both()
    said = await offer_as(near, near.bob)

    accepted = near.bob.of_type("Accept")[-1]
    assert (accepted["object"], accepted["actor"]) == (said, TRACKER)
    assert (await ticket_of(near.a, ANVIL)).via == (await near.link_of(near.a, ANVIL)).code
    assert await near.a.rows("knocks") == 0


async def test_a_team_brings_no_more_new_people_in_a_day_than_was_agreed(near):
    """Whoever is in already may go on; the next one is told, and may knock."""
    carol = near.village.settle("carol")
    await near.join_the_team()
    await near.join_the_team(by=carol)
    await near.link_both(cap=1)
    await offer_as(near, near.bob)
    await offer_as(near, near.bob)
    assert await near.a.rows("tickets") == 2
    said = await offer_as(near, carol)

    rejected = carol.of_type("Reject")[-1]
    assert (rejected["object"], rejected["actor"]) == (said, TRACKER)
    assert await near.a.rows("tickets") == await near.a.rows("threads") == 2


async def test_unlinking_ends_what_members_may_offer(near):
    """From that moment on."""
    await near.join_the_team()
    await near.link_both()
    await near.unlink(near.a, ANVIL)
    said = await offer_as(near, near.bob)
    assert near.bob.of_type("Reject")[-1]["object"] == said
    assert await near.a.rows("tickets") == await near.a.rows("threads") == 0
