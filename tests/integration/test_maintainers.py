"""Who of a project may do what, from the console's side and from their own account."""

import json
from itertools import pairwise

import pytest
from story import ANSWER, ANVIL, HELLO

from forgefed_gate.domain.errors import Conflict, Forbidden, NotFound
from forgefed_gate.domain.intents import (
    Admit,
    Announce,
    Ask,
    Close,
    Decline,
    Invite,
    Revoke,
    Say,
)
from forgefed_gate.domain.roles import OPERATOR, Act, Office, Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.services import blocking, people, projects, views

MAY = {
    Office.OWNER: {"admit", "ask", "decline", "say", "close", "revoke", "invite", "announce"},
    Office.MAINTAINER: {"admit", "ask", "decline", "say", "close", "revoke", "invite", "announce"},
    Office.SCREENER: {"ask"},
    Office.SAFETY: set(),
}
DONE_BY_ALL = sorted({name for able in MAY.values() for name in able})


async def what(story, name):
    """Name an act, and make that there is something to do it to."""
    if name in {"admit", "ask", "decline"}:
        knock = (await story.knock()).knock.id
        return {
            "admit": Admit(knock=knock),
            "ask": Ask(knock=knock, text="Why?"),
            "decline": Decline(knock=knock),
        }[name]
    if name == "invite":
        carol = await people.resolve(story.house.gate, story.village.settle("carol").id)
        return Invite(project=ANVIL, who=carol.actor, role=Role.REPORT, days=3)
    if name == "announce":
        return Announce(project=ANVIL, text="A release!")
    await story.admit()
    [view] = await story.threads()
    return {
        "say": Say(thread=view.thread.id, text="Hi."),
        "close": Close(thread=view.thread.id),
        "revoke": Revoke(grant=view.grant.id),
    }[name]


@pytest.mark.parametrize("name", DONE_BY_ALL)
@pytest.mark.parametrize("office", Office)
async def test_an_office_permits_what_it_is_for(story, office, name):
    """And a refusal tells which part of the role is missing, and changes nothing."""
    act = await what(story, name)
    by = await story.principal(await story.appoint("mara", office))

    if name in MAY[office]:
        await story.act(act, by=by)
        return
    before = await story.state()
    with pytest.raises(Forbidden) as refusal:
        await story.act(act, by=by)
    assert refusal.value.code == "not-your-office"
    assert "An owner can change that" in refusal.value.sentence
    assert await story.state() == before


async def test_an_office_is_worth_nothing_in_another_project(story):
    """Projects on one gate do not share their people."""
    knock = await story.knock()
    await projects.add(story.house.gate, "hammer", "Hammer", by=OPERATOR)
    who = story.village.settle("mara")
    await projects.appoint(story.house.gate, "hammer", who.id, Office.OWNER, by=OPERATOR)
    by = await story.principal(who)
    before = await story.state()

    with pytest.raises(Forbidden):
        await story.act(Admit(knock=knock.knock.id), by=by)
    for look in (views.knock(story.house.gate, knock.knock.id, by=by),
                 views.thread(story.house.gate, knock.knock.thread, by=by)):  # fmt: skip
        with pytest.raises(NotFound):
            await look

    assert await story.state() == before


async def test_nobody_grants_more_than_their_office_may(story):
    """A maintainer gives up to triage; more is for an owner to give."""
    by = await story.principal(await story.appoint("mara", Office.MAINTAINER))
    await people.resolve(story.house.gate, story.bob.id)

    def invite(role):
        return Invite(project=ANVIL, who=story.bob.id, role=role, days=3)

    with pytest.raises(Conflict) as refusal:
        await story.act(invite(Role.WRITE), by=by)
    assert refusal.value.code == "role-too-high"
    assert story.bob.came == []

    await story.act(invite(Role.TRIAGE), by=by)
    assert len(story.bob.of_type("Invite")) == 1


async def test_a_maintainer_cannot_revoke_what_they_could_not_grant(story):
    """An owner's decision is for an owner to change."""
    await story.invite(story.bob, Role.MAINTAIN)
    await story.write("I agree")
    [grant] = story.bob.of_type("Grant")
    by = await story.principal(await story.appoint("mara", Office.MAINTAINER))

    with pytest.raises(Conflict):
        await story.act(Revoke(grant=grant["id"]), by=by)

    assert story.bob.of_type("Revoke") == []


async def test_only_owners_appoint_and_the_last_one_stays(story):
    """A project never loses everybody who can change it."""
    gate = story.house.gate
    olga = await story.appoint("olga", Office.OWNER)
    mara = await story.appoint("mara", Office.MAINTAINER)
    owner, maintainer = await story.principal(olga), await story.principal(mara)

    with pytest.raises(Forbidden):
        await projects.appoint(gate, ANVIL, mara.id, Office.OWNER, by=maintainer)
    with pytest.raises(Conflict) as refusal:
        await projects.dismiss(gate, ANVIL, olga.id, by=owner)

    assert refusal.value.code == "last-owner"
    assert len(await views.maintainer_list(gate, ANVIL)) == 2
    await projects.dismiss(gate, ANVIL, mara.id, by=owner)
    assert len(await views.maintainer_list(gate, ANVIL)) == 1


async def test_who_only_screens_never_learns_who_knocks(story):
    """Not by a name, not by an id, not by a word inside the words."""
    by = await story.principal(await story.appoint("sam", Office.SCREENER))
    assert not by.may(Act.SEE_WHO, ANVIL)
    await story.deliver(
        {"type": "Join", "object": story.project, "instrument": "report"}, to=story.project
    )
    await story.write(f"{ANSWER} I am Bob, bob@village.example, see {story.bob.id}.")
    gate = story.house.gate
    [view] = await story.knocks(by=by)

    one, thread = await views.knock(gate, view.knock.id, by=by)
    same = await views.thread(gate, view.knock.thread, by=by)

    for seen in (view, one, thread, same):
        assert "village.example" not in repr(seen)
        assert "bob" not in repr(seen).casefold()
    assert "▒▒▒" in repr(thread)
    assert ANSWER in repr(thread)
    with pytest.raises(Forbidden):
        await views.thread_list(gate, ANVIL, by=by)


async def test_who_only_screens_reads_nothing_after_the_decision(story):
    """What members say is between them and the maintainers."""
    by = await story.principal(await story.appoint("sam", Office.SCREENER))
    knock = (await story.admit()).knock
    await story.write("My address is 1 Main Street.")

    for look in (views.knock(story.house.gate, knock.id, by=by),
                 views.thread(story.house.gate, knock.thread, by=by)):  # fmt: skip
        with pytest.raises(NotFound):
            await look


async def test_a_notice_says_that_something_waits_and_nothing_else(story):
    """Maintainers' own servers learn no name and no word."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()

    [note] = mara.notes()
    text = json.dumps(note)
    assert knock.code in text
    assert f"/console/threads/{knock.knock.thread}" in text
    for secret in ("bob", "village.example/users/bob", "parser", "agree"):
        assert secret not in text
    assert note["to"] == [mara.id]


@pytest.mark.parametrize(
    ("office", "knocks", "messages"),
    [
        (Office.OWNER, 1, 1),
        (Office.MAINTAINER, 1, 1),
        (Office.SCREENER, 1, 0),
        (Office.SAFETY, 0, 0),
    ],
)
async def test_a_notice_goes_to_whoever_may_read_what_waits(story, office, knocks, messages):
    """And one is enough for as long as it waits."""
    who = await story.appoint("mara", office)
    knock = await story.knock()
    await story.write("And another thing.")
    assert len(who.notes()) == knocks

    await story.act(Admit(knock=knock.knock.id))
    for text in ("One.", "Two.", "Three."):
        await story.write(text)

    assert len(who.notes()) == knocks + messages


async def test_the_first_message_after_an_invitation_is_told_of(story):
    """Agreeing is no question, so what comes after it is new."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    await story.invite(story.bob)
    await story.write("I agree")
    assert mara.notes() == []

    await story.write("So, what about the parser?")
    await story.write("Or the lexer?")

    assert len(mara.notes()) == 1


async def test_an_answer_ends_the_wait(story):
    """What comes after it is waiting anew."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    await story.admit()
    [view] = await story.threads()
    count = len(mara.notes())

    await story.write("One.")
    await story.act(Say(thread=view.thread.id, text="Yes?"))
    await story.write("Two.")

    assert len(mara.notes()) == count + 2


async def command(story, who, text):
    count = len(who.notes())
    await story.write(text, by=who)
    [echo] = who.notes()[count:]
    return echo["content"]


async def test_a_maintainer_can_do_the_day_s_work_from_their_own_account(story):
    """Each command is echoed to them alone, and its words go out as the desk."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()
    code = knock.code

    assert f"Done: ask {code}" in await command(story, mara, f"ask {code} Which one?")
    assert "Which one?" in story.bob.notes()[-1]["content"]
    await story.write("The one for charters.")
    assert f"Done: admit {code}" in await command(story, mara, f"ADMIT {code.lower()} Welcome in.")
    assert "Welcome in." in story.bob.notes()[-1]["content"]
    assert f"Done: say {code}" in await command(story, mara, f"say {code}: See issue 3.")
    note = story.bob.notes()[-1]
    assert "See issue 3." in note["content"]
    assert note["attributedTo"] == story.desk
    assert "mara" not in json.dumps(story.bob.came)


async def test_declining_works_from_their_own_account_too(story):
    """With words, which the charter's frame makes kind."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()

    assert "Done" in await command(story, mara, f"decline {knock.code} Not this year.")

    assert "Not this year." in story.bob.notes()[-1]["content"]
    assert (await story.knocks())[0].knock.stage is Stage.DECLINED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hello {code}, nice to meet you", "That was not a command"),
        ("I do not like the sound of this one.", "That was not a command"),
        ("say", "That was not a command"),
        ("admit", "That was not a command"),
        ("admit QQQQQ", "no conversation with the code QQQQQ"),
        ("say {code} Hi!", "have not been admitted yet"),
        ("ask {code}", "Please write what you would like to ask"),
    ],
)
async def test_what_is_no_command_reaches_nobody(story, text, told):
    """A maintainer who mistypes is told so, and nobody else learns of it."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()
    words, count = len(await story.said()), len(story.bob.came)

    echo = await command(story, mara, text.format(code=knock.code))

    assert told in echo
    assert len(story.bob.came) == count
    assert len(await story.said()) == words
    assert (await story.knocks())[0].knock.stage is Stage.HELD


async def test_a_screener_s_own_account_may_ask_and_no_more(story):
    """The office holds wherever the command comes from."""
    sam = await story.appoint("sam", Office.SCREENER)
    code = (await story.knock()).code

    assert "does not include" in await command(story, sam, f"admit {code}")
    assert story.bob.of_type("Grant") == []
    assert "Done" in await command(story, sam, f"ask {code} Why?")


async def test_a_maintainer_s_account_is_nobody_s_way_in(story):
    """What they post publicly is left alone, and who is dismissed is a stranger again."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    knock = await story.knock()
    await story.appoint("olga", Office.OWNER)
    await projects.dismiss(story.house.gate, ANVIL, mara.id, by=OPERATOR)
    count = len(story.bob.came)

    await story.write(f"admit {knock.code}", by=mara, in_reply_to=None)

    assert len(story.bob.came) == count
    assert "What we ask of you" in mara.notes()[-1]["content"]


async def test_who_is_blocked_is_not_heard_and_not_admitted(story):
    """Blocking says so to nobody."""
    gate = story.house.gate
    knock = await story.knock()
    await blocking.block(gate, story.bob.id, by=OPERATOR)
    before = await story.state()

    activity = story.village.note(story.bob, story.desk, "Hello?")
    answer = await story.deliver(activity)
    with pytest.raises(Conflict) as refusal:
        await story.act(Admit(knock=knock.knock.id))

    assert (answer.status, refusal.value.code) == (202, "blocked")
    assert await story.state() == before


async def test_codes_are_short_and_easy_to_type(story):
    """No letter in them can be taken for another one."""
    codes = []
    for name in ("ann", "ben", "cid"):
        await story.write(HELLO, by=story.village.settle(name))
    codes = [view.code for view in await story.knocks()]

    assert all(len(code) == 5 and not set(code) & set("01ILOU") for code in codes)
    assert all(one != other for one, other in pairwise(sorted(codes)))


async def test_a_long_day_s_work_is_not_too_much(story):
    """The limits for strangers are not for the people of the project."""
    mara = await story.appoint("mara", Office.MAINTAINER)
    code = (await story.knock()).code

    for _ in range(story.house.gate.settings.knocks_per_hour + 1):
        await story.write(f"ask {code} Why?", by=mara)

    activity = story.village.note(mara, story.desk, f"admit {code}")
    assert (await story.deliver(activity, by=mara)).status == 202
