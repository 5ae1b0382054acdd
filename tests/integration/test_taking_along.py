"""A contributor takes their conversation along: the word, the link, and what is said of it."""

import re

import pytest
from consoles import BASE, Browser, whole
from exported import conversation, fault
from story import ANVIL, HELLO, granted

from forgefed_gate.domain.errors import Forbidden
from forgefed_gate.domain.ids import HOUR
from forgefed_gate.domain.intents import Admit, Ask, Close, Decline, Revoke, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.domain.words import keeping
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol.keys import ActorKey
from forgefed_gate.services import blocking, local, projects
from forgefed_gate.services.tidy import tidy


async def asked(story):
    """Write the word, and give the link that comes back."""
    await story.write("export")
    return re.search(rf"{BASE}/export/[0-9a-f]+", story.bob.notes()[-1]["content"])[0]


async def test_the_word_brings_a_link_that_gives_the_file(story):
    """From their own client, without an account here; the answer says what the file is."""
    await conversation(story)
    before = await story.threads()

    link = await asked(story)
    file = await Browser(story).post(link, {})

    said = story.bob.notes()[-1]["content"]
    for told in ("works once", "what both sides wrote", "forgefed-gate verify FILE"):
        assert told in said
    assert file.status_code == 200
    assert re.fullmatch(
        r'attachment; filename="anvil-[A-Z0-9]{5}.json"', file.headers["content-disposition"]
    )
    assert file.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in file.headers
    assert fault(file.content) is None
    assert await story.threads() == before


async def test_looking_at_the_link_does_not_use_it_up(story):
    """Chat programs fetch every link to show a preview."""
    await story.write(HELLO)
    link, browser = await asked(story), Browser(story)

    looked = [await browser.get(link), await browser.client.head(link)]

    assert [each.status_code for each in looked] == [200, 200]
    assert HELLO not in looked[0].text
    assert (await browser.post(link, {})).status_code == 200


async def test_a_link_works_once_and_for_a_quarter_of_an_hour(story):
    """A link in somebody's history gives nothing out, and says how to get another."""
    await story.write(HELLO)
    used, old = [await asked(story) for _ in range(2)]
    await Browser(story).post(used, {})
    story.house.clock.pass_by(HOUR)

    for link in (used, old, f"{BASE}/export/made-up"):
        answer = await Browser(story).post(link, {})
        assert answer.status_code == 410
        assert "write “export”" in answer.text
        assert HELLO not in answer.text

    await tidy(story.house.gate)
    assert await story.house.rows("export_links") == 0


async def test_another_website_cannot_use_a_link(story):
    """Nobody's conversation lands in their downloads because they looked at a page."""
    await story.write(HELLO)
    link, browser = await asked(story), Browser(story)
    before = await whole(story)

    answer = await browser.post(link, {}, Sec_Fetch_Site="cross-site")

    assert answer.status_code == 403
    assert await whole(story) == before
    assert (await browser.post(link, {})).status_code == 200


async def test_whoever_was_blocked_meanwhile_gets_nothing(story):
    """A link is no longer good than whoever asked for it."""
    await story.write(HELLO)
    link = await asked(story)
    await blocking.block(story.house.gate, story.bob.id, by=OPERATOR)

    answer = await Browser(story).post(link, {})

    assert answer.status_code == 410
    assert HELLO not in answer.text


def proven(activity):
    return "proof" in activity


async def check(story, activity):
    own = await local.own(story.house.gate, story.house.gate.places.read(activity["actor"]))
    public = own.ed25519.private.public_key()
    key = ActorKey(id=own.ed25519.id, owner=own.id, public=public)
    proofs.check(activity, key=key, now=story.house.clock.now)


async def test_decisions_are_signed_and_talk_is_not(story):
    """Whom a decision concerns can show it to anybody; talk stays talk."""
    [first, receipt] = [(await story.knock()), story.bob.of_type("Create")]
    assert [proven(each) for each in receipt] == [False, False]

    await story.act(Ask(knock=first.knock.id, text="Which part?"))
    await story.write("The lexer.")
    await story.act(Admit(knock=first.knock.id))
    await story.act(Say(thread=first.knock.thread, text="Welcome!"))

    asked, received, admitted, said = story.bob.of_type("Create")[2:]
    assert [*map(proven, (asked, received, admitted, said))] == [True, False, True, False]
    for decided in (asked, admitted):
        await check(story, decided)


async def test_a_project_signs_talk_where_it_chose_so_and_says_it_first(story):
    """Deniability is not taken from anybody who was told that they have it."""
    await story.write(HELLO)
    assert keeping.NOT_SIGNED[:40] in story.bob.notes()[-1]["content"]
    await projects.sign_notes(story.house.gate, ANVIL, on=True, by=OPERATOR)
    eve = story.village.settle("eve")
    story.house.clock.pass_by(HOUR)

    await story.write("I agree. I would like to fix the parser, all of it.")
    await story.write(HELLO, by=eve)

    assert not any(map(proven, story.bob.of_type("Create")))
    [first] = eve.of_type("Create")
    await check(story, first)
    assert keeping.SIGNED[:40] in first["object"]["content"]
    assert keeping.SIGNED in re.sub(r"\s+", " ", (await story.get("/@anvil")).text)

    await projects.sign_notes(story.house.gate, ANVIL, on=False, by=OPERATOR)
    await story.write("I agree. I would like to fix the parser, all of it.", by=eve)
    assert not proven(eve.of_type("Create")[-1])
    assert keeping.NOT_SIGNED in re.sub(r"\s+", " ", (await story.get("/@anvil")).text)


async def test_only_an_owner_chooses_what_is_signed(story):
    """It changes what everybody's words are, for ever."""
    alice = await story.principal(await story.appoint("alice", Office.MAINTAINER))
    before = await whole(story)

    with pytest.raises(Forbidden):
        await projects.sign_notes(story.house.gate, ANVIL, on=True, by=alice)

    assert await whole(story) == before


async def test_every_decision_that_ends_something_is_signed(story):
    """Declined, closed, invited, revoked: each can be shown to anybody by whom it concerns."""
    first = await story.knock()
    await story.act(Decline(knock=first.knock.id))
    await check(story, story.bob.of_type("Create")[-1])

    eve = story.village.settle("eve")
    await story.invite(eve)
    await check(story, eve.of_type("Create")[-1])
    await story.write("I agree", by=eve)
    await check(story, eve.of_type("Create")[-1])
    await story.act(Close(thread=(await story.threads())[0].thread.id))
    await check(story, eve.of_type("Create")[-1])
    [given] = await granted(story)
    await story.act(Revoke(grant=given.grant.id))
    await check(story, eve.of_type("Create")[-1])
