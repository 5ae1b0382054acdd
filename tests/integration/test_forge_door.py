"""The door that forges knock at: what is proven is kept once, and all else is the same nothing."""

import json
import uuid

import pytest
from forgejo import Beside, load, open_beside, signed
from senders import held

from forgefed_gate.domain.ids import DAY
from forgefed_gate.forge.hooks import LARGEST
from forgefed_gate.services import tidy
from forgefed_gate.store import jobs


@pytest.fixture
async def beside(tmp_path, database):
    async with open_beside(tmp_path, database) as opened:
        await opened.connect()
        yield opened


async def waiting(beside: Beside) -> list[str]:
    async with beside.house.gate.database.snapshot() as tx:
        return [job.kind for job in await jobs.listing(tx)]


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("issues-opened", 1),
        ("pull_request-opened", 1),
        ("issues-reopened", 1),
        ("issues-label_updated", 0),
        ("comment-created", 0),
        ("push", 0),
        ("release-published", 0),
    ],
)
async def test_what_is_proven_is_taken_at_once(beside, name, work):
    """The answer waits for no forge; only what was opened asks for a look."""
    asked = len(beside.forge.asked)

    answer = await beside.tell(name)

    assert (answer.status_code, answer.content) == (202, b'{"ok":true}')
    assert await beside.house.rows("hook_deliveries") == 1
    assert await waiting(beside) == ["observe"] * work
    assert len(beside.forge.asked) == asked


async def test_a_copy_changes_nothing(beside):
    """A forge that starts again may bring again what it brought."""
    await beside.tell("issues-opened")
    before = await held(beside.house)

    answer = await beside.tell("issues-opened")

    assert answer.status_code == 202
    assert await held(beside.house) == before


async def test_a_name_that_came_before_is_not_taken_with_another_body(beside):
    """The name of a delivery is not signed: it may only ever keep something out."""
    await beside.tell("issues-opened")
    before = await held(beside.house)

    answer = await beside.tell(
        "issues-reopened", **{"x-gitea-delivery": load("issues-opened")[0]["x-gitea-delivery"]}
    )

    assert answer.status_code == 404
    assert await held(beside.house) == before


def seen(answer):
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def refused(beside: Beside) -> list[object]:
    """Bring what is refused, each for another reason."""
    headers, body = load("issues-opened")
    form, formed = load("issues-opened-form")
    secret = beside.forge.secret.encode()
    plain = {"content-type": "application/json"}
    other = json.dumps(json.loads(body) | {"repository": {"id": 3}}).encode()
    for each in (headers, form):
        del each["host"], each["content-length"]
    return [
        await beside.bring("/hooks/forge/" + "0" * 32, signed(headers, body, secret), body),
        await beside.bring(beside.path + "0", signed(headers, body, secret), body),
        await beside.bring(beside.path, headers, body),
        await beside.bring(beside.path, signed(headers, body, b""), body),
        await beside.bring(beside.path, headers | {"x-gitea-signature": ""}, body),
        await beside.bring(beside.path, plain, body),
        await beside.bring(beside.path, plain, b""),
        await beside.bring(beside.path, form, formed),
        await beside.bring(beside.path, signed(headers, b"{", secret), b"{"),
        await beside.bring(beside.path, signed(headers, other, secret), other),
        await beside.bring(beside.path, plain, b" " * (LARGEST + 1)),
    ]


async def test_whatever_is_refused_is_the_same_nothing_and_changes_nothing(beside):
    """A stranger learns neither which hooks there are, nor what was wrong."""
    before, asked = await held(beside.house), len(beside.house.wire.log)

    answers = await refused(beside)

    never = await beside.bring("/hooks/forge/never", {}, b"")
    assert {str(seen(answer)) for answer in answers} == {str(seen(never))}
    assert never.status_code == 404
    assert await held(beside.house) == before
    assert len(beside.house.wire.log) == asked


async def test_whoever_guesses_is_asked_to_come_later_and_the_webhook_is_not(beside):
    """All webhooks of a forge come from the same addresses, those of strangers' projects too."""
    limit = beside.house.gate.settings.messages_per_minute_host
    for _ in range(limit):
        assert (await beside.bring("/hooks/forge/never", {}, b"")).status_code == 404
    before = await held(beside.house)

    answer = await beside.bring("/hooks/forge/never", {}, b"")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert await held(beside.house) == before
    assert (await beside.tell("issues-opened")).status_code == 202


async def test_a_webhook_that_brings_too_much_is_asked_to_come_later(beside):
    """However well it is signed."""
    limit = beside.house.gate.settings.messages_per_minute_host
    for _ in range(limit):
        await beside.tell("push")
    before = await held(beside.house)

    answer = await beside.tell("issues-opened")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert await held(beside.house) == before


async def test_deliveries_are_forgotten_after_thirty_days(beside):
    """By then no copy comes any more; what makes the connection stays."""
    await beside.tell("push")
    beside.house.clock.pass_by(30 * DAY)
    await tidy.tidy(beside.house.gate)
    assert await beside.house.rows("hook_deliveries") == 1

    beside.house.clock.pass_by(1)
    await tidy.tidy(beside.house.gate)

    assert await beside.house.rows("hook_deliveries") == 0
    answer = await beside.tell("push", **{"x-gitea-delivery": str(uuid.uuid4())})
    assert answer.status_code == 202
