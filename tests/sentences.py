"""Every sentence that a person can meet, found in the code: what we write, show and refuse."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_origin

from forgefed_gate.domain import errors
from forgefed_gate.domain import words as catalogue
from forgefed_gate.domain.charter import Charter, Clause, default_charter
from forgefed_gate.domain.errors import Refusal
from forgefed_gate.domain.roles import Role
from forgefed_gate.domain.screening import Stage
from forgefed_gate.domain.threads import Speaker
from forgefed_gate.domain.tree import Span
from forgefed_gate.services.queue import WHY
from forgefed_gate.web.console.room import DONE

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "forgefed_gate"
PAGE = ROOT / "docs" / "sentences.md"
FORMS = "forms"
"""How sentences are put together; it says nothing itself."""
FINDINGS = {"auditing", "checking", "reasons", "references"}
"""The topics in which whoever checks something is told what is so; nothing follows by itself."""
PARTS = {
    "auditing.FORGOTTEN",
    "checking.BY_NOTHING",
    "checking.BY_THEIR_PLACE",
    "checking.BY_THEIR_SERVER",
    "checking.BY_THE_DESK",
    "forgetting.SOMEBODY",
    "links.line",
    "openings.in_role",
    "parties.passed_on",
    "publishing.BY_CONSENT",
    "publishing.YOU",
    "publishing.as_text",
    "talk.KNOCK_WAITS",
    "talk.PRIVACY",
    "talk.REPORT_WAITS",
    "talk.THREAD_WAITS",
    "talk.command_done",
}
"""What is no message by itself: a label, a frame for others' words, or a part of a note."""
WORD = re.compile(r"[A-Za-z_]\w*")
FIELD = re.compile(r"\{(\w*)\}")
REFUSALS = {
    name
    for name, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, Refusal) and each.__module__ == errors.__name__
} | {"refuse"}


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence that is written to somebody: a function of what it depends on, or a constant."""

    module: str
    name: str
    purpose: str
    said: Callable[..., str] | str

    @property
    def kind(self) -> str:
        """Say what it is: a part of something else, a finding, or a note."""
        if f"{self.module}.{self.name}" in PARTS:
            return "part"
        return "finding" if self.module in FINDINGS else "note"

    @property
    def takes(self) -> dict[str, Any]:
        """Name what it depends on, with the type of each."""
        if isinstance(self.said, str):
            return {}
        found = inspect.signature(self.said, eval_str=True).parameters
        return {name: each.annotation for name, each in found.items()}

    def say(self, **given: Any) -> str:
        """Say it with *given*, and with usual values for the rest."""
        if isinstance(self.said, str):
            return self.said
        usual = {name: sample(name, kind) for name, kind in self.takes.items()}
        return self.said(**usual | given)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A refusal as it stands in the code, with “‹…›” where something is filled in."""

    where: str
    kind: str
    code: str
    sentence: str


def sample(name: str, kind: Any) -> Any:
    """Give a usual value of *kind* to the parameter *name*."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return next(iter(kind))
    choices = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is tuple and Ellipsis not in choices:
        return tuple(sample(name, each) for each in choices)
    if get_origin(kind) in MANY:
        return MANY[get_origin(kind)](_several(name, choices[0]))
    return sample(name, choices[0]) if choices else f"‹{name}›"


def _several(name: str, kind: Any) -> list[Any]:
    whole = inspect.isclass(kind) and issubclass(kind, Enum)
    return [*kind] if whole else [sample(name, kind)] * 2


MANY: dict[Any, Callable[..., Any]] = {each: each for each in (list, tuple, set, frozenset)} | {
    Sequence: list,
    Collection: list,
}
SAMPLES: dict[Any, Any] = {
    int: 7,
    Span: Span(begin=3, end=5),
    bool: True,
    Role: Role.REPORT,
    Stage: Stage.HELD,
    Speaker: Speaker.PROJECT,
    Charter: default_charter("‹name›"),
    Clause: Clause(id="kindness", text="Be kind, and assume that others mean well."),
}


def modules() -> list[ModuleType]:
    """List the modules of the catalogue, by topic."""
    found = sorted(each.name for each in pkgutil.iter_modules(catalogue.__path__))
    named = [importlib.import_module(f"{catalogue.__name__}.{name}") for name in found]
    return [module for module in named if not module.__name__.endswith(f".{FORMS}")]


def notes() -> list[Note]:
    """List every sentence of the catalogue."""
    return [note for module in modules() for note in _notes(module)]


def _notes(module: ModuleType) -> Iterator[Note]:
    topic = module.__name__.rpartition(".")[2]
    for name, said in vars(module).items():
        own = inspect.isfunction(said) and _says(said) and said.__module__ == module.__name__
        if name.startswith("_") or not (own or isinstance(said, str)):
            continue
        purpose = (inspect.getdoc(said) or "").split("\n")[0] if own else ""
        yield Note(module=topic, name=name, purpose=purpose, said=said)


def _says(function: Callable[..., Any]) -> bool:
    """Tell what gives a text from what only lays texts out."""
    return inspect.signature(function, eval_str=True).return_annotation is str


def flashes() -> dict[str, str]:
    """List what the console says after something was done, or of a delivery that was not."""
    return {**DONE, **{f"{code} (delivery)": said for code, said in WHY.items()}}


def refusals() -> list[Refused]:
    """List every refusal in the code, with its sentence where it stands there."""
    found = [each for path in sorted(HOUSE.rglob("*.py")) for each in _refusals(path)]
    return sorted(found, key=lambda each: (each.code, each.sentence))


def _refusals(path: Path) -> Iterator[Refused]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = _texts(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or len(node.args) < len(("code", "sentence")):
            continue
        kind = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if kind in REFUSALS:
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            codes = _read(node.args[0], known)
            code = codes[0] if len(codes) == 1 else "‹code›"
            for sentence in _read(node.args[1], known):
                yield Refused(where=where, kind=kind, code=code, sentence=sentence)


def _texts(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Find what each name of a module is set to, wherever that happens."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def _read(node: ast.expr, known: dict[str, list[ast.expr]]) -> list[str]:
    """Read the texts that *node* may be; none where it is what somebody else said."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(_part(part) for part in parts)]
        case ast.BinOp(left=left, op=ast.Add()):
            return [f"{text}‹more›." for text in _read(left, known)]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="format")):
            texts = [text for each in known.get(name, []) for text in _read(each, known)]
            return [FIELD.sub(r"‹\1›", text) for text in texts]
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            return [text for each in known.get(name, []) for text in _read(each, {})]
        case ast.Dict(values=values):
            return [text for each in values for text in _read(each, known)]
        case ast.IfExp(body=body, orelse=other):
            return [*_read(body, known), *_read(other, known)]
        case _:
            return []


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return f"‹{WORD.findall(ast.unparse(part.value))[-1]}›"
    return ast.literal_eval(part)


HEAD = (
    "# Sentences\n\n"
    "Everything that the gate writes to people, shows after something was done, or says when it"
    " refuses; “‹…›” is filled in. It is made from the code by `make sentences`, and a test holds"
    " it to the code. To change a sentence, change it where it stands: in"
    " `forgefed_gate/domain/words/` by topic, in `DONE` of `web/console/room.py`, or beside the"
    " refusal itself. `tests/unit/test_sentences.py` says what each of them keeps to: plain, kind,"
    " short, and saying what happens next; only the findings of a check say no more than what is"
    " so, and a part is no message by itself. What a page says around them stands in"
    " `web/templates/`.\n"
)


def page() -> str:
    """Write the page that lists them all."""
    parts = [HEAD, "## Written to people\n"]
    for module in modules():
        topic = module.__name__.rpartition(".")[2]
        parts.append(f"### {topic}\n\n{(module.__doc__ or '').strip()}\n")
        parts += [_entry(note) for note in notes() if note.module == topic]
    parts.append("## Shown in the console\n\n| code | sentence |\n|---|---|")
    parts += [f"| `{code}` | {_cell(text)} |" for code, text in sorted(flashes().items())]
    parts.append("\n## Refused\n\n| code | sentence |\n|---|---|")
    parts += sorted({f"| `{each.code}` | {_cell(each.sentence)} |" for each in refusals()})
    return "\n".join(parts) + "\n"


def _entry(note: Note) -> str:
    part = " (a part)" if note.kind == "part" else ""
    lead = f"**{note.name}**{part}" + (f": {note.purpose}" if note.purpose else "")
    quoted = "\n".join(f"> {line}".rstrip() for line in note.say().split("\n"))
    return f"{lead}\n\n{quoted}\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
