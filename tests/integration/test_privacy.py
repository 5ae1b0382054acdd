"""Private words: a token that nobody could guess is said in private, and looked for everywhere."""

import logging
import secrets
from itertools import product

import pytest
from senders import (
    ACTIVITY_JSON,
    TABLES,
    activity,
    mention,
    outcome,
    person,
    request,
    send,
    settle,
)

from forgefed_gate.domain.ids import DAY, Slug
from forgefed_gate.domain.intents import Admit, Announce, Ask, Close, Say
from forgefed_gate.domain.roles import OPERATOR, Office
from forgefed_gate.services import carry, projects, review, views

ANVIL = Slug("anvil")
AGREED = "I agree. I have read the parser for two weeks."


@pytest.fixture
def canary():
    return f"canary{secrets.token_hex(16)}"


async def act(house, what):
    await review.act(house.gate, what, by=OPERATOR, via="cli")
    await house.work()


async def say(house, who, text, **more):
    answer = await send(house, who, mention(who, house.desk(), text, **more))
    await house.work()
    return answer


async def whole_flow(house, bob, *, theirs, ours):
    """Play everything from a first message to a closed conversation, with words of both sides."""
    answers = [await say(house, bob, f"Hello, {theirs}"), await say(house, bob, AGREED + theirs)]
    (knock,) = await views.knock_list(house.gate, ANVIL, by=OPERATOR)
    await act(house, Ask(knock=knock.knock.id, text=f"Why? {ours}"))
    answers.append(await say(house, bob, f"Because {theirs}", summary=theirs))
    await act(house, Admit(knock=knock.knock.id, text=f"Welcome {ours}"))
    answers.append(await say(house, bob, f"Here it is: {theirs}"))
    (thread, *_) = await views.thread_list(house.gate, ANVIL, by=OPERATOR)
    await act(house, Say(thread=thread.thread.id, text=f"Thanks {ours}"))
    await act(house, Announce(project=ANVIL, text="A new release."))
    await act(house, Close(thread=thread.thread.id))
    assert {outcome(answer) for answer in answers} == {(202, "")}


async def everything_goes_wrong(house, bob, words, monkeypatch):
    """Let the same words come to grief in every way that we know, and keep the answers."""
    note = mention(bob, house.desk(), words)
    answers = [
        await send(house, bob, note),
        await send(house, bob, note | {"summary": words}),
        await send(house, bob, mention(bob, house.desk(), words * 1_000)),
        await send(house, bob, mention(bob, house.desk(), words, id="https://[bad")),
        await send(house, bob, mention(bob, house.desk(), words), Digest="SHA-256=AAAA"),
        await send(house, bob, mention(bob, house.desk(), words).__repr__().encode()),
        await send(house, bob, activity(bob, "Flag", object=[house.desk()], content=words)),
        await send(house, bob, activity(bob, "Follow", object=words)),
        await send(house, bob, activity(bob, "Join", object=words, instrument=words)),
    ]

    async def breaks(case, effect):
        raise ValueError(words, case, effect)

    with monkeypatch.context() as broken:
        broken.setattr(carry, "carry_out", breaks)
        await house.work()
    bob.peer.takes = 500
    house.clock.pass_by(DAY)
    await house.work()
    return answers


async def all_bytes(house, folder):
    """Everything that lies on the disk: each row of each table, and each file as it is."""
    async with house.gate.database.snapshot() as tx:
        rows = [row for table in TABLES for row in await tx.rows(f"SELECT * FROM {table}")]
    values = [value for row in rows for value in row.values()]
    kept = [value if isinstance(value, bytes) else str(value).encode() for value in values]
    return kept + [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_a_strangers_words_lie_nowhere_in_the_clear(
    house, tmp_path, canary, caplog, monkeypatch
):
    """Not on the disk, not in a log, not in an answer, not on anybody's wire."""
    caplog.set_level(logging.DEBUG)
    bob = person(settle(house), name=f"Bob {canary}", summary=canary)
    alice = person(settle(house, "maintainers.example"), "alice")
    fan = person(settle(house, "fans.example"), "fan")
    await send(house, fan, activity(fan, "Follow", object=house.desk()))
    await projects.appoint(house.gate, ANVIL, alice.id, Office.MAINTAINER, by=OPERATOR)

    await whole_flow(house, bob, theirs=canary, ours="")
    answers = await everything_goes_wrong(house, bob, canary, monkeypatch)

    assert all(canary.encode() not in found for found in await all_bytes(house, tmp_path))
    assert "job failed" in caplog.text
    assert canary not in caplog.text
    assert all(canary not in record.getMessage() + repr(vars(record)) for record in caplog.records)
    assert all(canary not in answer.text for answer in answers)
    sent = [(url, body) for url, body in house.wire.bodies if canary.encode() in body]
    assert sent == []
    assert len(alice.notes) > 0
    assert len(fan.notes) == 1


async def test_our_answers_reach_their_one_reader_and_nobody_else(
    house, tmp_path, canary, caplog, monkeypatch
):
    """A maintainer's words are as private as a stranger's."""
    caplog.set_level(logging.DEBUG)
    bob = person(settle(house))
    alice = person(settle(house, "maintainers.example"), "alice")
    await projects.appoint(house.gate, ANVIL, alice.id, Office.MAINTAINER, by=OPERATOR)

    await whole_flow(house, bob, theirs="", ours=canary)

    sent = {url for url, body in house.wire.bodies if canary.encode() in body}
    assert sent == {f"{bob.id}/inbox"}
    assert all(canary.encode() not in found for found in await all_bytes(house, tmp_path))
    assert canary not in caplog.text


async def test_a_members_words_are_there_for_whoever_may_read_them(house, canary):
    """What is found nowhere in the clear is not lost."""
    bob = person(settle(house))
    await whole_flow(house, bob, theirs=canary, ours="")
    (thread, *_) = await views.thread_list(house.gate, ANVIL, by=OPERATOR)

    view = await views.thread(house.gate, thread.thread.id, by=OPERATOR)

    assert any(canary in (message.words or "") for message in view.messages)


# Private and missing answer alike


async def paths(house, bob):
    """Name one thing of each private kind that exists, and beside it one that never did."""
    await whole_flow(house, bob, theirs="", ours="")
    places = house.gate.places
    (thread, *_) = await views.thread_list(house.gate, ANVIL, by=OPERATOR)
    (knock, *_) = await views.knock_list(house.gate, ANVIL, by=OPERATOR)
    (grant, *_) = await views.grant_list(house.gate, ANVIL, by=OPERATOR)
    activities = [each["id"] for each in bob.told if each["type"] in {"Accept", "Grant"}]
    existing = [
        bob.notes[-1]["id"],
        f"{bob.notes[-1]['id']}/create",
        places.thread(thread.thread.id),
        grant.grant.id,
        f"{places.project(ANVIL)}/knocks/{knock.knock.id}",
        *activities,
    ]
    return [url.removeprefix(places.base_url) for url in existing]


def beside(path):
    """Name a thing of the same kind that never was."""
    whole = path.removesuffix("/create")
    head, _, last = whole.rpartition("/")
    return f"{head}/{secrets.token_urlsafe(16)[: len(last)]}{path[len(whole) :]}"


ASKING = [
    {"Accept": ACTIVITY_JSON},
    {"Accept": "text/html"},
    {"Accept": "*/*", "Accept-Language": "de"},
    {},
]
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]


def seen(response):
    return response.status_code, sorted(response.headers.items()), response.content


async def test_private_and_missing_answer_alike(house):
    """Whoever asks learns nothing, not even that there is something to ask for."""
    bob = person(settle(house))
    for path in await paths(house, bob):
        for method, headers in product(METHODS, ASKING):
            lines = {"Host": "gate.example", **headers}
            private = await request(house, method, path, lines)
            missing = await request(house, method, beside(path), lines)
            nowhere = await request(house, method, f"/{secrets.token_hex(8)}", lines)

            assert private.status_code == 404, path
            assert seen(private) == seen(missing) == seen(nowhere), path
