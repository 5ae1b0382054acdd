"""The charter as a file that people edit: TOML to charter and back."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from forgefed_gate.domain.charter import LONGEST_GRANT, Charter, Clause
from forgefed_gate.domain.errors import Malformed, TooLarge
from forgefed_gate.domain.roles import Role
from forgefed_gate.protocol import html
from forgefed_gate.protocol.frontdoor import JsonObject

LONGEST_FILE = 64 * 1024
LONGEST_TEXT = 500
LONGEST_AGREEMENT = 60
LONGEST_NAME = 40
LONGEST_TOGETHER = 15 * 1024
"""Bytes of all that a note shows of a charter, as HTML: a note has 20 KiB, greeting and all."""
MOST_CLAUSES = 20
MOST_QUESTIONS = 10
LONGEST_WAIT = 365
OFFERED = (Role.REPORT, Role.TRIAGE, Role.WRITE)
"""The roles that a charter may offer to somebody whom nobody knows yet."""

NAMES = (
    "agreement",
    "wait_days",
    "role",
    "grant_days",
    "greet_followers",
    "renew_active",
    "questions",
    "expects",
    "offers",
)
_CLAUSE_NAME = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{LONGEST_NAME - 1}}}")
_QUOTED = re.compile(
    r"""#[^\n]*+|"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3})?|'{3}(?:[^']|'(?!''))*+(?:'{3})?"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?""",
    re.DOTALL,
)
"""Comments and texts; one that never ends is taken to the end, where TOML stops as well."""
_MOST_DOTS = 100
"""Outside of quotes; a charter needs none, and a name of thousands keeps a reader busy."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_HEAD = """\
# The charter of this project: what both sides promise each other, in plain words.
# Whoever wants to take part reads it, answers the questions, and agrees.
"""
_MEANINGS = {
    "agreement": "The words that agree, in any case.",
    "wait_days": "Within how many days an answer usually comes; 0 promises nothing.",
    "role": f"What is granted on admission: {', '.join(role.word for role in OFFERED)}.",
    "grant_days": f"How long a grant lasts, from 1 to {LONGEST_GRANT} days.",
    "greet_followers": "Whether new followers get a short private greeting.",
    "renew_active": "Whether a grant goes on by itself while its holder writes to you.",
    "questions": "What we ask before somebody reads an application.",
    "expects": "What we ask of contributors. A decision can name a promise by its id.",
    "offers": "What contributors can expect of us.",
}


def read_charter(source: bytes, *, name: str) -> Charter:
    """
    Read a charter file, which messages call *name*.

    Raises `Malformed` with a sentence that says what is wrong and on which line.
    """
    if len(source) > LONGEST_FILE:
        raise TooLarge("charter-too-large", f"{name} is longer than {LONGEST_FILE} bytes.")
    try:
        text = source.decode()
        if _QUOTED.sub("", text).count(".") > _MOST_DOTS:
            raise Malformed("charter-malformed", f"{name} nests deeper than any charter.")
        table: dict[str, object] = tomllib.loads(text)
    except UnicodeDecodeError:
        raise Malformed("charter-malformed", f"{name} is not written in UTF-8.") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is one, too
        raise Malformed("charter-malformed", f"{name} cannot be read: {error}.") from None
    return _Table(file=name, lines=tuple(text.split("\n")), values=table).charter()


def document(charter: Charter) -> JsonObject:
    """Give the document that a charter file holds, as `schemas/charter.json` describes it."""
    return {
        "agreement": charter.agreement,
        "wait_days": charter.wait_days or 0,
        "role": charter.role.word,
        "grant_days": charter.grant_days,
        "greet_followers": charter.greet_followers,
        "renew_active": charter.renew_active,
        "questions": list(charter.questions),
        "expects": [{"id": clause.id, "text": clause.text} for clause in charter.expects],
        "offers": [{"id": clause.id, "text": clause.text} for clause in charter.offers],
    }


def write_charter(charter: Charter) -> str:
    """Write a charter file that reads back as *charter*, each part with its meaning."""
    parts = [_HEAD]
    for name, value in document(charter).items():
        if name in {"expects", "offers"}:
            parts.append(_written_clauses(name, getattr(charter, name)))
        elif name == "questions":
            listed = "".join(f"    {_quoted(text)},\n" for text in charter.questions)
            parts.append(f"# {_MEANINGS[name]}\n{name} = [\n{listed}]\n")
        else:
            written = _quoted(value) if isinstance(value, str) else json.dumps(value)
            parts.append(f"# {_MEANINGS[name]}\n{name} = {written}\n")
    return "\n".join(parts)


def _written_clauses(name: str, clauses: tuple[Clause, ...]) -> str:
    listed = [
        f"[[{name}]]\nid = {_quoted(clause.id)}\ntext = {_quoted(clause.text)}\n"
        for clause in clauses
    ]
    return f"# {_MEANINGS[name]}\n" + "\n".join(listed)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _as_shown(charter: Charter) -> str:
    """Give what a note shows of a charter, in as many lines."""
    clauses = [clause.text for clause in charter.expects + charter.offers]
    return "\n".join([*clauses, *charter.questions, charter.agreement])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table of the file, which knows where it stands so that errors can say so."""

    file: str
    lines: tuple[str, ...]
    values: Mapping[str, object]
    header: str = ""
    """The header above it, where it is one of a list of tables."""
    number: int = 0
    """Which of those it is, counted from 1."""

    def charter(self) -> Charter:
        """Read the whole charter."""
        self.refuse_unknown(NAMES)
        usual = Charter(expects=(), offers=(), questions=())
        expects, offers = self.clauses("expects"), self.clauses("offers")
        self.refuse_twice("offers", [clause.id for clause in expects + offers])
        found = Charter(
            expects=expects,
            offers=offers,
            questions=self.questions(),
            agreement=self.text("agreement", LONGEST_AGREEMENT, usual=usual.agreement),
            wait_days=self.count("wait_days", 0, LONGEST_WAIT, usual=usual.wait_days) or None,
            role=self.role(usual.role),
            grant_days=self.count("grant_days", 1, LONGEST_GRANT, usual=usual.grant_days),
            greet_followers=self.yes_or_no("greet_followers", usual=usual.greet_followers),
            renew_active=self.yes_or_no("renew_active", usual=usual.renew_active),
        )
        self.refuse_long(found)
        return found

    def clauses(self, name: str) -> tuple[Clause, ...]:
        """Read one side's promises."""
        listed = self.listed(name, f"[[{name}]] tables", 1, MOST_CLAUSES)
        tables: list[_Table] = []
        for number, item in enumerate(listed, start=1):
            if not isinstance(item, dict):
                raise self.wrong(name, f"each promise is a [[{name}]] table with id and text")
            tables.append(
                _Table(
                    file=self.file,
                    lines=self.lines,
                    values=cast("dict[str, object]", item),  # TOML's tables have text for names
                    header=name,
                    number=number,
                )
            )
        return tuple(table.clause() for table in tables)

    def clause(self) -> Clause:
        """Read one promise."""
        self.refuse_unknown(("id", "text"))
        name = self.text("id", LONGEST_NAME)
        if not _CLAUSE_NAME.fullmatch(name):
            raise self.wrong("id", f"“{name}” may have only small letters, digits and -")
        return Clause(id=name, text=self.text("text", LONGEST_TEXT))

    def questions(self) -> tuple[str, ...]:
        """Read the questions."""
        listed = self.listed("questions", "texts", 1, MOST_QUESTIONS)
        return tuple(self.checked("questions", text, LONGEST_TEXT) for text in listed)

    def role(self, usual: Role) -> Role:
        """Read the role that admission grants."""
        word = self.values.get("role", usual.word)
        for role in OFFERED:
            if role.word == word:
                return role
        known = ", ".join(role.word for role in OFFERED)
        raise self.wrong("role", f"a charter can offer one of: {known}")

    def text(self, name: str, longest: int, *, usual: str | None = None) -> str:
        """Read a text of one line."""
        value = self.values.get(name, usual)
        if value is None:
            raise self.wrong(name, "it is missing")
        return self.checked(name, value, longest)

    def checked(self, name: str, value: object, longest: int) -> str:
        """Check that *value* is a text of one line."""
        if not isinstance(value, str):
            raise self.wrong(name, "it must be a text in quotes")
        if not value.strip() or len(value) > longest:
            raise self.wrong(name, f"it must have from 1 to {longest} characters")
        if _CONTROL.search(value):
            raise self.wrong(name, "it must be one line of plain text")
        return value

    def count(self, name: str, lowest: int, highest: int, *, usual: int | None) -> int:
        """Read a number."""
        value = self.values.get(name, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise self.wrong(name, f"it must be a number from {lowest} to {highest}")
        return value

    def yes_or_no(self, name: str, *, usual: bool) -> bool:
        """Read a choice of two."""
        value = self.values.get(name, usual)
        if not isinstance(value, bool):
            raise self.wrong(name, "it must be true or false")
        return value

    def listed(self, name: str, what: str, fewest: int, most: int) -> list[object]:
        """Read a list."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, f"it must be a list of {what}")
        found = cast("list[object]", value)  # what TOML holds is anything
        if not fewest <= len(found) <= most:
            raise self.wrong(
                name, f"there must be from {fewest} to {most}, and there are {len(found)}"
            )
        return found

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """Refuse a name that means nothing here: it was meant to promise something."""
        for name in self.values:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = (
                    f"perhaps “{near[0]}” was meant" if near else f"known are: {', '.join(known)}"
                )
                raise self.wrong(name, f"there is nothing of that name; {hint}")

    def refuse_twice(self, name: str, ids: list[str]) -> None:
        """Refuse two promises of one name: a decision could not say which it means."""
        for each in ids:
            if ids.count(each) > 1:
                raise self.wrong(name, f"two promises are called “{each}”")

    def refuse_long(self, charter: Charter) -> None:
        """Refuse more than one note can show: whoever agrees has to be able to read all of it."""
        has = len(html.from_text(_as_shown(charter)).encode())
        if has > LONGEST_TOGETHER:
            raise self.wrong(
                "expects",
                f"all promises and questions together have {has} bytes as they are written on the"
                f" web, and a note to a newcomer can show {LONGEST_TOGETHER}; please make some"
                " shorter, and let a page say more",
            )

    def wrong(self, name: str, why: str) -> Malformed:
        """Say what is wrong, and on which line."""
        of = f"{self.header} {self.number}, " if self.header else ""
        return Malformed(
            "charter-wrong", f"{self.file}, line {self.line(name)}: {of}{name}: {why}."
        )

    def line(self, name: str) -> int:
        """Find the line on which *name* stands in this table, or where the table begins."""
        here, inside, seen, begins = (self.header, self.number), "", 0, 1
        for number, line in enumerate(self.lines, start=1):
            bare = line.partition("#")[0].strip()
            if bare.startswith("["):
                inside = bare.strip("[] ")
                seen += inside == self.header
                if inside == name and not self.header:
                    return number
                begins = number if (inside, seen) == here else begins
            elif (inside, seen) == here and bare.partition("=")[0].strip() == name:
                return number
        return begins
