"""Issues and merge requests that come in: by a Grant that is named, or like a first message."""

import json
from itertools import count

import pytest
from offers import (
    ANVIL,
    PATCH,
    TEXT,
    TITLE,
    answers,
    bring,
    bundle,
    grant_of,
    offer,
    rejected,
    threads_of,
    tracker,
    words_of,
)
from senders import AGREED, act, activity, held, outcome, person, refused, request, send
from senders import settle as settled

from forgefed_gate.domain.ids import DAY, ActorId
from forgefed_gate.domain.intents import Admit, Decline, Revoke
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.domain.roles import person as person_
from forgefed_gate.protocol import jsonld
from forgefed_gate.protocol.httpsig import Dialect, sign
from forgefed_gate.services import views


@pytest.fixture
def bob(house):
    return person(settled(house))


async def test_a_member_who_names_their_grant_opens_an_issue_at_once(house, bob):
    """It waits for nobody's turn, and is a conversation like any other."""
    grant = await grant_of(house, bob)
    said = offer(bob, tracker(house), capability=grant)
    await bring(house, bob, said)

    [accepted] = answers(bob, "Accept")
    assert (accepted["object"], accepted["actor"]) == (said["id"], tracker(house))
    assert accepted["result"].startswith(f"{tracker(house)}/items/")
    assert accepted["to"] == [bob.id]
    jsonld.means_the_same(accepted)
    opened = next(
        each for each in await threads_of(house) if accepted["context"].endswith(each.id)
    )
    first, answer = await words_of(house, opened.id)
    assert first == f"{TITLE}\n\n{TEXT}"
    assert "Anvil" in answer
    assert bob.notes[-1]["context"] == accepted["context"]


async def test_an_issue_is_served_to_its_parties_alone(house, bob):
    """It says what was offered, and everybody else finds nothing."""
    eve = person(settled(house, "other.example"), "eve")
    await send(house, eve, activity(eve))
    grant = await grant_of(house, bob)
    await bring(house, bob, offer(bob, tracker(house), capability=grant))
    [accepted] = answers(bob, "Accept")

    found = await asked(house, bob, accepted["result"])
    document = json.loads(found.content)
    assert found.status_code == 200
    assert (document["summary"], document["content"]) == (TITLE, f"<p>{TEXT}</p>")
    assert (document["type"], document["context"]) == ("Ticket", tracker(house))
    assert document["attributedTo"] == bob.id
    jsonld.means_the_same(document)
    nothing = await asked(house, bob, f"{tracker(house)}/items/never")
    for other in (await asked(house, eve, accepted["result"]), nothing):
        assert (other.status_code, other.content) == (404, nothing.content)


async def asked(house, who, url):
    signed = sign("GET", url, body=None, key=who.key, now=house.clock.now, dialect=Dialect.CAVAGE)
    target = url.removeprefix("https://gate.example")
    return await request(house, "GET", target, {"Host": "gate.example", **signed})


async def test_a_merge_request_is_kept_with_its_patches(house, bob):
    """In the order in which they apply, to the letter."""
    grant = await grant_of(house, bob)
    to = tracker(house, "patches")
    said = offer(bob, to, changes=bundle(bob, PATCH + "second\n", PATCH), capability=grant)
    await bring(house, bob, said)

    [accepted] = answers(bob, "Accept")
    opened = next(
        each for each in await threads_of(house) if accepted["context"].endswith(each.id)
    )
    first, *_ = await words_of(house, opened.id)
    assert first.startswith(
        f"{TITLE}\n\n{TEXT}\n\nFrom: https://peer.example/anvil refs/heads/fix"
    )
    assert first.endswith(PATCH + "\n\n" + (PATCH + "second\n").strip())


async def test_a_blind_screener_reads_a_patch_without_who_signed_it(house, bob):
    """The names and addresses in it say who they are; what it changes is what is judged."""
    signed = (
        "From: Bobby Tables <bobby@tables.example>\n\nSigned-off-by: Bobby Tables <b@t.example>\n"
    )
    changes = bundle(bob, signed + PATCH)
    await bring(house, bob, offer(bob, tracker(house, "patches"), changes=changes))
    [knocked] = await threads_of(house)
    sam = person_(ActorId("https://peer.example/users/sam"), {ANVIL: frozenset({Office.SCREENER})})

    seen = await views.thread(house.gate, knocked.id, by=sam)
    words = "\n".join(message.words or "" for message in seen.messages)
    assert PATCH.strip().splitlines()[-1] in words
    for told in ("Bobby", "tables.example", "t.example", "peer.example/anvil"):
        assert told not in words


async def test_patches_that_are_too_large_are_refused_with_words_that_help(house, bob):
    """They are told how to hand them over."""
    grant = await grant_of(house, bob)
    to = tracker(house, "patches")
    large = offer(bob, to, changes=bundle(bob, "x" * 110_000, "y" * 110_000), capability=grant)
    before = await held(house)
    response = await send(house, bob, large, to=to)

    assert outcome(response) == (400, "patches-too-large")
    assert "200 KiB" in response.json()["detail"]
    assert await held(house) == before


async def test_whoever_names_no_grant_is_answered_like_a_first_message(house, bob):
    """It is held with the knock, and taken when they are admitted."""
    said = offer(bob, tracker(house))
    await bring(house, bob, said)
    [tentative] = answers(bob, "TentativeAccept")
    assert tentative["object"] == said["id"]
    [thread] = await threads_of(house)
    assert tentative["result"] == f"https://gate.example/threads/{thread.id}"
    jsonld.means_the_same(tentative)
    assert "agree" in bob.notes[-1]["content"]
    missing = f"{tracker(house)}/items/never"
    assert (await asked(house, bob, missing)).status_code == 404

    await send(house, bob, mention_in(bob, house.desk(), tentative["result"]))
    await house.work()
    [knock] = await views.knock_list(house.gate, ANVIL, by=OPERATOR)
    assert (await words_of(house, thread.id))[0] == f"{TITLE}\n\n{TEXT}"
    await act(house, Admit(knock=knock.knock.id))
    [accepted] = answers(bob, "Accept")
    assert (accepted["object"], accepted["context"]) == (said["id"], tentative["result"])
    assert (await asked(house, bob, accepted["result"])).status_code == 200


_notes = count(100)


def mention_in(who, desk, context):
    note = {
        "id": f"{who.id}/notes/{next(_notes)}",
        "type": "Note",
        "attributedTo": who.id,
        "to": [desk],
        "content": AGREED,
        "context": context,
        "tag": [{"type": "Mention", "href": desk, "name": "@desk"}],
    }
    return activity(who, "Create", to=[desk], object=note)


async def test_what_was_offered_with_a_knock_is_declined_with_it(house, bob):
    """The tracker says so; the desk says it kindly."""
    said = offer(bob, tracker(house))
    await bring(house, bob, said)
    await send(
        house, bob, mention_in(bob, house.desk(), answers(bob, "TentativeAccept")[0]["result"])
    )
    await house.work()
    [knock] = await views.knock_list(house.gate, ANVIL, by=OPERATOR)
    await act(house, Decline(knock=knock.knock.id))

    [rejected] = answers(bob, "Reject")
    assert rejected["object"] == said["id"]
    assert "result" not in rejected


@pytest.mark.parametrize(
    ("flaw", "spoil"),
    [
        ("no-grant", lambda grant: "https://gate.example/projects/anvil/grants/made-up"),
        ("no-grant", lambda grant: "https://elsewhere.example/grants/1"),
    ],
)
async def test_a_grant_that_there_is_not_gives_nothing(house, bob, flaw, spoil):
    """Neither invented here nor there."""
    grant = await grant_of(house, bob)
    await rejected(house, bob, offer(bob, tracker(house), capability=spoil(grant)), flaw)


async def test_a_grant_that_was_revoked_gives_nothing(house, bob):
    """From that moment on."""
    grant = await grant_of(house, bob)
    await act(house, Revoke(grant=grant))
    await rejected(house, bob, offer(bob, tracker(house), capability=grant), "grant-revoked")


async def test_a_grant_that_has_ended_gives_nothing(house, bob):
    """Nobody has to say so."""
    grant = await grant_of(house, bob)
    house.clock.pass_by(200 * DAY)
    await rejected(house, bob, offer(bob, tracker(house), capability=grant), "grant-ended")


async def test_the_grant_of_somebody_else_gives_nothing(house, bob):
    """A capability is no password."""
    eve = person(settled(house, "other.example"), "eve")
    grant = await grant_of(house, bob)
    await rejected(house, eve, offer(eve, tracker(house), capability=grant), "grant-target")


async def test_a_member_who_names_no_grant_is_asked_to_name_it(house, bob):
    """Nobody acts by a Grant unawares: authority that is not named does not count."""
    await grant_of(house, bob)
    await rejected(house, bob, offer(bob, tracker(house)), "no-capability")


async def test_a_machine_that_names_no_grant_is_not_asked_to_agree(house):
    """It could not."""
    bot = person(settled(house), "bot", type="Service")
    await rejected(house, bot, offer(bot, tracker(house)), "no-capability")


async def test_patches_are_not_taken_by_the_tracker_of_issues(house, bob):
    """Nor issues by the one of patches."""
    grant = await grant_of(house, bob)
    changes = bundle(bob, PATCH)
    await rejected(
        house, bob, offer(bob, tracker(house), changes=changes, capability=grant), "wrong-tracker"
    )
    await rejected(
        house, bob, offer(bob, tracker(house, "patches"), capability=grant), "wrong-tracker"
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"attributedTo": "https://peer.example/users/eve"}, "object-owner"),
        ({"attributedTo": None}, "object-owner"),
        ({"summary": ""}, "title-missing"),
        ({"summary": "x" * 301}, "field-too-long"),
        ({"content": "x" * 21_000}, "field-too-long"),
        ({"context": "https://gate.example/tickets/other"}, "context-mismatch"),
        ({"attachment": [{"type": "Offer"}, {"type": "Offer"}]}, "two-changes"),
        ({"attachment": [{"type": "Offer"}]}, "patches-missing"),
    ],
)
async def test_an_offer_that_cannot_be_one_is_refused_before_it_is_kept(house, bob, changed, code):
    """No row, no work, no request to anybody."""
    await send(house, bob, activity(bob))
    said = offer(bob, tracker(house))
    said["object"] |= changed
    status, found = await refused(house, bob, said, to=tracker(house))
    assert (status in {400, 403}, found) == (True, code)


async def test_an_offer_to_what_is_no_tracker_has_no_effect(house, bob):
    """A desk takes messages, and other people's trackers are not ours."""
    await send(house, bob, activity(bob))
    for target in (house.desk(), "https://elsewhere.example/tickets/anvil"):
        said = offer(bob, target)
        assert outcome(await send(house, bob, said, to=tracker(house))) == (202, "")
        await house.work()
    assert await house.rows("threads") == await house.rows("tickets") == 0
    assert bob.told == []
