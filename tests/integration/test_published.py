"""What is public: a page and an object, under chosen names, without replies, until withdrawn."""

import html
import re

import pytest
from consoles import Browser, signed_in, whole
from pieces import (
    SECRET,
    TITLE,
    code_for,
    last,
    propose,
    public_bytes,
    stage,
    stands,
    thread_of,
)
from senders import activity, mention, nothing_happens, person, send, settle

from forgefed_gate.domain.roles import Principal
from forgefed_gate.protocol import proofs
from forgefed_gate.protocol.keys import ActorKey, read_multibase
from forgefed_gate.services import access

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def followed(story):
    fan = story.village.settle("fan")
    await story.deliver({"type": "Follow", "object": story.desk}, by=fan)
    return fan


async def published(story, answer="consent {}"):
    """Let bob say yes, and name the piece."""
    await story.admit()
    made = await propose(story)
    await story.write(answer.format(code_for(story.bob)))
    assert await stage(story, made.piece.id) == "published"
    return made.piece.id


NAMES = {
    "consent {}": "A contributor",
    "consent {} without name": "A contributor",
    "Consent {} as Robin the Careful.": "Robin the Careful",
    "consent {} as @bob@village.example": "@bob@village.example",
    "consent {} as bob@village.example": "@bob@village.example",
}


@pytest.mark.parametrize("answer", NAMES)
async def test_a_name_stands_there_only_as_it_was_chosen(story, answer):
    """No name is what somebody gets who says nothing of one."""
    name = await published(story, answer)

    page = html.unescape((await story.get(f"/@anvil/pieces/{name}", Accept="text/html")).text)

    assert f">{NAMES[answer]}<" in page
    assert NAMES[answer] in (await story.get(f"/desks/anvil/pieces/{name}")).json()["content"]
    if "bob" not in NAMES[answer]:
        assert "bob" not in (await public_bytes(story)).replace("/users/bob", "bob")


TAKEN = ["Anvil", "ANVIL.", "A n v i l", "Ａｎｖｉｌ", "an\u2009vil", "Anvil, gate.example"]


@pytest.mark.parametrize("name", TAKEN)
async def test_nobody_stands_there_as_the_project_itself(story, name):
    """Their words would look like its own; the answer says what else they can do."""
    await story.admit()
    made = await propose(story)

    await story.write(f"consent {code_for(story.bob)} as {name}")

    assert "what the project itself is called" in last(story.bob)
    assert not (await stands(story, made.piece.id)).consents[0].given
    assert await stage(story, made.piece.id) == "pending"


@pytest.mark.parametrize(
    "name",
    [
        "@mara@village.example",
        "https://evil.example/",
        "x" * 61,
        "＠anvil＠gate.example",
        "bob＠x",
    ],
)
async def test_nobody_stands_there_under_the_handle_of_another(story, name):
    """The answer says so, and is simply given once more."""
    await story.admit()
    made = await propose(story)

    await story.write(f"consent {code_for(story.bob)} as {name}")

    assert "A name here is one line" in last(story.bob)
    assert not (await stands(story, made.piece.id)).consents[0].given
    assert await stage(story, made.piece.id) == "pending"


async def test_the_object_is_an_article_of_the_desk_with_a_proof(story):
    """Public, in the outbox as it was sent, and nobody but the desk may reply."""
    fan = await followed(story)
    name = await published(story)

    answer = await story.get(f"/desks/anvil/pieces/{name}")
    article = answer.json()
    me = (await story.get("/desks/anvil")).json()

    assert (article["type"], article["name"], article["to"]) == ("Article", TITLE, [PUBLIC])
    assert article["attributedTo"] == me["id"] == story.desk
    assert article["url"] == f"https://gate.example/@anvil/pieces/{name}"
    assert article["interactionPolicy"]["canReply"] == {"automaticApproval": [story.desk]}
    assert "tag" not in article
    assert answer.headers["cache-control"] == "no-cache"
    [create] = fan.of_type("Create")
    assert (await story.get("/desks/anvil/outbox")).json()["orderedItems"] == [create]
    method = me["assertionMethod"][0]
    for document in (article, create):
        public = read_multibase(method["publicKeyMultibase"])
        key = ActorKey(id=method["id"], owner=me["id"], public=public)
        proofs.check(document, key=key, now=story.house.clock.now)


async def test_the_page_says_that_it_is_by_consent_and_the_project_names_it(story):
    """Whoever reads it can tell that nobody was put on a stage."""
    name = await published(story)

    page = await story.get(f"/@anvil/pieces/{name}", Accept="text/html")

    assert page.status_code == 200
    assert "with the consent of everybody who wrote it" in page.text
    assert SECRET in page.text
    assert f"/@anvil/pieces/{name}" in (await story.get("/@anvil", Accept="text/html")).text
    redirected = await story.get(f"/@anvil/pieces/{name}", Accept="application/activity+json")
    assert redirected.headers["location"] == f"{story.desk}/pieces/{name}"


@pytest.mark.parametrize("who", ["author", "bare", "project", "page"])
async def test_withdrawn_it_is_blank_and_says_so(story, who):
    """Whoever may takes it back without a reason, and followers are asked to delete it."""
    fan = await followed(story)
    name = await published(story)
    if who == "project":
        browser = await signed_in(story, "operator")
        await browser.do(f"/console/pieces/{name}", "take-back")
        await story.house.work()
    elif who == "page":
        browser = await author(story)
        await browser.post(*await form(browser, name, "withdraw"))
        await story.house.work()
    else:
        code = (await stands(story, name)).consents[0].code
        await story.write(f"withdraw {code}" if who == "author" else "withdraw")

    page = await story.get(f"/@anvil/pieces/{name}", Accept="text/html")
    left = await story.get(f"/desks/anvil/pieces/{name}")

    assert page.status_code == left.status_code == 410
    assert "This was withdrawn" in page.text
    assert "2026-11-22" in page.text
    assert left.json()["type"] == "Tombstone"
    [delete] = fan.of_type("Delete")
    assert delete["object"]["id"] == f"{story.desk}/pieces/{name}"
    for gone in (SECRET, TITLE):
        assert gone not in await public_bytes(story)
        assert gone not in str(delete)
    assert (await stands(story, name)).piece.excerpts == ()


async def test_what_still_waits_to_be_sent_stays_here_once_it_is_withdrawn(story):
    """A slow server gets neither words that nobody stands by any more, nor a second chance."""
    fan = await followed(story)
    await story.admit()
    made = await propose(story)
    story.village.accepts = 500
    await story.write(f"consent {code_for(story.bob)}")
    await story.write(f"withdraw {(await stands(story, made.piece.id)).consents[0].code}")

    story.village.accepts = 202
    story.house.clock.pass_by(10 * 24 * 3_600_000)
    await story.house.work()

    assert SECRET not in str(fan.came)
    assert len(fan.of_type("Delete")) == 1


async def test_a_bare_withdraw_takes_back_a_knock_where_nothing_is_public(story):
    """It says so, and nobody is asked to decide any more."""
    await story.knock()

    await story.write("withdraw")

    assert "You have taken your knock at Anvil back" in last(story.bob)
    assert [each.knock.stage.value for each in await story.knocks()] == ["withdrawn"]


async def test_a_bare_withdraw_with_nothing_to_withdraw_says_so(story):
    """A word too much does no harm."""
    await story.admit()
    before = await story.threads()

    await story.write("withdraw")

    assert "nothing to withdraw" in last(story.bob)
    assert await story.threads() == before


async def test_which_of_two_is_meant_is_asked(story):
    """Nothing is guessed about somebody's words."""
    await story.admit()
    made = [await propose(story, title=f"Title {number}") for number in (1, 2)]
    codes = [each.consents[0].code for each in made]

    await story.write("no")

    assert all(code in last(story.bob) for code in codes)
    assert [await stage(story, each.piece.id) for each in made] == ["pending", "pending"]


def _reply(who, house, name, form):
    url = f"{house.desk()}/pieces/{name}" if form == "id" else f"{BASE}/@anvil/pieces/{name}"
    note = mention(who, house.desk(), "A bad word.")
    public = {"to": [PUBLIC], "cc": [house.desk()]}
    return note | public | {"object": note["object"] | public | {"inReplyTo": url}}


BASE = "https://gate.example"


@pytest.mark.parametrize("form", ["id", "page"])
async def test_a_public_reply_of_a_stranger_leaves_no_trace(story, form):
    """It is taken and forgotten: no row, no note of ours, and nothing on the page."""
    name = await published(story)
    stranger = person(settle(story.house), "eve")
    await send(story.house, stranger, activity(stranger, "Like", object=story.desk))
    before = await whole(story)

    async with nothing_happens(story.house):
        answer = await send(story.house, stranger, _reply(stranger, story.house, name, form))

    assert answer.status_code == 202
    assert await whole(story) == before
    assert stranger.notes == []
    assert "bad word" not in await public_bytes(story)


async def test_a_private_reply_is_a_private_message(story):
    """Whoever would like to talk about it finds the same door as everybody."""
    name = await published(story)
    carol = story.village.settle("carol")

    await story.write("May I help?", by=carol, in_reply_to=f"{story.desk}/pieces/{name}")

    assert "What we ask of you" in last(carol)


# An author's own page


async def author(story) -> Browser:
    """Open bob's browser, by a link of his own."""
    browser = Browser(story)
    link = await access.make_link(story.house.gate, Principal(name=story.bob.id))
    assert (await browser.post(link, {})).status_code == 303
    return browser


async def form(
    browser: Browser, name: str, act: str, /, **fields: str
) -> tuple[str, dict[str, str]]:
    """Fill a form of bob's page in."""
    path = f"/mine/publications/{name}"
    page = (await browser.get(path)).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    return path, {**hidden, "act": act, **fields}


async def test_an_author_answers_on_their_page(story):
    """It shows exactly what is asked, and takes exactly that."""
    await story.admit()
    made = await propose(story)
    browser = await author(story)
    page = await browser.get(f"/mine/publications/{made.piece.id}")
    assert SECRET in page.text

    fields = {"as": "name", "name": "Robin"}
    answer = await browser.post(*await form(browser, made.piece.id, "yes", **fields))
    await story.house.work()

    assert answer.status_code == 200
    assert "it is public now" in answer.text
    assert ">Robin<" in (await story.get(f"/@anvil/pieces/{made.piece.id}")).text


async def test_a_no_on_the_page_needs_no_word(story):
    """The page that follows says that it is done."""
    await story.admit()
    made = await propose(story)
    browser = await author(story)

    answer = await browser.post(*await form(browser, made.piece.id, "no"))

    assert "Your words are left out" in answer.text
    assert await stage(story, made.piece.id) == "ended"
    assert (await browser.get(f"/mine/publications/{made.piece.id}")).status_code == 404


async def test_a_form_about_the_old_text_is_no_yes(story):
    """What was shown a minute ago is not what is asked now."""
    await story.admit()
    made = await propose(story)
    browser = await author(story)
    path, filled = await form(browser, made.piece.id, "yes")
    operator = await signed_in(story, "operator")
    await operator.do(
        f"/console/pieces/{made.piece.id}", "redact", title=TITLE, **{"message-1": "Hello"}
    )
    before = await whole(story)

    answer = await browser.post(path, filled)

    assert answer.status_code == 422
    assert "This is not what we ask you about now" in answer.text
    assert await whole(story) == before
    assert await stage(story, made.piece.id) == "pending"


@pytest.mark.parametrize("act", ["yes", "no"])
async def test_another_author_finds_no_page_there(story, act):
    """Carol is asked about something else, and this is not there for her."""
    await story.admit()
    made = await propose(story)
    browser = await author(story)
    path, filled = await form(browser, made.piece.id, act)
    carol = story.village.settle("carol")
    link = await access.make_link(story.house.gate, Principal(name=carol.id))
    hers = Browser(story)
    await hers.post(link, {})
    before = await whole(story)

    there, nowhere = await hers.get(path), await hers.get(f"{path}none")
    answer = await hers.post(path, filled)

    assert there.status_code == nowhere.status_code == answer.status_code == 401
    assert there.content == nowhere.content
    assert await whole(story) == before


async def test_at_the_console_messages_are_chosen_edited_and_proposed(story):
    """Three plain forms, and what is empty is left out."""
    await story.admit()
    thread = f"/console/threads/{await thread_of(story, story.bob)}"
    browser = await signed_in(story, "maintainer")
    picked = await browser.do(thread, "choose", **{"message-1": "on", "message-3": "on"})
    assert SECRET in picked.text
    assert (
        await browser.do(thread, "propose", title="", **{"message-3": "weeks."})
    ).status_code == 400

    fields = {"title": TITLE, "message-1": "", "message-3": "I would fix the parser."}
    answer = await browser.do(thread, "propose", **fields)
    await story.house.work()

    assert answer.status_code == 303
    piece = await browser.get(answer.headers["location"])
    assert "no answer yet" in piece.text
    assert "I would fix the parser." in last(story.bob)
    assert "I would fix the parser." in piece.text
    assert SECRET not in last(story.bob)
    assert "authors are asked" in (await browser.get(thread)).text
