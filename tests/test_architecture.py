"""The rules of the house that no formatter, linter or type checker can hold."""

import ast
import re
import shutil
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "forgefed_gate"
CODE = ("forgefed_gate", "demo", "bench", "fuzz", "tools")
EVERYTHING = (*CODE, "tests")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = (
    *("requirements.txt", "requirements-test.txt"),
    *("requirements-check.txt", "requirements-fuzz.txt"),
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom

INSTALLED = {"node_modules", ".venv"}
"""Folders of other software, which the interop tests meet."""

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|WITH)\b")
LOCKED = re.compile(
    r"[\w.-]+==[\w.]+ (; [^/]+ )?\\"  # a release, perhaps for some platforms only
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
    r"|(\s*#[^/]*)?"
)
LISTING = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
BUILD_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work)/")


def files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if not INSTALLED & set(path.relative_to(ROOT).parts)]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(kind, *folders: str) -> Iterator[tuple[Path, ast.AST]]:
    for path in files(*folders):
        yield from ((path, node) for node in ast.walk(parse(path)) if isinstance(node, kind))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def at(path: Path, node: ast.AST) -> str:
    return f"{named(path)}:{node.lineno}"


def room(path: Path) -> str:
    """Name the child of the root package that *path* belongs to."""
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Name what *node* may bring in, dotted."""
    asked = {alias.name for alias in node.names}
    return asked if isinstance(node, ast.Import) else {f"{node.module}.{name}" for name in asked}


def library(dotted: str) -> str:
    return dotted.partition(".")[0]


def names(requirements: list[str]) -> set[str]:
    """Drop versions and extras from *requirements*."""
    return {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in requirements}


def homes() -> dict[str, set[str]]:
    """Read from the import contracts which rooms may import a library."""
    found = defaultdict(set)
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        for line in contract.get("ignore_imports", []):
            importer, _, name = line.partition(" -> ")
            found[name].add(importer.split(".")[1])
    return found


def test_no_file_is_too_long_to_read_in_one_sitting():
    """A file over 400 lines holds a second room."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in files(*EVERYTHING)}

    assert [named(path) for path, lines in lengths.items() if lines > LONGEST_FILE] == []


def test_no_function_is_too_long_to_see_at_once():
    """A function over 40 lines does more than its name says."""
    too_long = [
        f"{at(path, node)} {node.name}"
        for path, node in nodes(Function, *EVERYTHING)
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert too_long == []


def test_no_function_imports():
    """Where an import hides in a function, something is on the wrong floor."""
    hidden = {
        at(path, node)
        for path, function in nodes(Function, *EVERYTHING)
        for node in ast.walk(function)
        if isinstance(node, Import)
    }

    assert hidden == set()


def test_nothing_is_imported_for_the_type_checker_alone():
    """A cycle that only the type checker sees is still a cycle."""
    tricks = [
        at(path, node)
        for path, node in nodes(ast.Name | ast.Attribute, *EVERYTHING)
        if "TYPE_CHECKING" in {getattr(node, "id", None), getattr(node, "attr", None)}
    ]

    assert tricks == []


def test_every_module_says_what_it_knows():
    """One sentence at the top is how a reader finds the room they look for."""
    assert [named(path) for path in files(*CODE) if not ast.get_docstring(parse(path))] == []


def test_only_verification_makes_a_proof():
    """`Signed` means verified because nothing but `protocol.httpsig` can make one."""
    forgeries = [
        at(path, node)
        for path, node in nodes(ast.Call, *CODE)
        if ast.unparse(node.func).split(".")[-1] == "Signed"
        and path != HOUSE / "protocol" / "httpsig.py"
    ]

    assert forgeries == []


def test_no_test_mocks():
    """A mock tests what we believe; the real database and transport test what is so."""
    mocks = [
        at(path, node)
        for path, node in nodes(Import, "tests")
        if any(re.match(r"unittest\b|mock\b|pytest_mock\b", name) for name in imported(node))
    ]

    assert mocks == []


def test_only_the_floors_that_act_write_logs():
    """What the pure floors would log, they return; the outermost floors only configure."""
    loggers = {
        room(path)
        for path, node in nodes(Import, "forgefed_gate")
        if "logging" in map(library, imported(node))
    }

    assert loggers <= {"services", "web", "app", "cli"}


def test_every_library_has_a_home():
    """A dependency that no contract mentions would be importable from anywhere."""
    assert names(PROJECT["project"]["dependencies"]) <= homes().keys()


@pytest.mark.parametrize("name", sorted(homes()))
def test_a_library_stays_at_home(name):
    """Replacing a library means changing one room."""
    strays = [
        at(path, node)
        for path, node in nodes(Import, "forgefed_gate")
        if name in map(library, imported(node)) and room(path) not in homes()[name]
    ]

    assert strays == []


def test_orjson_never_reads():
    """It keeps the last of two equal keys, and so lets a sender say two things at once."""
    reads = [
        at(path, node)
        for path, node in nodes(ast.Attribute | Import, "forgefed_gate")
        if "orjson.loads" in (imported(node) if isinstance(node, Import) else {ast.unparse(node)})
    ]

    assert reads == []


def test_only_the_store_talks_to_a_database():
    """A statement outside the store is a second place to look for what we remember."""
    statements = [
        at(path, node)
        for path, node in nodes(ast.Call, "forgefed_gate")
        if getattr(node.func, "attr", "") in {"execute", "executemany", "executescript"}
        and room(path) != "store"
    ]

    assert statements == []


def test_nothing_is_recorded_that_is_not_in_the_audit_log():
    """A decision that left no entry is one that can be taken back unseen."""
    beside = [
        at(path, node)
        for path, node in nodes(ast.Call, "forgefed_gate")
        if ast.unparse(node.func) in {"record.add", "record_store.add"}
        and path != HOUSE / "services" / "audit.py"
    ]

    assert beside == []


def opening(node: ast.AST) -> str:
    """Give the first literal words of a text that is put together at run time."""
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str(words)), _, *_]):
            return words
        case ast.BinOp(left=ast.Constant(value=str(words)), op=ast.Mod()):
            return words
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(words)), attr="format")):
            return words
        case _:
            return ""


OPENERS = {"open_many", "open_sealed", "opened", "history"}
DECIDED_ELSEWHERE = {
    "consenting": "authors read what asks them, and `pieces.may_read` knows how far",
    "publishing": "it proposes, which takes an office of this moment, and shows nothing",
}
"""Services that open words for somebody without `reading.readable`, each with its reason."""


def _calls(path: Path) -> set[str]:
    """Name what a module calls as `something.name(…)`; pieces are opened where they are found."""
    called = [
        node.func
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    pieces = {"find", "held"}
    return {each.attr for each in called} | {
        "opened"
        for each in called
        if each.attr in pieces and isinstance(each.value, ast.Name) and each.value.id == "pieces"
    }


def test_whoever_opens_words_for_somebody_asks_whether_they_may_read_them():
    """One function decides every reading; what does without it says why."""
    by_hand = {
        path.stem
        for path in sorted((HOUSE / "services").glob("*.py"))
        if "by: Principal" in path.read_text(encoding="utf-8")
        and OPENERS & _calls(path)
        and "readable" not in _calls(path)
    }

    assert by_hand == set(DECIDED_ELSEWHERE)


@pytest.mark.parametrize(
    "source",
    ["f'SELECT {x}'", "'DELETE FROM %s' % x", "'UPDATE {}'.format(x)"],
)
def test_sql_that_is_put_together_is_noticed(source):
    """The rule below would otherwise hold for any code at all."""
    assert SQL.match(opening(ast.parse(source, mode="eval").body))


def test_sql_is_never_put_together():
    """A statement that holds data is one that a stranger can finish."""
    built = [at(path, node) for path, node in nodes(ast.AST, *CODE) if SQL.match(opening(node))]

    assert built == []


def test_the_domain_never_waits():
    """A pure rule is decided by its arguments; waiting would mean it asks somebody."""
    waiting = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith

    assert [at(path, node) for path, node in nodes(waiting, "forgefed_gate/domain")] == []


@pytest.mark.parametrize("lock", [*LOCKS, "tests/interop/peers/bovine/requirements.txt"])
def test_a_lock_names_hashed_releases_and_nothing_else(lock):
    """A registry or a folder in a lock is one person's own; a hashed release is everybody's."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not LOCKED.fullmatch(line)] == []


def test_every_dependency_is_locked():
    """A dependency that is not locked would be whatever was uploaded last."""
    groups = PROJECT["dependency-groups"]
    run = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    test = run + groups["test"]
    check = test + groups["check"]

    missing = [
        names(asked) - locked(lock)
        for lock, asked in zip(LOCKS, (run, test, check, test + groups["fuzz"]), strict=True)
    ]

    assert missing == [set(), set(), set(), set()]


def locked(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return names([line for line in lines if "==" in line])


def tracked() -> list[Path]:
    """List the files that belong to the project, or skip where nobody can say which do."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, *LISTING], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_file_remembers_the_machine_it_was_made_on():
    """A path of somebody's machine is wrong on every other."""
    remembering = [
        f"{named(path)}:{number}"
        for path in tracked()
        if path.is_file()
        for number, line in enumerate(path.read_bytes().decode(errors="replace").splitlines(), 1)
        if BUILD_MACHINE.search(line)
    ]

    assert remembering == []
