"""Connecting a project with a repository: looked at first, made whole, or not at all."""

import asyncio
import json
from argparse import Namespace

import contracts
import pytest
from forgejo import ALICE, BOB, FORGE, GATE, TOKEN, Beside, open_beside
from senders import held

from forgefed_gate.cli import forges as verbs
from forgefed_gate.cli.verbs import Call
from forgefed_gate.domain.errors import Conflict, Forbidden, Refusal
from forgefed_gate.domain.ids import Slug
from forgefed_gate.domain.observing import LABEL
from forgefed_gate.domain.places import Kind
from forgefed_gate.domain.roles import OPERATOR, Office, person
from forgefed_gate.services import connecting, projects, rotation
from forgefed_gate.store import forges

REPO = "/api/v1/repos/alice/demo"


@pytest.fixture
async def beside(tmp_path, database):
    async with open_beside(tmp_path, database) as opened:
        yield opened


def call(beside: Beside, *, by=OPERATOR, **asked: object) -> Call:
    given = {"slug": "anvil", "url": f"{FORGE}/", "repository": "alice/demo", "json": False}
    return Call(gate=beside.house.gate, by=by, asked=Namespace(**given | asked))


@pytest.mark.parametrize("kind", ["forgejo", "gitea"])
async def test_a_project_is_connected_with_a_repository(beside, kind):
    """One hook with a strong secret, one label, one row; and whoever asked is told so."""
    beside.forge.forgejo = kind == "forgejo"

    answer = await verbs.connect(call(beside))

    contracts.held(answer.document, "forge connect")
    assert answer.document["kind"] == kind
    assert "as gate-bot" in answer.lines[0]
    assert beside.forge.changes() == [("POST", f"{REPO}/hooks"), ("POST", f"{REPO}/labels")]
    [hook] = beside.forge.hooks.values()
    assert hook["active"]
    assert hook["events"] == ["issues", "pull_request"]
    assert hook["config"]["content_type"] == "json"
    assert len(beside.forge.secret) == 64
    assert list(beside.forge.labels.values()) == [LABEL]
    assert await beside.house.rows("connections") == 1


async def test_neither_the_address_of_the_hook_nor_its_secret_is_kept_in_the_clear(beside):
    """Whoever reads the database cannot speak for the forge."""
    await beside.connect()
    token = beside.path.rpartition("/")[2]

    async with beside.house.gate.database.snapshot() as tx:
        rows = await tx.rows("SELECT * FROM connections") + await tx.rows(
            "SELECT * FROM own_secrets"
        )
    kept = str([dict(row) for row in rows])
    assert not any(word in kept for word in (token, beside.forge.secret, TOKEN))


async def test_a_new_key_file_opens_the_secret_too(beside):
    """What was sealed before it is sealed anew, and deliveries go on being taken."""
    await beside.connect()

    await rotation.rotate(beside.house.gate)

    assert (await beside.tell("issues-opened")).status_code == 202


def no_scope(scope: str):
    def take(beside: Beside) -> None:
        beside.forge.scopes -= {scope}

    return take


def trouble(method: str, end: str, status: int):
    def make(beside: Beside) -> None:
        beside.forge.trouble[method, end] = status

    return make


def no_admin(beside: Beside) -> None:
    beside.forge.admins.discard(GATE)


def no_file(beside: Beside) -> None:
    (beside.house.gate.settings.key_file.parent / "forge.token").unlink()


def two_lines(beside: Beside) -> None:
    place = beside.house.gate.settings.key_file.parent / "forge.token"
    place.write_text(f"{TOKEN}\nX-Other: {TOKEN}")


MISSING = {
    "no token": (no_file, "forge-token-missing"),
    "a token of two lines": (two_lines, "forge-token-missing"),
    "an old token": (trouble("GET", "/user", 401), "forge-token-refused"),
    "no read:user": (no_scope("read:user"), "forge-may-not"),
    "no write:repository": (no_scope("write:repository"), "forge-may-not"),
    "no write:issue": (no_scope("write:issue"), "forge-may-not"),
    "no administrator": (no_admin, "forge-not-administered"),
    "no such repository": (trouble("GET", "/demo", 404), "forge-nothing"),
    "no forge": (trouble("GET", "/version", 404), "forge-unknown"),
    "no hook": (trouble("POST", "/hooks", 403), "forge-may-not"),
    "an answer of another shape": (trouble("GET", "/demo", 200), "forge-unclear"),
    "a forge in trouble": (trouble("POST", "/labels", 500), "forge-in-trouble"),
}


@pytest.mark.parametrize(("prepare", "code"), MISSING.values(), ids=MISSING)
async def test_where_something_is_missing_nothing_is_left_behind(beside, prepare, code, capsys):
    """Neither here nor there; and whoever asked learns what to do, in words and as commands."""
    prepare(beside)
    before = await held(beside.house)

    with pytest.raises(Refusal) as refused:
        await verbs.connect(call(beside))

    assert refused.value.code == code
    assert beside.forge.hooks == {}
    assert await held(beside.house) == before
    told = capsys.readouterr().out
    assert ("generate-access-token" in told) == (code in verbs.WANTED)
    assert TOKEN not in told + refused.value.sentence


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"slug": "nowhere"}, "project-unknown"),
        ({"slug": "friends"}, "project-unknown"),
        ({"url": "https://other.example"}, "forge-token-missing"),
        ({"url": "http://forge.example"}, "url-not-canonical"),
        ({"url": f"{FORGE}?a=b"}, "forge-malformed"),
        ({"url": f"{FORGE}/sub"}, "forge-token-missing"),
        ({"repository": "demo"}, "repository-malformed"),
        ({"repository": "alice/demo/../../user"}, "repository-malformed"),
    ],
)
async def test_what_cannot_be_connected_asks_nobody(beside, changed, code):
    """A token goes to the forge that it is for, and to no address that is like it."""
    await projects.add(beside.house.gate, "friends", "Friends", kind=Kind.TEAM, by=OPERATOR)
    before, asked = await held(beside.house), len(beside.house.wire.log)

    with pytest.raises(Refusal) as refused:
        await verbs.connect(call(beside, **changed))

    assert refused.value.code == code
    assert await held(beside.house) == before
    assert len(beside.house.wire.log) == asked


async def test_only_the_operator_connects(beside):
    """The token is the operator's; a maintainer asks them."""
    screener = person("https://village.example/users/sam", {Slug("anvil"): {Office.OWNER}})
    before = await held(beside.house)

    for verb in (verbs.connect, verbs.check, verbs.list_connections):
        with pytest.raises(Forbidden):
            await verb(call(beside, by=screener))

    assert await held(beside.house) == before
    assert beside.house.wire.log == []


async def test_a_repository_is_connected_once(beside):
    """Two projects that label one repository would each undo what the other's people want."""
    await beside.connect()
    await projects.add(beside.house.gate, "bellows", "Bellows", by=OPERATOR)
    before, hooks = await held(beside.house), dict(beside.forge.hooks)

    for slug in ("anvil", "bellows"):
        with pytest.raises(Conflict):
            await verbs.connect(call(beside, slug=slug))

    assert await held(beside.house) == before
    assert beside.forge.hooks == hooks


async def test_a_hook_that_is_gone_is_made_anew(beside):
    """The old address is nobody's from then on."""
    await beside.connect()
    former = beside.path
    beside.forge.hooks.clear()

    await beside.connect()

    assert await beside.house.rows("connections") == 1
    assert await beside.house.rows("own_secrets") == 1
    assert (await beside.tell("issues-opened")).status_code == 202
    assert (await beside.tell("issues-reopened", path=former)).status_code == 404


@pytest.mark.parametrize("stop", [OSError, asyncio.CancelledError, KeyboardInterrupt])
async def test_whatever_stops_us_leaves_no_hook_behind(beside, monkeypatch, stop):
    """It would call an address that we do not know, for as long as the repository is there."""

    async def stopped(*_, **__):
        raise stop

    monkeypatch.setattr(connecting, "_keep", stopped)
    with pytest.raises(stop):
        await beside.connect()

    assert beside.forge.hooks == {}
    assert await beside.house.rows("connections") == 0
    assert await beside.house.rows("own_secrets") == 0


async def test_a_variable_holds_a_token_as_well(beside, monkeypatch):
    """Some keep their secrets where files are not."""
    gate = beside.house.gate
    object.__setattr__(gate.settings, "tokens", ((FORGE, "$FORGE_TOKEN"),))
    with pytest.raises(Refusal, match="there is none"):
        await verbs.connect(call(beside))
    assert beside.forge.asked == []

    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    assert (await verbs.connect(call(beside))).well


async def test_a_check_finds_what_is_well(beside):
    """It asks, changes nothing, and says so."""
    await beside.connect()
    beside.forge.asked.clear()

    answer = await verbs.check(call(beside))

    contracts.held(answer.document, "forge check")
    assert answer.well
    assert "Nothing to do." in answer.lines[0]
    assert beside.forge.changes() == []


def asleep(beside: Beside) -> None:
    beside.forge.hooks[41]["active"] = False


def deaf(beside: Beside) -> None:
    beside.forge.hooks[41]["events"] = ["push"]


def elsewhere(beside: Beside) -> None:
    beside.forge.hooks[41]["config"]["url"] = "https://other.example/hooks/forge/x"


def other(beside: Beside) -> None:
    beside.forge.hooks[41]["config"]["url"] += "0"


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (asleep, "switched off"),
        (deaf, "switched off"),
        (elsewhere, "not there any more"),
        (other, "not there any more"),
        (lambda beside: beside.forge.hooks.clear(), "not there any more"),
        (no_file, "holds no token|there is none"),
        (trouble("GET", "/user", 401), "does not know our token"),
        (trouble("GET", "/repositories/2", 404), "shows our account nothing"),
        (no_admin, "may do this"),
    ],
)
async def test_a_check_finds_what_is_not(beside, prepare, said):
    """Each with what to do about it."""
    await beside.connect()
    before = await held(beside.house)
    prepare(beside)
    beside.forge.asked.clear()

    answer = await verbs.check(call(beside))

    contracts.held(answer.document, "forge check")
    assert not answer.well
    assert any(part in answer.lines[0] for part in said.split("|"))
    assert beside.forge.changes() == []
    assert await held(beside.house) == before


async def test_a_check_learns_a_new_name(beside):
    """Repositories move; their numbers stay."""
    await beside.connect()
    beside.forge.name = "bellows"

    first, second = await verbs.check(call(beside)), await verbs.check(call(beside))

    assert (first.well, second.well) == (True, True)
    assert first.lines[0].startswith("alice/demo is called alice/bellows now.")
    assert second.lines[0].startswith("alice/bellows:")


async def test_a_list_shows_what_is_connected(beside):
    """With no secret in it."""
    empty = await verbs.list_connections(call(beside))
    await beside.connect()

    full = await verbs.list_connections(call(beside))

    contracts.held(full.document, "forge list")
    contracts.held(empty.document, "forge list")
    assert empty.document == {"connections": []}
    assert "alice/demo" in full.lines[1]
    said = json.dumps(full.document) + "".join(full.lines)
    assert not any(word in said for word in (TOKEN, beside.forge.secret, beside.path))


async def test_two_who_connect_at_once_leave_one_hook(beside):
    """Whoever comes second takes their hook away again."""
    gate = beside.house.gate
    made = await beside.connect()
    async with gate.database.transaction() as tx:
        await forges.disconnect(tx, made.hook)
    first, _ = await connecting.connect(gate, Slug("anvil"), FORGE, "alice/demo", by=OPERATOR)

    with pytest.raises(Conflict):
        await connecting._keep(gate, first, "x" * 64, former=None, by=OPERATOR)

    assert await beside.house.rows("connections") == 1
    assert {ALICE, BOB} & beside.forge.collaborators == set()
