"""The main job, from a stranger's first message to a private conversation."""

import json
import re
from dataclasses import replace

import pytest
from story import ANSWER, ANVIL, HELLO

from demo.village import ACTIVITY_JSON
from forgefed_gate.domain.charter import default_charter
from forgefed_gate.domain.errors import Conflict
from forgefed_gate.domain.ids import DAY, PUBLIC
from forgefed_gate.domain.intents import Admit, Ask, Close, Decline, Say
from forgefed_gate.domain.roles import OPERATOR, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol.keys import ActorKey, read_multibase
from forgefed_gate.protocol.times import iso
from forgefed_gate.services import projects

PUBLIC_PATHS = (
    "/", "/@anvil", "/actor", "/actor/outbox", "/desks/anvil", "/desks/anvil/outbox",
    "/desks/anvil/followers", "/desks/anvil/following", "/projects/anvil",
    "/projects/anvil/collaborators", "/projects/anvil/components", "/projects/anvil/outbox",
    "/tickets/anvil", "/tickets/anvil/outbox", "/patches/anvil", "/nodeinfo/2.0",
    "/nodeinfo/2.1", "/.well-known/nodeinfo",
    "/.well-known/webfinger?resource=acct:anvil@gate.example",
)  # fmt: skip


async def crawl(story):
    """Read everything that is public, as it is on the wire."""
    return {path: (await story.get(path)).content for path in PUBLIC_PATHS}


def heard(who):
    return [re.sub(r"<[^>]+>", " ", note["content"]) for note in who.notes()]


async def test_a_first_message_is_answered_with_what_is_needed_to_knock(story):
    """Nobody has to guess what happens next."""
    first = await story.write(HELLO)

    [note] = story.bob.notes()
    charter, text = default_charter("Anvil"), " ".join(heard(story.bob)[0].split())
    for clause in (*charter.expects, *charter.offers):
        assert clause.text in text
    for question in charter.questions:
        assert question in text
    for told in ("“I agree”", "up to 7 days", "Who can read this", "not end to end", "/@anvil"):
        assert told in text
    assert note["inReplyTo"] == first
    assert (note["to"], note["cc"]) == ([story.bob.id], [])
    assert [tag["href"] for tag in note["tag"]] == [story.bob.id]


async def test_every_step_of_a_knock_gets_its_own_answer(story):
    """An answer without the words that agree, or with nothing else, is asked for once more."""
    turns = [
        (HELLO, "What we ask of you", Stage.ASKED),
        ("I would like to fix the parser, and more.", "One thing is missing", Stage.ASKED),
        ("i AGREE", "a few words of yours", Stage.ASKED),
        (ANSWER, "with the people who screen for Anvil", Stage.HELD),
        ("And I know C.", "We have added this", Stage.HELD),
    ]
    for count, (text, told, stage) in enumerate(turns, start=1):
        await story.write(text)

        [view] = await story.knocks()
        assert view.knock.stage is stage
        assert len(story.bob.notes()) == count
        assert told in heard(story.bob)[-1]
    assert await story.said() == [text for text, _, _ in turns]
    assert story.bob.of_type("Grant") == []


async def test_admission_is_a_signed_grant_and_a_note_in_the_same_conversation(story):
    """The Grant is for machines; the note is for the person."""
    knock = await story.knock()
    latest = await story.write("One more thing.")
    await story.act(Admit(knock=knock.knock.id, text="We look forward to it.", days=90))

    [grant] = story.bob.of_type("Grant")
    now = story.house.clock.now
    charter = default_charter("Anvil")
    assert {name: grant[name] for name in grant if name not in {"@context", "id", "proof"}} == {
        "type": "Grant",
        "actor": story.project,
        "to": [story.bob.id],
        "object": "report",
        "context": story.project,
        "target": story.bob.id,
        "allows": "invoke",
        "startTime": iso(now),
        "endTime": iso(now + 90 * DAY),
        "published": iso(now),
        "charter": f"sha256:{charter.hash}",
    }
    note = story.bob.notes()[-1]
    assert note["inReplyTo"] == latest
    assert note["context"] == note["conversation"] == story.bob.notes()[0]["context"]
    for told in ("Welcome to Anvil", "We look forward to it.", "report", "90 days"):
        assert told in heard(story.bob)[-1]
    assert story.bob.of_type("Accept") == []


async def test_a_grant_proves_itself(story):
    """Whoever holds it can show it to somebody who never asked us."""
    await story.admit()

    [grant] = story.bob.of_type("Grant")
    document = (await story.get("/projects/anvil", accept=ACTIVITY_JSON)).json()
    [published] = document["assertionMethod"]
    assert grant["proof"]["verificationMethod"] == published["id"]
    key = ActorKey(
        id=published["id"],
        owner=published["controller"],
        public=read_multibase(published["publicKeyMultibase"]),
    )
    proofs.check(grant, key=key, now=story.house.clock.now)


async def test_asking_back_gives_the_turn_to_them(story):
    """A question is not a decision, and its answer comes back into the queue."""
    knock = (await story.knock()).knock
    await story.act(Ask(knock=knock.id, text="Which parser do you mean?"))

    [view] = await story.knocks()
    assert view.knock.stage is Stage.RETURNED
    assert "Which parser do you mean?" in heard(story.bob)[-1]

    await story.write("The one for charters.")

    [view] = await story.knocks()
    assert view.knock.stage is Stage.HELD
    assert "back with the people who screen" in heard(story.bob)[-1]


async def test_declining_is_kind_and_nobody_else_can_tell(story):
    """The clause is named, the way back is open, and the public sees the same bytes."""
    knock = (await story.knock()).knock
    before = await crawl(story)

    await story.act(Decline(knock=knock.id, clause="patience", text="Ask us in spring."))

    text = " ".join(heard(story.bob)[-1].split())
    assert "One thing at a time: wait for an answer before the next." in text
    for told in ("Ask us in spring.", "nothing public shows it", "welcome to write here again"):
        assert told in text
    assert story.bob.of_type("Grant") == story.bob.of_type("Reject") == []
    assert await crawl(story) == before


async def test_who_was_declined_may_knock_again(story):
    """A decision is about a day, not about a person."""
    knock = (await story.knock()).knock
    await story.act(Decline(knock=knock.id))

    await story.write("It is spring now.")
    await story.write(ANSWER)

    held, declined = await story.knocks()
    assert (held.knock.stage, declined.knock.stage) == (Stage.HELD, Stage.DECLINED)
    assert held.knock.thread == declined.knock.thread


async def test_a_decision_is_about_the_knock_that_it_names(story):
    """An old page in somebody's browser does not decide on a new knock."""
    old = (await story.knock()).knock
    await story.act(Decline(knock=old.id))
    await story.write(HELLO)
    await story.write(ANSWER)
    before = await story.state()

    with pytest.raises(Conflict):
        await story.act(Admit(knock=old.id))

    assert await story.state() == before


async def test_members_open_and_continue_conversations(story):
    """A reply goes where it belongs; a message that is no reply begins something new."""
    await story.admit()
    await story.write("About the first thing.")
    await story.write("About another thing.", in_reply_to=None)
    await story.write("More of that.")

    assert "the people of Anvil will read it" in heard(story.bob)[-1]
    newer, older = await story.threads()
    assert [message.words for message in older.messages][-1] == "About the first thing."
    theirs = [each.words for each in newer.messages if each.speaker.value == "contributor"]
    assert theirs == ["About another thing.", "More of that."]


async def test_members_are_not_answered_by_a_machine_twice(story):
    """Only what opens a conversation is confirmed; the rest is between people."""
    await story.admit()
    count = len(story.bob.notes())

    await story.write("One.")
    await story.write("Two.")

    assert len(story.bob.notes()) == count


async def test_maintainers_speak_as_the_desk(story):
    """Who of the project wrote is for the project to know."""
    await story.admit()
    latest = await story.write("What next?")
    [view] = await story.threads()

    await story.act(Say(thread=view.thread.id, text="Have a look at issue 3."))

    note = story.bob.notes()[-1]
    assert "Have a look at issue 3." in note["content"]
    assert (note["attributedTo"], note["inReplyTo"]) == (story.desk, latest)


async def test_a_closed_conversation_opens_again_by_a_reply(story):
    """Closing says that nothing is expected, not that nothing may be said."""
    await story.admit()
    [view] = await story.threads()
    await story.act(Close(thread=view.thread.id))
    assert "opens again" in heard(story.bob)[-1]

    await story.write("I forgot something.")

    [view] = await story.threads()
    assert not view.thread.closed


async def test_the_charter_that_was_shown_is_the_one_agreed_to(story):
    """Publishing a new charter changes nothing for who is answering the old one."""
    await story.write(HELLO)
    shown = default_charter("Anvil")
    other = replace(shown, agreement="Yes, gladly")
    await projects.publish_charter(story.house.gate, ANVIL, other, by=OPERATOR)

    await story.write(ANSWER)

    [view] = await story.knocks()
    assert (view.knock.stage, view.knock.charter) == (Stage.HELD, shown.hash)


@pytest.mark.parametrize("kind", ["Service", "Application"])
async def test_bots_are_never_answered(story, kind):
    """Two machines that answer each other never stop."""
    bot = story.village.settle("robot", kind=kind)
    before = await story.state()

    await story.write(HELLO, by=bot)
    await story.write(ANSWER, by=bot)

    assert await story.state() == before


def public_mention(story, text=HELLO, **addressed):
    activity = story.village.note(story.bob, story.desk, text)
    addressed = {"to": [PUBLIC], "cc": [story.desk], **addressed}
    return {**activity, **addressed, "object": {**activity["object"], **addressed}}


@pytest.mark.parametrize(
    "addressed",
    [
        {},
        {"to": [story_desk := "https://gate.example/desks/anvil"], "cc": [PUBLIC]},
        {"to": ["as:Public"]},
        {"to": [story_desk], "cc": ["https://village.example/users/bob/followers"]},
    ],
)
async def test_what_others_can_read_is_not_kept(story, addressed):
    """A public post gets one private request to write privately, in a month."""
    await story.deliver(public_mention(story, **addressed))
    await story.deliver(public_mention(story, **addressed))

    [note] = story.bob.notes()
    assert "in private only" in note["content"]
    assert PUBLIC not in json.dumps(note)
    assert await story.house.rows("threads") == await story.house.rows("messages") == 0

    story.house.clock.pass_by(31 * DAY)
    await story.deliver(public_mention(story, **addressed))
    assert len(story.bob.notes()) == 2


def as_gotosocial(story):
    """Scalars where others write lists, and no @context of Mastodon's."""
    note = f"{story.bob.id}/statuses/01M80ARXTKE3X0K15H2WYTGHX5"
    tag = {"type": "Mention", "href": story.desk, "name": "@anvil@gate.example"}
    return {
        "id": f"{note}/activity#Create",
        "type": "Create",
        "to": story.desk,
        "object": {
            "id": note,
            "type": "Note",
            "attributedTo": story.bob.id,
            "attachment": [],
            "content": f'<p><span class="h-card"><a href="{story.desk}" class="u-url mention">@'
            "<span>anvil</span></a></span> May I help?</p>",
            "contentMap": {"en": "<p>May I help?</p>"},
            "tag": tag,
            "to": story.desk,
        },
    }


def as_fedify(story):
    """An id with a fragment, a list of one, and no tag for whom it is addressed to."""
    note = f"{story.bob.id.rpartition('/users')[0]}/note/fde4a616"
    return {
        "id": f"{note}#create",
        "type": "Create",
        "to": [story.desk],
        "object": {
            "id": note,
            "type": "Note",
            "attributedTo": story.bob.id,
            "content": "May I help?",
            "to": [story.desk],
        },
    }


def as_mastodon(story):
    """Their own conversation, a poll's fields that are empty, both languages."""
    activity = story.village.note(story.bob, story.desk, "May I help?")
    more = {
        "summary": None,
        "sensitive": False,
        "conversation": "tag:village.example,2026-11-22:objectId=1:objectType=Conversation",
        "context": f"{story.village.base_url}/contexts/1-2",
        "replies": {"id": f"{story.bob.id}/replies", "type": "Collection"},
    }
    return {**activity, "object": {**activity["object"], **more}}


def as_lemmy(story):
    """A chat message, from one person to one person."""
    activity = story.village.note(story.bob, story.desk, "May I help?")
    chat = {
        **activity["object"],
        "type": "ChatMessage",
        "tag": [],
        "content": "<p>May I help?</p>",
    }
    return {**activity, "object": chat}


@pytest.mark.parametrize("shape", [as_gotosocial, as_fedify, as_mastodon, as_lemmy])
async def test_every_server_may_write_as_it_does(story, shape):
    """The words are the same words."""
    answer = await story.deliver(shape(story))

    assert answer.status == 202
    assert len(story.bob.notes()) == 1
    assert await story.said() == ["May I help?"]


async def test_one_message_to_two_of_our_actors_is_kept_once(story):
    """Somebody may mention the desk and the project in one message."""
    activity = story.village.note(story.bob, story.desk, HELLO)
    both = [story.desk, story.project]
    tags = [
        {"type": "Mention", "href": each, "name": f"@{each.rpartition('/')[2]}"} for each in both
    ]
    inner = {**activity["object"], "to": both, "tag": tags}
    for to in both:
        assert (
            await story.deliver({**activity, "to": both, "object": inner}, to=to)
        ).status == 202

    assert len(story.bob.notes()) == 1
    assert await story.said() == [HELLO]


async def test_a_role_that_ended_is_welcomed_back(story):
    """A lapse is nobody's fault."""
    await story.admit()
    story.house.clock.pass_by(181 * DAY)

    await story.write("I am back.")

    assert "Welcome back" in heard(story.bob)[-1]
    assert (await story.knocks())[0].knock.stage is Stage.ASKED


async def test_nobody_gets_more_than_the_charter_offers(story):
    """A maintainer's slip of the keyboard does not make an admin."""
    knock = (await story.knock()).knock
    before = await story.state()

    with pytest.raises(Conflict) as refusal:
        await story.act(Admit(knock=knock.id, role=Role.WRITE))

    assert refusal.value.code == "role-too-high"
    assert await story.state() == before
