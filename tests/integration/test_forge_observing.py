"""What is done about an issue that somebody opened at the forge: a label, once, and no more."""

import uuid

import pytest
from everything import every_value
from forgejo import ALICE, BOB, CAROL, FORGE, GATE, TOKEN, Beside, open_beside
from senders import held

from forgefed_gate.domain.ids import DAY, Slug
from forgefed_gate.domain.observing import LABEL
from forgefed_gate.domain.roles import OPERATOR
from forgefed_gate.services import blocking, connecting, queue, worker
from forgefed_gate.store import jobs

LABELS = "/issues/1/labels"


@pytest.fixture
async def beside(tmp_path, database):
    async with open_beside(tmp_path, database) as opened:
        await opened.connect()
        opened.forge.asked.clear()
        opened.forge.open(1)
        yield opened


async def happens(beside: Beside, name: str = "issues-opened") -> None:
    """Let the forge tell us of something, as if it never had, and let all that follows happen."""
    answer = await beside.tell(name, **{"x-gitea-delivery": str(uuid.uuid4())})
    assert answer.status_code == 202
    await beside.house.work()


async def failed(beside: Beside) -> list[tuple[str, str | None]]:
    async with beside.house.gate.database.snapshot() as tx:
        return [(job.state, job.last_error) for job in await jobs.listing(tx)]


async def test_what_a_stranger_opened_gets_our_label(beside):
    """Whoever looks at the list sees at once whom nobody has met."""
    await happens(beside)

    assert beside.forge.labels_of(1) == [LABEL]
    assert beside.forge.changes() == [("POST", f"/api/v1/repos/alice/demo{LABELS}")]
    assert await failed(beside) == []


async def test_what_a_stranger_asks_to_pull_gets_it_too(beside):
    """A pull request is an issue, as far as labels go."""
    beside.forge.open(2)

    await happens(beside, "pull_request-opened")

    assert beside.labelled(2)
    assert not beside.labelled(1)


@pytest.mark.parametrize("author", [ALICE, GATE, CAROL, -1])
async def test_what_somebody_of_the_project_opened_is_left_alone(beside, author):
    """The owner, ourselves, a collaborator, and what no person opened."""
    beside.forge.collaborators.add(CAROL)
    beside.forge.open(1, author)

    await happens(beside)

    assert beside.forge.changes() == []
    assert beside.forge.labels_of(1) == []
    assert await beside.house.rows("labelled") == 0


async def test_a_team_that_may_write_is_of_the_project(beside):
    """An organisation's people are collaborators of nothing, and strangers to nobody."""
    beside.forge.team.add(BOB)

    await happens(beside)

    assert beside.forge.changes() == []


async def test_what_the_forge_says_now_counts_and_not_what_it_told(beside):
    """The delivery says bob and open; by now it is carol's, or closed, or gone."""
    beside.forge.collaborators.add(CAROL)
    for changed in ({"author": CAROL}, {"state": "closed"}):
        beside.forge.open(1, **changed)
        await happens(beside)
    beside.forge.issues.clear()
    await happens(beside)

    assert beside.forge.changes() == []
    assert await failed(beside) == []


@pytest.mark.parametrize("name", ["issues-opened", "issues-reopened"])
async def test_a_label_that_somebody_took_off_stays_off(beside, name):
    """Taking it off is how a maintainer says: it is fine."""
    await happens(beside)
    beside.forge.issues[1]["labels"].clear()
    before = await held(beside.house)
    beside.forge.asked.clear()

    await happens(beside, name)

    assert beside.forge.asked == []
    after = await held(beside.house)
    assert after.pop("hook_deliveries") == before.pop("hook_deliveries") + 1
    assert after == before


async def test_a_label_stays_off_that_only_the_forge_remembers(beside):
    """A database that was restored knows less than the timeline there."""
    await happens(beside)
    beside.forge.issues[1]["labels"].clear()
    async with beside.house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM labelled")
    changes = [*beside.forge.changes()]

    await happens(beside, "issues-reopened")

    assert beside.forge.changes() == changes
    assert not beside.labelled()


async def test_a_label_that_people_put_on_is_theirs(beside):
    """It is on already: nothing to do, and when they take it off it stays off."""
    beside.forge.labels[9] = LABEL
    beside.forge.issues[1]["labels"].append({"id": 9, "name": LABEL})
    await happens(beside)
    beside.forge.issues[1]["labels"].clear()
    await happens(beside, "issues-reopened")

    assert beside.forge.changes() == []
    assert not beside.labelled()


@pytest.mark.parametrize("taken_off", [True, False])
async def test_an_attempt_that_broke_off_is_not_made_twice(beside, taken_off):
    """The label was on when the answer was lost; what happened to it since is theirs."""
    beside.forge.trouble["POST", LABELS] = 0
    await happens(beside)
    assert beside.labelled()
    assert (await failed(beside))[0] == ("ready", "forge-in-trouble")
    if taken_off:
        beside.forge.issues[1]["labels"].clear()
    beside.forge.trouble.clear()
    beside.forge.asked.clear()

    beside.house.clock.pass_by(DAY)
    await beside.house.work()

    assert beside.forge.changes() == []
    assert beside.labelled() is not taken_off
    assert await failed(beside) == []


async def test_an_attempt_that_came_to_nothing_is_made_again(beside):
    """A forge that is away for a moment is asked again."""
    beside.forge.trouble["POST", LABELS] = 503
    await happens(beside)
    assert not beside.labelled()
    beside.forge.trouble.clear()

    beside.house.clock.pass_by(DAY)
    await beside.house.work()

    assert beside.labelled()
    assert await failed(beside) == []


@pytest.mark.parametrize(
    ("method", "end", "status", "code"),
    [
        ("GET", "/user", 401, "forge-token-refused"),
        ("GET", "/repositories/2", 404, "forge-nothing"),
        ("GET", "/repositories/2", 301, "forge-refused"),
        ("GET", "/issues/1", 403, "forge-may-not"),
        ("GET", "/collaborators/bob", 403, "forge-may-not"),
        ("GET", "/collaborators/bob", 200, "forge-unclear"),
        ("GET", "/permission", 200, "forge-unclear"),
        ("GET", "/permission", 403, "forge-may-not"),
        ("GET", "/permission", 500, "forge-in-trouble"),
        ("GET", "/labels", 500, "forge-in-trouble"),
    ],
)
async def test_where_something_cannot_be_known_nothing_is_labelled(
    beside, method, end, status, code
):
    """It waits, or for somebody to look at it, and the job says why."""
    beside.forge.trouble[method, end] = status

    await happens(beside)

    assert [error for _, error in await failed(beside)] == [code]
    assert beside.forge.changes() == []
    assert not beside.labelled()
    assert await beside.house.rows("labelled") == 0


async def test_one_that_cannot_be_read_is_set_aside_for_good(beside):
    """It stands in the way of none that comes after it; people may try it again."""
    beside.forge.trouble["GET", "/collaborators/bob"] = 200
    await happens(beside)
    assert await failed(beside) == [("dead", "forge-unclear")]


async def test_who_is_set_aside_can_be_tried_again(beside):
    """The operator mends the token, and asks for what was missed."""
    beside.forge.scopes = frozenset({"read:user", "read:repository", "read:issue"})
    await happens(beside)
    assert await failed(beside) == [("dead", "forge-may-not")]
    beside.forge.scopes |= {"write:issue"}
    gate = beside.house.gate

    [view] = await queue.listing(gate)
    assert view.what == "Something that was opened at a forge, to be looked at there"
    await queue.retry(gate, view.id)
    await beside.house.work()

    assert beside.labelled()


async def test_labels_and_hooks_of_others_may_be_called_anything(beside):
    """Emoji are joined by what cannot be printed, and some hooks have long addresses."""
    odd = "👩\N{ZERO WIDTH JOINER}💻 help\twanted"
    beside.forge.labels |= {number: f"{odd} {number}" for number in range(2, 80)}
    beside.forge.issues[1]["labels"].append({"id": 2, "name": odd})
    config = {"url": f"https://chat.example/{'x' * 1_000}"}
    others = {"type": "slack", "active": False, "events": [], "config": config}
    beside.forge.hooks |= {number: others | {"id": number} for number in range(50, 120)} | {
        120: others | {"id": 120, "config": {}}
    }
    path = beside.forge.hooks[41]["config"]["url"].removeprefix("https://gate.example")

    [found] = await connecting.check(beside.house.gate, Slug("anvil"), by=OPERATOR)
    await beside.tell("issues-opened", path=path)
    await beside.house.work()

    assert found.well
    assert beside.labelled()


async def test_a_forge_that_we_do_not_talk_with_is_not_asked(beside):
    """A block holds for whoever it was connected with."""
    gate = beside.house.gate
    await blocking.block(gate, "forge.example", by=OPERATOR)
    asked = len(beside.forge.asked)

    await happens(beside)

    assert len(beside.forge.asked) == asked
    assert not beside.labelled()


async def test_a_repository_with_another_name_is_found_by_its_number(beside):
    """Somebody else may have the old name by now."""
    beside.forge.name = "bellows"

    await happens(beside)

    assert beside.labelled()


async def test_neither_words_nor_the_token_are_kept(beside, caplog):
    """What somebody wrote at the forge stays there, and our token in its file."""
    caplog.set_level("DEBUG")
    await happens(beside)
    beside.forge.trouble["GET", "/user"] = 401
    beside.forge.open(2)
    await beside.tell("issues-opened", **{"x-gitea-signature": "0" * 64})
    await happens(beside, "pull_request-opened")
    secret = beside.forge.secret

    found = [
        place
        for place, value in await every_value(beside.house.gate.database)
        for word in (TOKEN, secret, "It breaks", "bob", "Add feature", "please merge")
        if word.encode() in value
    ]

    assert found == []
    assert all(f"token {TOKEN}" in each for each in beside.forge.tokens)
    ours = [each for each in caplog.records if each.name.startswith("forgefed_gate")]
    logged = " ".join(str(vars(each)) for each in ours)
    assert ours
    assert not any(word in logged for word in (TOKEN, secret, "It breaks", "bob", FORGE))
    assert not any(TOKEN in url for _, url in beside.house.wire.log)


async def test_a_connection_that_is_gone_asks_nobody(beside):
    """Its project may have ended while the job waited."""
    await beside.tell("issues-opened")
    async with beside.house.gate.database.transaction() as tx:
        await tx.run("DELETE FROM connections")
    beside.forge.asked.clear()

    await worker.run_until_idle(beside.house.gate)

    assert beside.forge.asked == []
    assert await failed(beside) == []


async def test_the_record_says_what_we_did(beside):
    """What a gate does at a forge is a deed like any other."""
    await happens(beside)

    async with beside.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT principal, act, subject FROM record WHERE act = 'LabelIssue'")
    assert [dict(row) for row in rows] == [
        {
            "principal": "https://gate.example/actor",
            "act": "LabelIssue",
            "subject": "alice/demo#1",
        }
    ]
