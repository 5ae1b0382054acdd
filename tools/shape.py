"""The size and shape of our own code, in the numbers by which its design judges others."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
HOUSE = "forgefed_gate"
LONG_FILE = 400
INSTALLED = {"node_modules", ".venv"}
"""Folders of other software, which the interop tests meet."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file of Python, parsed."""

    name: str
    lines: int
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        """Find every function, however deep."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Find every class, however deep."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def read(folder: str) -> list[Module]:
    """Read every module below *folder*, named as an import names it."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return [read_module(path) for path in paths if not INSTALLED & set(path.parts)]


def read_module(path: Path) -> Module:
    """Read one file."""
    text = path.read_text(encoding="utf-8")
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Module(name=name, lines=len(text.splitlines()), tree=ast.parse(text))


def measure(modules: Sequence[Module]) -> dict[str, object]:
    """Count what the anchors were counted by; lengths are in lines, docstring included."""
    files = sorted(module.lines for module in modules)
    functions = [function for module in modules for function in module.functions()]
    lengths = sorted(length(function) for function in functions) or [0]
    return {
        "files": len(files),
        "LOC": sum(files),
        "median / max file": f"{median(files):.0f} / {files[-1]}",
        f"files > {LONG_FILE}": sum(lines > LONG_FILE for lines in files),
        "median / p90 / max function": f"{median(lengths):.0f} / {p90(lengths)} / {lengths[-1]}",
        "annotated returns": share(function.returns is not None for function in functions),
        "docstrings": share(ast.get_docstring(node) is not None for node in public(modules)),
        "floors / cycle": floors(modules),
        "local imports": len({node for function in functions for node in imports(function)}),
        "frozen / all data classes": frozen(modules),
    }


def length(function: Function) -> int:
    """Count the lines from `def` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def p90(ascending: Sequence[int]) -> int:
    """Name the value that nine in ten do not exceed."""
    return ascending[(len(ascending) * 9 - 1) // 10]


def share(answers: Iterable[bool]) -> str:
    """Say how many of *answers* are yes, in percent."""
    given = list(answers)
    return f"{sum(given) / len(given):.0%}" if given else "–"


def public(modules: Iterable[Module]) -> Iterator[ast.Module | ast.ClassDef | Function]:
    """Find what a reader may expect a docstring on."""
    for module in modules:
        yield module.tree
        for node in (*module.classes(), *module.functions()):
            if not node.name.startswith("_"):
                yield node


def imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Find the imports below *node*."""
    return (each for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom))


def imported(module: Module) -> Iterator[str]:
    """Name all that *module* may import: a package, and what is asked of it."""
    for node in imports(module.tree):
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "", *(f"{node.module}.{name.name}" for name in node.names))
        else:
            yield from (name.name for name in node.names)


def floors(modules: Sequence[Module]) -> str:
    """Count the floors that imports make of *modules*, and the length of a cycle if they meet."""
    names = {module.name for module in modules}
    house = TopologicalSorter(
        {module.name: names.intersection(imported(module)) - {module.name} for module in modules}
    )
    try:
        house.prepare()
    except CycleError as error:
        return f"– / {len(error.args[1]) - 1}"
    height = 0
    while house.is_active():
        house.done(*house.get_ready())
        height += 1
    return f"{height} / none"


def frozen(modules: Iterable[Module]) -> str:
    """Count the data classes that cannot change, and all of them."""
    marks = [
        ast.unparse(mark)
        for module in modules
        for node in module.classes()
        for mark in node.decorator_list
    ]
    data = [mark for mark in marks if mark.split("(")[0].endswith("dataclass")]
    return f"{sum('frozen=True' in mark for mark in data)} / {len(data)}"


def main() -> None:
    """Print a row for the whole house, one for each room, and one for the tests, in Markdown."""
    house, tests = read(HOUSE), read("tests")
    rooms = sorted(path.name for path in (ROOT / HOUSE).iterdir() if any(path.glob("*.py")))
    rows = {f"**{HOUSE}**": measure(house)}
    rows |= {room: measure(read(f"{HOUSE}/{room}")) for room in rooms}
    rows |= {"tests": measure(tests)} if tests else {}

    columns = list(rows[f"**{HOUSE}**"])
    print("|", " | ".join(("room", *columns)), "|")
    print("|---|" + "--:|" * len(columns))
    for room, row in rows.items():
        print("|", " | ".join((room, *map(str, row.values()))), "|")
    written, tested = (sum(module.lines for module in each) for each in (house, tests))
    print(f"\ntest : code  {tested / written:.1f}")


if __name__ == "__main__":
    main()
