"""The documentation, held to the code: what exists is described, and what is described exists."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from databases import fresh
from gates import open_house
from starlette.routing import Mount, Route

from forgefed_gate.cli import main as command_line
from forgefed_gate.config import SETTINGS, write_example
from forgefed_gate.domain import intents
from forgefed_gate.domain.places import Kind
from forgefed_gate.web import asgi

ROOT = Path(__file__).parent.parent
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
FEDERATION = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("bench/*.md")),
]

LINK = re.compile(r"!?\[[^]]*\]\(([^)\s]+)\)")
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
KIND = re.compile(r"\A/(?:desks|projects|teams|tickets|patches)/")


def rooms() -> dict[str, set[str]]:
    """Read the map of the house: which names stand beside each folder."""
    block = ARCHITECTURE.partition("```\n")[2].partition("```")[0]
    found: dict[str, set[str]] = {}
    room = "forgefed_gate"
    for line in block.splitlines()[1:]:
        for word in line.split():
            if word.endswith("/"):
                room = word.removesuffix("/")
            found.setdefault(room, set()).add(word)
    return found


def verbs(parser: argparse.ArgumentParser, words: str = "") -> Iterator[str]:
    """List what can be asked of the command line, from its own parser."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield words
    for action in below:
        for name, sub in action.choices.items():
            yield from verbs(sub, f"{words} {name}".strip())


VERBS = sorted(verbs(command_line._parser()))
MODULES = sorted((ROOT / "forgefed_gate").rglob("*.py"))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_described(setting):
    """Whoever runs a gate finds each line of their file explained, with what it is by default."""
    (line,) = [line for line in write_example().splitlines() if line == exact(setting)]
    default = line.partition(" = ")[2]
    table = f"`[{setting.table}]` " if setting.table else ""

    assert f"| {table}`{setting.name}` | `{default}` | {setting.meaning} |" in OPERATIONS


def exact(setting) -> str:
    return next(
        line for line in write_example().splitlines() if line.partition(" = ")[0] == setting.name
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_described(verb):
    """A verb that no page names is one that nobody finds."""
    assert f"| `{verb}` | " in OPERATIONS


def test_no_verb_is_described_that_does_not_exist():
    """A promise of the manual that the program does not keep is worse than none."""
    told = OPERATIONS.partition("## Verbs")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `([^`]+)` \|", told, re.MULTILINE)) == set(VERBS)


async def test_every_address_is_described(tmp_path):
    """The map names every door of the house, the private ones too."""
    async with fresh("sqlite", tmp_path) as database, open_house(tmp_path, database) as house:
        routes = asgi._routes(house.gate)

    inboxes = {f"/{kind.value}/{{slug}}/inbox" for kind in Kind} - {"/actor/{slug}/inbox"}
    paths = inboxes | {route.path for route in routes if isinstance(route, Route | Mount)}
    told = {path for path in paths if f"`{path}`" in ARCHITECTURE}
    assert len(paths) > 20
    assert {KIND.sub("/{kind}/", path) for path in paths - told} - _addresses() == set()


def _addresses() -> set[str]:
    return set(re.findall(r"`(/[^`]*)`", ARCHITECTURE))


@pytest.mark.parametrize("intent", [*get_args(intents.Arrival), *get_args(intents.ActOfOurs)])
def test_every_intent_is_described(intent):
    """What we understand of the fediverse is public knowledge, and so is what we can do."""
    assert f"`{intent.__name__}`" in FEDERATION


def test_what_differs_between_peers_is_proven():
    """A row without a test is hearsay."""
    told = FEDERATION.partition("## What differs between peers")[2].partition("\n## ")[0]
    rows = [line for line in told.splitlines() if line.startswith("| ")][1:]
    proven = [PROOF.findall(row) for row in rows]

    assert len(rows) > 5
    assert [row for row, tests in zip(rows, proven, strict=True) if not tests] == []
    assert [test for tests in proven for test in tests if not _is_there(*test)] == []


def _is_there(path: str, name: str) -> bool:
    return f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_is_on_the_map(path):
    """A room that is not on the map is one that is built twice."""
    if path.name != "__init__.py":
        assert path.stem in rooms()[path.parent.name]
    elif path.parent.name not in rooms():
        pytest.fail(f"{path.parent.name}/ is not on the map")


def test_the_map_shows_no_room_that_is_not_there():
    """A goal is not a map."""
    built = {path.stem for path in MODULES}
    floors = ("cli", "web", "console", "services", "store", "net", "protocol", "domain")
    drawn = {name for floor in floors for name in rooms()[floor] if not name.endswith("/")}

    assert drawn - built == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_can_be_made(page):
    """Whoever copies a line from a page gets what the page says."""
    targets = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    asked = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert set(asked) <= targets


def test_the_readme_begins_with_what_ci_runs():
    """What a newcomer is told to run first is what has to work."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "make run" in readme
    assert "make test" in readme
    assert "make demo" in readme


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    """A page that was moved takes its readers along."""
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text("utf-8"))]
    inside = [target for target in targets if target and "://" not in target]

    assert [target for target in inside if not (page.parent / target).exists()] == []
