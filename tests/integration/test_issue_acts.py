"""What is done about an issue after it was offered: comments, edits, closing, taking back."""

import json
from itertools import count

import pytest
from offers import TEXT, TITLE, answers, grant_of, offer, threads_of, tracker, words_of
from senders import act, activity, outcome, person, request, send
from senders import settle as settled

from forgefed_gate.domain.ids import PUBLIC
from forgefed_gate.domain.intents import Close, Revoke, Say
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.domain.threads import MOST_REVISIONS
from forgefed_gate.domain.words import tickets as words
from forgefed_gate.protocol import jsonld, verifying
from forgefed_gate.protocol.httpsig import Dialect, sign
from forgefed_gate.services import exporting

_notes = count(1_000)


class Issue:
    """An issue that somebody offered and that was taken: its ids, and how to act on it."""

    def __init__(self, house, who, grant, accepted):
        self.house, self.who, self.grant = house, who, grant
        self.offer, self.id, self.context = (
            accepted[name] for name in ("object", "result", "context")
        )
        self.thread = self.context.rpartition("/")[2]

    async def do(self, kind, *, by=None, **fields):
        """Do something about it, and let everything follow; gives the activity."""
        who = by or self.who
        said = activity(who, kind, to=[tracker(self.house)], **fields)
        assert outcome(await send(self.house, who, said, to=tracker(self.house))) == (202, "")
        await self.house.work()
        return said

    async def comment(self, text, *, by=None, on=None, capability=None, **overrides):
        """Comment on it, as forges do."""
        who = by or self.who
        note = {
            "id": f"{who.id}/notes/{next(_notes)}",
            "type": "Note",
            "attributedTo": who.id,
            "to": [tracker(self.house)],
            "context": on or self.id,
            "inReplyTo": on or self.id,
            "content": f"<p>{text}</p>",
        } | overrides
        named = capability or self.grant
        return await self.do("Create", by=who, object=note, capability=named)

    async def words(self):
        """Read all that was said."""
        return await words_of(self.house, self.thread)

    async def closed(self):
        """Say whether it is closed."""
        return next(each for each in await threads_of(self.house) if each.id == self.thread).closed


@pytest.fixture
async def issue(house):
    bob = person(settled(house))
    grant = await grant_of(house, bob)
    said = offer(bob, tracker(house), capability=grant)
    await send(house, bob, said, to=tracker(house))
    await house.work()
    [accepted] = answers(bob, "Accept")
    return Issue(house, bob, grant, accepted)


@pytest.fixture
async def eve(house):
    return person(settled(house, "other.example"), "eve")


async def test_a_comment_continues_the_conversation(issue):
    """Whether it names the issue or the conversation; nobody is thanked for each."""
    told = len(issue.who.told)
    await issue.comment("Also on 2.1.")
    await issue.comment("And on 2.2.", on=issue.context)
    assert (await issue.words())[-2:] == ["Also on 2.1.", "And on 2.2."]
    assert len(issue.who.told) == told


@pytest.mark.parametrize("wrong", ["revoked", "invented", "theirs", "unnamed", "elsewhere"])
async def test_a_comment_by_no_grant_that_holds_is_not_kept(house, issue, eve, wrong):
    """They are told, and nothing of it stays."""
    who, fields = issue.who, {}
    if wrong == "revoked":
        await act(house, Revoke(grant=issue.grant))
    if wrong == "invented":
        fields = {"capability": "https://gate.example/projects/anvil/grants/never"}
    if wrong == "theirs":
        who = eve
    if wrong == "elsewhere":
        fields = {"on": "https://gate.example/tickets/anvil/items/never"}
    before, told = await house.rows("revisions"), len(who.told)
    if wrong == "unnamed":
        bot = person(settled(house, "third.example"), "bot", type="Service")
        await send(house, bot, activity(bot))
        await issue.do("Create", by=bot, object=note_of(bot, house, issue.id))
        assert bot.told == []
    else:
        said = await issue.comment("Let me in.", by=who, **fields)
        [answer] = who.told[told:]
        assert (answer["type"], answer["object"]) == ("Reject", said["id"])
        assert issue.id not in str(answer)
        jsonld.means_the_same(answer)
    assert await house.rows("revisions") == before


def note_of(who, house, on):
    return {
        "id": f"{who.id}/notes/{next(_notes)}",
        "type": "Note",
        "attributedTo": who.id,
        "to": [tracker(house)],
        "context": on,
        "content": "Hello",
    }


async def test_what_is_not_ones_own_issue_is_answered_like_what_never_was(house, issue, eve):
    """A Grant of one's own opens no window on the conversations of others."""
    grant = await grant_of(house, eve)
    first = await issue.comment("Hello?", by=eve, capability=grant)
    never = await issue.comment("Hello?", by=eve, capability=grant, on=f"{tracker(house)}/items/x")
    close = await issue.do("Resolve", by=eve, object=issue.id, capability=grant)
    gone = await issue.do("Resolve", by=eve, object=f"{tracker(house)}/items/x", capability=grant)
    said = {each["object"]: each["summary"] for each in answers(eve, "Reject")}
    assert said[first["id"]] == said[never["id"]]
    assert said[close["id"]] == said[gone["id"]]
    assert not await issue.closed()
    assert (await issue.words())[-1] != "Hello?"


async def test_a_public_comment_is_not_kept(house, issue):
    """What others can read is not taken for private."""
    before = await house.rows("messages")
    await issue.comment("Look, everybody.", to=[tracker(house), PUBLIC])
    assert await house.rows("messages") == before


async def test_whoever_offered_an_issue_edits_it_and_their_comments(house, issue):
    """The earlier words stay beside the new ones, and all of it can be proven."""
    said = await issue.comment("Also on 2.1.")
    note = said["object"]["id"]
    await issue.do("Edit", object={"id": note, "content": "<p>Only on 2.1.</p>"})
    await issue.do("Edit", object={"id": issue.id, "summary": "It hangs", "content": "Always."})
    words = await issue.words()
    assert (words[0], words[-1]) == ("It hangs\n\nAlways.", "Only on 2.1.")
    await issue.do("Update", object={**said["object"], "content": "<p>On all.</p>"})
    assert (await issue.words())[-1] == "On all."


def edited(name, title="It hangs"):
    return {"id": name, "summary": title, "content": "Always."}


@pytest.mark.parametrize("named", [True, False])
async def test_the_tracker_answers_an_edit_of_an_issue(house, issue, named):
    """Nobody else hears of it; the Grant may be named, and need not be."""
    told = len(issue.who.told)
    by = {"capability": issue.grant} if named else {}
    said = await issue.do("Edit", object=edited(issue.id), **by)
    [answer] = issue.who.told[told:]
    assert (answer["type"], answer["actor"]) == ("Accept", tracker(house))
    assert (answer["object"], answer["to"]) == (said["id"], [issue.who.id])
    assert answer["context"] == issue.context
    jsonld.means_the_same(answer)


async def not_edited(issue, who, name, **fields):
    """Try to edit something: nothing changes, and one answer says why."""
    tables = ("revisions", "messages", "tickets", "threads", "knocks")
    before = [await issue.house.rows(each) for each in tables], await issue.words()
    told = len(who.told)
    said = await issue.do("Edit", by=who, object=edited(name, "Mine"), **fields)
    assert ([await issue.house.rows(each) for each in tables], await issue.words()) == before
    [answer] = who.told[told:]
    assert (answer["type"], answer["object"]) == ("Reject", said["id"])
    assert "context" not in answer
    jsonld.means_the_same(answer)
    return answer["summary"]


async def test_nobody_else_edits_an_issue(house, issue, eve):
    """Not even a member; and they hear the same of one that never was."""
    heard = set()
    grant = await grant_of(house, eve)
    for name in (issue.id, f"{tracker(house)}/items/never", "https://third.example/issues/1"):
        for by in ({"capability": grant}, {}):
            heard.add(await not_edited(issue, eve, name, **by))
    assert heard == {words.NO_SUCH}


async def test_an_issue_is_edited_by_no_grant_that_has_ended(house, issue):
    """Whoever names one means it."""
    await act(house, Revoke(grant=issue.grant))
    refused = await not_edited(issue, issue.who, issue.id, capability=issue.grant)
    assert "(grant-revoked)" in refused


async def test_an_issue_is_edited_only_as_often_as_its_words_are_kept(issue):
    """After that there are comments."""
    for _ in range(MOST_REVISIONS - 1):
        await issue.do("Edit", object=edited(issue.id))
    assert len(answers(issue.who, "Accept")) == MOST_REVISIONS
    assert await not_edited(issue, issue.who, issue.id) == words.FIXED


async def test_words_that_are_gone_are_not_edited(issue):
    """They do not come back."""
    await issue.do("Delete", object=issue.offer)
    assert await not_edited(issue, issue.who, issue.id) == words.FIXED
    assert (await issue.words())[0] is None


async def test_a_comment_is_deleted_by_its_author(issue):
    """Its words go; that there was one stays."""
    said = await issue.comment("Oh no.")
    await issue.do("Delete", object=said["object"]["id"])
    assert (await issue.words())[-1] is None


async def test_whoever_offered_an_issue_closes_it_and_opens_it_again(issue):
    """With an Accept each time; a second time changes nothing."""
    for resolved in (True, True, False):
        said = await issue.do(
            "Resolve" if resolved else "Undo",
            object=issue.id if resolved else {"type": "Resolve", "object": issue.id},
        )
        assert await issue.closed() is resolved
        last = answers(issue.who, "Accept")[-1]
        assert (last["object"], last["actor"]) == (said["id"], tracker(issue.house))
        jsonld.means_the_same(last)


@pytest.mark.parametrize("role", [Role.REPORT, Role.TRIAGE])
async def test_whoever_may_sort_issues_closes_those_of_others(house, issue, eve, role):
    """Its author is told, by the tracker and in words; whoever may only report may not."""
    grant = await grant_of(house, eve, role=role)
    told = len(issue.who.told)
    said = await issue.do("Resolve", by=eve, object=issue.id, capability=grant)
    assert await issue.closed() is (role is Role.TRIAGE)
    kind = "Accept" if role is Role.TRIAGE else "Reject"
    assert answers(eve, kind)[-1]["object"] == said["id"]
    news = issue.who.told[told:]
    assert sorted(each["type"] for each in news) == (
        ["Create", "Resolve"] if role is Role.TRIAGE else []
    )
    assert not any(eve.id in str(each) for each in news)


async def test_the_tracker_says_so_when_our_people_close_an_issue(house, issue):
    """In its own name, to whoever offered it and to nobody else."""
    await act(house, Close(thread=issue.thread))
    [resolved] = answers(issue.who, "Resolve")
    assert (resolved["actor"], resolved["object"]) == (tracker(house), issue.id)
    assert resolved["to"] == [issue.who.id]
    assert "capability" not in resolved
    jsonld.means_the_same(resolved)


@pytest.mark.parametrize("whole", [True, False])
async def test_an_offer_is_taken_back(issue, whole):
    """Its words go, and the issue is closed; it can be named in either way."""
    undone = {"id": issue.offer, "type": "Offer", "actor": issue.who.id}
    await issue.do("Undo", object=undone if whole else issue.offer)
    assert await issue.closed()
    assert (await issue.words())[0] is None
    said = await issue.do("Resolve", object=issue.id)
    assert answers(issue.who, "Reject")[-1]["object"] == said["id"]


async def test_nobody_else_takes_an_offer_back(issue, eve):
    """Only who did something can undo it."""
    await send(issue.house, eve, activity(eve))
    await issue.do("Undo", by=eve, object=issue.offer)
    assert not await issue.closed()
    assert (await issue.words())[0] == f"{TITLE}\n\n{TEXT}"


async def asked(house, who, url):
    signed = sign("GET", url, body=None, key=who.key, now=house.clock.now, dialect=Dialect.CAVAGE)
    target = url.removeprefix("https://gate.example")
    return await request(house, "GET", target, {"Host": "gate.example", **signed})


async def test_a_conversation_says_in_which_activities_it_was_said(house, issue, eve):
    """Each as the desk added it, in order; whoever is no party of it finds nothing."""
    await send(house, eve, activity(eve))
    said = await issue.comment("Also on 2.1.")
    await act(house, Say(thread=issue.thread, text="Thank you."))
    gone = await issue.comment("Oh no.")
    await issue.do("Delete", object=gone["object"]["id"])

    found = await asked(house, issue.who, f"{issue.context}/history")
    document = json.loads(found.content)
    objects = [each["object"] for each in document["orderedItems"]]
    ours = [f"{each['id']}/create" for each in issue.who.notes[-2:]]
    assert objects == [issue.offer, ours[0], said["id"], ours[1]]
    assert {each["actor"] for each in document["orderedItems"]} == {house.desk()}
    assert (document["attributedTo"], document["collectionOf"]) == (house.desk(), "Activity")
    jsonld.means_the_same(document)
    whole = json.loads((await asked(house, issue.who, issue.context)).content)
    assert (whole["attributedTo"], whole["contextHistory"]) == (house.desk(), document["id"])
    jsonld.means_the_same(whole)
    nothing = await asked(house, eve, "https://gate.example/threads/never/history")
    refused = await asked(house, eve, document["id"])
    assert (refused.status_code, refused.content) == (404, nothing.content)


async def test_whoever_keeps_track_of_conversations_is_told_of_each_activity(house, issue):
    """From when they show that they do; it names the activity, and repeats no words."""
    await issue.comment("Once.")
    assert answers(issue.who, "Add") == []
    said = await issue.comment("Twice.", contextHistory=f"{issue.context}/history")
    await act(house, Say(thread=issue.thread, text="Thank you."))

    first, second = answers(issue.who, "Add")
    assert (first["object"], second["object"]) == (
        said["id"],
        f"{issue.who.notes[-1]['id']}/create",
    )
    history = json.loads((await asked(house, issue.who, f"{issue.context}/history")).content)
    listed = {each["id"]: each["object"] for each in history["orderedItems"]}
    for each in (first, second):
        assert listed[each["id"]] == each["object"]
        assert each["target"]["id"] == history["id"]
        assert (each["to"], each["cc"]) == ([issue.who.id], [])
        assert "Thank you." not in json.dumps(each)
        jsonld.means_the_same(each)


async def test_what_came_as_acts_of_a_forge_can_be_taken_along(house, issue):
    """An export proves an issue, its edit and its comments like every other message."""
    await issue.comment("Also on 2.1.")
    await issue.do("Edit", object={"id": issue.id, "summary": "It hangs", "content": "Always."})
    taken = await exporting.export(house.gate, issue.thread, by=OPERATOR)

    assert b"It hangs" in taken.data
    assert verifying.examine(taken.data).fault is None
